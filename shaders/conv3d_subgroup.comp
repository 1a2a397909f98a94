// 3-d convolution forward and by-data for devices that run shaders on CPU cores.
//
//   Y[n, m, out(jz,jy,jx)] = Σ_{t,k} P[t, k, m] · X[n, k, jz·sz + tz·dz + bz, .., jx·sx + tx·dx + bx]
//
// with t = (tz,ty,tx) over the taps and X = 0 outside its volume.
//
//   binding 0  X  texels [N, groups·K, I0, I1, I2]
//   binding 1  P  vec4 texels, packed by conv2d_pack
//   binding 2  Y  [N, groups·M, area]
//   binding 3, 4  the epilogue's operands
//
// As conv2d_subgroup, with one axis more; sizes are specialisation constants.
// build: conv3d_subgroup -O0
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint SG = 8;      // lanes of a subgroup
layout(constant_id = 1) const uint KU = 2;      // channels a step: divides K, at most 4·SG/TM
layout(constant_id = 2) const uint TM = 16;     // rows: a multiple of 4
layout(constant_id = 3) const uint TN = 4;      // pixels a lane
layout(constant_id = 4) const uint PD = 1;      // pixels of a volume
layout(constant_id = 5) const uint PH = 1;
layout(constant_id = 6) const uint PW = 1;
layout(constant_id = 7) const uint NTZ = 1;     // taps
layout(constant_id = 8) const uint NTY = 1;
layout(constant_id = 9) const uint NTX = 1;
layout(constant_id = 10) const uint I0 = 1;     // X's volume
layout(constant_id = 11) const uint I1 = 1;
layout(constant_id = 12) const uint I2 = 1;
layout(binding = 0) uniform samplerBuffer X;
layout(binding = 1) uniform samplerBuffer P;
layout(std430, binding = 2) restrict writeonly buffer Y_ { float Y[]; };
const int EXTRA = 3;
#include "epilogue.glsl"
layout(push_constant, std430) uniform Push {
    uint pixels;                   // N·PD·PH·PW
    int s[3], b[3], d[3];          // by axis: depth, height, width
    uint tap0, tap[3];             // index of tap (tz,ty,tx) in P: tap0 + tz·tap[0] + ty·tap[1] + tx·tap[2]
    uint taps, tiles;              // blocks of P: taps a group, tiles a tap
    uint K, M, groups;
    uint area, out0, to[3];        // out(jz,jy,jx) = out0 + jz·to[0] + jy·to[1] + jx·to[2]
} p;

void main() {
    uint lane = gl_LocalInvocationID.x;
    uint tile = gl_WorkGroupID.z % p.tiles, g = gl_WorkGroupID.z / p.tiles;
    uint first = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * (SG * TN);
    int jz[TN], jy[TN], jx[TN], volume[TN];
    uint to[TN];
    // The last pixel is repeated past the end, to be stored again as it is.
    [[unroll]] for (int j = 0; j < TN; j++) {
        uint q = min(first + j * SG + lane, p.pixels - 1);
        uint n = q / (PD * PH * PW), z = q / (PH * PW) % PD, y = q / PW % PH, x = q % PW;
        jz[j] = int(z) * p.s[0] + p.b[0];
        jy[j] = int(y) * p.s[1] + p.b[1];
        jx[j] = int(x) * p.s[2] + p.b[2];
        volume[j] = int((n * p.groups + g) * p.K * I0 * I1 * I2);
        to[j] = (n * p.groups + g) * p.M * p.area + p.out0 + z * p.to[0] + y * p.to[1] + x * p.to[2];
    }
    precise float acc[TM][TN];
    [[unroll]] for (int i = 0; i < TM; i++)
        [[unroll]] for (int j = 0; j < TN; j++) acc[i][j] = 0.0;

    const int area = int(I0 * I1 * I2);
    for (uint tz = 0; tz < NTZ; tz++)
        for (uint tyx = 0; tyx < NTY * NTX; tyx++) {
            uint ty = tyx / NTX, tx = tyx % NTX;
            int at[TN];
            bool ok[TN];
            [[unroll]] for (int j = 0; j < TN; j++) {
                int z = jz[j] + int(tz) * p.d[0], y = jy[j] + int(ty) * p.d[1], x = jx[j] + int(tx) * p.d[2];
                ok[j] = uint(z) < I0 && uint(y) < I1 && uint(x) < I2;
                at[j] = ok[j] ? volume[j] + (z * int(I1) + y) * int(I2) + x : volume[j];
            }
            uint tap = p.tap0 + tz * p.tap[0] + ty * p.tap[1] + tx * p.tap[2];
            int wat = int(((g * p.taps + tap) * p.tiles + tile) * p.K * (TM / 4) + lane);
            for (uint k = 0; k < p.K; k += KU) {
                vec4 w = texelFetch(P, wat);
                wat += int(KU * (TM / 4));
                [[unroll]] for (int u = 0; u < KU; u++) {
                    float x[TN];
                    [[unroll]] for (int j = 0; j < TN; j++) {
                        float v = texelFetch(X, at[j]).x;
                        x[j] = ok[j] ? v : 0.0;
                        at[j] += area;
                    }
                    [[unroll]] for (int i = 0; i < TM; i++) {
                        float a = subgroupShuffle(w[i % 4], u * (TM / 4) + i / 4);
                        [[unroll]] for (int j = 0; j < TN; j++) acc[i][j] = fma(a, x[j], acc[i][j]);
                    }
                }
            }
        }

    [[unroll]] for (int i = 0; i < TM; i++) {
        uint m = min(tile * TM + i, p.M - 1);
        [[unroll]] for (int j = 0; j < TN; j++) {
            uint index = to[j] + m * p.area;
            Y[index] = epilogue(acc[i][j], g * p.M + m, index);
        }
    }
}

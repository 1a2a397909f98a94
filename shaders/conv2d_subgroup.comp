// Convolution forward and by-data for devices that run shaders on CPU cores.
//
//   Y[n, m, out(jy,jx)] = Σ_{t,k} P[t, k, m] · X[n, k, jy·sy + ty·dy + by, jx·sx + tx·dx + bx]
//
// with t = (ty,tx) over the taps and X = 0 outside its plane. Forward: one
// dispatch, s = stride, d = dilation, b = -padding. By-data: one dispatch for
// each residue of a pixel by the stride, whose taps are an arithmetic
// progression; there s = 1, d < 0, and out() steps by the stride.
//
//   binding 0  X  texels [N, groups·K, IH, IW]
//   binding 1  P  vec4 texels, packed by conv2d_pack
//   binding 2  Y  [N, groups·M, OHW]
//   binding 3, 4  the epilogue's operands
//
// A workgroup is one subgroup and makes TM rows m by TN·SG pixels of the batch,
// TN a lane. A lane fetches a vec4 of P, which all get by shuffles with a
// constant index, and its own pixels, whose mask serves all channels of a tap.
// No shared memory, no barriers, no branches: lavapipe keeps texel fetches as
// vectors where a load of a storage buffer in a loop becomes eight scalar ones.
// Rows and pixels past the end repeat the last, and store what it stores.
// GFLOP per CPU-second there, TM x TN 16x2 / 16x4 / 32x2 / 32x4: 18 / 19 / 19 / 23
// for 32x32x14x14 to 64 channels, k3; 9 / 12 / 12 / 15 for 3 channels k7 stride 2;
// 3 / 4 / 4 / 5 for one channel k3.
// build: conv2d_subgroup -O0
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
layout(binding = 0) uniform samplerBuffer X;
layout(binding = 1) uniform samplerBuffer P;
layout(std430, binding = 2) restrict writeonly buffer Y_ { float Y[]; };
const int EXTRA = 3;
#include "epilogue.glsl"
#include "divide.glsl"
layout(push_constant, std430) uniform Push {
    uvec2 planeDiv, rowDiv;        // division by PH·PW and by PW
    uint pixels, PH, PW;           // N·PH·PW pixels, PH·PW a plane
    int sy, sx, by, bx, dy, dx;
    uint nty, ntx;                 // taps
    uint tap0, tapy, tapx;         // index of tap (ty,tx) in P: tap0 + ty·tapy + tx·tapx
    uint taps, tiles;              // blocks of P: taps a group, tiles a tap
    uint K, IH, IW, M, groups;
    uint OHW, out0, outy, outx;    // out(jy,jx) = out0 + jy·outy + jx·outx
} p;

void main() {
    uint lane = gl_LocalInvocationID.x;
    uint tile = gl_WorkGroupID.z % p.tiles, g = gl_WorkGroupID.z / p.tiles;
    uint first = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * (SG * TN);
    int jy[TN], jx[TN], plane[TN];
    uint to[TN];
    // The last pixel is repeated past the end, to be stored again as it is.
    [[unroll]] for (int j = 0; j < TN; j++) {
        uint q = min(first + j * SG + lane, p.pixels - 1);
        uint n = divide(q, p.planeDiv), r = q - n * (p.PH * p.PW);
        uint y = divide(r, p.rowDiv), x = r - y * p.PW;
        jy[j] = int(y) * p.sy + p.by;
        jx[j] = int(x) * p.sx + p.bx;
        plane[j] = int((n * p.groups + g) * p.K * p.IH * p.IW);
        to[j] = (n * p.groups + g) * p.M * p.OHW + p.out0 + y * p.outy + x * p.outx;
    }
    precise float acc[TM][TN];
    [[unroll]] for (int i = 0; i < TM; i++)
        [[unroll]] for (int j = 0; j < TN; j++) acc[i][j] = 0.0;

    int area = int(p.IH * p.IW);
    for (uint ty = 0; ty < p.nty; ty++)
        for (uint tx = 0; tx < p.ntx; tx++) {
            int at[TN];
            bool ok[TN];
            [[unroll]] for (int j = 0; j < TN; j++) {
                int y = jy[j] + int(ty) * p.dy, x = jx[j] + int(tx) * p.dx;
                ok[j] = uint(y) < p.IH && uint(x) < p.IW;
                at[j] = ok[j] ? plane[j] + y * int(p.IW) + x : plane[j];
            }
            uint tap = p.tap0 + ty * p.tapy + tx * p.tapx;
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
            uint index = to[j] + m * p.OHW;
            Y[index] = epilogue(acc[i][j], g * p.M + m, index);
        }
    }
}

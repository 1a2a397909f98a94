// One time step of lstm, for devices that run on a CPU:
//
//   z = gx[t] + h·whhᵀ    then the cell of lstm.glsl
//
//   binding 0  gx       [T, N, 4H]; this step's at 4·at
//   binding 1  weights  texels, packed by lstm_pack: [K, J] vec4 over the gates,
//                       K = H rounded up to 4, J = H rounded up to S
//   binding 2  h        texels, [.., N, H]; the step before's at from; vec4 with VEC
//   binding 3  y        [T, N, H]; this step's at at
//   binding 4  hN       [N, H], written with HN
//   binding 5  c        [N, H], in place
//   binding 6  gates    [T, N, 4H], written with GATES
//   binding 7  cs       [T, N, H], written with CS
//
// A workgroup is one subgroup of S lanes and makes S hidden units of TM batch
// rows; a lane keeps all four gates of its unit in a vec4 a row. Every 4 terms
// a lane fetches its part of TM rows of h, which all lanes get by shuffles with
// a constant index, and 4 vec4 of weights; so one shuffle feeds four
// multiply-adds, and the cell needs nothing from other lanes. GFLOP per
// CPU-second on lavapipe, 64 steps of N = 32, H = 256, cells included: 18 to 22.
//
// EDGE: N is no multiple of TM, or H none of S. Beyond the last row the last
// one is read again; stores are then guarded, which lavapipe 22 does lane by
// lane, so even shapes go without. TAIL: H is no multiple of 4.
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "lstm.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const int S = 8;
layout(constant_id = 1) const int TM = 16;
layout(constant_id = 2) const bool VEC = true;
layout(constant_id = 3) const bool EDGE = false;
layout(constant_id = 4) const bool HN = false;
layout(constant_id = 5) const bool GATES = false;
layout(constant_id = 6) const bool CS = false;

layout(push_constant, std430) uniform Push {
    int N, H, J;
    int at;   // t·N·H
    int from; // where the step before starts in h, in elements
} p;
layout(std430, binding = 0) restrict readonly buffer GxBuffer { float gx[]; };
layout(binding = 1) uniform samplerBuffer weights;
layout(binding = 2) uniform samplerBuffer h;
layout(std430, binding = 3) restrict writeonly buffer YBuffer { float y[]; };
layout(std430, binding = 4) restrict writeonly buffer HNBuffer { float hN[]; };
layout(std430, binding = 5) restrict buffer CBuffer { float c[]; };
layout(std430, binding = 6) restrict writeonly buffer GatesBuffer { float gates[]; };
layout(std430, binding = 7) restrict writeonly buffer CsBuffer { float cs[]; };

const int F = (TM + S - 1) / S; // fetches for TM rows by 4 terms of h

void main() {
    int lane = int(gl_SubgroupInvocationID);
    int H = p.H, j0 = int(gl_WorkGroupID.x) * S + lane, n0 = int(gl_WorkGroupID.y) * TM;
    int row[F];
    [[unroll]] for (int f = 0; f < F; f++) row[f] = (p.from + min(n0 + f * S + lane, p.N - 1) * H) / (VEC ? 4 : 1);

    precise vec4 acc[TM];
    [[unroll]] for (int i = 0; i < TM; i++) acc[i] = vec4(0.0);
    for (int k = 0; k < H; k += 4) {
        vec4 a[F], w[4];
        [[unroll]] for (int f = 0; f < F; f++) {
            if (VEC) {
                a[f] = texelFetch(h, row[f] + k / 4);
            } else {
                [[unroll]] for (int q = 0; q < 4; q++) {
                    float v = texelFetch(h, row[f] + min(k + q, H - 1)).x;
                    a[f][q] = k + q < H ? v : 0.0;
                }
            }
        }
        [[unroll]] for (int q = 0; q < 4; q++) w[q] = texelFetch(weights, (k + q) * p.J + j0);
        [[unroll]] for (int i = 0; i < TM; i++)
            [[unroll]] for (int q = 0; q < 4; q++)
                acc[i] = fma(vec4(subgroupShuffle(a[i / S][q], i % S)), w[q], acc[i]);
    }

    int j = EDGE ? min(j0, H - 1) : j0;
    [[unroll]] for (int i = 0; i < TM; i++) {
        int n = EDGE ? min(n0 + i, p.N - 1) : n0 + i;
        int one = n * H + j, four = n * 4 * H + j, g = 4 * p.at + four;
        precise vec4 z = acc[i] + vec4(gx[g], gx[g + H], gx[g + 2 * H], gx[g + 3 * H]);
        Cell r = cellForward(z, c[one]);
        if (!EDGE || (n0 + i < p.N && j0 < H)) {
            c[one] = r.c;
            if (HN) hN[one] = r.h;
            y[p.at + one] = r.h;
            if (CS) cs[p.at + one] = r.c;
            if (GATES)
                [[unroll]] for (int q = 0; q < 4; q++) gates[g + q * H] = r.gates[q];
        }
    }
}

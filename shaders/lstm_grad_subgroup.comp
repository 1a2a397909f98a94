// One time step of lstm_grad, for devices that run on a CPU:
//
//   dh = dy[t] + dgx[next]·whh    then the cell of lstm.glsl, backwards
//
//   binding 0  weights  texels, packed by lstm_pack: [4H, J] vec4 of 4 columns S apart
//   binding 1  gates    [T, N, 4H]; this step's at 4·at
//   binding 2  cs       [T, N, H]; this step's at at
//   binding 3  cPrev    [.., N, H]; the cell before this step's at prev
//   binding 4  dy       [T, N, H], with DY
//   binding 5  dgx      [T, N, 4H]; this step's at 4·at
//   binding 6  state    dc [N, H], in place; with FINAL dh0 [N, H]
//   binding 7  next     texels, [.., N, 4H]: dgx of the step after, at 4·next
//   binding 8  dhN      [N, H], with DHN
//
// FINAL makes dh0 = dgx[next]·whh and no cell. At the first step back (first)
// there is no step after: the sum has no terms, dhN is added, and dc is 0
// unless DCN says that state holds dcN.
//
// A workgroup is one subgroup of S lanes and makes 4·S hidden units of TM batch
// rows: the shape of matmul_subgroup, where one shuffle feeds four
// multiply-adds. GFLOP per CPU-second on lavapipe, 64 steps of N = 32, H = 256,
// cells included: 18 at TM = 8 (the driver compiles it in 1.5 s), 22 at 16 (5 s).
//
// EDGE: N is no multiple of TM, or H none of 4·S; see lstm_subgroup.
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "lstm.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const int S = 8;
layout(constant_id = 1) const int TM = 16;
layout(constant_id = 2) const bool EDGE = false;
layout(constant_id = 3) const bool FINAL = false;
layout(constant_id = 4) const bool DY = true;
layout(constant_id = 5) const bool DHN = true;
layout(constant_id = 6) const bool DCN = true;

layout(push_constant, std430) uniform Push {
    int N, H, J;
    int terms; // of the sum, by fours: H, or 0 at the first step back
    int at, next, prev;
    int first;
} p;
layout(binding = 0) uniform samplerBuffer weights;
layout(std430, binding = 1) restrict readonly buffer GatesBuffer { float gates[]; };
layout(std430, binding = 2) restrict readonly buffer CsBuffer { float cs[]; };
layout(std430, binding = 3) restrict readonly buffer PrevBuffer { float cPrev[]; };
layout(std430, binding = 4) restrict readonly buffer DyBuffer { float dy[]; };
layout(std430, binding = 5) restrict writeonly buffer DgxBuffer { float dgx[]; };
layout(std430, binding = 6) restrict buffer StateBuffer { float state[]; };
layout(binding = 7) uniform samplerBuffer next;
layout(std430, binding = 8) restrict readonly buffer DhNBuffer { float dhN[]; };

const int F = (TM + S - 1) / S; // fetches for TM rows by 4 terms

void main() {
    int lane = int(gl_SubgroupInvocationID);
    int H = p.H, n0 = int(gl_WorkGroupID.y) * TM;
    int column = int(gl_WorkGroupID.x) * S + lane, j0 = int(gl_WorkGroupID.x) * 4 * S + lane;
    int row[F];
    [[unroll]] for (int f = 0; f < F; f++) row[f] = p.next + min(n0 + f * S + lane, p.N - 1) * H;

    precise vec4 acc[TM];
    [[unroll]] for (int i = 0; i < TM; i++) acc[i] = vec4(0.0);
    for (int k = 0; k < p.terms; k++) {
        vec4 a[F], w[4];
        [[unroll]] for (int f = 0; f < F; f++) a[f] = texelFetch(next, row[f] + k);
        [[unroll]] for (int q = 0; q < 4; q++) w[q] = texelFetch(weights, (4 * k + q) * p.J + column);
        [[unroll]] for (int i = 0; i < TM; i++)
            [[unroll]] for (int q = 0; q < 4; q++)
                acc[i] = fma(vec4(subgroupShuffle(a[i / S][q], i % S)), w[q], acc[i]);
    }

    [[unroll]] for (int i = 0; i < TM; i++)
        [[unroll]] for (int q = 0; q < 4; q++) {
            int n = n0 + i, j = j0 + q * S;
            bool inside = !EDGE || (n < p.N && j < H);
            if (EDGE) {
                n = min(n, p.N - 1);
                j = min(j, H - 1);
            }
            int one = n * H + j, g = 4 * p.at + n * 4 * H + j;
            precise float dh = acc[i][q];
            if (FINAL) {
                if (inside) state[one] = dh;
            } else {
                if (DHN) dh += p.first != 0 ? dhN[one] : 0.0;
                if (DY) dh += dy[p.at + one];
                float dc = state[one];
                if (!DCN) dc = p.first != 0 ? 0.0 : dc;
                CellGrad r = cellBackward(vec4(gates[g], gates[g + H], gates[g + 2 * H], gates[g + 3 * H]),
                                          cs[p.at + one], cPrev[p.prev + one], dh, dc);
                if (inside) {
                    state[one] = r.dc;
                    [[unroll]] for (int x = 0; x < 4; x++) dgx[g + x * H] = r.dz[x];
                }
            }
        }
}

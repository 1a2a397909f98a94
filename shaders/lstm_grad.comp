// One time step of lstm_grad (recurrent.glsl has the product and its bindings):
//
//   dh = dy[t] + dgx[next]·whh    then the cell of lstm.glsl, backwards
//
//   binding 0  gates  [T, N, 4H]; this step's at 4·at
//   binding 3  cs     [T, N, H]; this step's at at
//   binding 4  cPrev  [.., N, H]; the cell before this step's at prev
//   binding 5  dy     [T, N, H], with DY
//   binding 6  dgx    [T, N, 4H]; this step's at 4·at
//   binding 7  state  dc [N, H], in place; with FINAL dh0 [N, H]
//   binding 8  dhN    [N, H], with DHN; without SUBGROUP that is binding 2
//
// FINAL makes dh0 = dgx[next]·whh and no cell. At the first step back (first)
// there is no step after: the sum has no terms, dhN is added, and dc is 0
// unless DCN says that state holds it.
//
// GFLOP per CPU-second on lavapipe, 64 steps of N = 32, H = 256, cells included:
// 18 at TM = 8 (the driver compiles it in 1.5 s), 22 at 16 (5 s).
// build: lstm_grad_subgroup -DSUBGROUP
// build: lstm_grad_tile
#version 450
#extension GL_GOOGLE_include_directive : enable
#include "recurrent.glsl"
#include "lstm.glsl"

layout(constant_id = 4) const bool FINAL = false;
layout(constant_id = 5) const bool DY = true;
layout(constant_id = 6) const bool DHN = true;
layout(constant_id = 7) const bool DCN = true;
layout(std430, binding = 0) restrict readonly buffer GatesBuffer { float gates[]; };
layout(std430, binding = 3) restrict readonly buffer CsBuffer { float cs[]; };
layout(std430, binding = 4) restrict readonly buffer PrevBuffer { float cPrev[]; };
layout(std430, binding = 5) restrict readonly buffer DyBuffer { float dy[]; };
layout(std430, binding = 6) restrict writeonly buffer DgxBuffer { float dgx[]; };
layout(std430, binding = 7) restrict buffer StateBuffer { float state[]; };
#ifdef SUBGROUP
layout(std430, binding = 8) restrict readonly buffer DhNBuffer { float dhN[]; };
#else
#define dhN x
#endif

void finish(const int n, const int j, const float sum, const bool inside) {
    int H = p.H, one = n * H + j, g = 4 * (p.at + n * H) + j;
    if (FINAL) {
        if (inside) state[one] = sum;
        return;
    }
    precise float dh = sum;
    if (DHN) dh += p.first != 0 ? dhN[one] : 0.0;
    if (DY) dh += dy[p.at + one];
    float dc = state[one];
    if (!DCN) dc = p.first != 0 ? 0.0 : dc;
    CellGrad r = cellBackward(vec4(gates[g], gates[g + H], gates[g + 2 * H], gates[g + 3 * H]), cs[p.at + one],
                              cPrev[p.prev + one], dh, dc);
    if (inside) {
        state[one] = r.dc;
        [[unroll]] for (int q = 0; q < 4; q++) dgx[g + q * H] = r.dz[q];
    }
}

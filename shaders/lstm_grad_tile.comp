// One time step of lstm_grad, for GPUs:
//
//   dh = dy[t] + dgx[next]·whh    then the cell of lstm.glsl, backwards
//
//   binding 0  weights  packed by lstm_pack: [H, J] vec4 over the gates
//   binding 1  gates    [T, N, 4H]; this step's at 4·at
//   binding 2  cs       [T, N, H]; this step's at at
//   binding 3  cPrev    [.., N, H]; the cell before this step's at prev
//   binding 4  dy       [T, N, H], with DY
//   binding 5  dgx      [T, N, 4H]; this step's at 4·at
//   binding 6  state    dc [N, H], in place; with FINAL dh0 [N, H]
//   binding 7  next     [.., N, 4H]: dgx of the step after, at 4·next; at the
//                       first step back dhN [N, H], with DHN
//
// FINAL makes dh0 = dgx[next]·whh and no cell. At the first step back (first)
// there is no step after: the sum has no terms, dhN is added, and dc is 0
// unless DCN says that state holds dcN.
//
// A workgroup makes 16 hidden units of 8 batch rows, in 8 slices of the sum, as
// lstm_tile does; a term here is the four gates of one unit.
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable
#include "lstm.glsl"

layout(local_size_x = 128) in;
layout(constant_id = 0) const bool FINAL = false;
layout(constant_id = 1) const bool DY = true;
layout(constant_id = 2) const bool DHN = true;
layout(constant_id = 3) const bool DCN = true;
const uint UNITS = 16, SLICES = 8, ROWS = 8, CHUNK = 128;

layout(push_constant, std430) uniform Push {
    uint N, H, J;
    uint terms; // of the sum: H, or 0 at the first step back
    uint at, next, prev;
    uint first;
} p;
layout(std430, binding = 0) restrict readonly buffer WeightBuffer { vec4 weights[]; };
layout(std430, binding = 1) restrict readonly buffer GatesBuffer { float gates[]; };
layout(std430, binding = 2) restrict readonly buffer CsBuffer { float cs[]; };
layout(std430, binding = 3) restrict readonly buffer PrevBuffer { float cPrev[]; };
layout(std430, binding = 4) restrict readonly buffer DyBuffer { float dy[]; };
layout(std430, binding = 5) restrict writeonly buffer DgxBuffer { float dgx[]; };
layout(std430, binding = 6) restrict buffer StateBuffer { float state[]; };
layout(std430, binding = 7) restrict readonly buffer NextBuffer { float next[]; };

// First CHUNK terms of dgx for 8 rows; then the slices' sums, 8 rows in two vec4.
shared vec4 stage[1024];

void main() {
    uint me = gl_LocalInvocationID.x, unit = me % UNITS, slice = me / UNITS;
    uint j = gl_WorkGroupID.x * UNITS + unit, n0 = gl_WorkGroupID.y * ROWS;
    precise float acc[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; r++) acc[r] = 0.0;

    for (uint k0 = 0; k0 < p.terms; k0 += CHUNK) {
        uint terms = min(CHUNK, p.terms - k0);
        if (k0 > 0) barrier();
        for (uint k = me; k < terms; k += UNITS * SLICES)
            [[unroll]] for (uint r = 0; r < ROWS; r++) {
                uint g = 4 * (p.next + min(n0 + r, p.N - 1) * p.H) + k0 + k;
                stage[k * ROWS + r] = vec4(next[g], next[g + p.H], next[g + 2 * p.H], next[g + 3 * p.H]);
            }
        barrier();
        for (uint k = slice; k < terms; k += SLICES) {
            vec4 w = weights[(k0 + k) * p.J + j];
            [[unroll]] for (uint r = 0; r < ROWS; r++) {
                vec4 dz = stage[k * ROWS + r];
                [[unroll]] for (uint q = 0; q < 4; q++) acc[r] = fma(dz[q], w[q], acc[r]);
            }
        }
    }
    barrier();
    [[unroll]] for (uint half8 = 0; half8 < 2; half8++)
        stage[me * 2 + half8] = vec4(acc[4 * half8], acc[4 * half8 + 1], acc[4 * half8 + 2], acc[4 * half8 + 3]);
    barrier();

    // Invocation (unit, slice) finishes the cell of that unit and row n0 + slice.
    uint n = n0 + slice;
    if (n >= p.N || j >= p.H) return;
    precise float dh = 0.0;
    for (uint s = 0; s < SLICES; s++) dh += stage[(s * UNITS + unit) * 2 + slice / 4][slice % 4];
    uint one = n * p.H + j, g = 4 * (p.at + n * p.H) + j;
    if (FINAL) {
        state[one] = dh;
        return;
    }
    if (DHN && p.first != 0) dh += next[one];
    if (DY) dh += dy[p.at + one];
    float dc = !DCN && p.first != 0 ? 0.0 : state[one];
    CellGrad r = cellBackward(vec4(gates[g], gates[g + p.H], gates[g + 2 * p.H], gates[g + 3 * p.H]), cs[p.at + one],
                              cPrev[p.prev + one], dh, dc);
    state[one] = r.dc;
    [[unroll]] for (uint q = 0; q < 4; q++) dgx[g + q * p.H] = r.dz[q];
}

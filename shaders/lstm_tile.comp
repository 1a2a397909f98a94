// One time step of lstm, for GPUs:
//
//   z = gx[t] + h·whhᵀ    then the cell of lstm.glsl
//
//   binding 0  gx       [T, N, 4H]; this step's at 4·at
//   binding 1  weights  packed by lstm_pack: [H, J] vec4 over the gates
//   binding 2  h        [.., N, H]; the step before's at from
//   binding 3  y        [T, N, H]; this step's at at
//   binding 4  hN       [N, H], written with HN
//   binding 5  c        [N, H], in place
//   binding 6  gates    [T, N, 4H], written with GATES
//   binding 7  cs       [T, N, H], written with CS
//
// A workgroup makes 16 hidden units of 8 batch rows, with all four gates. A step
// is small (N = 32, H = 256: 8,192 cells) and has to fill a wide device, so the
// terms are cut into 8 slices: invocation (unit, slice) adds up every eighth
// term for 8 rows, one vec4 of weights from memory against 32 multiply-adds.
// Then the slices' sums are exchanged, and each of the 128 invocations finishes
// one cell. 128 invocations and 16 KiB of shared memory: Vulkan's least limits.
#version 450
#extension GL_GOOGLE_include_directive : enable
#extension GL_EXT_control_flow_attributes : enable
#include "lstm.glsl"

layout(local_size_x = 128) in;
layout(constant_id = 0) const bool HN = false;
layout(constant_id = 1) const bool GATES = false;
layout(constant_id = 2) const bool CS = false;
const uint UNITS = 16, SLICES = 8, ROWS = 8, CHUNK = 512;

layout(push_constant, std430) uniform Push {
    uint N, H, J, at, from;
} p;
layout(std430, binding = 0) restrict readonly buffer GxBuffer { float gx[]; };
layout(std430, binding = 1) restrict readonly buffer WeightBuffer { vec4 weights[]; };
layout(std430, binding = 2) restrict readonly buffer HBuffer { float h[]; };
layout(std430, binding = 3) restrict writeonly buffer YBuffer { float y[]; };
layout(std430, binding = 4) restrict writeonly buffer HNBuffer { float hN[]; };
layout(std430, binding = 5) restrict buffer CBuffer { float c[]; };
layout(std430, binding = 6) restrict writeonly buffer GatesBuffer { float gates[]; };
layout(std430, binding = 7) restrict writeonly buffer CsBuffer { float cs[]; };

// First CHUNK terms of h for 8 rows, two vec4 a term; then the slices' sums.
shared vec4 stage[1024];

void main() {
    uint me = gl_LocalInvocationID.x, unit = me % UNITS, slice = me / UNITS;
    uint j = gl_WorkGroupID.x * UNITS + unit, n0 = gl_WorkGroupID.y * ROWS;
    precise vec4 acc[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; r++) acc[r] = vec4(0.0);

    for (uint k0 = 0; k0 < p.H; k0 += CHUNK) {
        uint terms = min(CHUNK, p.H - k0);
        if (k0 > 0) barrier();
        for (uint k = me; k < terms; k += UNITS * SLICES)
            [[unroll]] for (uint half8 = 0; half8 < 2; half8++) {
                vec4 v;
                [[unroll]] for (uint r = 0; r < 4; r++)
                    v[r] = h[p.from + min(n0 + 4 * half8 + r, p.N - 1) * p.H + k0 + k];
                stage[2 * k + half8] = v;
            }
        barrier();
        for (uint k = slice; k < terms; k += SLICES) {
            vec4 w = weights[(k0 + k) * p.J + j], lo = stage[2 * k], hi = stage[2 * k + 1];
            [[unroll]] for (uint r = 0; r < 4; r++) {
                acc[r] = fma(vec4(lo[r]), w, acc[r]);
                acc[r + 4] = fma(vec4(hi[r]), w, acc[r + 4]);
            }
        }
    }
    barrier();
    [[unroll]] for (uint r = 0; r < ROWS; r++) stage[(slice * ROWS + r) * UNITS + unit] = acc[r];
    barrier();

    // Invocation (unit, slice) finishes the cell of that unit and row n0 + slice.
    uint n = n0 + slice;
    if (n >= p.N || j >= p.H) return;
    uint one = n * p.H + j, g = 4 * (p.at + n * p.H) + j;
    precise vec4 z = vec4(gx[g], gx[g + p.H], gx[g + 2 * p.H], gx[g + 3 * p.H]);
    for (uint s = 0; s < SLICES; s++) z += stage[(s * ROWS + slice) * UNITS + unit];
    Cell r = cellForward(z, c[one]);
    c[one] = r.c;
    if (HN) hN[one] = r.h;
    y[p.at + one] = r.h;
    if (CS) cs[p.at + one] = r.c;
    if (GATES)
        [[unroll]] for (uint q = 0; q < 4; q++) gates[g + q * p.H] = r.gates[q];
}

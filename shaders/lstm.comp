// One time step of lstm (recurrent.glsl has the product and its bindings):
//
//   z = gx[t] + h·whhᵀ    then the cell of lstm.glsl
//
//   binding 0  gx     [T, N, 4H]; this step's at 4·at
//   binding 3  y      [T, N, H]; this step's at at
//   binding 4  hN     [N, H], written with HN
//   binding 5  c      [N, H], in place
//   binding 6  gates  [T, N, 4H], written with GATES
//   binding 7  cs     [T, N, H], written with CS
//
// GFLOP per CPU-second on lavapipe, 64 steps of N = 32, H = 256, cells included:
// 18 to 22.
// build: lstm_subgroup -DSUBGROUP
// build: lstm_tile
#version 450
#extension GL_GOOGLE_include_directive : enable
#define GATED
#include "recurrent.glsl"
#include "lstm.glsl"

layout(constant_id = 4) const bool HN = false;
layout(constant_id = 5) const bool GATES = false;
layout(constant_id = 6) const bool CS = false;
layout(std430, binding = 0) restrict readonly buffer GxBuffer { float gx[]; };
layout(std430, binding = 3) restrict writeonly buffer YBuffer { float y[]; };
layout(std430, binding = 4) restrict writeonly buffer HNBuffer { float hN[]; };
layout(std430, binding = 5) restrict buffer CBuffer { float c[]; };
layout(std430, binding = 6) restrict writeonly buffer GatesBuffer { float gates[]; };
layout(std430, binding = 7) restrict writeonly buffer CsBuffer { float cs[]; };

void finish(const int n, const int j, const vec4 sum, const bool inside) {
    int H = p.H, one = n * H + j, g = 4 * (p.at + n * H) + j;
    precise vec4 z = sum + vec4(gx[g], gx[g + H], gx[g + 2 * H], gx[g + 3 * H]);
    Cell r = cellForward(z, c[one]);
    if (inside) {
        c[one] = r.c;
        if (HN) hN[one] = r.h;
        y[p.at + one] = r.h;
        if (CS) cs[p.at + one] = r.c;
        if (GATES)
            [[unroll]] for (int q = 0; q < 4; q++) gates[g + q * H] = r.gates[q];
    }
}

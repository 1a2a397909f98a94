// One time step of rnn_grad (recurrent.glsl has the product and its bindings):
//
//   dh = dy[t] + dgx[next]·whh      dgx = dh·(1 - y²), with RELU dh where y > 0
//
//   binding 0  y    [T, N, H]; this step's at at
//   binding 3  out  dgx [T, N, H], this step's at at; with FINAL dh0 [N, H]
//   binding 4  dy   [T, N, H], with DY
//   binding 5  dhN  [N, H], with DHN, added at the first step back
//
// FINAL makes dh0 = dgx[next]·whh and no cell.
// build: rnn_grad_subgroup -DSUBGROUP
// build: rnn_grad_tile
#version 450
#extension GL_GOOGLE_include_directive : enable
#include "recurrent.glsl"

layout(constant_id = 4) const bool RELU = false;
layout(constant_id = 5) const bool FINAL = false;
layout(constant_id = 6) const bool DY = true;
layout(constant_id = 7) const bool DHN = true;
layout(std430, binding = 0) restrict readonly buffer YBuffer { float y[]; };
layout(std430, binding = 3) restrict writeonly buffer OutBuffer { float dgx[]; };
layout(std430, binding = 4) restrict readonly buffer DyBuffer { float dy[]; };
layout(std430, binding = 5) restrict readonly buffer DhNBuffer { float dhN[]; };

void finish(const int n, const int j, const float sum, const bool inside) {
    int one = n * p.H + j;
    precise float dh = sum;
    if (!FINAL) {
        if (DHN) dh += p.first != 0 ? dhN[one] : 0.0;
        if (DY) dh += dy[p.at + one];
        float v = y[p.at + one];
        precise float slope = fma(-v, v, 1.0);
        dh = RELU ? (v <= 0.0 ? 0.0 : dh) : dh * slope;
    }
    if (inside) dgx[p.at + one] = dh;
}

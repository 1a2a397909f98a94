// One time step of rnn (recurrent.glsl has the product and its bindings):
//
//   y = act(gx[t] + h·whhᵀ)      act = tanh, with RELU max(·, 0)
//
//   binding 0  gx  [T, N, H]; this step's at at
//   binding 3  y   [T, N, H]; this step's at at
//   binding 4  hN  [N, H], written with HN
// build: rnn_subgroup -DSUBGROUP
// build: rnn_tile
#version 450
#extension GL_GOOGLE_include_directive : enable
#include "recurrent.glsl"

layout(constant_id = 4) const bool RELU = false;
layout(constant_id = 5) const bool HN = false;
layout(std430, binding = 0) restrict readonly buffer GxBuffer { float gx[]; };
layout(std430, binding = 3) restrict writeonly buffer YBuffer { float y[]; };
layout(std430, binding = 4) restrict writeonly buffer HNBuffer { float hN[]; };

void finish(const int n, const int j, const float sum, const bool inside) {
    int one = n * p.H + j;
    precise float z = gx[p.at + one] + sum;
    float h = RELU ? (z <= 0.0 ? 0.0 : z) : vtanh(z);
    if (inside) {
        y[p.at + one] = h;
        if (HN) hN[one] = h;
    }
}

// One time step of gru (recurrent.glsl has the product and its bindings):
//
//   a = h·whhᵀ + bhh          r, z = sigmoid(gx_r + a_r, gx_z + a_z)
//   n = tanh(gx_n + r·a_n)    y = (1 - z)·n + z·h
//
//   binding 0  gx     [T, N, 3H]; this step's at 3·at
//   binding 3  y      [T, N, H]; this step's at at
//   binding 4  hN     [N, H], written with HN
//   binding 5  gates  [T, N, 4H], r, z, n, a_n; written with GATES
//   binding 6  bhh    [3H], with BHH
//   binding 7  h      [.., N, H]; the step before's at prev
// build: gru_subgroup -DSUBGROUP
// build: gru_tile
#version 450
#extension GL_GOOGLE_include_directive : enable
#define GATED
#include "recurrent.glsl"

layout(constant_id = 4) const bool HN = false;
layout(constant_id = 5) const bool GATES = false;
layout(constant_id = 6) const bool BHH = false;
layout(std430, binding = 0) restrict readonly buffer GxBuffer { float gx[]; };
layout(std430, binding = 3) restrict writeonly buffer YBuffer { float y[]; };
layout(std430, binding = 4) restrict writeonly buffer HNBuffer { float hN[]; };
layout(std430, binding = 5) restrict writeonly buffer GatesBuffer { float gates[]; };
layout(std430, binding = 6) restrict readonly buffer BhhBuffer { float bhh[]; };
layout(std430, binding = 7) restrict readonly buffer HBuffer { float h[]; };

void finish(const int n, const int j, const vec4 sum, const bool inside) {
    int H = p.H, one = n * H + j, g = 3 * (p.at + n * H) + j;
    precise vec3 a = sum.xyz;
    if (BHH) a += vec3(bhh[j], bhh[j + H], bhh[j + 2 * H]);
    precise vec2 rz = a.xy + vec2(gx[g], gx[g + H]);
    float r = vsigmoid(rz.x), z = vsigmoid(rz.y);
    precise float v = fma(r, a.z, gx[g + 2 * H]);
    float c = vtanh(v);
    precise float next = fma(z, h[p.prev + one], (1.0 - z) * c);
    if (inside) {
        y[p.at + one] = next;
        if (HN) hN[one] = next;
        if (GATES) {
            int o = 4 * (p.at + n * H) + j;
            gates[o] = r;
            gates[o + H] = z;
            gates[o + 2 * H] = c;
            gates[o + 3 * H] = a.z;
        }
    }
}

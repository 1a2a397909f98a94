// C[i] = sum over slices s of P[s,i]: the second half of a matmul whose long
// sums were cut into slices of k. Slices are added in order, so the result is
// the same on every run.
//
//   binding 0  P  [slices, elems]
//   binding 1  C  [elems]
//   binding 2, 3  the epilogue's operands
//
// An invocation makes one element. NaN and Inf propagate; no slices give zeros.
// build: matmul_reduce -O0
#version 450
#extension GL_GOOGLE_include_directive : enable

layout(local_size_x_id = 0) in;
layout(std430, binding = 0) restrict readonly buffer PBuffer { float P[]; };
layout(std430, binding = 1) restrict writeonly buffer CBuffer { float C[]; };
const int EXTRA = 2;
#include "epilogue.glsl"

layout(push_constant, std430) uniform Push {
    uint elems, slices;
    uint cols; // columns of C
} p;

void main() {
    uint i = (gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    if (i >= p.elems) return;
    precise float v = 0.0;
    for (uint s = 0; s < p.slices; s++) v += P[s * p.elems + i];
    C[i] = epilogue(v, i % p.cols, i);
}

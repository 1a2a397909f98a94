#version 450
#extension GL_GOOGLE_include_directive : enable
// Each sequence turned round within its own length:
//
//   Y[t, n] = X[len[n]-1-t, n] for t < len[n], else X[t, n]
//
//   binding 0  X    words of any type
//   binding 1  len  [N] int, held to 0 .. T
//   binding 2  Y    as X
//
// An invocation copies one E: four words where nothing inside time and batch is
// left over, else one. Strides and count are in E.
// build: reverse_sequence_1 -DE=uint
// build: reverse_sequence_4 -DE=uvec4
#include "divide.glsl"
layout(local_size_x_id = 0) in;
layout(push_constant, std430) uniform Push {
	uint count, T, N, step;
	uvec2 byStep, byT, byBatch, byN; // step and batch: how far apart steps and sequences lie
} p;
layout(std430, binding = 0) restrict readonly buffer Xs { E X[]; };
layout(std430, binding = 1) restrict readonly buffer Lens { int len[]; };
layout(std430, binding = 2) restrict writeonly buffer Ys { E Y[]; };

void main() {
	uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (i >= p.count) return;
	uint t = divide(i, p.byStep), n = divide(i, p.byBatch);
	t -= divide(t, p.byT) * p.T;
	n -= divide(n, p.byN) * p.N;
	uint l = min(uint(max(len[n], 0)), p.T);
	uint from = i;
	if (t < l) from = i - t * p.step + (l - 1 - t) * p.step;
	Y[i] = X[from];
}

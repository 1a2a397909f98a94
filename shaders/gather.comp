#version 450
#extension GL_GOOGLE_include_directive : enable
// Picks along an axis, n long in X and K long in Y:
//
//   Y[o, k, i] = X[o, r, i], or 0 where r is below 0 or n or more
//   MODE 0  r = idx[o, k, i]                                             gather
//   MODE 1  r = idx[k]                                                   index_select
//   MODE 2  r = idx[o, k, i], and 0 too where at[o, r, i] isn't k + 1    scatter_grad
//
//   binding 0  X    words of any type [o, n, i]
//   binding 1  idx  int, [o, K, i] or [K]
//   binding 2  Y    [o, K, i]
//   binding 3  at   [o, n, i], for MODE 2
//
// An invocation copies one E: four words in MODE 1 where i is a multiple of 4,
// else one; inner and count are in E. What is read lies always within X. Lavapipe
// takes 13 ns an element; with divisions instead of reciprocals it was 36.
// build: gather_1 -DE=uint
// build: gather_4 -DE=uvec4
#include "divide.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint MODE = 0;
layout(push_constant, std430) uniform Push {
	uint count, n, K, inner;
	uvec2 byInner, byK;
} p;
layout(std430, binding = 0) restrict readonly buffer Xs { E X[]; };
layout(std430, binding = 1) restrict readonly buffer Ids { uint idx[]; };
layout(std430, binding = 2) restrict writeonly buffer Ys { E Y[]; };
layout(std430, binding = 3) restrict readonly buffer Ats { uint at[]; };

void main() {
	uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (i >= p.count) return;
	uint q = divide(i, p.byInner), o = divide(q, p.byK), k = q - o * p.K;
	uint r = idx[MODE == 1 ? k : i]; // a negative index is a large one
	bool there = r < p.n;
	uint from = there ? (o * p.n + r) * p.inner + (i - q * p.inner) : 0;
	E v = X[from];
	if (MODE == 2) there = there && at[from] == k + 1;
	Y[i] = there ? v : E(0);
}

#version 450
#extension GL_GOOGLE_include_directive : enable
// Y[i] = how many of a row of n ascending numbers are less than V[i], or with
// RIGHT no larger; NaN is above all. m values share a row.
//
//   binding 0  sorted  [rows, n]
//   binding 1  V       [rows, m]
//   binding 2  Y       [rows, m] int
#include "order.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const bool RIGHT = false;
layout(push_constant, std430) uniform Push {
	uint count, n, m;
} p;
layout(std430, binding = 0) restrict readonly buffer Sorteds { uint sorted[]; };
layout(std430, binding = 1) restrict readonly buffer Vs { uint V[]; };
layout(std430, binding = 2) restrict writeonly buffer Ys { uint Y[]; };

void main() {
	uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (i >= p.count) return;
	uint row = i / p.m * p.n, low = 0, high = p.n, want = orderKey(V[i]);
	while (low < high) {
		uint mid = (low + high) / 2, key = orderKey(sorted[row + mid]);
		if (key < want || RIGHT && key == want) low = mid + 1;
		else high = mid;
	}
	Y[i] = low;
}

#version 450
#extension GL_GOOGLE_include_directive : enable
// build: reduce_cols_subgroup -DSUBGROUP
// build: reduce_cols_tree -O
//
// Y[s, k] = reduction of chunk s of X[:, k], where the innermost dimension is a
// kept one, of stride 1: sum over the first axis, [N, C] -> [C].
//
// An invocation takes VEC neighbouring columns k of a chunk, neighbouring
// invocations the next ones, so that a load instruction reads a stretch of a
// row; VEC = 4 where the innermost size is a multiple of 4, and then all strides
// count vec4.
layout(local_size_x_id = 0) in;
#include "order.glsl"
#include "reduce.glsl"

void main() {
	uint job = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (job >= jobs) return;
	uint columns = jobs / S;
	uint s = job / columns, k = job % columns;
	uint base = keptOffset(k);
	uint l0 = s % lChunks * lChunk, l1 = min(l0 + lChunk, L);
	uint q0 = s / lChunks * qChunk, q1 = min(q0 + qChunk, Q);
	precise vec4 sum = vec4(0);
	uvec4 best = uvec4(0);
	for (uint q = q0; q < q1; q++) {
		uint at = base + redOffset(q);
		for (uint l = l0; l < l1;) {
			precise vec4 part = vec4(0);
			uint end = min(l + 16, l1);
			for (; l < end; l++) {
				vec4 v = load(at + l * lStride);
				if (OP == 0) part += v;
				else best = max(best, rank4(v));
			}
			sum += part;
		}
	}
	precise vec4 v = sum * scale;
	if (OP != 0) v = vec4(unrank(best.x), unrank(best.y), unrank(best.z), unrank(best.w));
	Y[VEC * job] = v.x;
	if (VEC == 4) {
		Y[VEC * job + 1] = v.y;
		Y[VEC * job + 2] = v.z;
		Y[VEC * job + 3] = v.w;
	}
}

#version 450
#extension GL_GOOGLE_include_directive : enable
// build: reduce_cols_subgroup -DSUBGROUP
// build: reduce_cols_tree -O
// build: reduce_cols_map_subgroup -DSUBGROUP -DMAP
// build: reduce_cols_map_tree -DMAP
//
// Y[s, k] = reduction of chunk s of X[:, k], where the innermost dimension is a
// kept one, of stride 1: sum over the first axis, [N, C] -> [C].
//
// An invocation takes VEC neighbouring columns k of a chunk, neighbouring
// invocations the next ones, so that a load instruction reads a stretch of a
// row; VEC = 4 where the innermost size is a multiple of 4, and then all strides
// count vec4.
layout(local_size_x_id = 0) in;
#ifdef MAP
#include "math.glsl"
#endif
#include "order.glsl"
#include "reduce.glsl"

void main() {
	uint job = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (job >= jobs) return;
	uint columns = jobs / S;
	uint s = job / columns, k = job % columns;
	uint base = xStart + keptOffset(k);
#ifdef MAP
	vec4 m = vec4(0);
	if (KIND != 0) {
		m.x = centre(VEC * k);
		if (VEC == 4) m.yzw = vec3(centre(VEC * k + 1), centre(VEC * k + 2), centre(VEC * k + 3));
	}
#endif
	uint l0 = s % lChunks * lChunk, l1 = min(l0 + lChunk, L);
	uint q0 = s / lChunks * qChunk, q1 = min(q0 + qChunk, Q);
	precise vec4 sum = vec4(OP == 3 ? 1 : 0);
	uvec4 best = uvec4(0);
	for (uint q = q0; q < q1; q++) {
		uint at = base + redOffset(q);
		for (uint l = l0; l < l1;) {
			precise vec4 part = vec4(0);
			uint end = min(l + 16, l1);
			for (; l < end; l++) {
				vec4 v = load(at + l * lStride);
#ifdef MAP
				v = mapped(v, m);
#endif
				if (OP == 0) part += v;
				else if (OP == 3) sum *= v;
				else best = max(best, rank4(v));
			}
			if (OP == 0) sum += part;
		}
	}
	precise vec4 v = sum * scale;
	if (OP == 1 || OP == 2) v = vec4(unrank(best.x), unrank(best.y), unrank(best.z), unrank(best.w));
	uint to = yStart + VEC * job;
	Y[to] = whole(v.x, VEC * k);
	if (VEC == 4) {
		Y[to + 1] = whole(v.y, VEC * k + 1);
		Y[to + 2] = whole(v.z, VEC * k + 2);
		Y[to + 3] = whole(v.w, VEC * k + 3);
	}
}

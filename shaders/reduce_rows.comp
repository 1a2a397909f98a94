#version 450
#extension GL_GOOGLE_include_directive : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif
// build: reduce_rows_subgroup -DSUBGROUP
// build: reduce_rows_tree -O
// build: reduce_rows_map_subgroup -DSUBGROUP -DMAP
// build: reduce_rows_map_tree -DMAP
//
// Y[k, s] = reduction of chunk s of X[k, :], where the innermost dimension is a
// reduced one, of stride 1: sum over the last axis, or [N, C, H, W] -> [C].
//
// A row of threads (lanes.glsl) takes job k·S + s. Rows start anywhere, loads are
// of whole vec4: what lies outside the row is masked, never added. On lavapipe a
// subgroup with texel loads reads 10 GB/s a core, with plain vec4 loads 3.3, a
// shared-memory tree 0.4, one thread a row 4.8.
#ifdef MAP
#include "math.glsl"
#endif
#include "lanes.glsl"
#include "order.glsl"
#include "reduce.glsl"

#ifdef SUBGROUP
float laneProduct(float v) { return LANES > 1 ? subgroupMul(v) : v; }
#else
float laneProduct(float v) { // good in the row's first thread
	uint i = gl_LocalInvocationID.x;
	for (uint d = LANES / 2; d > 0; d /= 2) {
		lanesPart[i] = floatBitsToUint(v);
		barrier();
		if (lane() < d) {
			precise float p = v * uintBitsToFloat(lanesPart[i + d]);
			v = p;
		}
		barrier();
	}
	return v;
}
#endif

void main() {
	uint job = laneRow();
	bool live = job < jobs;
	job = min(job, jobs - 1);
	uint s = job % S, k = job / S;
	uint base = xStart + keptOffset(k);
#ifdef MAP
	vec4 m = vec4(KIND != 0 ? centre(k) : 0);
#endif
	uint l0 = s % lChunks * lChunk, l1 = min(l0 + lChunk, L);
	uint q0 = s / lChunks * qChunk, q1 = min(q0 + qChunk, Q);
	precise vec4 sum = vec4(OP == 3 ? 1 : 0);
	uvec4 best = uvec4(0);
	for (uint q = q0; q < q1; q++) {
		uint row = base + redOffset(q);
		uint first = row + l0, last = row + l1; // [first, last)
		for (uint t = first / 4 + lane(); 4 * t < last;) {
			precise vec4 part = vec4(0);
			uint end = min(t + 16 * LANES, (last + 3) / 4);
			for (; t < end; t += LANES) {
				uvec4 i = 4 * t + uvec4(0, 1, 2, 3);
				bvec4 mine = bvec4(uvec4(greaterThanEqual(i, uvec4(first))) & uvec4(lessThan(i, uvec4(last))));
				vec4 v = load(t);
#ifdef MAP
				v = mapped(v, m);
#endif
				if (OP == 0) part += mix(vec4(0), v, mine);
				else if (OP == 3) sum *= mix(vec4(1), v, mine);
				else best = max(best, mix(uvec4(0), rank4(v), mine));
			}
			if (OP == 0) sum += part;
		}
	}
	if (OP == 0) {
		precise float v = laneSum((sum.x + sum.y) + (sum.z + sum.w)) * scale;
		if (live && lane() == 0) Y[yStart + job] = whole(v, k);
	} else if (OP == 3) {
		precise float v = laneProduct((sum.x * sum.y) * (sum.z * sum.w));
		if (live && lane() == 0) Y[yStart + job] = v;
	} else {
		uint v = laneMax(max(max(best.x, best.y), max(best.z, best.w)));
		if (live && lane() == 0) Y[yStart + job] = unrank(v);
	}
}

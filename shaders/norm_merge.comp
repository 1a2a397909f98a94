#version 450
#extension GL_GOOGLE_include_directive : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif
// build: norm_merge_subgroup -DSUBGROUP
// build: norm_merge_tree -O
//
// Joins the chunks of norm_stats.comp, n_k elements with mean m_k + d_k and
// squares s_k (Chan). With m = m_0 and x_k = (m_k - m) + d_k:
//
//   d = Σ n_k·x_k / n    var = Σ s_k + n_k·(x_k - d)² / n    rstd = 1/sqrt(var + eps)
//
// T [3, C] is m, d, rstd for norm_apply.comp. A row of threads takes a channel.
#include "lanes.glsl"
#include "norm.glsl"

layout(constant_id = 2) const uint RMS = 0;
layout(constant_id = 3) const uint STATS = 0; // 1: rstd, 2: mean, 4: var

layout(binding = 0) readonly buffer Ps { float P[]; };
layout(binding = 1) writeonly buffer Ts { float T[]; };
layout(binding = 2) writeonly buffer Rs { float R[]; };
layout(binding = 3) writeonly buffer Ms { float M[]; };
layout(binding = 4) writeonly buffer Vs { float V[]; };
layout(push_constant) uniform Push { uint jobs, C, Q, L, qChunk, lChunk, lChunks; float eps; };

void main() {
	uint c = laneRow();
	bool live = c < C;
	c = min(c, C - 1);
	uint chunks = jobs / C;
	float n = float(Q * L), sum = 0, lost = 0, squares = 0;
	precise float m = P[c], d = 0;
	if (RMS == 0) {
		for (uint s = lane(); s < chunks; s += LANES) {
			uint job = s * C + c;
			Chunk k = chunkOf(job, C, Q, L, qChunk, lChunk, lChunks);
			precise float x = ((P[job] - m) + P[jobs + job]) * float((k.q1 - k.q0) * (k.l1 - k.l0));
			addTo(sum, lost, x);
		}
		d = laneSum(sum) / n;
	}
	lost = 0;
	for (uint s = lane(); s < chunks; s += LANES) {
		uint job = s * C + c;
		Chunk k = chunkOf(job, C, Q, L, qChunk, lChunk, lChunks);
		precise float x = ((P[job] - m) + P[jobs + job]) - d;
		precise float v = P[2 * jobs + job] + x * x * float((k.q1 - k.q0) * (k.l1 - k.l0));
		addTo(squares, lost, v);
	}
	precise float v = laneSum(squares) / n;
	if (v < 0) v = 0;
	precise float r = 1 / sqrt(v + eps);
	if (live && lane() == 0) {
		T[c] = m;
		T[C + c] = d;
		T[2 * C + c] = r;
		if ((STATS & 1) != 0) R[c] = r;
		if ((STATS & 2) != 0) M[c] = m + d;
		if ((STATS & 4) != 0) V[c] = v;
	}
}

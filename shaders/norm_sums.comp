#version 450
#extension GL_GOOGLE_include_directive : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif
// build: norm_sums_subgroup -DSUBGROUP
// build: norm_sums_tree -O
//
// The sums of g·n and of g over a chunk (norm.glsl), n = (X - mean)·rstd:
//
//   ROWS = 0  the weight's gradient: channel c is a weight, g = dY, and mean and
//             rstd are number c, or (EACH = 1) number q·G + c/D
//   ROWS = 1  a row's sums: channel c is a row with the mean c, g = dY·weight, the
//             weight of l being c % G · D + l / S
//
// A row of threads (lanes.glsl) takes a job, as in norm_stats.comp.
#include "lanes.glsl"
#include "norm.glsl"
#include "divide.glsl"

layout(constant_id = 2) const uint ROWS = 0;
layout(constant_id = 3) const uint EACH = 0;
layout(constant_id = 4) const uint MEAN = 0;
layout(constant_id = 5) const uint WEIGHT = 0;
layout(constant_id = 6) const uint BOTH = 0; // the sum of g too

#ifdef SUBGROUP
layout(binding = 0) uniform samplerBuffer X;
layout(binding = 1) uniform samplerBuffer DY;
layout(binding = 2) uniform samplerBuffer R;
layout(binding = 3) uniform samplerBuffer M;
layout(binding = 4) uniform samplerBuffer W;
float loadX(uint i) { return texelFetch(X, int(i)).x; }
float loadR(uint i) { return texelFetch(R, int(i)).x; }
float loadM(uint i) { return texelFetch(M, int(i)).x; }
float weight(uint i) { return texelFetch(W, int(i)).x; }
float loadDY(uint i) { return texelFetch(DY, int(i)).x; }
#else
layout(binding = 0) readonly buffer Xs { float X[]; };
layout(binding = 1) readonly buffer DYs { float DY[]; };
layout(binding = 2) readonly buffer Rs { float R[]; };
layout(binding = 3) readonly buffer Ms { float M[]; };
layout(binding = 4) readonly buffer Ws { float W[]; };
float loadX(uint i) { return X[i]; }
float loadR(uint i) { return R[i]; }
float loadM(uint i) { return M[i]; }
float weight(uint i) { return W[i]; }
float loadDY(uint i) { return DY[i]; }
#endif
layout(binding = 5) writeonly buffer GNs { float GN[]; };
layout(binding = 6) writeonly buffer Gs { float Gsum[]; };
layout(push_constant) uniform Push { uint jobs, C, Q, L, qChunk, lChunk, lChunks, G, D, pad; uvec2 byS; };

void main() {
	uint job = laneRow();
	bool live = job < jobs;
	job = min(job, jobs - 1);
	Chunk k = chunkOf(job, C, Q, L, qChunk, lChunk, lChunks);
	float sum = 0, dots = 0, lost = 0, lostDot = 0;
	uint group = k.c / D, first = k.c % G * D;
	for (uint q = k.q0; q < k.q1; q++) {
		uint base = (q * C + k.c) * L;
		uint stat = ROWS == 0 && EACH != 0 ? q * G + group : k.c;
		float r = loadR(stat), mean = 0;
		if (MEAN != 0) mean = loadM(stat);
		for (uint l = k.l0 + lane(); l < k.l1; l += LANES) {
			precise float g = loadDY(base + l);
			if (WEIGHT != 0) g = g * weight(first + divide(l, byS));
			precise float gn = g * ((loadX(base + l) - mean) * r);
			if (BOTH != 0) addTo(sum, lost, g);
			addTo(dots, lostDot, gn);
		}
	}
	dots = laneSum(dots);
	sum = laneSum(sum);
	if (live && lane() == 0) {
		GN[job] = dots;
		if (BOTH != 0) Gsum[job] = sum;
	}
}

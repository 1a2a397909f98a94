#version 450
#extension GL_GOOGLE_include_directive : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif
// build: norm_stats_subgroup -DSUBGROUP
// build: norm_stats_tree -O
//
// The mean m + d of a chunk of X (norm.glsl), m rounded to a float, and the sum
// of squares about it: P[0], P[1], P[2][job]. RMS = 1: about 0. A row of threads
// (lanes.glsl) takes a job and reads it twice; neighbouring jobs are neighbouring
// channels, so that with L = 1 neighbouring threads read neighbouring floats.
#include "lanes.glsl"
#include "norm.glsl"

layout(constant_id = 2) const uint RMS = 0;

#ifdef SUBGROUP
layout(binding = 0) uniform samplerBuffer X;
float load(uint i) { return texelFetch(X, int(i)).x; }
#else
layout(binding = 0) restrict readonly buffer Xs { float X[]; };
float load(uint i) { return X[i]; }
#endif
layout(binding = 1) restrict writeonly buffer Ps { float P[]; };
layout(push_constant) uniform Push { uint jobs, C, Q, L, qChunk, lChunk, lChunks; };

void main() {
	uint job = laneRow();
	bool live = job < jobs;
	job = min(job, jobs - 1);
	Chunk k = chunkOf(job, C, Q, L, qChunk, lChunk, lChunks);
	float count = float((k.q1 - k.q0) * (k.l1 - k.l0));
	float sum = 0, squares = 0, lost = 0;
	precise float mean = 0, d = 0;
	if (RMS == 0) {
		for (uint q = k.q0; q < k.q1; q++) {
			uint base = (q * C + k.c) * L;
			for (uint l = k.l0 + lane(); l < k.l1; l += LANES) addTo(sum, lost, load(base + l));
		}
		mean = laneSum(sum) / count;
		sum = 0;
		lost = 0;
	}
	for (uint q = k.q0; q < k.q1; q++) {
		uint base = (q * C + k.c) * L;
		for (uint l = k.l0 + lane(); l < k.l1; l += LANES) {
			precise float x = load(base + l) - mean;
			precise float xx = x * x;
			sum += x;
			addTo(squares, lost, xx);
		}
	}
	if (RMS == 0) d = laneSum(sum) / count;
	precise float m2 = laneSum(squares) - d * d * count;
	if (live && lane() == 0) {
		P[job] = mean;
		P[jobs + job] = d;
		P[2 * jobs + job] = m2;
	}
}

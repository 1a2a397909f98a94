#version 450
#extension GL_GOOGLE_include_directive : enable
//
// Y[k] = place of the largest of X[k, :], or with LEAST of the smallest, in
// row-major order over the reduced dimensions: the first of equals, the first NaN
// before all else.
//
// A row of threads (lanes.glsl) takes chunk s of output k, job k·S + s. LAST = 0
// writes the chunk's best value (its key, order.glsl) and place to V and P for a
// later pass, which reads them where FROM = 1.
#include "lanes.glsl"
#include "order.glsl"

layout(constant_id = 2) const uint FROM = 0;
layout(constant_id = 3) const uint LAST = 1;
layout(constant_id = 4) const uint RED = 4; // reduced dimensions
layout(constant_id = 5) const bool LEAST = false;

layout(binding = 0) restrict readonly buffer Xs { uint X[]; };    // floats' bits, or keys
layout(binding = 1) restrict readonly buffer Ats { uint from[]; }; // their places
layout(binding = 2) restrict writeonly buffer Ys { uint Y[]; };   // places
layout(binding = 3) restrict writeonly buffer Vs { uint V[]; };   // keys
layout(push_constant) uniform Push {
	uint jobs, S, n, chunk;
	uint keptSize[3], keptStride[4]; // innermost first
	uint redSize[3], redStride[4];
	uint xStart, yStart; // in the bindings
	uint first; // the place that r = 0 is
};

void main() {
	uint job = laneRow();
	bool live = job < jobs;
	job = min(job, jobs - 1);
	uint k = job / S, base = 0;
	for (uint d = 0; d < 3; d++) {
		uint rest = k / keptSize[d];
		base += (k - rest * keptSize[d]) * keptStride[d];
		k = rest;
	}
	base += k * keptStride[3];
	uint best = 0, place = 0xffffffffu;
	uint r0 = job % S * chunk, r1 = min(r0 + chunk, n);
	for (uint r = r0 + lane(); r < r1; r += LANES) {
		uint rest = r, i = base;
		for (uint d = 0; d + 1 < RED; d++) {
			uint q = rest / redSize[d];
			i += (rest - q * redSize[d]) * redStride[d];
			rest = q;
		}
		i += xStart + rest * redStride[RED - 1];
		uint key = FROM != 0 ? X[i] : orderKey(X[i]);
		if (LEAST && FROM == 0 && key != 0xffffffffu) key = ~key; // above 0, as all keys
		if (key > best) {
			best = key;
			place = FROM != 0 ? from[i] : first + r;
		}
	}
	// Of the threads that hold the best, the one with the first place: ~place is largest.
	uint top = laneMax(best);
	place = ~laneMax(best == top ? ~place : 0u);
	if (live && lane() == 0) {
		Y[yStart + job] = place;
		if (LAST == 0) V[yStart + job] = top;
	}
}

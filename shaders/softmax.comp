#version 450
#extension GL_GOOGLE_include_directive : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif
// build: softmax_subgroup -DSUBGROUP
// build: softmax_tree -O
//
// Along the middle axis of X [outer, n, inner], with m = max X:
//
//   softmax      Y = exp(X - m) / sum exp(X - m)
//   log_softmax  Y = X - m - log sum exp(X - m)          (LOG = 1)
//
// Row r = (outer, inner) starts at outer·n·inner + inner and steps by inner. A
// row of threads (lanes.glsl) takes a row: one thread where n is small, or where
// neighbouring threads read neighbouring inner; else a subgroup or a workgroup.
// Three readings of X, one writing; the sum is compensated (Kahan), so that its
// error doesn't grow with n. A NaN, or an infinity that makes inf - inf, makes
// its whole row NaN, as in PyTorch.
#include "math.glsl"
#include "order.glsl"
#include "lanes.glsl"

layout(constant_id = 2) const uint LOG = 0;

#ifdef SUBGROUP
layout(binding = 0) uniform samplerBuffer X;
float load(uint i) { return texelFetch(X, int(i)).x; }
#else
layout(binding = 0) restrict readonly buffer Xs { float X[]; };
float load(uint i) { return X[i]; }
#endif
layout(binding = 1) restrict writeonly buffer Ys { float Y[]; };
layout(push_constant) uniform Push { uint rows, n, inner; };

void main() {
	uint row = laneRow();
	bool live = row < rows;
	row = min(row, rows - 1);
	uint base = row / inner * n * inner + row % inner;
	uint key = 0;
	for (uint j = lane(); j < n; j += LANES) key = max(key, orderKey(floatBitsToUint(load(base + j * inner))));
	float m = uintBitsToFloat(orderBits(laneMax(key)));
	precise float s = 0, c = 0;
	for (uint j = lane(); j < n; j += LANES) {
		precise float e = vexp(load(base + j * inner) - m) - c;
		precise float t = s + e;
		c = (t - s) - e;
		s = t;
	}
	s = laneSum(s);
	float logS = vlog(s);
	for (uint j = lane(); j < n; j += LANES) {
		precise float d = load(base + j * inner) - m;
		precise float y = LOG != 0 ? d - logS : vexp(d) / s;
		if (live) Y[base + j * inner] = y;
	}
}

#version 450
#extension GL_GOOGLE_include_directive : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif
// build: crossentropy_subgroup -DSUBGROUP
// build: crossentropy_tree -O
//
//   lse[i]  = m + log sum exp(X[i, :] - m),  m = max X[i, :]
//   loss[i] = lse[i] - X[i, label[i]]
//
// X [N, C] floats, label [N] ints, loss [N], lse [N] (LSE = 0: absent). A row of
// threads (lanes.glsl) takes a row of X: one thread where C is small. The loss of
// label ignoreIndex is 0, that of a label that is no class NaN.
#include "math.glsl"
#include "order.glsl"
#include "lanes.glsl"

layout(constant_id = 2) const uint LSE = 0;

#ifdef SUBGROUP
layout(binding = 0) uniform samplerBuffer X;
float load(uint i) { return texelFetch(X, int(i)).x; }
#else
layout(binding = 0) restrict readonly buffer Xs { float X[]; };
float load(uint i) { return X[i]; }
#endif
layout(binding = 1) restrict readonly buffer Labels { int label[]; };
layout(binding = 2) restrict writeonly buffer Losses { float loss[]; };
layout(binding = 3) restrict writeonly buffer Lses { float lse[]; };
layout(push_constant) uniform Push { uint rows, classes; int ignoreIndex; };

void main() {
	uint row = laneRow();
	bool live = row < rows && lane() == 0;
	row = min(row, rows - 1);
	uint base = row * classes;
	uint key = 0;
	for (uint j = lane(); j < classes; j += LANES) key = max(key, orderKey(floatBitsToUint(load(base + j))));
	float m = uintBitsToFloat(orderBits(laneMax(key)));
	precise float s = 0, c = 0;
	for (uint j = lane(); j < classes; j += LANES) {
		precise float e = vexp(load(base + j) - m) - c;
		precise float t = s + e;
		c = (t - s) - e;
		s = t;
	}
	precise float logS = vlog(laneSum(s));
	int k = label[row];
	precise float l = uintBitsToFloat(0x7fc00000u);
	if (k >= 0 && k < int(classes)) l = (m - load(base + uint(k))) + logS;
	if (k == ignoreIndex) l = 0;
	if (live) {
		loss[row] = l;
		if (LSE != 0) lse[row] = m + logS;
	}
}

#version 450
#extension GL_GOOGLE_include_directive : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif
// build: crossentropy_grad_subgroup -DSUBGROUP
// build: crossentropy_grad_tree -O
//
//   dX[i, j] = (exp(X[i, j] - lse[i]) - [j = label[i]])·dloss[i]
//
// X, dX [N, C], label int [N], lse, dloss [N]. A row of threads (lanes.glsl) takes
// a row of X. 0 for label ignoreIndex, NaN for a label that is no class.
#include "math.glsl"
#include "lanes.glsl"

#ifdef SUBGROUP
layout(binding = 0) uniform samplerBuffer X;
float load(uint i) { return texelFetch(X, int(i)).x; }
#else
layout(binding = 0) restrict readonly buffer Xs { float X[]; };
float load(uint i) { return X[i]; }
#endif
layout(binding = 1) restrict readonly buffer Labels { int label[]; };
layout(binding = 2) restrict readonly buffer Lses { float lse[]; };
layout(binding = 3) restrict readonly buffer Dlosses { float dloss[]; };
layout(binding = 4) restrict writeonly buffer DXs { float DX[]; };
layout(push_constant) uniform Push { uint rows, classes; int ignoreIndex; };

void main() {
	uint row = laneRow();
	if (row >= rows) return;
	uint base = row * classes;
	int k = label[row];
	float z = lse[row], scale = dloss[row];
	bool ignored = k == ignoreIndex;
	if (!ignored && (k < 0 || k >= int(classes))) scale = uintBitsToFloat(0x7fc00000u);
	for (uint j = lane(); j < classes; j += LANES) {
		precise float p = vexp(load(base + j) - z);
		if (int(j) == k) p = p - 1.0;
		precise float d = p * scale;
		DX[base + j] = ignored ? 0.0 : d;
	}
}

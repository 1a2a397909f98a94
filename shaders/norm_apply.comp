#version 450
#extension GL_GOOGLE_include_directive : enable
// Y[e] = ((X[e] - m) - d)·rstd·weight + bias, with m, d, rstd of T [3, C] (see
// norm_merge.comp) at e / inner % C, weight and bias at e / S % weights. An
// invocation takes an element, or with QUAD = 1 four that share a mean and a weight.
// Those too many compute the last again: without a branch lavapipe loads by vectors.
#include "divide.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint QUAD = 0;
layout(constant_id = 2) const uint AFFINE = 0; // 1: weight, 2: bias

layout(binding = 0) readonly buffer X1s { float X1[]; };
layout(binding = 0) readonly buffer X4s { vec4 X4[]; };
layout(binding = 1) readonly buffer Ts { float T[]; };
layout(binding = 2) readonly buffer Ws { float W[]; };
layout(binding = 3) readonly buffer Bs { float B[]; };
layout(binding = 4) writeonly buffer Y1s { float Y1[]; };
layout(binding = 4) writeonly buffer Y4s { vec4 Y4[]; };
layout(push_constant) uniform Push { uint jobs, C, weights; uvec2 byInner, byC, byS, byWeights; };

void main() {
	uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	i = min(i, jobs - 1);
	uint e = QUAD != 0 ? 4 * i : i;
	uint c = divide(e, byInner), w = divide(e, byS);
	c -= divide(c, byC) * C;
	w -= divide(w, byWeights) * weights;
	float m = T[c], d = T[C + c], r = T[2 * C + c], scale = 1, shift = 0;
	if ((AFFINE & 1) != 0) scale = W[w];
	if ((AFFINE & 2) != 0) shift = B[w];
	if (QUAD != 0) {
		precise vec4 y = ((X4[i] - m) - d) * r * scale + shift;
		Y4[i] = y;
	} else {
		precise float y = ((X1[i] - m) - d) * r * scale + shift;
		Y1[i] = y;
	}
}

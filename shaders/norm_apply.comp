#version 450
// Y[e] = ((X[e] - m) - d)·rstd·weight + bias, with m, d, rstd of T [3, C] (see
// norm_merge.comp) at e / inner % C, weight and bias at e / S % weights. An
// invocation takes four elements; QUAD = 1 where they share a mean and a weight.
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
layout(push_constant) uniform Push { uint n, inner, C, S, weights; };

void main() {
	uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (4 * i >= n) return;
	if (QUAD != 0) {
		uint c = 4 * i / inner % C, w = 4 * i / S % weights;
		precise vec4 y = ((X4[i] - T[c]) - T[C + c]) * T[2 * C + c];
		if ((AFFINE & 1) != 0) y = y * W[w];
		if ((AFFINE & 2) != 0) y = y + B[w];
		Y4[i] = y;
		return;
	}
	for (uint e = 4 * i; e < min(4 * i + 4, n); e++) {
		uint c = e / inner % C, w = e / S % weights;
		precise float y = ((X1[e] - T[c]) - T[C + c]) * T[2 * C + c];
		if ((AFFINE & 1) != 0) y = y * W[w];
		if ((AFFINE & 2) != 0) y = y + B[w];
		Y1[e] = y;
	}
}

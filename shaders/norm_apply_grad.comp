#version 450
#extension GL_GOOGLE_include_directive : enable
// dX[e] = rstd·(g - sumG/count - n·sumGN/count), n = (X - mean)·rstd, g = dY·weight:
// norm_rows_grad.comp where norm_sums.comp has made the sums, for long rows and
// batches. Mean and sums at e / inner % C, weight at e / S % weights; invocations as
// in norm_apply.comp. PLAIN = 1: the sums are those of dY in place of g.
#include "divide.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint QUAD = 0;
layout(constant_id = 2) const uint RMS = 0;
layout(constant_id = 3) const uint WEIGHT = 0;
layout(constant_id = 4) const uint PLAIN = 0;

layout(binding = 0) readonly buffer X1s { float X1[]; };
layout(binding = 0) readonly buffer X4s { vec4 X4[]; };
layout(binding = 1) readonly buffer DY1s { float DY1[]; };
layout(binding = 1) readonly buffer DY4s { vec4 DY4[]; };
layout(binding = 2) readonly buffer Rs { float R[]; };
layout(binding = 3) readonly buffer Ws { float W[]; };
layout(binding = 4) readonly buffer Ms { float M[]; };
layout(binding = 5) readonly buffer GNs { float GN[]; };
layout(binding = 6) readonly buffer Gs { float G[]; };
layout(binding = 7) writeonly buffer DX1s { float DX1[]; };
layout(binding = 7) writeonly buffer DX4s { vec4 DX4[]; };
layout(push_constant) uniform Push { uint jobs, C, weights, count; uvec2 byInner, byC, byS, byWeights; };

void main() {
	uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	i = min(i, jobs - 1);
	uint e = QUAD != 0 ? 4 * i : i;
	uint c = divide(e, byInner), k = divide(e, byS);
	c -= divide(c, byC) * C;
	k -= divide(k, byWeights) * weights;
	float mean = 0, w = 1;
	precise float r = R[c], meanG = 0, meanGN = GN[c] / float(count);
	if (WEIGHT != 0) w = W[k];
	if (RMS == 0) {
		mean = M[c];
		meanG = G[c] / float(count);
	}
	precise vec4 x, g;
	if (QUAD != 0) {
		x = X4[i];
		g = DY4[i];
	} else {
		x = vec4(X1[i], 0, 0, 0);
		g = vec4(DY1[i], 0, 0, 0);
	}
	if (PLAIN == 0) g *= w;
	x = (x - mean) * r;
	precise vec4 dx = r * (g - meanG - x * meanGN);
	if (PLAIN != 0) dx *= w;
	if (QUAD != 0) DX4[i] = dx;
	else DX1[i] = dx.x;
}

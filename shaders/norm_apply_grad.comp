#version 450
// dX[e] = rstd·(g - sumG/count - n·sumGN/count), n = (X - mean)·rstd, g = dY·weight:
// norm_rows_grad.comp where norm_sums.comp has made the sums, for long rows and
// batches. Mean and sums e / inner % C, weight e / S % weights; an invocation takes
// an element. PLAIN = 1: the sums are those of dY in place of g.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint RMS = 0;
layout(constant_id = 2) const uint WEIGHT = 0;
layout(constant_id = 3) const uint PLAIN = 0;

layout(binding = 0) readonly buffer Xs { float X[]; };
layout(binding = 1) readonly buffer DYs { float DY[]; };
layout(binding = 2) readonly buffer Rs { float R[]; };
layout(binding = 3) readonly buffer Ws { float W[]; };
layout(binding = 4) readonly buffer Ms { float M[]; };
layout(binding = 5) readonly buffer GNs { float GN[]; };
layout(binding = 6) readonly buffer Gs { float G[]; };
layout(binding = 7) writeonly buffer DXs { float DX[]; };
layout(push_constant) uniform Push { uint n, inner, C, count, S, weights; };

void main() {
	uint e = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (e >= n) return;
	uint c = e / inner % C;
	float mean = 0;
	precise float g = DY[e], w = 1, meanG = 0, r = R[c];
	if (WEIGHT != 0) w = W[e / S % weights];
	if (PLAIN == 0) g = g * w;
	if (RMS == 0) {
		mean = M[c];
		meanG = G[c] / float(count);
	}
	precise float x = (X[e] - mean) * r;
	precise float dx = r * (g - meanG - x * (GN[c] / float(count)));
	if (PLAIN != 0) dx = dx * w;
	DX[e] = dx;
}

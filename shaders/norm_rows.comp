#version 450
#extension GL_GOOGLE_include_directive : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif
// build: norm_rows_subgroup -DSUBGROUP
// build: norm_rows_tree -O
//
//   Y = (X - mean)·rstd·weight + bias    rstd = 1/sqrt(var + eps)
//
// X, Y [rows, n]; mean and var are those of a row (RMS = 1: mean 0). Element j of
// row r has weight r % G · D + j / S. A row of threads (lanes.glsl) takes a row
// and reads it three times, the second and third from a cache. The mean is
// m + d, m rounded to a float and d the mean of what is left, so that rows far
// from 0 lose nothing.
#include "lanes.glsl"
#include "norm.glsl"
#include "divide.glsl"

layout(constant_id = 2) const uint RMS = 0;
layout(constant_id = 3) const uint AFFINE = 0; // 1: weight, 2: bias
layout(constant_id = 4) const uint STATS = 0;  // 1: rstd, 2: mean, 4: var

#ifdef SUBGROUP
layout(binding = 0) uniform samplerBuffer X;
layout(binding = 1) uniform samplerBuffer W;
layout(binding = 2) uniform samplerBuffer B;
float load(uint i) { return texelFetch(X, int(i)).x; }
float weight(uint i) { return texelFetch(W, int(i)).x; }
float bias(uint i) { return texelFetch(B, int(i)).x; }
#else
layout(binding = 0) restrict readonly buffer Xs { float X[]; };
layout(binding = 1) readonly buffer Ws { float W[]; };
layout(binding = 2) readonly buffer Bs { float B[]; };
float load(uint i) { return X[i]; }
float weight(uint i) { return W[i]; }
float bias(uint i) { return B[i]; }
#endif
layout(binding = 3) writeonly buffer Ys { float Y[]; };
layout(binding = 4) writeonly buffer Rs { float R[]; };
layout(binding = 5) writeonly buffer Ms { float M[]; };
layout(binding = 6) writeonly buffer Vs { float V[]; };
layout(push_constant) uniform Push { uint rows, n, G, D; uvec2 byS; float eps; };

void main() {
	uint row = laneRow();
	bool live = row < rows;
	row = min(row, rows - 1);
	uint base = row * n, first = row % G * D;
	precise float mean = 0, d = 0, v = 0, lost = 0;
	float sum = 0, squares = 0;
	if (RMS == 0) {
		for (uint j = lane(); j < n; j += LANES) addTo(sum, lost, load(base + j));
		mean = laneSum(sum) / float(n);
		sum = 0;
	}
	lost = 0;
	for (uint j = lane(); j < n; j += LANES) {
		precise float x = load(base + j) - mean;
		precise float xx = x * x;
		sum += x;
		addTo(squares, lost, xx);
	}
	if (RMS == 0) d = laneSum(sum) / float(n);
	v = laneSum(squares) / float(n) - d * d;
	if (v < 0) v = 0;
	precise float r = 1 / sqrt(v + eps);
	for (uint j = lane(); j < n; j += LANES) {
		uint w = first + divide(j, byS);
		precise float y = ((load(base + j) - mean) - d) * r;
		if ((AFFINE & 1) != 0) y = y * weight(w);
		if ((AFFINE & 2) != 0) y = y + bias(w);
		if (live) Y[base + j] = y;
	}
	if (live && lane() == 0) {
		if ((STATS & 1) != 0) R[row] = r;
		if ((STATS & 2) != 0) M[row] = mean + d;
		if ((STATS & 4) != 0) V[row] = v;
	}
}

#version 450
#extension GL_GOOGLE_include_directive : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif
// build: norm_rows_grad_subgroup -DSUBGROUP
// build: norm_rows_grad_tree -O
//
//   n = (X - mean)·rstd    g = dY·weight    dX = rstd·(g - mean of g - n·mean of g·n)
//
// X, dY, dX [rows, n], mean and rstd [rows]; RMS = 1: without mean and mean of g.
// Weights and threads as in norm_rows.comp.
#include "lanes.glsl"
#include "norm.glsl"
#include "divide.glsl"

layout(constant_id = 2) const uint RMS = 0;
layout(constant_id = 3) const uint WEIGHT = 0;

#ifdef SUBGROUP
layout(binding = 0) uniform samplerBuffer X;
layout(binding = 1) uniform samplerBuffer DY;
layout(binding = 3) uniform samplerBuffer W;
float loadX(uint i) { return texelFetch(X, int(i)).x; }
float weight(uint i) { return texelFetch(W, int(i)).x; }
float loadDY(uint i) { return texelFetch(DY, int(i)).x; }
#else
layout(binding = 0) readonly buffer Xs { float X[]; };
layout(binding = 1) readonly buffer DYs { float DY[]; };
layout(binding = 3) readonly buffer Ws { float W[]; };
float loadX(uint i) { return X[i]; }
float weight(uint i) { return W[i]; }
float loadDY(uint i) { return DY[i]; }
#endif
layout(binding = 2) readonly buffer Rs { float R[]; };
layout(binding = 4) readonly buffer Ms { float M[]; };
layout(binding = 5) writeonly buffer DXs { float DX[]; };
layout(push_constant) uniform Push { uint rows, n, G, D; uvec2 byS; };

float grad(uint base, uint first, uint j) {
	float g = loadDY(base + j);
	if (WEIGHT != 0) g *= weight(first + divide(j, byS));
	return g;
}

void main() {
	uint row = laneRow();
	bool live = row < rows;
	row = min(row, rows - 1);
	uint base = row * n, first = row % G * D;
	float r = R[row], mean = 0;
	if (RMS == 0) mean = M[row];
	float sum = 0, dots = 0, lost = 0, lostDot = 0;
	for (uint j = lane(); j < n; j += LANES) {
		precise float g = grad(base, first, j);
		precise float gn = g * ((loadX(base + j) - mean) * r);
		if (RMS == 0) addTo(sum, lost, g);
		addTo(dots, lostDot, gn);
	}
	precise float meanG = 0, meanGN = laneSum(dots) / float(n);
	if (RMS == 0) meanG = laneSum(sum) / float(n);
	for (uint j = lane(); j < n; j += LANES) {
		precise float x = (loadX(base + j) - mean) * r;
		precise float dx = r * (grad(base, first, j) - meanG - x * meanGN);
		if (live) DX[base + j] = dx;
	}
}

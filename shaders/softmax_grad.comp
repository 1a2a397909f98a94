#version 450
#extension GL_GOOGLE_include_directive : enable
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require
#endif
// build: softmax_grad_subgroup -DSUBGROUP
// build: softmax_grad_tree -O
//
// Along the middle axis of Y, dY, dX, all [outer, n, inner]:
//
//   softmax      dX = Y·(dY - sum Y·dY)
//   log_softmax  dX = dY - exp(Y)·sum dY          (LOG = 1)
//
// Rows and threads as in softmax.comp; the sum is compensated too.
#include "math.glsl"
#include "lanes.glsl"

layout(constant_id = 2) const uint LOG = 0;

#ifdef SUBGROUP
layout(binding = 0) uniform samplerBuffer Y;
layout(binding = 1) uniform samplerBuffer DY;
float loadY(uint i) { return texelFetch(Y, int(i)).x; }
float loadDY(uint i) { return texelFetch(DY, int(i)).x; }
#else
layout(binding = 0) restrict readonly buffer Ys { float Y[]; };
layout(binding = 1) restrict readonly buffer DYs { float DY[]; };
float loadY(uint i) { return Y[i]; }
float loadDY(uint i) { return DY[i]; }
#endif
layout(binding = 2) restrict writeonly buffer DXs { float DX[]; };
layout(push_constant) uniform Push { uint rows, n, inner; };

void main() {
	uint row = laneRow();
	bool live = row < rows;
	row = min(row, rows - 1);
	uint base = row / inner * n * inner + row % inner;
	precise float s = 0, c = 0;
	for (uint j = lane(); j < n; j += LANES) {
		uint i = base + j * inner;
		precise float e = loadDY(i);
		if (LOG == 0) e = loadY(i) * e;
		e = e - c;
		precise float t = s + e;
		c = (t - s) - e;
		s = t;
	}
	s = laneSum(s);
	for (uint j = lane(); j < n; j += LANES) {
		uint i = base + j * inner;
		float y = loadY(i), dy = loadDY(i);
		precise float d = LOG != 0 ? dy - vexp(y) * s : y * (dy - s);
		if (live) DX[i] = d;
	}
}

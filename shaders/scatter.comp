#version 450
#extension GL_GOOGLE_include_directive : enable
// Puts sources where their indexes say, along an axis n long in Y and K long in
// src, in the order of k:
//
//   Y[o, idx[o, k, i], i] = OP(what is there, src[o, k, i])    for k0 <= k < k1
//
//   binding 0  idx  int [o, K, i]; below 0 or n or more: passed over
//   binding 1  src  [o, K, i]
//   binding 2  Y    [o, n, i], read and written
//
// OP 0 sets, 1 adds, 2 multiplies, 3 and 4 take the larger and the smaller, NaN
// before all else, 5 sets k + 1. INT: words are ints, else floats.
//
// An invocation takes a line (o, i) and goes along its sources, so that no two
// write an element; or, with SCAN, an element of Y, and looks for its sources
// among those of its line. That is n times the reads, but for few lines they are
// what keeps a device busy.
#include "order.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint OP = 0;
layout(constant_id = 2) const bool INT = false;
layout(constant_id = 3) const bool SCAN = false;
layout(push_constant, std430) uniform Push {
	uint count, n, K, inner, k0, k1;
} p;
layout(std430, binding = 0) restrict readonly buffer Ids { uint idx[]; };
layout(std430, binding = 1) restrict readonly buffer Srcs { uint src[]; };
layout(std430, binding = 2) restrict buffer Ys { uint Y[]; };

uint key(uint v) { return INT ? v ^ 0x80000000u : orderKey(v); }
bool missing(uint v) { return !INT && (v & 0x7fffffffu) > 0x7f800000u; }

uint combine(uint y, uint v) {
	precise float f;
	switch (OP) {
	case 1:
		if (INT) return y + v;
		f = uintBitsToFloat(y) + uintBitsToFloat(v);
		return floatBitsToUint(f);
	case 2:
		if (INT) return y * v;
		f = uintBitsToFloat(y) * uintBitsToFloat(v);
		return floatBitsToUint(f);
	case 3:
		return missing(y) || key(y) >= key(v) ? y : v;
	case 4:
		return missing(y) || !missing(v) && key(y) <= key(v) ? y : v;
	}
	return v;
}

void main() {
	uint e = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (e >= p.count) return;
	uint i = e % p.inner, q = e / p.inner;
	if (SCAN) {
		uint r = q % p.n, v = Y[e];
		uint s = (q / p.n * p.K + p.k0) * p.inner + i;
		for (uint k = p.k0; k < p.k1; k++) {
			if (idx[s] == r) v = combine(v, OP == 5 ? k + 1 : src[s]);
			s += p.inner;
		}
		Y[e] = v;
		return;
	}
	uint s = (q * p.K + p.k0) * p.inner + i;
	for (uint k = p.k0; k < p.k1; k++) {
		uint r = idx[s];
		if (r < p.n) {
			uint to = (q * p.n + r) * p.inner + i;
			Y[to] = combine(Y[to], OP == 5 ? k + 1 : src[s]);
		}
		s += p.inner;
	}
}

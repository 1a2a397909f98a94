#version 450
#extension GL_GOOGLE_include_directive : enable
// Scans along an axis of n elements, in lines (o, i):
//
//   OP 0  Y[t] = X[0] + .. + X[t]            OP 1  Y[t] = X[0] · .. · X[t]
//   OP 2  Y[t] = X[t]·Y[t-1] + B[t], Y[0] = B[0]
//   of WORDS, ints or floats' bits:
//   OP 0  the sum of ints                    OP 1  the place of the largest of X[0] .. X[t],
//                                            OP 2  of the smallest; the last of equals, NaN before all
//
// REVERSE counts t from the axis's end; EXCLUSIVE leaves X[t] out of Y[t].
//
//   binding 0  X       [o, n, i]
//   binding 1  B       the same, for the recurrence
//   binding 2  states  two words [o, S, i]
//   binding 3  Y       [o, n, i]
//
// An invocation goes along a chunk of a line; there are S in a line. PHASE 2
// writes Y, beginning from the chunk's state where CARRY. Where lines are few and
// long, PHASE 0 writes each chunk's total to states before, and PHASE 1, an
// invocation a line, makes of the totals the states that chunks begin with.
//
// Sums and products are carried in two floats, high and low, so that results are
// rounded once or twice, as PyTorch's, which adds in double. A state of the
// recurrence is the function y -> high·y + low.
// build: scan_total -DPHASE=0
// build: scan_carry -DPHASE=1
// build: scan -DPHASE=2
// build: scan_total_words -DPHASE=0 -DWORDS
// build: scan_carry_words -DPHASE=1 -DWORDS
// build: scan_words -DPHASE=2 -DWORDS
#include "order.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint OP = 0;
layout(constant_id = 2) const bool REVERSE = false;
layout(constant_id = 3) const bool EXCLUSIVE = false;
layout(constant_id = 4) const bool CARRY = false;
layout(push_constant, std430) uniform Push {
	uint jobs, n, inner, chunk, S;
} p;

#ifdef WORDS
#define WORD uint
#define STATE uvec2
STATE none() { return uvec2(0); }

// A place's state is its key, above 0, and the place.
STATE then(STATE a, STATE b) {
	if (OP == 0) return uvec2(a.x + b.x, 0);
	return b.x >= a.x ? b : a;
}

STATE element(WORD x, WORD b, uint t) {
	if (OP == 0) return uvec2(x, 0);
	uint key = orderKey(x);
	if (OP == 2 && key != 0xffffffffu) key = ~key;
	return uvec2(key, t);
}

WORD value(STATE s) { return OP == 0 ? s.x : s.y; }
#else
#define WORD float
#define STATE vec2
STATE none() { return vec2(OP == 0 ? 0.0 : 1.0, 0.0); }

bool unbounded(float v) { return (floatBitsToUint(v) & 0x7f800000u) == 0x7f800000u; }

// v as two floats of 12 bits each, whose products are exact.
vec2 halves(float v) {
	float high = uintBitsToFloat(floatBitsToUint(v) & 0xfffff000u);
	precise float low = v - high;
	return vec2(high, low);
}

STATE then(STATE a, STATE b) {
	if (OP == 2) {
		precise float f = b.x * a.x, h = fma(b.x, a.y, b.y);
#if PHASE == 1
		if (a.y == 0.0) h = b.y; // whatever the chunk's factors overflowed to
#endif
		return vec2(f, h);
	}
	precise float high, low;
	if (OP == 0) {
		high = a.x + b.x;
		float part = high - a.x;
		precise float missed = (a.x - (high - part)) + (b.x - part);
		low = a.y + b.y + missed;
	} else {
		precise float product = a.x * b.x;
		vec2 c = halves(a.x), d = halves(b.x); // not every device's fma rounds once
		precise float rest = ((c.x * d.x - product) + c.x * d.y + c.y * d.x) + c.y * d.y;
		rest = rest + (a.y * b.x + a.x * b.y);
		high = product + rest;
		low = rest - (high - product);
		if (unbounded(product)) high = product;
	}
	return vec2(high, unbounded(high) ? 0.0 : low);
}

STATE element(WORD x, WORD b, uint t) { return vec2(x, OP == 2 ? b : 0.0); }

WORD value(STATE s) {
	precise float v = OP == 0 ? s.x + s.y : OP == 1 ? s.x : s.y;
	return v;
}
#endif

layout(std430, binding = 0) restrict readonly buffer Xs { WORD X[]; };
layout(std430, binding = 1) restrict readonly buffer Bs { WORD B[]; };
#if PHASE == 0
layout(std430, binding = 2) restrict writeonly buffer States { STATE states[]; };
#elif PHASE == 1
layout(std430, binding = 2) restrict buffer States { STATE states[]; };
#else
layout(std430, binding = 2) restrict readonly buffer States { STATE states[]; };
layout(std430, binding = 3) restrict writeonly buffer Ys { WORD Y[]; };
#endif

void main() {
	uint job = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (job >= p.jobs) return;
	uint i = job % p.inner, o = job / p.inner;
	STATE state = none();
#if PHASE == 1
	uint at = o * p.S * p.inner + i;
	for (uint s = 0; s < p.S; s++) {
		STATE next = then(state, states[at]);
		states[at] = state;
		state = next;
		at += p.inner;
	}
#else
	uint s = o % p.S;
	o /= p.S;
#if PHASE == 2
	if (CARRY) state = states[job];
#endif
	uint last = min(s * p.chunk + p.chunk, p.n);
	for (uint k = s * p.chunk; k < last; k++) {
		uint t = REVERSE ? p.n - 1 - k : k;
		uint at = (o * p.n + t) * p.inner + i;
		WORD b = WORD(0);
#ifndef WORDS
		if (OP == 2) b = B[at];
#endif
		STATE next = then(state, element(X[at], b, t));
#ifndef WORDS
		if (OP == 2 && k == 0) next = vec2(0.0, b);
#endif
#if PHASE == 2
		Y[at] = value(EXCLUSIVE ? state : next);
#endif
		state = next;
	}
#if PHASE == 0
	states[job] = state;
#endif
#endif
}

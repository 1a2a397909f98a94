#version 450
#extension GL_GOOGLE_include_directive : enable
//   uniform:  U[4b + i] = (word i of Philox4x32-10 block b >> 8) / 2^24
//   normal:   Z[4b + i] by Box and Muller from words 0 and 1, and 2 and 3:
//             sqrt(-2·ln u)·(cos, sin)(2·pi·v), u = ((w0 >> 8) + 1)/2^24, v = (w1 >> 8)/2^24
//   dropout:  Y[4b + i] = X[4b + i]·(word i >> 8 < cut ? 0 : scale)
//
// binding 0: seed, two words, the key (seed, step); the counter is (first + b, 0, seq).
// binding 1: the output, n floats. binding 2: X, for dropout. An invocation makes
// one block, four numbers.
// build: uniform
// build: normal -DNORMAL
// build: dropout -DDROPOUT
#include "philox.glsl"

layout(local_size_x_id = 0) in;
layout(binding = 0) readonly buffer Seeds { uint seed[]; };
layout(binding = 1) writeonly buffer Y1s { float Y1[]; };
layout(binding = 1) writeonly buffer Y4s { vec4 Y4[]; };
layout(push_constant) uniform Push { uint n, seqLow, seqHigh, first, cut; float scale; };

#ifdef DROPOUT
layout(binding = 2) readonly buffer X1s { float X1[]; };
layout(binding = 2) readonly buffer X4s { vec4 X4[]; };

vec4 numbers(const uvec4 w, const uint b) {
	vec4 x = vec4(0);
	if (4 * b + 3 < n) {
		x = X4[b];
	} else {
		x.x = X1[4 * b];
		if (4 * b + 1 < n) x.y = X1[4 * b + 1];
		if (4 * b + 2 < n) x.z = X1[4 * b + 2];
	}
	precise vec4 y = x * mix(vec4(scale), vec4(0), lessThan(w >> 8, uvec4(cut)));
	return y;
}
#elif defined(NORMAL)
#include "math.glsl"

// sqrt v to half an ulp and a bit: the device's may be 4.5 wrong, so a step of
// Newton's with the exact remainder v - s².
float root(const float v) {
	float s = vsqrt(v);
	precise float p = s * s;
	precise float d = (v - p) - vmulError(s, s, p);
	precise float y = s + 0.5 * d / s;
	return v > 0.0 ? y : 0.0;
}

vec2 pair(const uint w0, const uint w1) {
	precise float u = float((w0 >> 8) + 1u) * (1.0 / 16777216.0);
	precise float v = -2.0 * vlog(u);
	float r = root(v);
	// cos and sin of f/2^22 of a quarter turn, from the nearer axis
	uint k = w1 >> 8, q = k >> 22, f = k & 0x3fffffu;
	bool near = f <= 0x200000u;
	precise float a = float(near ? f : 0x400000u - f) * 3.74507039e-7; // pi/2 / 2^22
	float s = vsinSmall(a), c = vcosSmall(a);
	vec2 t = near ? vec2(c, s) : vec2(s, c);
	t = (q & 1u) == 0u ? t : vec2(-t.y, t.x);
	t = (q & 2u) == 0u ? t : -t;
	precise vec2 z = r * t;
	return z;
}

vec4 numbers(const uvec4 w, const uint b) { return vec4(pair(w.x, w.y), pair(w.z, w.w)); }
#else
vec4 numbers(const uvec4 w, const uint b) { return vec4(w >> 8) * (1.0 / 16777216.0); }
#endif

void main() {
	uint b = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (4 * b >= n) return;
	vec4 y = numbers(philox(uvec2(seed[0], seed[1]), first + b, uvec2(seqLow, seqHigh)), b);
	if (4 * b + 3 < n) {
		Y4[b] = y;
	} else {
		Y1[4 * b] = y.x;
		if (4 * b + 1 < n) Y1[4 * b + 1] = y.y;
		if (4 * b + 2 < n) Y1[4 * b + 2] = y.z;
	}
}

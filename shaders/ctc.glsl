// What the CTC kernels share: sample n's labels with a blank before, between and
// after them, l'[0..2·length], over its first steps.
#include "math.glsl"

layout(push_constant) uniform Push { uint T, N, C, S, blank, zeroInfinity; };
layout(binding = 0) restrict readonly buffer Xs { float X[]; };           // log probabilities [T, N, C]
layout(binding = 1) restrict readonly buffer Labels { int labels[]; };    // [N, S]
layout(binding = 2) restrict readonly buffer Stepss { int stepsOf[]; };   // [N]
layout(binding = 3) restrict readonly buffer Lengths { int lengthOf[]; }; // [N]

#define NONE uintBitsToFloat(0xff800000u)  // log 0
#define WRONG uintBitsToFloat(0x7fc00000u) // NaN

bool none(float x) { return floatBitsToUint(x) == 0xff800000u; }

// wrong: a length out of range, or a label that is no class.
bool wrong(uint n) {
	int steps = stepsOf[n], length = lengthOf[n];
	bool w = steps < 0 || steps > int(T) || length < 0 || length > int(S);
	for (int i = 0; !w && i < length; i++) {
		int c = labels[n * S + i];
		w = c < 0 || c >= int(C);
	}
	return w;
}

uint classOf(uint n, uint i) { return (i & 1u) == 0u ? blank : uint(labels[n * S + i / 2]); }

// skips: a path may go from l'[i-2] straight to l'[i].
bool skips(uint n, uint i) { return (i & 1u) == 1u && i >= 2 && classOf(n, i) != classOf(n, i - 2); }

float logProb(uint t, uint n, uint i) { return X[(t * N + n) * C + classOf(n, i)]; }

uint at(uint t, uint n, uint i) { return (t * N + n) * (2 * S + 1) + i; }

// log(e^a + e^b + e^c)
float logSum(float a, float b, float c) {
	float m = vmax(vmax(a, b), c);
	if (none(m)) return m;
	precise float s = vexp(a - m) + vexp(b - m) + vexp(c - m);
	precise float r = m + vlog(s);
	return r;
}

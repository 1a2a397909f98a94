#version 450
#extension GL_GOOGLE_include_directive : enable
//   alpha[t, i] = x[t, l'[i]] + log(e^alpha[t-1, i] + e^alpha[t-1, i-1] + e^alpha[t-1, i-2])
//   loss = -log(e^alpha[last, last] + e^alpha[last, last-1])
//
// A workgroup takes a sample and goes along its steps, its threads along the
// states, alpha [T, N, 2S+1] through global memory: any number of states is
// right. A NaN goes on; a sample that is wrong has loss NaN and alpha -Inf.
#include "ctc.glsl"

layout(local_size_x_id = 0) in;
layout(binding = 4) restrict writeonly buffer Losses { float loss[]; };
layout(binding = 5) coherent buffer Alphas { float alpha[]; };

void main() {
	uint n = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
	if (n >= N) return;
	bool bad = wrong(n);
	uint steps = bad ? 0 : uint(stepsOf[n]), states = bad ? 0 : 2 * uint(lengthOf[n]) + 1;
	for (uint t = 0; t < T; t++) {
		for (uint i = gl_LocalInvocationID.x; i < 2 * S + 1; i += gl_WorkGroupSize.x) {
			float v = NONE;
			if (t < steps && i < states) {
				if (t > 0) {
					float next = i >= 1 ? alpha[at(t - 1, n, i - 1)] : NONE;
					float skip = skips(n, i) ? alpha[at(t - 1, n, i - 2)] : NONE;
					v = logSum(alpha[at(t - 1, n, i)], next, skip);
				} else if (i < 2) {
					v = 0;
				}
				v += logProb(t, n, i);
			}
			alpha[at(t, n, i)] = v;
		}
		memoryBarrierBuffer();
		barrier();
	}
	if (gl_LocalInvocationID.x > 0) return;
	float total = NONE;
	if (bad) total = WRONG;
	else if (steps == 0) total = states == 1 ? 0.0 : NONE;
	else total = logSum(alpha[at(steps - 1, n, states - 1)], states > 1 ? alpha[at(steps - 1, n, states - 2)] : NONE, NONE);
	loss[n] = none(total) && zeroInfinity == 1 ? 0.0 : -total;
}

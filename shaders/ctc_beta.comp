#version 450
#extension GL_GOOGLE_include_directive : enable
//   beta[t, i] = x[t, l'[i]] + log(e^beta[t+1, i] + e^beta[t+1, i+1] + e^beta[t+1, i+2])
//
// ctc_alpha.comp from the other end.
#include "ctc.glsl"

layout(local_size_x_id = 0) in;
layout(binding = 4) coherent buffer Betas { float beta[]; };

void main() {
	uint n = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
	if (n >= N) return;
	bool bad = wrong(n);
	uint steps = bad ? 0 : uint(stepsOf[n]), states = bad ? 0 : 2 * uint(lengthOf[n]) + 1;
	for (uint k = T; k > 0; k--) {
		uint t = k - 1;
		for (uint i = gl_LocalInvocationID.x; i < 2 * S + 1; i += gl_WorkGroupSize.x) {
			float v = NONE;
			if (t < steps && i < states) {
				if (t + 1 < steps) {
					float next = i + 1 < states ? beta[at(t + 1, n, i + 1)] : NONE;
					float skip = i + 2 < states && skips(n, i + 2) ? beta[at(t + 1, n, i + 2)] : NONE;
					v = logSum(beta[at(t + 1, n, i)], next, skip);
				} else if (i + 2 >= states) {
					v = 0;
				}
				v += logProb(t, n, i);
			}
			beta[at(t, n, i)] = v;
		}
		memoryBarrierBuffer();
		barrier();
	}
}

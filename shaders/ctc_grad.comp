#version 450
#extension GL_GOOGLE_include_directive : enable
//   dx[t, n, c] = -dloss[n] · sum over l'[i] = c of p[i] / sum of p    p[i] = e^(alpha[t, i] + beta[t, i] - x[t, l'[i]])
//
// An invocation takes a step of a sample and adds to dx, which holds zeros, in
// the states' order. A sample without any path: 0 with zeroInfinity, else NaN; one
// that is wrong: NaN.
#include "ctc.glsl"

layout(local_size_x_id = 0) in;
layout(binding = 4) restrict readonly buffer Alphas { float alpha[]; };
layout(binding = 5) restrict readonly buffer Betas { float beta[]; };
layout(binding = 6) restrict readonly buffer Dlosses { float dloss[]; };
layout(binding = 7) restrict buffer DXs { float DX[]; };

float through(uint t, uint n, uint i) {
	float a = alpha[at(t, n, i)], b = beta[at(t, n, i)];
	if (none(a) || none(b)) return NONE;
	precise float r = a + b - logProb(t, n, i);
	return r;
}

void main() {
	uint job = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (job >= T * N) return;
	uint t = job / N, n = job % N;
	bool bad = wrong(n);
	if (!bad && t >= uint(stepsOf[n])) return;
	uint states = bad ? 0 : 2 * uint(lengthOf[n]) + 1;
	float most = NONE, sum = 0;
	for (uint i = 0; i < states; i++) most = vmax(most, through(t, n, i));
	if (bad || none(most)) {
		if (bad || zeroInfinity == 0) for (uint c = 0; c < C; c++) DX[job * C + c] = WRONG;
		return;
	}
	for (uint i = 0; i < states; i++) sum += vexp(through(t, n, i) - most);
	precise float scale = dloss[n] / sum;
	for (uint i = 0; i < states; i++) {
		precise float p = scale * vexp(through(t, n, i) - most);
		DX[job * C + classOf(n, i)] -= p;
	}
}

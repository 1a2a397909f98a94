#version 450
// Y[k, s] = sum, largest, smallest or product (OP 0 to 3) of chunk s of int32
// X[k, :], sums and products modulo 2^32, in any order the same.
//
// An invocation takes a chunk: job k·S + s. Gathers are general, a division a
// dimension; a later pass reduces the S results of each k.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint OP = 0;
layout(constant_id = 2) const uint RED = 4; // reduced dimensions

layout(std430, binding = 0) restrict readonly buffer Xs { int X[]; };
layout(std430, binding = 1) restrict writeonly buffer Ys { int Y[]; };
layout(push_constant) uniform Push {
	uint jobs, S, n, chunk;
	uint keptSize[3], keptStride[4]; // innermost first
	uint redSize[3], redStride[4];
	uint xStart, yStart; // in the bindings
};

void main() {
	uint job = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (job >= jobs) return;
	uint k = job / S, base = 0;
	for (uint d = 0; d < 3; d++) {
		uint rest = k / keptSize[d];
		base += (k - rest * keptSize[d]) * keptStride[d];
		k = rest;
	}
	base += k * keptStride[3];
	uint r0 = job % S * chunk, r1 = min(r0 + chunk, n);
	int y = 0;
	for (uint r = r0; r < r1; r++) {
		uint rest = r, i = base;
		for (uint d = 0; d + 1 < RED; d++) {
			uint q = rest / redSize[d];
			i += (rest - q * redSize[d]) * redStride[d];
			rest = q;
		}
		int v = X[xStart + i + rest * redStride[RED - 1]];
		if (r == r0) y = v;
		else if (OP == 0) y += v;
		else if (OP == 1) y = max(y, v);
		else if (OP == 2) y = min(y, v);
		else y *= v;
	}
	Y[yStart + job] = y;
}

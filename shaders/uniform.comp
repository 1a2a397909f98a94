#version 450
//
//   U[4b + i] = (word i of Philox4x32-10 block b >> 8) / 2^24
//
// seed: two words, the key (seed, step); the counter is (b, 0, seq). U: n floats.
// An invocation makes one block, four numbers: integers only, so that every
// device draws the same bits.
layout(local_size_x_id = 0) in;
layout(binding = 0) restrict readonly buffer Seeds { uint seed[]; };
layout(binding = 1) restrict writeonly buffer U1s { float U1[]; };
layout(binding = 1) restrict writeonly buffer U4s { vec4 U4[]; };
layout(push_constant) uniform Push { uint n, seqLow, seqHigh; };

void main() {
	uint b = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (4 * b >= n) return;
	uvec4 c = uvec4(b, 0, seqLow, seqHigh);
	uvec2 k = uvec2(seed[0], seed[1]);
	for (int round = 0; round < 10; round++) {
		uint h0, l0, h1, l1;
		umulExtended(0xD2511F53u, c.x, h0, l0);
		umulExtended(0xCD9E8D57u, c.z, h1, l1);
		c = uvec4(h1 ^ c.y ^ k.x, l1, h0 ^ c.w ^ k.y, l0);
		k += uvec2(0x9E3779B9u, 0xBB67AE85u);
	}
	vec4 u = vec4(c >> 8) * (1.0 / 16777216.0);
	if (4 * b + 3 < n) {
		U4[b] = u;
	} else {
		U1[4 * b] = u.x;
		if (4 * b + 1 < n) U1[4 * b + 1] = u.y;
		if (4 * b + 2 < n) U1[4 * b + 2] = u.z;
	}
}

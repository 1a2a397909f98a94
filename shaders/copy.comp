#version 450
#extension GL_GOOGLE_include_directive : enable
// Y[dstOff + sum i_d·dst_d] = X[srcOff + sum i_d·src_d] over a block of up to 6
// dimensions, innermost first: permute, expand (a src stride of 0), slice, concat.
//
// X, Y: 32-bit words of any type. An invocation copies one unit i < n, a unit
// being a word or, for VEC = 4, a quad of words, where both sides' innermost
// dimension is contiguous and every offset and stride a multiple of 4; sizes,
// strides and offsets are then counted in quads.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint VEC = 1;
layout(constant_id = 2) const uint RANK = 6;

layout(binding = 0) restrict readonly buffer X1s { uint X1[]; };
layout(binding = 0) restrict readonly buffer X4s { uvec4 X4[]; };
layout(binding = 1) restrict writeonly buffer Y1s { uint Y1[]; };
layout(binding = 1) restrict writeonly buffer Y4s { uvec4 Y4[]; };
layout(push_constant) uniform Push {
	uint n;
	int srcOff, dstOff;
	uint size[5]; // the outermost needs none
	int src[6], dst[6];
};

void main() {
	uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (i >= n) return;
	int from = srcOff, to = dstOff;
	for (uint d = 0; d < RANK; d++) {
		uint at = i;
		if (d + 1 < RANK) {
			i /= size[d];
			at -= i * size[d];
		}
		from += int(at) * src[d];
		to += int(at) * dst[d];
	}
	if (VEC == 4) Y4[to] = X4[from];
	else Y1[to] = X1[from];
}

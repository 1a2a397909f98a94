#version 450
#extension GL_GOOGLE_include_directive : enable
// Y[dstOff + sum i_d·dst_d] = X[srcOff + sum i_d·src_d] over a block of up to 6
// dimensions, innermost first: permute, expand (a src stride of 0), slice, concat.
//
// X, Y: 32-bit words of any type. An invocation writes unit i < n of the block: a
// word or, for VEC = 4, a quad of words, where Y's innermost dimension is
// contiguous and its offset, sizes and strides multiples of 4. Then size[0], dst
// and dstOff count quads, and FROM says where a quad's words come from: 1 a quad
// of X (src and srcOff count quads), 0 one word for all four, 2 words step apart.
// Plain loads and stores cost lavapipe 1 to 2 ns a word, a quad's not much more.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint VEC = 1;
layout(constant_id = 2) const uint RANK = 6;
layout(constant_id = 3) const uint FROM = 1;

layout(binding = 0) restrict readonly buffer X1s { uint X1[]; };
layout(binding = 0) restrict readonly buffer X4s { uvec4 X4[]; };
layout(binding = 1) restrict writeonly buffer Y1s { uint Y1[]; };
layout(binding = 1) restrict writeonly buffer Y4s { uvec4 Y4[]; };
layout(push_constant) uniform Push {
	uint n;
	int srcOff, dstOff;
	int step;
	uint shifts;          // 6 bits a dimension
	uint size[5], mul[5]; // the outermost needs none
	int src[6], dst[6];
};

void main() {
	uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
	if (i >= n) return;
	int from = srcOff, to = dstOff;
	for (uint d = 0; d < RANK; d++) {
		uint at = i;
		if (d + 1 < RANK) {
			// i / size as a multiplication, right for i < 2^31
			uint high, low;
			umulExtended(i, mul[d], high, low);
			i = (high + i) >> (shifts >> 6 * d & 63u);
			at -= i * size[d];
		}
		from += int(at) * src[d];
		to += int(at) * dst[d];
	}
	if (VEC == 1) Y1[to] = X1[from];
	else if (FROM == 0) Y4[to] = uvec4(X1[from]);
	else if (FROM == 1) Y4[to] = X4[from];
	else Y4[to] = uvec4(X1[from], X1[from + step], X1[from + 2 * step], X1[from + 3 * step]);
}

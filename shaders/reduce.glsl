// What reduce_rows.comp and reduce_cols.comp share. An input's dimensions are
// joined to at most 4 kept (K outputs) and 4 reduced ones; the innermost reduced
// dimension has L elements, the others together Q. The Q x L elements of an
// output are cut into S = ceil(Q / qChunk)·ceil(L / lChunk) chunks so that loops
// stay short and one long sum fills a device; further passes reduce the S
// partial results.
//
// OP: 0 sum·scale, 1 largest, 2 smallest. NaN wins over both. Sums are added in
// blocks of 16, the order fixed by the sizes alone.

layout(constant_id = 2) const uint OP = 0;
layout(constant_id = 3) const uint VEC = 4; // floats a load gives

#ifdef SUBGROUP
layout(binding = 0) uniform samplerBuffer X; // of vec4, or of floats where VEC = 1
vec4 load(uint i) { return texelFetch(X, int(i)); }
#else
layout(binding = 0) restrict readonly buffer X1s { float X1[]; };
layout(binding = 0) restrict readonly buffer X4s { vec4 X4[]; };
vec4 load(uint i) { return VEC == 4 ? X4[i] : vec4(X1[i], 0, 0, 0); }
#endif
layout(binding = 1) restrict writeonly buffer Ys { float Y[]; };

layout(push_constant) uniform Push {
	uint jobs;   // outputs times chunks
	float scale;
	uint Q, L, qChunk, lChunk, lChunks, S;
	uint lStride;
	uint keptSize[3], keptStride[4]; // innermost first
	uint redSize[2], redStride[3];   // without the innermost
};

uint keptOffset(uint k) {
	uint off = 0;
	for (uint d = 0; d < 3; d++) {
		uint rest = k / keptSize[d];
		off += (k - rest * keptSize[d]) * keptStride[d];
		k = rest;
	}
	return off + k * keptStride[3];
}

uint redOffset(uint q) {
	uint off = 0;
	for (uint d = 0; d < 2; d++) {
		uint rest = q / redSize[d];
		off += (q - rest * redSize[d]) * redStride[d];
		q = rest;
	}
	return off + q * redStride[2];
}

// The order of order.glsl, upside down for the smallest.
uint rank(float v) {
	uint key = orderKey(floatBitsToUint(v));
	return OP == 2 && key != 0xffffffffu ? ~key : key;
}

float unrank(uint key) {
	return uintBitsToFloat(orderBits(OP == 2 && key != 0xffffffffu ? ~key : key));
}

uvec4 rank4(vec4 v) { return uvec4(rank(v.x), rank(v.y), rank(v.z), rank(v.w)); }

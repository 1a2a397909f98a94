// What reduce_rows.comp and reduce_cols.comp share. An input's dimensions are
// joined to at most 4 kept (K outputs) and 4 reduced ones; the innermost reduced
// dimension has L elements, the others together Q. The Q x L elements of an
// output are cut into S = ceil(Q / qChunk)·ceil(L / lChunk) chunks so that loops
// stay short and one long sum fills a device; further passes reduce the S
// partial results.
//
// OP: 0 sum·scale, 1 largest, 2 smallest, 3 product. NaN wins over 1 and 2. Sums
// are added in blocks of 16, the order fixed by the sizes alone.
//
// Built with -DMAP, each output k has a centre M[k]. MAP: what is reduced is 0 x,
// 1 (x - M)², 2 exp(x - M); LOG: the result is log(result) + M. For both an
// infinite M counts as 0.

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
#ifdef MAP
layout(constant_id = 4) const uint KIND = 0;
layout(constant_id = 5) const bool LOG = false;
layout(binding = 2) restrict readonly buffer Ms { float M[]; };
#endif

layout(push_constant) uniform Push {
	uint jobs;   // outputs times chunks
	float scale;
	uint Q, L, qChunk, lChunk, lChunks, S;
	uint lStride;
	uint keptSize[3], keptStride[4]; // innermost first
	uint redSize[2], redStride[3];   // without the innermost
	uint xStart, yStart, mStart;     // of a window: in loads, floats, floats
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

#ifdef MAP
float centre(uint k) {
	float m = M[mStart + k];
	bool infinite = (floatBitsToUint(m) & 0x7fffffffu) == 0x7f800000u;
	return infinite && (LOG || KIND == 2) ? 0 : m;
}

vec4 mapped(vec4 x, vec4 m) {
	precise vec4 d = x - m;
	if (KIND == 1) d *= d;
	else if (KIND == 2) d = vec4(vexp(d.x), vexp(d.y), vexp(d.z), vexp(d.w));
	else d = x;
	return d;
}
#endif

float whole(float v, uint k) {
#ifdef MAP
	precise float y = v;
	if (LOG) y = vlog(v) + centre(k);
	return y;
#else
	return v;
#endif
}

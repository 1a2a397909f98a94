// What the normalisation shaders share. X is [Q, C, L]: a job is a chunk s of
// channel c, the elements q0 <= q < q1, l0 <= l < l1, at (q·C + c)·L + l.
struct Chunk { uint c, q0, q1, l0, l1; };

Chunk chunkOf(uint job, uint C, uint Q, uint L, uint qChunk, uint lChunk, uint lChunks) {
	uint s = job / C;
	Chunk k;
	k.c = job % C;
	k.l0 = s % lChunks * lChunk;
	k.l1 = min(k.l0 + lChunk, L);
	k.q0 = s / lChunks * qChunk;
	k.q1 = min(k.q0 + qChunk, Q);
	return k;
}

// Adds v to the sum, c being what its roundings lost (Kahan); infinities stay.
void addTo(inout float sum, inout float c, const float v) {
	precise float e = v - c;
	precise float t = sum + e;
	precise float lost = (t - sum) - e;
	c = (floatBitsToUint(t) & 0x7f800000u) != 0x7f800000u ? lost : 0;
	sum = t;
}

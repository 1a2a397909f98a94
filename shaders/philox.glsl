// Block b of draw number seq: four words of Philox4x32-10 (Salmon et al., SC'11),
// whose key is the run's seed and step. Integers only: the same bits everywhere.
uvec4 philox(const uvec2 key, const uint b, const uvec2 seq) {
	uvec4 c = uvec4(b, 0, seq);
	uvec2 k = key;
	for (int round = 0; round < 10; round++) {
		uint h0, l0, h1, l1;
		umulExtended(0xD2511F53u, c.x, h0, l0);
		umulExtended(0xCD9E8D57u, c.z, h1, l1);
		c = uvec4(h1 ^ c.y ^ k.x, l1, h0 ^ c.w ^ k.y, l0);
		k += uvec2(0x9E3779B9u, 0xBB67AE85u);
	}
	return c;
}

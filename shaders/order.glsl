// Floats as uints in the same order, so that the largest is found without float
// comparisons, which devices may get wrong for NaN: -inf < .. < -0 = 0 < .. < inf
// < NaN. Keys start at 0x007fffff: 0 is below them all.

uint orderKey(uint bits) {
	if ((bits & 0x7fffffffu) == 0u) return 0x80000000u;
	if ((bits & 0x7fffffffu) > 0x7f800000u) return 0xffffffffu;
	return (bits & 0x80000000u) != 0u ? ~bits : bits | 0x80000000u;
}

uint orderBits(uint key) {
	if (key == 0xffffffffu) return 0x7fc00000u;
	return (key & 0x80000000u) != 0u ? key & 0x7fffffffu : ~key;
}

package tensor

import "math"

// A float16 has a sign, 5 bits of exponent and 10 of fraction; a bfloat16 is the
// upper half of a float32. Both widen to float32 exactly, denormals included, and
// are rounded to the nearest, ties to even. NaN stays NaN with what fits of its
// payload, and becomes quiet, as in hardware.

const quiet32 = 0x400000

// F16ToF32 is a float16's bit pattern as float32.
func F16ToF32(h uint16) float32 {
	sign, exp, frac := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&1023)
	switch {
	case exp == 0: // zero and denormals: frac·2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(frac)/(1<<24)))
	case exp < 31:
		return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
	case frac == 0:
		return math.Float32frombits(sign | 0x7f800000)
	}
	return math.Float32frombits(sign | 0x7f800000 | quiet32 | frac<<13)
}

// F16FromF32 rounds to float16; from 65520 on that is infinity.
func F16FromF32(f float32) uint16 {
	b := math.Float32bits(f)
	sign, abs := uint16(b>>16&0x8000), b&0x7fffffff
	switch {
	case abs > 0x7f800000:
		return sign | 0x7e00 | uint16(abs>>13&0x3ff)
	case abs >= 0x477ff000:
		return sign | 0x7c00
	case abs >= 0x38800000: // normal: 2^-14 and more
		abs -= 0x38000000
		return sign | uint16((abs+0xfff+abs>>13&1)>>13)
	case abs < 0x33000000: // below 2^-25, half the smallest denormal
		return sign
	}
	shift := 126 - abs>>23 // 14 to 24: the result counts 2^-24
	m := abs&0x7fffff | 0x800000
	return sign | uint16((m+1<<(shift-1)-1+m>>shift&1)>>shift)
}

// BF16ToF32 is a bfloat16's bit pattern as float32.
func BF16ToF32(h uint16) float32 {
	b := uint32(h) << 16
	if b&0x7fffffff > 0x7f800000 {
		b |= quiet32
	}
	return math.Float32frombits(b)
}

// BF16FromF32 rounds to bfloat16.
func BF16FromF32(f float32) uint16 {
	b := math.Float32bits(f)
	if b&0x7fffffff > 0x7f800000 {
		return uint16((b | quiet32) >> 16)
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

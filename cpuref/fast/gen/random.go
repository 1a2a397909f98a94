package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func random(v vec) {
	philox(v)
	v.each("uniform", []string{"u", "w"}, 0, func(e *elems) { // u = (w >> 8)/2^24
		u := v.upper24(e.load("w"))
		VCVTDQ2PS(u, u)
		v.mul(0x1p-24, u, u)
		e.store("u", u)
	})
	v.each("dropout", []string{"y", "x", "w"}, 2, func(e *elems) { // y = x·(w>>8 < s0 ? 0 : s1), s0 an integer's bits
		u, x, zero := v.upper24(e.load("w")), e.load("x"), v.zero()
		kept := v.copy(e.s[1])
		if v.wide() {
			k := K()
			VPCMPGTD(u, e.s[0], k)
			VMOVAPS(zero, k, kept)
		} else {
			m := v.reg()
			VPCMPGTD(u, e.s[0], m)
			VPANDN(kept, m, kept)
		}
		VMULPS(kept, x, x)
		e.store("y", x)
	})
	normal(v)
}

func (v vec) upper24(w reg.VecVirtual) reg.VecVirtual {
	u := v.reg()
	VPSRLD(Imm(8), w, u)
	return u
}

// philox makes the words of groups of as many blocks as a register has 64-bit
// lanes. A block's four counters stand in the low halves of one lane of four
// registers, where VPMULUDQ reads them; its product's halves are what a round
// mixes, and the rubbish in the high halves is never read. Lane 2i has block i of
// the group, lane 2i+1 the block half a group on, so that one unpacking puts the
// words in order.
func philox(v vec) {
	TEXT("philox"+v.name, NOSPLIT, "func(groups int, w *float32, state *uint64)")
	Doc("philox" + v.name + " writes the words of groups of " + map[bool]string{true: "8", false: "4"}[v.wide()] +
		" Philox blocks; state is the key, the counter's high half and its first low half.")
	Pragma("noescape")
	groups := Load(Param("groups"), GP64())
	w := Load(Param("w"), GP64())
	state := Load(Param("state"), GP64())
	lanes := v.width / 2
	order := GLOBL("philoxOrder"+v.name, RODATA|NOPTR)
	for i := range lanes {
		DATA(8*i, U64(uint64(i/2+i%2*lanes/2)))
	}
	step := GLOBL("philoxStep"+v.name, RODATA|NOPTR)
	for i := range lanes {
		DATA(8*i, U64(uint64(lanes)))
	}
	quad := func(m Mem) reg.VecVirtual {
		r := v.reg()
		VPBROADCASTQ(m, r)
		return r
	}
	xor := func(x Op, y, to reg.VecVirtual) {
		if v.wide() {
			VPXORD(x, y, to)
		} else {
			VPXOR(x, y, to)
		}
	}
	first, high := quad(Mem{Base: state, Disp: 16}), quad(Mem{Base: state, Disp: 8})
	VPADDQ(order, first, first)
	m0, m1 := v.held(0xD2511F53), v.held(0xCD9E8D57)
	w0, w1 := v.held(0x9E3779B9), v.held(0xBB67AE85)
	key0 := quad(Mem{Base: state})
	key1, high1 := v.reg(), v.reg()
	VPSRLQ(Imm(32), key0, key1)
	VPSRLQ(Imm(32), high, high1)
	Label("group")
	TESTQ(groups, groups)
	JZ(LabelRef("end"))
	c := [4]reg.VecVirtual{v.copy(first), v.reg(), v.copy(high), v.copy(high1)}
	VPSRLQ(Imm(32), first, c[1])
	k0, k1 := v.copy(key0), v.copy(key1)
	for round := range 10 {
		p0, p1 := v.reg(), v.reg()
		VPMULUDQ(m0, c[0], p0)
		VPMULUDQ(m1, c[2], p1)
		n0, n2 := v.reg(), v.reg()
		VPSRLQ(Imm(32), p1, n0)
		VPSRLQ(Imm(32), p0, n2)
		if v.wide() {
			VPTERNLOGD(Imm(0x96), k0, c[1], n0)
			VPTERNLOGD(Imm(0x96), k1, c[3], n2)
		} else {
			xor(c[1], n0, n0)
			xor(k0, n0, n0)
			xor(c[3], n2, n2)
			xor(k1, n2, n2)
		}
		c = [4]reg.VecVirtual{n0, p1, n2, p0}
		if round < 9 {
			VPADDD(w0, k0, k0)
			VPADDD(w1, k1, k1)
		}
	}
	for i := 0; i < 4; i += 2 { // both words of a pair in one lane
		VPSLLQ(Imm(32), c[i+1], c[i+1])
		VPSLLQ(Imm(32), c[i], c[i])
		VPSRLQ(Imm(32), c[i], c[i])
		v.or(c[i+1], c[i], c[i])
	}
	low, up := v.reg(), v.reg()
	VPUNPCKLQDQ(c[2], c[0], low)
	VPUNPCKHQDQ(c[2], c[0], up)
	VMOVUPS(low, Mem{Base: w})
	VMOVUPS(up, Mem{Base: w, Disp: 4 * v.width})
	VPADDQ(step, first, first)
	ADDQ(Imm(uint64(8*v.width)), w)
	DECQ(groups)
	JMP(LabelRef("group"))
	Label("end")
	VZEROUPPER()
	RET()
}

// held is a constant in a register where there are enough of them.
func (v vec) held(bits uint32) Op {
	if v.wide() {
		return v.load(constant(bits))
	}
	return constant(bits)
}

// normal makes pairs of normal numbers of pairs of words, in place: two registers
// at a time, u and v of each pair picked apart.
func normal(v vec) {
	TEXT("normal"+v.name, NOSPLIT, "func(n int, w *float32)")
	Doc("normal" + v.name + " turns n words into normal numbers, n a multiple of 32.")
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	w := Load(Param("w"), GP64())
	Label("pairs")
	a, b, u, t := v.reg(), v.reg(), v.reg(), v.reg()
	VMOVUPS(Mem{Base: w}, a)
	VMOVUPS(Mem{Base: w, Disp: 4 * v.width}, b)
	VSHUFPS(Imm(0x88), b, a, u)
	VSHUFPS(Imm(0xdd), b, a, t)
	sin, cos := v.turn(t)
	u = v.upper24(u)
	VPSUBD(v.load(constant(0xffffffff)), u, u) // + 1
	VCVTDQ2PS(u, u)
	v.mul(0x1p-24, u, u)
	r := v.log(u)
	v.mul(-2, r, r)
	VSQRTPS(r, r)
	VMULPS(r, cos, cos)
	VMULPS(r, sin, sin)
	VUNPCKLPS(sin, cos, a)
	VUNPCKHPS(sin, cos, b)
	VMOVUPS(a, Mem{Base: w})
	VMOVUPS(b, Mem{Base: w, Disp: 4 * v.width})
	ADDQ(Imm(uint64(8*v.width)), w)
	SUBQ(Imm(uint64(2*v.width)), n)
	JG(LabelRef("pairs"))
	VZEROUPPER()
	RET()
}

// turn is the sine and cosine of (w >> 8)/2^24 of a turn. The two upper bits are
// the quarter, the third whether the next axis is nearer: then the angle counts
// back from there and sine and cosine change places. t is the angle in quarters,
// exact; the polynomials are those of sin and cos of pi/2·t up to t = 1/2.
func (v vec) turn(w reg.VecVirtual) (sin, cos reg.VecVirtual) {
	back, t, whole := v.reg(), v.reg(), v.reg()
	VPSLLD(Imm(2), w, back)
	VPSRAD(Imm(31), back, back)
	v.and(v.load(constant(1<<30-1)), w, t)
	VPSRLD(Imm(8), t, t)
	v.and(v.load(constant(1<<22)), back, whole)
	if v.wide() {
		VPXORD(back, t, t)
	} else {
		VPXOR(back, t, t)
	}
	VPSUBD(back, t, t) // -t where it counts back
	VPADDD(whole, t, t)
	VCVTDQ2PS(t, t)
	v.mul(0x1p-22, t, t)
	tt := v.reg()
	VMULPS(t, t, tt)
	const h = math.Pi / 2
	c1 := float64(float32(h))
	s := v.poly(tt, sinCoefs[4], sinCoefs[3], sinCoefs[2], sinCoefs[1])
	VMULPS(tt, s, s)
	v.add(h-c1, s, s)
	VMULPS(t, s, s)
	VFMADD231PS(v.load(float(c1)), t, s)
	c := v.poly(tt, cosCoefs[4], cosCoefs[3], cosCoefs[2], cosCoefs[1])
	v.fma(1, tt, c)
	cross, signs := v.reg(), v.reg()
	VPSLLD(Imm(1), w, signs)
	if v.wide() {
		VPXORD(w, signs, signs)
	} else {
		VPXOR(w, signs, signs)
	}
	VPSLLD(Imm(1), signs, cross)
	sin, cos = v.copy(s), v.copy(c)
	if v.wide() {
		k := K()
		VPMOVD2M(cross, k)
		VMOVAPS(c, k, sin)
		VMOVAPS(s, k, cos)
	} else {
		VBLENDVPS(cross, c, s, sin)
		VBLENDVPS(cross, s, c, cos)
	}
	for _, p := range []struct{ f, sign reg.VecVirtual }{{sin, v.copy(w)}, {cos, signs}} {
		v.and(v.load(constant(signBit)), p.sign, p.sign)
		v.or(p.sign, p.f, p.f)
	}
	return sin, cos
}

// The coefficients of the powers of t in sin and cos of pi/2·t: their series,
// whose next terms are below 2^-30 for t <= 1/2.
var sinCoefs, cosCoefs = series()

func series() (s, c [5]float64) {
	term := 1.0
	for k := range 10 {
		if k > 0 {
			term *= math.Pi / 2 / float64(k)
		}
		sign := float64(1 - k/2%2*2)
		if k%2 == 0 {
			c[k/2] = sign * term
		} else {
			s[k/2] = sign * term
		}
	}
	return s, c
}

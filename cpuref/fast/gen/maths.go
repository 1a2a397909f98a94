package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var (
	signBit = uint32(0x80000000)
	absBits = uint32(0x7fffffff)
)

func maths(v vec) {
	for _, f := range []struct {
		name string
		of   func(v vec, x reg.VecVirtual) reg.VecVirtual
	}{{"exp", vec.exp}, {"log", vec.log}, {"tanh", vec.tanh}, {"sigmoid", vec.sigmoid}, {"erf", vec.erf}} {
		v.each(f.name, []string{"y", "x"}, 0, func(e *elems) {
			e.store("y", f.of(v, e.load("x")))
		})
	}
}

// exp: x = n·ln2 + r, |r| <= ln2/2, e^x = 2^n·e^r with Cephes' polynomial for
// e^r. Beyond [-104, 89] the result is 0 or Inf whatever x; NaN stays.
func (v vec) exp(x reg.VecVirtual) reg.VecVirtual {
	n, r := v.reg(), v.reg()
	VMINPS(x, v.load(float(89)), r) // the second operand, x, if one is NaN
	VMAXPS(r, v.load(float(-104)), r)
	v.mul(math.Log2E, r, n)
	v.round(n, n)
	VFNMADD231PS(v.load(float(0.693359375)), n, r)
	VFNMADD231PS(v.load(float(-2.12194440e-4)), n, r)
	p := v.poly(r, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
	rr := v.reg()
	VMULPS(r, r, rr)
	VFMADD213PS(r, rr, p)
	v.add(1, p, p)
	if v.wide() {
		VSCALEFPS(n, p, p)
		return p
	}
	// 2^n in two halves, so that it may lie beyond float32's exponents
	i, half := v.reg(), v.reg()
	VCVTPS2DQ(n, i)
	VPSRAD(Imm(1), i, half)
	VPSUBD(half, i, i)
	for _, e := range []reg.VecVirtual{half, i} {
		VPADDD(constant(127), e, e)
		VPSLLD(Imm(23), e, e)
		VMULPS(e, p, p)
	}
	return p
}

// log: x = 2^n·m, sqrt(1/2) <= m < sqrt(2), ln x = n·ln2 + ln m with Cephes'
// polynomial for ln m. Negative numbers give NaN, 0 gives -Inf.
func (v vec) log(x reg.VecVirtual) reg.VecVirtual {
	m, big, n, off := v.copy(x), v.reg(), v.reg(), v.zero()
	tiny := v.load(float(0x1p-126))
	v.mul(0x1p25, x, big) // denormal numbers first grow
	v.pick(less, x, tiny, big, m)
	v.pick(less, x, tiny, v.load(float(-25)), off)
	half := v.load(constant(0x3f3504f3))
	VPSUBD(half, m, n)
	VPSRAD(Imm(23), n, n)
	e := v.reg()
	VPSLLD(Imm(23), n, e)
	VPSUBD(e, m, m)
	VCVTDQ2PS(n, n)
	VADDPS(off, n, n)
	f := v.reg()
	v.add(-1, m, f)
	p := v.poly(f, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
		-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
	ff := v.reg()
	VMULPS(f, f, ff)
	VMULPS(f, p, p)
	VMULPS(ff, p, p)
	VFMADD231PS(v.load(float(-2.12194440e-4)), n, p)
	VFMADD231PS(v.load(float(-0.5)), ff, p)
	VADDPS(f, p, p)
	VFMADD231PS(v.load(float(0.693359375)), n, p)
	zero := v.zero()
	v.pick(equal, x, zero, v.load(float(math.Inf(-1))), p)
	v.pick(notLess, x, v.load(float(math.Inf(1))), x, p) // Inf and NaN stay
	v.pick(less, x, zero, v.load(constant(0x7fc00000)), p)
	return p
}

// abs is |x|, and x's sign bit.
func (v vec) abs(x reg.VecVirtual) (abs, sign reg.VecVirtual) {
	abs, sign = v.reg(), v.reg()
	v.and(v.load(constant(absBits)), x, abs)
	v.and(v.load(constant(signBit)), x, sign)
	return abs, sign
}

// tanh: 1 - 2/(e^2|x| + 1) with x's sign, and below 0.625 Cephes' odd polynomial.
func (v vec) tanh(x reg.VecVirtual) reg.VecVirtual {
	t, sign := v.abs(x)
	twice := v.reg()
	VADDPS(t, t, twice)
	e := v.exp(twice)
	v.add(1, e, e)
	r := v.load(float(2))
	VDIVPS(e, r, r)
	one := v.load(float(1))
	VSUBPS(r, one, r)
	v.or(sign, r, r)
	xx := v.reg()
	VMULPS(x, x, xx)
	p := v.poly(xx, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1)
	VMULPS(xx, p, p)
	VFMADD213PS(x, x, p)
	v.or(sign, p, p) // of -0
	v.pick(less, t, v.load(float(0.625)), p, r)
	return r
}

// sigmoid: with e = e^-|x|, 1/(1+e) or, for negative x, e/(1+e).
func (v vec) sigmoid(x reg.VecVirtual) reg.VecVirtual {
	neg := v.reg()
	v.or(v.load(constant(signBit)), x, neg)
	e := v.exp(neg)
	num := v.load(float(1))
	v.pick(less, x, v.zero(), e, num)
	v.add(1, e, e)
	VDIVPS(e, num, num)
	return num
}

// erf: below 0.927734375 an odd polynomial, above it 1 - exp of one (minimax
// fits by N. Juffa).
func (v vec) erf(x reg.VecVirtual) reg.VecVirtual {
	t, sign := v.abs(x)
	limit := v.load(float(4)) // erf is 1 from there on; NaN stays
	VMINPS(t, limit, t)
	r := v.poly(t, -1.72853470e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2,
		-1.06777877e-1, -6.34846687e-1, -1.28717512e-1)
	neg := v.zero()
	VSUBPS(t, neg, neg)
	VFMADD213PS(neg, t, r)
	e := v.exp(r)
	one := v.load(float(1))
	VSUBPS(e, one, e)
	v.or(sign, e, e)
	xx := v.reg()
	VMULPS(x, x, xx)
	p := v.poly(xx, -5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1)
	VFMADD213PS(x, x, p)
	v.pick(less, t, v.load(float(0.927734375)), p, e)
	return e
}

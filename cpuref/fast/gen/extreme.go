package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// extremes are the loops of amax, amin, argmax and argmin.
func extremes(v vec) {
	high := constant(0x7f800000)
	v.reduce("min", []string{"x"}, 0, high, func(e *elems) { // of numbers; NaN may get lost
		x := e.load("x")
		e.fill(x, v.load(high))
		VMINPS(e.acc, x, e.acc)
	}, func(x, y reg.VecVirtual) { VMINPS(x, y, y) })
	v.reduce("magnitude", []string{"x"}, 0, float(0), func(e *elems) { // the largest |x| as bits: NaN if there is one
		x := e.load("x")
		v.and(v.load(constant(absBits)), x, x)
		VPMAXUD(x, e.acc, e.acc)
	}, func(x, y reg.VecVirtual) { VPMAXUD(x, y, y) })
	for _, f := range []struct {
		name string
		cmp  uint8
	}{{"more", notLessOrEq}, {"less", notGreaterOrEq}} {
		// best, at = x, s0 where x is more (less) or NaN, unless best is NaN
		v.each(f.name, []string{"best", "at", "x"}, 1, func(e *elems) {
			best, at, x := e.load("best"), e.load("at"), e.load("x")
			if v.wide() {
				k, nan := K(), K()
				VCMPPS(Imm(uint64(f.cmp)), best, x, k)
				VCMPPS(Imm(unordered), best, best, nan)
				KANDNW(k, nan, k)
				VMOVAPS(x, k, best)
				VMOVAPS(e.s[0], k, at)
			} else {
				m, nan := v.reg(), v.reg()
				VCMPPS(Imm(uint64(f.cmp)), best, x, m)
				VCMPPS(Imm(unordered), best, best, nan)
				VPANDN(m, nan, m)
				VBLENDVPS(m, x, best, best)
				VBLENDVPS(m, e.s[0], at, at)
			}
			e.store("best", best)
			e.store("at", at)
		})
	}
}

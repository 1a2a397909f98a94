package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// chains is how many vectors a step of fmaChain takes: two multiply-adds can
// start in a cycle and take four or five, so ten keep both units busy.
const chains = 12

// limits are the loops that measure a machine.
func limits(v vec) {
	fmaChain(v)
	v.each("triad", []string{"y", "x", "z"}, 1, func(e *elems) { // y = x + s·z
		y := e.load("x")
		VFMADD231PS(e.load("z"), e.s[0], y)
		e.store("y", y)
	})
}

func fmaChain(v vec) {
	TEXT("fmaChain"+v.name, NOSPLIT, "func(steps int, y, s *float32)")
	Doc("fmaChain" + v.name + " takes steps times y = s0·y + s1, over 12 vectors; steps > 0.")
	Pragma("noescape")
	steps := Load(Param("steps"), GP64())
	y := Load(Param("y"), GP64())
	s := Load(Param("s"), GP64())
	a, b := v.reg(), v.reg()
	VBROADCASTSS(Mem{Base: s}, a)
	VBROADCASTSS(Mem{Base: s, Disp: 4}, b)
	var acc [chains]reg.VecVirtual
	for i := range acc {
		acc[i] = v.reg()
		VMOVUPS(Mem{Base: y, Disp: 4 * i * v.width}, acc[i])
	}
	Label("loop")
	for _, r := range acc {
		VFMADD213PS(b, a, r)
	}
	DECQ(steps)
	JNZ(LabelRef("loop"))
	for i, r := range acc {
		VMOVUPS(r, Mem{Base: y, Disp: 4 * i * v.width})
	}
	VZEROUPPER()
	RET()
}

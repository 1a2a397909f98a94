package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// casts between float32 and 16 bits take whole vectors: n is a multiple of their
// width. Every processor with AVX2 has the conversions of F16C.
func casts(v vec) {
	halves := func() reg.VecVirtual {
		if v.wide() {
			return YMM()
		}
		return XMM()
	}
	loop := func(name, sig, doc string, step func(x, y, at reg.Register)) {
		TEXT(name+v.name, NOSPLIT, "func(n int, "+sig+")")
		Doc(name + v.name + " is " + doc + ", n a multiple of 16.")
		Pragma("noescape")
		n := Load(Param("n"), GP64())
		y := Load(Param("y"), GP64())
		x := Load(Param("x"), GP64())
		at := GP64()
		XORQ(at, at)
		Label("loop")
		step(x, y, at)
		ADDQ(Imm(uint64(v.width)), at)
		CMPQ(at, n)
		JL(LabelRef("loop"))
		VZEROUPPER()
		RET()
	}
	loop("widen16", "y *float32, x *uint16", "y = x, a float16", func(x, y, at reg.Register) {
		r := v.reg()
		VCVTPH2PS(Mem{Base: x, Index: at, Scale: 2}, r)
		VMOVUPS(r, Mem{Base: y, Index: at, Scale: 4})
	})
	loop("narrow16", "y *uint16, x *float32", "y = x as a float16", func(x, y, at reg.Register) {
		r, h := v.reg(), halves()
		VMOVUPS(Mem{Base: x, Index: at, Scale: 4}, r)
		VCVTPS2PH(Imm(0), r, h)
		VMOVDQU(h, Mem{Base: y, Index: at, Scale: 2})
	})
	quiet := constant(0x00400000)
	loop("widenB16", "y *float32, x *uint16", "y = x, a bfloat16", func(x, y, at reg.Register) {
		r := v.reg()
		VPMOVZXWD(Mem{Base: x, Index: at, Scale: 2}, r)
		VPSLLD(Imm(16), r, r)
		v.quieten(r, quiet)
		VMOVUPS(r, Mem{Base: y, Index: at, Scale: 4})
	})
	loop("narrowB16", "y *uint16, x *float32", "y = x as a bfloat16", func(x, y, at reg.Register) {
		r, up, odd := v.reg(), v.reg(), v.reg()
		VMOVUPS(Mem{Base: x, Index: at, Scale: 4}, r)
		VPSRLD(Imm(16), r, odd)
		v.and(v.load(constant(1)), odd, odd)
		VPADDD(v.load(constant(0x7fff)), r, up)
		VPADDD(odd, up, up)
		nan := v.reg()
		v.or(v.load(quiet), r, nan)
		v.pick(unordered, r, r, nan, up)
		VPSRLD(Imm(16), up, up)
		h := halves()
		if v.wide() {
			VPMOVDW(up, h)
		} else {
			high := XMM()
			VEXTRACTI128(Imm(1), up, high)
			VPACKUSDW(high, up.AsX(), h)
		}
		VMOVDQU(h, Mem{Base: y, Index: at, Scale: 2})
	})
}

// quieten sets the bit of a quiet NaN in those x that are NaN.
func (v vec) quieten(x reg.VecVirtual, quiet Mem) {
	nan := v.reg()
	v.or(v.load(quiet), x, nan)
	v.pick(unordered, v.copy(x), x, nan, x)
}

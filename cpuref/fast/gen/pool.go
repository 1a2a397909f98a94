package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pooling emits loops over the windows of a plane that lie wholly within it, 8
// of a row at a time, for windows 1 or 2 columns apart. They are bound by memory:
// AVX2 will do for every machine.
func pooling() {
	v := sets[1]
	for stride := 1; stride <= 2; stride++ {
		suffix := map[int]string{1: "1", 2: "2"}[stride]
		window(v, "maxPool"+suffix, stride, false, true)
		window(v, "maxPoolIndex"+suffix, stride, true, true)
		window(v, "sumPool"+suffix, stride, false, false)
	}
}

// window emits, for row r of rows and column i of n, over the taps t
//
//	y[r*ldy+i] = max or sum of x[r*ldx + i*stride + off[t]]
//
// and, with index, idx there = first + r*ldx + i*stride + off[t] for the maximum.
func window(v vec, name string, stride int, index, isMax bool) {
	sig := "func(rows, n int, x *float32, ldx int, taps int, off *int32, y *float32, ldy int"
	if index {
		sig += ", idx *int32, first int"
	}
	TEXT(name, NOSPLIT, sig+")")
	Pragma("noescape")
	row, r := GP64(), GP64() // where the row starts in x, and how many are left
	Load(Param("x"), row)
	Load(Param("rows"), r)
	done := GP64() // floats of y before the row
	XORQ(done, done)
	first := GP64()
	if index {
		Load(Param("first"), first)
	}
	Label("row")
	TESTQ(r, r)
	JZ(LabelRef("done"))
	n, i := GP64(), GP64()
	Load(Param("n"), n)
	XORQ(i, i)
	Label("vector")
	TESTQ(n, n)
	JLE(LabelRef("next"))
	// masks for the first and, two columns apart, the second vector of x
	live := GP64()
	MOVQ(n, live)
	eight := GP64()
	MOVQ(U32(8), eight)
	CMPQ(live, eight)
	CMOVQGT(eight, live)
	yMask := v.mask(live)
	xMask, xMask2 := yMask, yMask
	if stride == 2 {
		a, b, zero := GP64(), GP64(), GP64()
		XORQ(zero, zero)
		LEAQ(Mem{Base: live, Index: live, Scale: 1, Disp: -1}, a)
		LEAQ(Mem{Base: live, Index: live, Scale: 1, Disp: -9}, b)
		CMPQ(a, eight)
		CMOVQGT(eight, a)
		TESTQ(b, b)
		CMOVQLT(zero, b)
		xMask, xMask2 = v.mask(a), v.mask(b)
	}
	from := GP64()
	MOVQ(i, from)
	if stride == 2 {
		SHLQ(Imm(1), from)
	}
	LEAQ(Mem{Base: row, Index: from, Scale: 4}, from)
	load := func(at reg.GPVirtual) reg.VecVirtual {
		x := v.reg()
		xMask.load(Mem{Base: from, Index: at, Scale: 4}, x)
		if stride == 2 {
			hi := v.reg()
			xMask2.load(Mem{Base: from, Index: at, Scale: 4, Disp: 32}, hi)
			VSHUFPS(Imm(0x88), hi, x, x)
			VPERMPD(Imm(0xd8), x, x)
		}
		return x
	}
	taps, off := GP64(), GP64()
	Load(Param("taps"), taps)
	Load(Param("off"), off)
	at := GP64()
	MOVLQSX(Mem{Base: off}, at)
	best := v.copy(load(at))
	var bestAt reg.VecVirtual
	if index {
		bestAt = v.load(Mem{Base: off})
	}
	Label("tap")
	ADDQ(Imm(4), off)
	DECQ(taps)
	JZ(LabelRef("put"))
	MOVLQSX(Mem{Base: off}, at)
	x := load(at)
	if !isMax {
		VADDPS(x, best, best)
	} else { // a NaN wins, the last one
		bigger, nan := v.reg(), v.reg()
		VCMPPS(Imm(greater), best, x, bigger)
		VCMPPS(Imm(unordered), x, x, nan)
		VORPS(nan, bigger, bigger)
		VBLENDVPS(bigger, x, best, best)
		if index {
			VBLENDVPS(bigger, v.load(Mem{Base: off}), bestAt, bestAt)
		}
	}
	JMP(LabelRef("tap"))
	Label("put")
	to := GP64()
	Load(Param("y"), to)
	LEAQ(Mem{Base: to, Index: done, Scale: 4}, to)
	yMask.store(best, Mem{Base: to, Index: i, Scale: 4})
	if index {
		base := v.reg()
		w := GP64()
		MOVQ(i, w)
		if stride == 2 {
			SHLQ(Imm(1), w)
		}
		ADDQ(first, w)
		VMOVD(w.As32(), base.AsX())
		VPBROADCASTD(base.AsX(), base)
		VPADDD(base, bestAt, bestAt)
		VPADDD(lanes(stride), bestAt, bestAt)
		Load(Param("idx"), to)
		LEAQ(Mem{Base: to, Index: done, Scale: 4}, to)
		yMask.store(bestAt, Mem{Base: to, Index: i, Scale: 4})
	}
	ADDQ(Imm(8), i)
	SUBQ(Imm(8), n)
	JMP(LabelRef("vector"))
	Label("next")
	ld := GP64()
	Load(Param("ldy"), ld)
	ADDQ(ld, done)
	Load(Param("ldx"), ld)
	LEAQ(Mem{Base: row, Index: ld, Scale: 4}, row)
	if index {
		ADDQ(ld, first)
	}
	DECQ(r)
	JMP(LabelRef("row"))
	Label("done")
	VZEROUPPER()
	RET()
}

var counts = map[int]Mem{}

// lanes is 0, step, 2·step, ...
func lanes(step int) Mem {
	m, ok := counts[step]
	if !ok {
		m = GLOBL(map[int]string{1: "count1", 2: "count2"}[step], RODATA|NOPTR)
		for i := range 8 {
			DATA(4*i, U32(step*i))
		}
		counts[step] = m
	}
	return m
}

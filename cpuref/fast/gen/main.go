// The generator of package fast's amd64 assembly. It stands in a module of its
// own, so that users of vulgo don't pull avo. From cpuref/fast:
//
//	go generate .
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vec is an instruction set: its suffix in names, the floats of a register, and
// the tile of the GEMM micro-kernel, chosen by measurement.
type vec struct {
	name   string
	width  int
	mr, nv int
}

var sets = []vec{{"AVX512", 16, 12, 2}, {"AVX2", 8, 6, 2}}

func (v vec) wide() bool { return v.width == 16 }

func (v vec) reg() reg.VecVirtual {
	if v.wide() {
		return ZMM()
	}
	return YMM()
}

func (v vec) zero() reg.VecVirtual {
	r := v.reg()
	if v.wide() {
		VPXORD(r, r, r)
	} else {
		VXORPS(r, r, r)
	}
	return r
}

// mask selects the first n lanes (1 <= n <= width).
type mask struct {
	v vec
	k Op
}

var laneMasks *Mem

func (v vec) mask(n reg.Register) mask {
	if v.wide() {
		bits, k := GP64(), K()
		MOVQ(I64(-1), bits)
		BZHIQ(n, bits, bits)
		KMOVW(bits.As32(), k)
		return mask{v, k}
	}
	if laneMasks == nil {
		m := GLOBL("lanes", RODATA|NOPTR)
		for i := range 8 {
			DATA(4*i, U32(0xffffffff))
		}
		for i := range 8 {
			DATA(32+4*i, U32(0))
		}
		laneMasks = &m
	}
	at, table, y := GP64(), GP64(), YMM()
	LEAQ(*laneMasks, table)
	MOVQ(U32(8), at)
	SUBQ(n, at)
	VMOVUPS(Mem{Base: table, Index: at, Scale: 4}, y)
	return mask{v, y}
}

func (m mask) load(from Mem, to reg.VecVirtual) {
	if m.v.wide() {
		VMOVUPS_Z(from, m.k, to)
	} else {
		VMASKMOVPS(from, m.k, to)
	}
}

func (m mask) store(from reg.VecVirtual, to Mem) {
	if m.v.wide() {
		VMOVUPS(from, m.k, to)
	} else {
		VMASKMOVPS(from, m.k, to)
	}
}

func main() {
	ConstraintExpr("amd64")
	for _, v := range sets {
		tiles(v)
		maths(v)
		loops(v)
		norms(v)
		convolution(v)
		lstm(v)
		optimizers(v)
		limits(v)
		random(v)
		casts(v)
		extremes(v)
	}
	packing()
	pooling()
	Generate()
}

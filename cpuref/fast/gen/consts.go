package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Constants stand in memory eight times over: an AVX2 instruction reads all
// eight, an AVX-512 one broadcasts the first.
var table = map[uint32]Mem{}

func constant(bits uint32) Mem {
	m, ok := table[bits]
	if !ok {
		m = GLOBL(fmt.Sprintf("c%08x", bits), RODATA|NOPTR)
		for i := range 8 {
			DATA(4*i, U32(bits))
		}
		table[bits] = m
	}
	return m
}

func float(f float64) Mem { return constant(math.Float32bits(float32(f))) }

// load broadcasts a constant to a register.
func (v vec) load(c Mem) reg.VecVirtual {
	r := v.reg()
	VBROADCASTSS(c, r)
	return r
}

func (v vec) copy(x reg.VecVirtual) reg.VecVirtual {
	r := v.reg()
	VMOVAPS(x, r)
	return r
}

// fma is p = p·x + c.
func (v vec) fma(c float64, x, p reg.VecVirtual) {
	if v.wide() {
		VFMADD213PS_BCST(float(c), x, p)
	} else {
		VFMADD213PS(float(c), x, p)
	}
}

// poly is c0·x^n + c1·x^(n-1) + ... + cn.
func (v vec) poly(x reg.VecVirtual, c ...float64) reg.VecVirtual {
	p := v.load(float(c[0]))
	for _, f := range c[1:] {
		v.fma(f, x, p)
	}
	return p
}

func (v vec) mul(c float64, x, to reg.VecVirtual) {
	if v.wide() {
		VMULPS_BCST(float(c), x, to)
	} else {
		VMULPS(float(c), x, to)
	}
}

func (v vec) add(c float64, x, to reg.VecVirtual) {
	if v.wide() {
		VADDPS_BCST(float(c), x, to)
	} else {
		VADDPS(float(c), x, to)
	}
}

// and, or are bitwise.
func (v vec) and(x Op, y, to reg.VecVirtual) {
	if v.wide() {
		VPANDD(x, y, to)
	} else {
		VPAND(x, y, to)
	}
}

func (v vec) or(x Op, y, to reg.VecVirtual) {
	if v.wide() {
		VPORD(x, y, to)
	} else {
		VPOR(x, y, to)
	}
}

func (v vec) round(x, to reg.VecVirtual) {
	if v.wide() {
		VRNDSCALEPS(Imm(8), x, to)
	} else {
		VROUNDPS(Imm(8), x, to)
	}
}

// The comparisons, quiet on NaN.
const (
	equal          = 0
	less           = 17
	unordered      = 3
	notLess        = 21
	greater        = 30
	notLessOrEq    = 22
	notGreaterOrEq = 25
)

// pick sets to = other where x cmp y.
func (v vec) pick(cmp uint8, x, y, other, to reg.VecVirtual) {
	if v.wide() {
		k := K()
		VCMPPS(Imm(uint64(cmp)), y, x, k)
		VMOVAPS(other, k, to)
		return
	}
	m := v.reg()
	VCMPPS(Imm(uint64(cmp)), y, x, m)
	VBLENDVPS(m, other, to, to)
}

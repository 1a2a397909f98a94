package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elems is one step of a loop over n elements: a whole vector of each slice, or,
// in the tail, the lanes that are left.
type elems struct {
	v      vec
	at     map[string]reg.GPVirtual
	index  reg.GPVirtual
	s      []reg.VecVirtual // scalars
	acc    reg.VecVirtual
	tail   mask
	isTail bool
}

func (e *elems) mem(name string) Mem { return Mem{Base: e.at[name], Index: e.index, Scale: 4} }

func (e *elems) load(name string) reg.VecVirtual { return e.loadAt(e.mem(name)) }

func (e *elems) store(name string, x reg.VecVirtual) { e.storeAt(e.mem(name), x) }

func (e *elems) loadAt(m Mem) reg.VecVirtual {
	r := e.v.reg()
	if e.isTail {
		e.tail.load(m, r)
	} else {
		VMOVUPS(m, r)
	}
	return r
}

func (e *elems) storeAt(m Mem, x reg.VecVirtual) {
	if e.isTail {
		e.tail.store(x, m)
	} else {
		VMOVUPS(x, m)
	}
}

// fill puts another value into the lanes that a tail hasn't got.
func (e *elems) fill(x, other reg.VecVirtual) {
	if !e.isTail {
		return
	}
	if e.v.wide() {
		r := e.v.copy(other)
		VMOVAPS(x, e.tail.k, r)
		VMOVAPS(r, x)
	} else {
		VBLENDVPS(e.tail.k, x, other, x)
	}
}

// each emits func(n int, slices... *float32, s *float32) that runs step for every
// vector; s points to the scalars, where there are any.
func (v vec) each(name string, slices []string, scalars int, step func(e *elems)) {
	e := v.begin(name, slices, scalars, "")
	v.run(e, step)
	VZEROUPPER()
	RET()
}

// reduce is each for a loop that gathers a value: step adds to e.acc, join folds
// two vectors into one.
func (v vec) reduce(name string, slices []string, scalars int, start Mem, step func(e *elems), join func(x, y reg.VecVirtual)) {
	e := v.begin(name, slices, scalars, " float32")
	e.acc = v.load(start)
	v.run(e, step)
	x := e.acc
	y := v.reg()
	if v.wide() {
		VEXTRACTF32X8(Imm(1), x, y.AsY())
		join(y.AsY().(reg.VecVirtual), x.AsY().(reg.VecVirtual))
	}
	VEXTRACTF128(Imm(1), x.AsY(), y.AsX())
	a, b := x.AsX().(reg.VecVirtual), y.AsX().(reg.VecVirtual)
	join(b, a)
	VSHUFPS(Imm(0x4e), a, a, b)
	join(b, a)
	VSHUFPS(Imm(0xb1), a, a, b)
	join(b, a)
	Store(a, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

func (v vec) begin(name string, slices []string, scalars int, result string) *elems {
	e := &elems{v: v, at: map[string]reg.GPVirtual{}}
	sig := "func(n int"
	for _, p := range slices {
		if p == "stride" {
			sig += ", stride int"
		} else {
			sig += fmt.Sprintf(", %s *float32", p)
		}
	}
	if scalars > 0 {
		sig += ", s *float32"
	}
	TEXT(name+v.name, NOSPLIT, sig+")"+result)
	Pragma("noescape")
	for _, p := range slices {
		e.at[p] = GP64()
		Load(Param(p), e.at[p])
	}
	if scalars > 0 {
		s := Load(Param("s"), GP64())
		for i := range scalars {
			r := v.reg()
			VBROADCASTSS(Mem{Base: s, Disp: 4 * i}, r)
			e.s = append(e.s, r)
		}
	}
	return e
}

func (v vec) run(e *elems, step func(e *elems)) {
	n := Load(Param("n"), GP64())
	e.index = GP64()
	XORQ(e.index, e.index)
	Label("loop")
	SUBQ(Imm(uint64(v.width)), n)
	JL(LabelRef("tail"))
	step(e)
	ADDQ(Imm(uint64(v.width)), e.index)
	JMP(LabelRef("loop"))
	Label("tail")
	ADDQ(Imm(uint64(v.width)), n)
	JZ(LabelRef("done"))
	e.tail, e.isTail = v.mask(n), true
	step(e)
	Label("done")
}

func addTo(x, y reg.VecVirtual) { VADDPS(x, y, y) }
func maxTo(x, y reg.VecVirtual) { VMAXPS(x, y, y) }

func loops(v vec) {
	v.each("add", []string{"y", "x"}, 0, func(e *elems) { // y += x
		y := e.load("y")
		VADDPS(e.load("x"), y, y)
		e.store("y", y)
	})
	v.each("addMul", []string{"y", "x", "z"}, 0, func(e *elems) { // y += x·z
		y, x := e.load("y"), e.load("x")
		VFMADD231PS(e.load("z"), x, y)
		e.store("y", y)
	})
	v.each("maximum", []string{"y", "x"}, 0, func(e *elems) { // y = max(y, x)
		y := e.load("y")
		VMAXPS(e.load("x"), y, y)
		e.store("y", y)
	})
	v.each("scale", []string{"y", "x"}, 1, func(e *elems) { // y = s·x
		y := e.load("x")
		VMULPS(e.s[0], y, y)
		e.store("y", y)
	})
	v.each("multiply", []string{"y", "x", "z"}, 0, func(e *elems) { // y = x·z
		y := e.load("x")
		VMULPS(e.load("z"), y, y)
		e.store("y", y)
	})
	v.each("shift", []string{"y", "x"}, 2, func(e *elems) { // y = x - s0 - s1
		y := e.load("x")
		VSUBPS(e.s[0], y, y)
		VSUBPS(e.s[1], y, y)
		e.store("y", y)
	})
	v.each("subtract", []string{"y", "x", "z"}, 0, func(e *elems) { // y = x - z
		y := e.load("x")
		VSUBPS(e.load("z"), y, y)
		e.store("y", y)
	})
	v.each("expShift", []string{"y", "x"}, 2, func(e *elems) { // y = s1·exp(x - s0)
		y := e.load("x")
		VSUBPS(e.s[0], y, y)
		y = v.exp(y)
		VMULPS(e.s[1], y, y)
		e.store("y", y)
	})
	v.each("softmaxGrad", []string{"dx", "y", "dy"}, 1, func(e *elems) { // dx = y·(dy - s)
		d := e.load("dy")
		VSUBPS(e.s[0], d, d)
		VMULPS(e.load("y"), d, d)
		e.store("dx", d)
	})
	v.each("logSoftmaxGrad", []string{"dx", "y", "dy"}, 1, func(e *elems) { // dx = dy - s·exp(y)
		p := v.exp(e.load("y"))
		d := e.load("dy")
		VFNMADD231PS(e.s[0], p, d)
		e.store("dx", d)
	})
	zero, low := float(0), constant(0xff800000)
	v.reduce("sum", []string{"x"}, 0, zero, func(e *elems) {
		VADDPS(e.load("x"), e.acc, e.acc)
	}, addTo)
	v.reduce("dot", []string{"x", "y"}, 0, zero, func(e *elems) {
		VFMADD231PS(e.load("x"), e.load("y"), e.acc)
	}, addTo)
	v.reduce("max", []string{"x"}, 0, low, func(e *elems) { // of numbers; NaN may get lost
		x := e.load("x")
		e.fill(x, v.load(low))
		VMAXPS(e.acc, x, e.acc)
	}, maxTo)
	v.reduce("expSum", []string{"y", "x"}, 1, zero, func(e *elems) { // y = exp(x - s), and its sum
		x := e.load("x")
		VSUBPS(e.s[0], x, x)
		e.fill(x, v.load(low))
		y := v.exp(x)
		VADDPS(y, e.acc, e.acc)
		e.store("y", y)
	}, addTo)
}

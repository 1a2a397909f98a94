package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gates is the loop over one sequence's hidden units; gate q of unit j stands at
// q·stride + j.
type gates struct {
	*elems
	index [4]reg.GPVirtual
}

func (v vec) cell(name string, slices []string, step func(g *gates)) {
	e := v.begin(name, append(slices, "stride"), 0, "")
	v.run(e, func(e *elems) {
		g := &gates{elems: e, index: [4]reg.GPVirtual{e.index}}
		for q := 1; q < 4; q++ {
			g.index[q] = GP64()
			LEAQ(Mem{Base: e.at["stride"], Index: g.index[q-1], Scale: 1}, g.index[q])
		}
		step(g)
	})
	VZEROUPPER()
	RET()
}

func (g *gates) gate(name string, q int) Mem {
	return Mem{Base: g.at[name], Index: g.index[q], Scale: 4}
}

func (g *gates) loadGate(name string, q int) reg.VecVirtual { return g.loadAt(g.gate(name, q)) }

func lstm(v vec) {
	// z, gx and out are in order i, f, g, o: z + gx activated goes to out, then
	// c = f·cPrev + i·g and h = o·tanh(c).
	v.cell("lstmCell", []string{"z", "gx", "out", "cPrev", "c", "h"}, func(g *gates) {
		act := func(q int, f func(vec, reg.VecVirtual) reg.VecVirtual) reg.VecVirtual {
			x := g.loadGate("z", q)
			VADDPS(g.loadGate("gx", q), x, x)
			y := f(v, x)
			g.storeAt(g.gate("out", q), y)
			return y
		}
		i := act(0, vec.sigmoid)
		c := act(2, vec.tanh)
		VMULPS(i, c, c)
		VFMADD231PS(act(1, vec.sigmoid), g.load("cPrev"), c)
		g.store("c", c)
		t := v.tanh(c)
		VMULPS(act(3, vec.sigmoid), t, t)
		g.store("h", t)
	})
	// dh += dy; with t = tanh(c): dc += dh·o·(1-t²), then dz = (dc·g·i(1-i),
	// dc·cPrev·f(1-f), dc·i·(1-g²), dh·t·o(1-o)) and dc = dc·f.
	v.cell("lstmCellGrad", []string{"gates", "c", "cPrev", "dy", "dh", "dc", "dz"}, func(g *gates) {
		oneMinus := func(x, y reg.VecVirtual) reg.VecVirtual { // 1 - x·y
			r := v.load(float(1))
			VFNMADD231PS(x, y, r)
			return r
		}
		bell := func(x reg.VecVirtual) reg.VecVirtual { // x·(1-x)
			r := v.load(float(1))
			VSUBPS(x, r, r)
			VMULPS(x, r, r)
			return r
		}
		t := v.tanh(g.load("c"))
		dh, o := g.load("dh"), g.loadGate("gates", 3)
		VADDPS(g.load("dy"), dh, dh)
		do := bell(o)
		VMULPS(dh, do, do)
		VMULPS(t, do, do)
		g.storeAt(g.gate("dz", 3), do)
		VMULPS(dh, o, o)
		dc := g.load("dc")
		VFMADD231PS(oneMinus(t, t), o, dc)
		i, n := g.loadGate("gates", 0), g.loadGate("gates", 2)
		di := bell(i)
		VMULPS(n, di, di)
		VMULPS(dc, di, di)
		g.storeAt(g.gate("dz", 0), di)
		dn := oneMinus(n, n)
		VMULPS(i, dn, dn)
		VMULPS(dc, dn, dn)
		g.storeAt(g.gate("dz", 2), dn)
		f := g.loadGate("gates", 1)
		df := bell(f)
		VMULPS(g.load("cPrev"), df, df)
		VMULPS(dc, df, df)
		g.storeAt(g.gate("dz", 1), df)
		VMULPS(f, dc, dc)
		g.store("dc", dc)
	})
}

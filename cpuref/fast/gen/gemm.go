package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tiles emits the GEMM micro-kernel for each height and width up to the set's
// tile, so that edges cost no wasted arithmetic.
func tiles(v vec) {
	for nv := 1; nv <= v.nv; nv++ {
		for h := 1; h <= v.mr; h++ {
			tile(v, h, nv)
		}
	}
}

// rows addresses element (i, p) of A as a + i·rs + p·cs: one pointer for each
// three rows, so that any stride between rows will do.
type rows struct {
	base   []reg.GPVirtual
	rs, cs reg.Register
}

func loadRows(h int) rows {
	r := rows{rs: Load(Param("rsa"), GP64()), cs: Load(Param("csa"), GP64())}
	SHLQ(Imm(2), r.rs)
	SHLQ(Imm(2), r.cs)
	first := GP64()
	Load(Param("a"), first)
	r.base = append(r.base, first)
	for i := 3; i < h; i += 3 {
		p, last := GP64(), r.base[len(r.base)-1]
		LEAQ(Mem{Base: last, Index: r.rs, Scale: 2}, p)
		ADDQ(r.rs, p)
		r.base = append(r.base, p)
	}
	return r
}

func (r rows) at(i int) Mem {
	m := Mem{Base: r.base[i/3]}
	if i%3 > 0 {
		m.Index, m.Scale = r.rs, uint8(i%3)
	}
	return m
}

func (r rows) next() {
	for _, p := range r.base {
		ADDQ(r.cs, p)
	}
}

// grid is h rows of nv accumulators.
func grid(v vec, h, nv int) [][]reg.VecVirtual {
	c := make([][]reg.VecVirtual, h)
	for i := range c {
		for range nv {
			c[i] = append(c[i], v.zero())
		}
	}
	return c
}

// outer adds the product of a column of A and a row of B to the accumulators.
func outer(v vec, c [][]reg.VecVirtual, b []reg.VecVirtual, a func(i int) Mem) {
	t := []reg.VecVirtual{v.reg(), v.reg()}
	for i := range c {
		VBROADCASTSS(a(i), t[i%2])
		for j := range b {
			VFMADD231PS(b[j], t[i%2], c[i][j])
		}
	}
}

// loop runs step k times, unrolled by 4.
func loop(k reg.Register, step func()) {
	Label("four")
	CMPQ(k, Imm(4))
	JL(LabelRef("one"))
	for range 4 {
		step()
	}
	SUBQ(Imm(4), k)
	JMP(LabelRef("four"))
	Label("one")
	TESTQ(k, k)
	JZ(LabelRef("store"))
	step()
	DECQ(k)
	JMP(LabelRef("one"))
	Label("store")
}

func tile(v vec, h, nv int) {
	TEXT(fmt.Sprintf("tile%dx%d%s", h, nv*v.width, v.name), NOSPLIT,
		"func(k int, a *float32, rsa, csa int, b *float32, ldb int, c *float32, ldc int, acc, w int)")
	Pragma("noescape")
	k := Load(Param("k"), GP64())
	a := loadRows(h)
	b := Load(Param("b"), GP64())
	ldb := Load(Param("ldb"), GP64())
	SHLQ(Imm(2), ldb)
	prefetchC(h, nv*v.width)
	acc := grid(v, h, nv)
	bs := make([]reg.VecVirtual, nv)
	for j := range bs {
		bs[j] = v.reg()
	}
	loop(k, func() {
		for j := range bs {
			VMOVUPS(Mem{Base: b, Disp: 4 * v.width * j}, bs[j])
		}
		outer(v, acc, bs, a.at)
		a.next()
		ADDQ(ldb, b)
	})
	store(v, acc)
}

func prefetchC(h, n int) {
	c := Load(Param("c"), GP64())
	ldc := Load(Param("ldc"), GP64())
	SHLQ(Imm(2), ldc)
	for range h {
		PREFETCHT0(Mem{Base: c})
		if n > 16 {
			PREFETCHT0(Mem{Base: c, Disp: 64})
		}
		ADDQ(ldc, c)
	}
}

// store writes the accumulators to C, or adds them to it; of the last vector
// only the first w lanes are touched.
func store(v vec, acc [][]reg.VecVirtual) {
	c := Load(Param("c"), GP64())
	ldc := Load(Param("ldc"), GP64())
	add := Load(Param("acc"), GP64())
	w := Load(Param("w"), GP64())
	SHLQ(Imm(2), ldc)
	last := len(acc[0]) - 1
	live := v.mask(w)
	TESTQ(add, add)
	JZ(LabelRef("put"))
	p := GP64()
	MOVQ(c, p)
	for i := range acc {
		for j, r := range acc[i] {
			m := Mem{Base: p, Disp: 4 * v.width * j}
			if j < last {
				VADDPS(m, r, r)
				continue
			}
			old := v.reg()
			live.load(m, old)
			VADDPS(old, r, r)
		}
		ADDQ(ldc, p)
	}
	Label("put")
	if !v.wide() { // a masked store is slow on some AVX2 machines
		CMPQ(w, Imm(uint64(v.width)))
		JNE(LabelRef("part"))
		p := GP64()
		MOVQ(c, p)
		for i := range acc {
			for j, r := range acc[i] {
				VMOVUPS(r, Mem{Base: p, Disp: 4 * v.width * j})
			}
			ADDQ(ldc, p)
		}
		VZEROUPPER()
		RET()
		Label("part")
	}
	for i := range acc {
		for j, r := range acc[i] {
			m := Mem{Base: c, Disp: 4 * v.width * j}
			if j < last {
				VMOVUPS(r, m)
			} else {
				live.store(r, m)
			}
		}
		ADDQ(ldc, c)
	}
	VZEROUPPER()
	RET()
}

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gradRows is the height of the tile of the weight gradient, bounded by the
// registers that hold the rows' places.
func (v vec) gradRows() int { return min(v.mr, 8) }

func convolution(v vec) {
	for h := 1; h <= v.mr; h++ {
		taps(v, h)
	}
	for h := 1; h <= v.gradRows(); h++ {
		gradTile(v, h)
	}
	copyBlock(v)
}

// taps is the GEMM tile of a convolution: row p of B starts at b + off[p], so
// that the image is its own im2col matrix. A pair of slots, each a vector of
// output pixels, shares a pass over k.
func taps(v vec, h int) {
	TEXT(fmt.Sprintf("taps%d%s", h, v.name), NOSPLIT,
		"func(pairs int, slots *int32, k int, a, b *float32, off *int32, c *float32, ldc int)")
	Doc("slots: four numbers for each vector: where it starts in b and in c, and its live lanes.")
	Pragma("noescape")
	pairs := Load(Param("pairs"), GP64())
	slots := Load(Param("slots"), GP64())
	Label("pair")
	TESTQ(pairs, pairs)
	JZ(LabelRef("done"))
	var b [2]reg.GPVirtual
	for j := range b {
		base, at := GP64(), GP64()
		Load(Param("b"), base)
		MOVLQSX(Mem{Base: slots, Disp: 16 * j}, at)
		LEAQ(Mem{Base: base, Index: at, Scale: 4}, base)
		b[j] = base
	}
	k := Load(Param("k"), GP64())
	a := Load(Param("a"), GP64())
	off := Load(Param("off"), GP64())
	acc := grid(v, h, 2)
	bs := []reg.VecVirtual{v.reg(), v.reg()}
	at := GP64()
	loop(k, func() {
		MOVLQSX(Mem{Base: off}, at)
		for j := range bs {
			VMOVUPS(Mem{Base: b[j], Index: at, Scale: 4}, bs[j])
		}
		outer(v, acc, bs, func(i int) Mem { return Mem{Base: a, Disp: 4 * i} })
		ADDQ(Imm(uint64(4*v.mr)), a)
		ADDQ(Imm(4), off)
	})
	for j := range bs {
		c := Load(Param("c"), GP64())
		ldc := Load(Param("ldc"), GP64())
		SHLQ(Imm(2), ldc)
		at, w := GP64(), GP64()
		MOVLQSX(Mem{Base: slots, Disp: 16*j + 4}, at)
		LEAQ(Mem{Base: c, Index: at, Scale: 4}, c)
		MOVLQSX(Mem{Base: slots, Disp: 16*j + 8}, w)
		column := func(put func(x reg.VecVirtual, m Mem)) {
			for i := range acc {
				put(acc[i][j], Mem{Base: c})
				ADDQ(ldc, c)
			}
		}
		part, next := fmt.Sprintf("part%d", j), fmt.Sprintf("next%d", j)
		CMPQ(w, Imm(uint64(v.width)))
		JNE(LabelRef(part))
		column(func(x reg.VecVirtual, m Mem) { VMOVUPS(x, m) })
		JMP(LabelRef(next))
		Label(part)
		live := v.mask(w)
		column(live.store)
		Label(next)
	}
	ADDQ(Imm(32), slots)
	DECQ(pairs)
	JMP(LabelRef("pair"))
	Label("done")
	VZEROUPPER()
	RET()
}

// gradTile is the GEMM tile of a weight gradient: row i of A starts at
// a + off[i] and runs along k.
func gradTile(v vec, h int) {
	TEXT(fmt.Sprintf("grad%d%s", h, v.name), NOSPLIT,
		"func(k int, a *float32, off *int32, b *float32, c *float32, ldc int, acc, w int)")
	Doc("B has rows of two vectors side by side.")
	Pragma("noescape")
	k := Load(Param("k"), GP64())
	a := Load(Param("a"), GP64())
	b := Load(Param("b"), GP64())
	off := Load(Param("off"), GP64())
	rows := make([]reg.GPVirtual, h)
	for i := range rows {
		rows[i] = GP64()
		MOVLQSX(Mem{Base: off, Disp: 4 * i}, rows[i])
	}
	acc := grid(v, h, 2)
	bs := []reg.VecVirtual{v.reg(), v.reg()}
	loop(k, func() {
		for j := range bs {
			VMOVUPS(Mem{Base: b, Disp: 4 * v.width * j}, bs[j])
		}
		outer(v, acc, bs, func(i int) Mem { return Mem{Base: a, Index: rows[i], Scale: 4} })
		ADDQ(Imm(4), a)
		ADDQ(Imm(uint64(8*v.width)), b)
	})
	store(v, acc)
}

// copyBlock copies rows, each with a tail.
func copyBlock(v vec) {
	TEXT("copyBlock"+v.name, NOSPLIT, "func(rows, n int, src *float32, lds int, dst *float32, ldd int)")
	Doc("copies dst[r*ldd+i] = src[r*lds+i] for r < rows and i < n.")
	Pragma("noescape")
	rows := Load(Param("rows"), GP64())
	n := Load(Param("n"), GP64())
	src := Load(Param("src"), GP64())
	lds := Load(Param("lds"), GP64())
	dst := Load(Param("dst"), GP64())
	ldd := Load(Param("ldd"), GP64())
	SHLQ(Imm(2), lds)
	SHLQ(Imm(2), ldd)
	at, full, rest := GP64(), GP64(), GP64()
	MOVQ(n, full)
	ANDQ(I32(-v.width), full)
	MOVQ(n, rest)
	SUBQ(full, rest)
	live := v.mask(rest)
	Label("row")
	TESTQ(rows, rows)
	JZ(LabelRef("done"))
	XORQ(at, at)
	Label("vector")
	CMPQ(at, full)
	JGE(LabelRef("rest"))
	x := v.reg()
	VMOVUPS(Mem{Base: src, Index: at, Scale: 4}, x)
	VMOVUPS(x, Mem{Base: dst, Index: at, Scale: 4})
	ADDQ(Imm(uint64(v.width)), at)
	JMP(LabelRef("vector"))
	Label("rest")
	TESTQ(rest, rest)
	JZ(LabelRef("next"))
	live.load(Mem{Base: src, Index: at, Scale: 4}, x)
	live.store(x, Mem{Base: dst, Index: at, Scale: 4})
	Label("next")
	ADDQ(lds, src)
	ADDQ(ldd, dst)
	DECQ(rows)
	JMP(LabelRef("row"))
	Label("done")
	VZEROUPPER()
	RET()
}

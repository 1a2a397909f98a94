package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func packing() {
	transpose8()
	copyRows()
}

// transpose8 reads 8 rows of n floats and writes n rows of 8.
func transpose8() {
	TEXT("transpose8AVX2", NOSPLIT, "func(n int, src *float32, lds int, dst *float32, ldd int)")
	Doc("transpose8AVX2 writes dst[i*ldd+r] = src[r*lds+i] for 8 rows r and i < n, n a multiple of 8.")
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	src := Load(Param("src"), GP64())
	lds := Load(Param("lds"), GP64())
	dst := Load(Param("dst"), GP64())
	ldd := Load(Param("ldd"), GP64())
	SHLQ(Imm(2), lds)
	SHLQ(Imm(2), ldd)
	src3, src6, lds3 := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: lds, Index: lds, Scale: 2}, lds3)
	LEAQ(Mem{Base: src, Index: lds3, Scale: 1}, src3)
	LEAQ(Mem{Base: src, Index: lds3, Scale: 2}, src6)
	base := []reg.Register{src, src3, src6}
	Label("loop")
	CMPQ(n, Imm(8))
	JL(LabelRef("done"))
	var r, t [8]reg.VecVirtual
	for i := range r {
		r[i] = YMM()
		m := Mem{Base: base[i/3]}
		if i%3 > 0 {
			m.Index, m.Scale = lds, uint8(i%3)
		}
		VMOVUPS(m, r[i])
	}
	for i := 0; i < 8; i += 2 { // pairs of rows
		t[i], t[i+1] = YMM(), YMM()
		VUNPCKLPS(r[i+1], r[i], t[i])
		VUNPCKHPS(r[i+1], r[i], t[i+1])
	}
	for i := 0; i < 8; i += 4 { // fours
		for j := range 2 {
			r[i+2*j], r[i+2*j+1] = YMM(), YMM()
			VSHUFPS(Imm(0x44), t[i+2+j], t[i+j], r[i+2*j])
			VSHUFPS(Imm(0xee), t[i+2+j], t[i+j], r[i+2*j+1])
		}
	}
	for i := range 8 { // halves
		out := YMM()
		if i < 4 {
			VPERM2F128(Imm(0x20), r[i+4], r[i], out)
		} else {
			VPERM2F128(Imm(0x31), r[i], r[i-4], out)
		}
		VMOVUPS(out, Mem{Base: dst})
		ADDQ(ldd, dst)
	}
	for _, p := range base {
		ADDQ(Imm(32), p)
	}
	SUBQ(Imm(8), n)
	JMP(LabelRef("loop"))
	Label("done")
	VZEROUPPER()
	RET()
}

// copyRows is the packing of a panel of B whose rows are contiguous.
func copyRows() {
	TEXT("copyRowsAVX2", NOSPLIT, "func(rows, n int, src *float32, lds int, dst *float32)")
	Doc("copyRowsAVX2 writes dst[r*n+i] = src[r*lds+i] for r < rows and i < n, n a multiple of 16.")
	Pragma("noescape")
	rows := Load(Param("rows"), GP64())
	n := Load(Param("n"), GP64())
	src := Load(Param("src"), GP64())
	lds := Load(Param("lds"), GP64())
	dst := Load(Param("dst"), GP64())
	SHLQ(Imm(2), lds)
	SHLQ(Imm(2), n)
	at, x, y := GP64(), YMM(), YMM()
	Label("row")
	TESTQ(rows, rows)
	JZ(LabelRef("done"))
	XORQ(at, at)
	Label("col")
	VMOVUPS(Mem{Base: src, Index: at, Scale: 1}, x)
	VMOVUPS(Mem{Base: src, Index: at, Scale: 1, Disp: 32}, y)
	VMOVUPS(x, Mem{Base: dst, Index: at, Scale: 1})
	VMOVUPS(y, Mem{Base: dst, Index: at, Scale: 1, Disp: 32})
	ADDQ(Imm(64), at)
	CMPQ(at, n)
	JL(LabelRef("col"))
	ADDQ(lds, src)
	ADDQ(n, dst)
	DECQ(rows)
	JMP(LabelRef("row"))
	Label("done")
	VZEROUPPER()
	RET()
}

package fast

import "unsafe"

// plain is the set for machines without one of their own: a 4x4 tile in Go.
func plain() *set {
	one := make([]tileFunc, 4)
	for h := range one {
		one[h] = func(k int, a *float32, _, _ int, b *float32, ldb int, c *float32, ldc, acc, w int) {
			plainTile(h+1, k, a, b, ldb, c, ldc, acc, w)
		}
	}
	return &set{
		name: "plain", mr: 4, nr: 4, lanes: 4, mc: 128, kc: 256, flops: 4,
		tiles: [][]tileFunc{one}, packed: true,
		vector: plainVector(), normer: plainNormer(), convolver: plainConvolver(4, 4), cells: cells{plainCell, plainCellGrad}, optimizer: plainOptimizer(),
		limits:     limits{plainChains, plainFMAChain, plainTriad},
		chooser:    plainChooser(),
		transpose8: transpose8Go, copyRows: copyRowsGo,
	}
}

// plainTile computes four rows and columns and keeps h and w of them: packed
// panels are padded with zeros.
func plainTile(h, k int, a, b *float32, ldb int, c *float32, ldc, acc, w int) {
	var t [4][4]float32
	var r0, r1, r2, r3 [4]float32
	bs := unsafe.Slice(b, (k-1)*ldb+4)
	for p, as := range unsafe.Slice((*[4]float32)(unsafe.Pointer(a)), k) {
		v := (*[4]float32)(bs[p*ldb:])
		for j := range v {
			r0[j] += as[0] * v[j]
			r1[j] += as[1] * v[j]
			r2[j] += as[2] * v[j]
			r3[j] += as[3] * v[j]
		}
	}
	t = [4][4]float32{r0, r1, r2, r3}
	for i := range h {
		row := unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), 4*i*ldc)), w)
		for j := range row {
			if acc != 0 {
				t[i][j] += row[j]
			}
			row[j] = t[i][j]
		}
	}
}

func transpose8Go(n int, src *float32, lds int, dst *float32, ldd int) {
	s, d := unsafe.Slice(src, 7*lds+n), unsafe.Slice(dst, (n-1)*ldd+8)
	for i := range n {
		for r := range 8 {
			d[i*ldd+r] = s[r*lds+i]
		}
	}
}

func copyRowsGo(rows, n int, src *float32, lds int, dst *float32) {
	s, d := unsafe.Slice(src, (rows-1)*lds+n), unsafe.Slice(dst, rows*n)
	for r := range rows {
		copy(d[r*n:r*n+n], s[r*lds:])
	}
}

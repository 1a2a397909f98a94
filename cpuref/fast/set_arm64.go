package fast

import "unsafe"

//go:noescape
func tile8x12NEON(k int, a, b *float32, ldb int, c *float32, ldc int, acc int)

func detect() []*set {
	s := plain()
	s.name, s.mr, s.nr, s.lanes, s.kc, s.flops = "neon", 8, 12, 12, 256, 20
	s.convolver = plainConvolver(s.mr, s.lanes)
	one := make([]tileFunc, s.mr)
	for h := range one {
		one[h] = func(k int, a *float32, _, _ int, b *float32, ldb int, c *float32, ldc, acc, w int) {
			neonTile(h+1, k, a, b, ldb, c, ldc, acc, w)
		}
	}
	s.tiles = [][]tileFunc{one}
	return []*set{s, plain()}
}

// neonTile computes the whole tile, an edge by way of the stack.
func neonTile(h, k int, a, b *float32, ldb int, c *float32, ldc, acc, w int) {
	if h == 8 && w == 12 {
		tile8x12NEON(k, a, b, ldb, c, ldc, acc)
		return
	}
	var t [8 * 12]float32
	tile8x12NEON(k, a, b, ldb, &t[0], 12, 0)
	for i := range h {
		row := unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), 4*i*ldc)), w)
		for j := range row {
			if acc != 0 {
				t[i*12+j] += row[j]
			}
			row[j] = t[i*12+j]
		}
	}
}

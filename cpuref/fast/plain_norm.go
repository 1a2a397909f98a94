package fast

import "unsafe"

// normer is the loops of the normalisations, each over n >= 1 elements; s points to
// the loop's scalars.
type normer struct {
	affine    func(n int, y, x, s *float32)         // y = (x - s0)·s1 + s2
	affineRow func(n int, y, x, w, b, s *float32)   // y = ((x - s0)·s1 + s2)·w + b
	normGrad  func(n int, dx, g, x, s *float32)     // dx = s0·g + s1·(x - s2) + s3
	squares   func(n int, x, s *float32) float32    // Σ (x - s0)²
	dotShift  func(n int, y, x, s *float32) float32 // Σ y·(x - s0)
}

// plainNormer is the loops in Go.
func plainNormer() normer {
	return normer{
		affine: func(n int, y, x, s *float32) {
			ys, k := unsafe.Slice(y, n), unsafe.Slice(s, 3)
			for i, v := range unsafe.Slice(x, n) {
				ys[i] = (v-k[0])*k[1] + k[2]
			}
		},
		affineRow: func(n int, y, x, w, b, s *float32) {
			ys, ws, bs, k := unsafe.Slice(y, n), unsafe.Slice(w, n), unsafe.Slice(b, n), unsafe.Slice(s, 3)
			for i, v := range unsafe.Slice(x, n) {
				ys[i] = ((v-k[0])*k[1]+k[2])*ws[i] + bs[i]
			}
		},
		normGrad: func(n int, dx, g, x, s *float32) {
			out, gs, k := unsafe.Slice(dx, n), unsafe.Slice(g, n), unsafe.Slice(s, 4)
			for i, v := range unsafe.Slice(x, n) {
				out[i] = k[0]*gs[i] + (k[1]*(v-k[2]) + k[3])
			}
		},
		squares: func(n int, x, s *float32) float32 {
			var lane [8]float32
			for i, v := range unsafe.Slice(x, n) {
				lane[i&7] += (v - *s) * (v - *s)
			}
			return fold(&lane)
		},
		dotShift: func(n int, y, x, s *float32) float32 {
			var lane [8]float32
			ys := unsafe.Slice(y, n)
			for i, v := range unsafe.Slice(x, n) {
				lane[i&7] += ys[i] * (v - *s)
			}
			return fold(&lane)
		},
	}
}

package fast

import "unsafe"

// slot is a vector of output pixels: where it starts in the staged image and in
// the output, and how many of its lanes are pixels.
type slot struct {
	b, c, w int32
	_       int32
}

// tapsFunc computes C[h, pixels] for pairs of slots: element i of a pixel is the
// sum over p < k of a[p·mr+i]·b[slot.b+off[p]+lane]. Whole vectors of b are read.
type tapsFunc = func(pairs int, slots *int32, k int, a, b *float32, off *int32, c *float32, ldc int)

// gradFunc computes C[h, lanes+w] (+)= the sum over p < k of a[off[i]+p]·b[p,:],
// rows of b being two vectors side by side.
type gradFunc = func(k int, a *float32, off *int32, b *float32, c *float32, ldc int, acc, w int)

// convolver is what an instruction set has for convolution, tiles by height.
type convolver struct {
	taps      []tapsFunc
	grad      []gradFunc
	copyBlock func(rows, n int, src *float32, lds int, dst *float32, ldd int)
}

func plainConvolver(mr, lanes int) convolver {
	var c convolver
	for h := 1; h <= mr; h++ {
		c.taps = append(c.taps, func(pairs int, slots *int32, k int, a, b *float32, off *int32, d *float32, ldc int) {
			plainTaps(h, mr, lanes, unsafe.Slice((*slot)(unsafe.Pointer(slots)), 2*pairs), k, a, b, off, d, ldc)
		})
		c.grad = append(c.grad, func(k int, a *float32, off *int32, b, d *float32, ldc, acc, w int) {
			plainGrad(h, lanes, k, a, off, b, d, ldc, acc, w)
		})
	}
	c.copyBlock = func(rows, n int, src *float32, lds int, dst *float32, ldd int) {
		for r := range rows {
			copy(run(dst, r*ldd, n), run(src, r*lds, n))
		}
	}
	return c
}

// run is the n floats from p[at] on.
func run(p *float32, at, n int) []float32 {
	return unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(p), 4*at)), n)
}

// plainTaps computes 4 rows by 4 pixels at a time; packed rows beyond h are
// zeros and not stored.
func plainTaps(h, mr, lanes int, slots []slot, k int, a, b *float32, off *int32, c *float32, ldc int) {
	as, offs := unsafe.Slice(a, mr*k), unsafe.Slice(off, k)
	for _, s := range slots {
		for l := 0; l < lanes; l += 4 {
			for i := 0; i < h; i += 4 {
				var r0, r1, r2, r3 [4]float32
				for p, o := range offs {
					x := (*[4]float32)(run(b, int(s.b+o)+l, 4))
					w := (*[4]float32)(as[p*mr+i:])
					for j, v := range x {
						r0[j] += w[0] * v
						r1[j] += w[1] * v
						r2[j] += w[2] * v
						r3[j] += w[3] * v
					}
				}
				for r, sums := range [4][4]float32{r0, r1, r2, r3} {
					if n := int(s.w) - l; i+r < h && n > 0 {
						copy(run(c, int(s.c)+l+(i+r)*ldc, min(4, n)), sums[:])
					}
				}
			}
		}
	}
}

// plainGrad computes 4 rows by 4 channels at a time, rows beyond h twice.
func plainGrad(h, lanes, k int, a *float32, off *int32, b, c *float32, ldc, acc, w int) {
	offs := unsafe.Slice(off, h)
	bs := unsafe.Slice(b, 2*lanes*k)
	row := func(i int) []float32 { return run(a, int(offs[min(i, h-1)]), k) }
	for i := 0; i < h; i += 4 {
		a0, a1, a2, a3 := row(i), row(i+1), row(i+2), row(i+3)
		for l := 0; l < lanes+w; l += 4 {
			var r0, r1, r2, r3 [4]float32
			for p := range k {
				for j, v := range (*[4]float32)(bs[2*lanes*p+l:]) {
					r0[j] += a0[p] * v
					r1[j] += a1[p] * v
					r2[j] += a2[p] * v
					r3[j] += a3[p] * v
				}
			}
			for r, sums := range [4][4]float32{r0, r1, r2, r3} {
				if i+r >= h {
					break
				}
				out := run(c, (i+r)*ldc+l, min(4, lanes+w-l))
				for j := range out {
					if acc != 0 {
						sums[j] += out[j]
					}
					out[j] = sums[j]
				}
			}
		}
	}
}

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

func plainTaps(h, mr, lanes int, slots []slot, k int, a, b *float32, off *int32, c *float32, ldc int) {
	as, offs := unsafe.Slice(a, mr*k), unsafe.Slice(off, k)
	for _, s := range slots {
		for i := range h {
			out := run(c, int(s.c)+i*ldc, int(s.w))
			clear(out)
			for p := range k {
				weight, from := as[p*mr+i], run(b, int(s.b+offs[p]), len(out))
				for l := range out {
					out[l] += weight * from[l]
				}
			}
		}
	}
}

func plainGrad(h, lanes, k int, a *float32, off *int32, b, c *float32, ldc, acc, w int) {
	offs := unsafe.Slice(off, h)
	bs := unsafe.Slice(b, 2*lanes*k)
	for i := range h {
		out, as := run(c, i*ldc, lanes+w), run(a, int(offs[i]), k)
		if acc == 0 {
			clear(out)
		}
		for p, x := range as {
			row := bs[2*lanes*p:][:len(out)]
			for l := range out {
				out[l] += x * row[l]
			}
		}
	}
}

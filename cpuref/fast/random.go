package fast

import (
	"math"
	"unsafe"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// drawer is the random numbers of an instruction set; a set without them has nil.
type drawer struct {
	blocks  int                                         // of a group
	philox  func(groups int, w *float32, state *uint64) // the words of whole groups
	uniform func(n int, u, w *float32)                  // u = (w >> 8)/2^24
	normal  func(n int, w *float32)                     // pairs of words to pairs of numbers, n a multiple of 32
	dropout func(n int, y, x, w, s *float32)            // y = x·(w>>8 < s0 ? 0 : s1)
}

// drawPiece is the numbers that a thread draws at a time, drawWords the words it
// keeps in a cache.
const (
	drawPiece = 8192
	drawWords = 1024
)

// Uniform prepares cpuref.Uniform.
func Uniform(a *cpuref.Args[float32]) func() {
	if isa.philox == nil {
		return drawn(a, cpuref.UniformFrom[float32])
	}
	u := a.Out[0].F
	return drawnBy(a, a.In[0].I, a.Attrs.(cpuref.UniformAttrs).Seq, 1, func(w []float32, at, n int) {
		isa.uniform(n, &u[at], &w[0])
	})
}

// Normal prepares cpuref.Normal: within 4 ulp of it.
func Normal(a *cpuref.Args[float32]) func() {
	if isa.philox == nil {
		return drawn(a, cpuref.NormalFrom[float32])
	}
	z := a.Out[0].F
	return drawnBy(a, a.In[0].I, a.Attrs.(cpuref.UniformAttrs).Seq, 3, func(w []float32, at, n int) {
		isa.normal(roundUp(n, 32), &w[0])
		copy(z[at:at+n], w)
	})
}

// Dropout prepares cpuref.Dropout.
func Dropout(a *cpuref.Args[float32]) func() {
	d := a.Attrs.(cpuref.DropoutAttrs)
	if isa.philox == nil {
		return drawn(a, cpuref.DropoutFrom[float32])
	}
	x, y := a.In[0].F, a.Out[0].F
	s := []float32{math.Float32frombits(d.Cut()), d.Scale()}
	return drawnBy(a, a.In[1].I, d.Seq, 1, func(w []float32, at, n int) {
		isa.dropout(n, &y[at], &x[at], &w[0], &s[0])
	})
}

// drawn shares the plain body between threads.
func drawn(a *cpuref.Args[float32], from func(a *cpuref.Args[float32], lo, hi int)) func() {
	n := len(a.Out[0].F)
	body := func(i int) { from(a, i*drawPiece, min(n, (i+1)*drawPiece)) }
	return func() { Parallel((n+drawPiece-1)/drawPiece, 8*n, body) }
}

// drawnBy calls use with the words of each drawWords elements from at on, of
// which n are of the draw; cost is in ns for each.
func drawnBy(a *cpuref.Args[float32], seed []int32, seq, cost int, use func(w []float32, at, n int)) func() {
	total := len(a.Out[0].F)
	reserve(drawWords + 6)
	group := 4 * isa.blocks
	body := func(i int) {
		s := perThread.take(drawWords + 6)
		state := (*[3]uint64)(unsafe.Pointer(&s.buf[drawWords]))
		state[0], state[1] = uint64(uint32(seed[0]))|uint64(uint32(seed[1]))<<32, uint64(seq)
		for at := i * drawPiece; at < min(total, (i+1)*drawPiece); at += drawWords {
			n := min(drawWords, total-at)
			state[2] = uint64(at / 4)
			isa.philox((n+group-1)/group, &s.buf[0], &state[0])
			use(s.buf[:drawWords], at, n)
		}
		s.give()
	}
	return func() { Parallel((total+drawPiece-1)/drawPiece, cost*total, body) }
}

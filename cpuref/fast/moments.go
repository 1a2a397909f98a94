package fast

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// asRows sees a reduction as kept outputs, each of outer runs of n floats that
// are kept·n apart; ok is false where what is reduced isn't innermost.
func asRows(shape []int, at cpuref.ReduceAttrs) (outer, kept, n int, ok bool) {
	dims, first := joined(shape, at)
	if !first {
		dims = append([]int{1}, dims...)
	}
	switch {
	case len(dims) == 1 || first && len(dims) == 0:
		for _, d := range dims {
			return 1, 1, d, d > 0
		}
		return 1, 1, 1, true
	case len(dims) == 3:
		return dims[0], dims[1], dims[2], dims[0]*dims[1]*dims[2] > 0
	}
	return 0, 0, 0, false
}

// eachRow is the loop over outputs; tmp has room for a stretch.
func eachRow(outer, kept, n int, body func(k int, tmp []float32)) func() {
	per := max(1, pieceOfRows/(outer*n))
	reserve(stretch + 16)
	piece := func(i int) {
		s := perThread.take(stretch + 16)
		for k := i * per; k < min((i+1)*per, kept); k++ {
			body(k, s.buf)
		}
		s.give()
	}
	return func() { Parallel((kept+per-1)/per, outer*kept*n/4, piece) }
}

// moment is output k of a reduction of outer runs of n floats, kept·n apart.
type moment func(x []float32, outer, kept, n, k int, tmp []float32) float32

const (
	columnStrip   = 16      // columns that become rows at a time
	longestColumn = 1 << 15 // that scratch memory is kept for
)

// moments prepares a reduction along rows, or down columns, which are transposed
// strip by strip; plain has the other shapes.
func moments(a *cpuref.Args[float32], at cpuref.ReduceAttrs, plain func(*cpuref.Args[float32]), of moment) func() {
	x, y := a.In[0].F, a.Out[0].F
	if outer, kept, n, ok := asRows(a.In[0].Shape, at); ok {
		return eachRow(outer, kept, n, func(k int, tmp []float32) { y[k] = of(x, outer, kept, n, k, tmp) })
	}
	dims, first := joined(a.In[0].Shape, at)
	if first {
		dims = append([]int{1}, dims...)
	}
	if len(dims) != 3 || len(x) == 0 || dims[1] > longestColumn {
		return func() { plain(a) }
	}
	outer, n, kept := dims[0], dims[1], dims[2]
	strips := (kept + columnStrip - 1) / columnStrip
	room := columnStrip*n + stretch + 16
	reserve(room)
	body := func(i int) {
		o, from := i/strips, i%strips*columnStrip
		w := min(columnStrip, kept-from)
		s := perThread.take(room)
		isa.packT(s.buf, n, operand{x[o*n*kept+from:], kept, 1}, n, w)
		for k := range w {
			y[o*kept+from+k] = of(s.buf, 1, w, n, k, s.buf[columnStrip*n:])
		}
		s.give()
	}
	return func() { Parallel(outer*strips, len(x)/2, body) }
}

// Var prepares cpuref.Var.
func Var(a *cpuref.Args[float32]) func() {
	at := a.Attrs.(cpuref.VarAttrs)
	return moments(a, at.ReduceAttrs, cpuref.Var[float32], func(x []float32, outer, kept, n, k int, tmp []float32) float32 {
		count := float64(outer * n)
		mean, q := 0.0, 0.0
		for o := range outer {
			mean += isa.total(x[(o*kept+k)*n:][:n])
		}
		mean /= count
		tmp[0] = float32(mean)
		for o := range outer {
			row := x[(o*kept+k)*n:][:n]
			for i := 0; i < n; i += stretch {
				q += float64(isa.squares(min(stretch, n-i), &row[i], &tmp[0]))
			}
		}
		off := mean - float64(tmp[0])
		q = max(0, q-count*off*off)
		if !(q < math.MaxFloat32) { // something overflowed, or there is a NaN
			q = wideSquares(x, outer, kept, n, k)
		}
		return float32(q / max(0, count-at.Correction))
	})
}

// wideSquares is Σ(x - mean)² of output k in float64.
func wideSquares(x []float32, outer, kept, n, k int) (q float64) {
	s := 0.0
	for o := range outer {
		for _, v := range x[(o*kept+k)*n:][:n] {
			s += float64(v)
		}
	}
	s /= float64(outer * n)
	for o := range outer {
		for _, v := range x[(o*kept+k)*n:][:n] {
			q += (float64(v) - s) * (float64(v) - s)
		}
	}
	return q
}

// LogSumExp prepares cpuref.LogSumExp.
func LogSumExp(a *cpuref.Args[float32]) func() {
	return moments(a, a.Attrs.(cpuref.ReduceAttrs), cpuref.LogSumExp[float32], func(x []float32, outer, kept, n, k int, tmp []float32) float32 {
		m, s := float32(math.Inf(-1)), 0.0
		for o := range outer {
			m = max(m, isa.max(n, &x[(o*kept+k)*n]))
		}
		if math.IsInf(float64(m), 0) {
			m = 0
		}
		tmp[stretch] = m
		for o := range outer {
			row := x[(o*kept+k)*n:][:n]
			for i := 0; i < n; i += stretch {
				s += float64(isa.expSum(min(stretch, n-i), &tmp[0], &row[i], &tmp[stretch]))
			}
		}
		return float32(float64(m) + math.Log(s))
	})
}

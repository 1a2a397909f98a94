package fast

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// lines are the sums of a normalisation down the columns of an array [n, k]: of a
// layer's examples, or of a batch's with few floats to a channel. A piece is some
// lines; what a stretch of tall lines adds up in float32 is added in float64.
type lines struct {
	n, k, each, pieces int
	part               []float64 // [pieces, 2, k]
}

func newLines(n, k int) *lines {
	l := &lines{n: n, k: k, each: max(tall, (n+63)/64)}
	l.pieces = (n + l.each - 1) / l.each
	l.part = make([]float64, 2*k*l.pieces)
	reserve(3*k + scalarRoom)
	return l
}

// run prepares the sums of what add puts into first and second, line by line; tmp
// is room for a line, s for scalars.
func (l *lines) run(add func(line int, first, second, tmp, s []float32)) func() {
	body := func(i int) {
		sc := perThread.take(3*l.k + scalarRoom)
		s, first, second, tmp := sc.buf[:scalarRoom], sc.buf[scalarRoom:][:l.k], sc.buf[scalarRoom+l.k:][:l.k], sc.buf[scalarRoom+2*l.k:][:l.k]
		part := l.part[2*l.k*i:][:2*l.k]
		clear(part)
		last := min((i+1)*l.each, l.n)
		for from := i * l.each; from < last; from += tall {
			clear(first)
			clear(second)
			for line := from; line < min(from+tall, last); line++ {
				add(line, first, second, tmp, s)
			}
			for j := range l.k {
				part[j] += float64(first[j])
				part[l.k+j] += float64(second[j])
			}
		}
		sc.give()
	}
	return func() { Parallel(l.pieces, l.n*l.k/4, body) }
}

// sums are what the pieces made, of group columns side by side: for each, f gets
// its number and both sums.
func (l *lines) sums(group int, f func(i int, first, second float64)) {
	for i := range l.k / group {
		a, b := 0.0, 0.0
		for p := range l.pieces {
			for j := i * group; j < (i+1)*group; j++ {
				a += l.part[2*l.k*p+j]
				b += l.part[2*l.k*p+l.k+j]
			}
		}
		f(i, a, b)
	}
}

// across runs f for each line of an array [n, k].
func (l *lines) across(f func(at int)) func() {
	body := func(i int) {
		for line := i * l.each; line < min((i+1)*l.each, l.n); line++ {
			f(line * l.k)
		}
	}
	return func() { Parallel(l.pieces, l.n*l.k/4, body) }
}

// normAcross is Norm over a batch whose channels have few floats: [B, G·S] by
// columns.
func normAcross(a *cpuref.Args[float32], v normed) func() {
	x, weight, bias, y := a.In[0].F, given(a.In, 1), given(a.In, 2), a.Out[0].F
	k := v.G * v.S
	if len(x) == 0 {
		return func() {}
	}
	l := newLines(v.B, k)
	mean, scale, shift := make([]float32, k), make([]float32, k), make([]float32, k)
	sum := l.run(func(line int, first, _, _, _ []float32) { isa.add(k, &first[0], &x[line*k]) })
	squares := l.run(func(line int, first, second, tmp, _ []float32) {
		isa.subtract(k, &tmp[0], &x[line*k], &mean[0])
		isa.addMul(k, &first[0], &tmp[0], &tmp[0])
		isa.add(k, &second[0], &tmp[0])
	})
	result := l.across(func(at int) {
		isa.subtract(k, &y[at], &x[at], &mean[0])
		isa.multiply(k, &y[at], &y[at], &scale[0])
		isa.add(k, &y[at], &shift[0])
	})
	n := float64(v.size)
	spread := func(to []float32, c int, f float64) {
		for j := c * v.S; j < (c+1)*v.S; j++ {
			to[j] = float32(f)
		}
	}
	return func() {
		sum()
		l.sums(v.S, func(c int, s, _ float64) { spread(mean, c, s/n) })
		squares()
		l.sums(v.S, func(c int, ss, s float64) {
			lack := s / n
			variance := max(0, ss/n-lack*lack)
			rstd := 1 / math.Sqrt(variance+v.at.Eps)
			put(a.Out, 1, c, rstd)
			put(a.Out, 2, c, float64(mean[c*v.S])+lack)
			put(a.Out, 3, c, variance)
			f, b := rstd, 0.0
			if weight != nil {
				f *= float64(weight[c])
			}
			if bias != nil {
				b = float64(bias[c])
			}
			spread(scale, c, f)
			spread(shift, c, b-lack*f)
		})
		result()
	}
}

// batchGradAcross is BatchNormGrad for those.
func batchGradAcross(a *cpuref.Args[float32], v normed) func() {
	x, dy, rstd, mean, dweight, dbias := a.In[0].F, a.In[1].F, a.In[2].F, a.In[3].F, a.In[4].F, a.In[5].F
	weight, dx, n, k := given(a.In, 6), a.Out[0].F, float64(v.size), v.G*v.S
	if len(x) == 0 {
		return func() {}
	}
	l := newLines(v.B, k)
	means, byX, byDY, rest := make([]float32, k), make([]float32, k), make([]float32, k), make([]float32, k)
	result := l.across(func(at int) {
		to := &dx[at]
		isa.subtract(k, to, &x[at], &means[0])
		isa.multiply(k, to, to, &byX[0])
		isa.addMul(k, to, &dy[at], &byDY[0])
		isa.add(k, to, &rest[0])
	})
	return func() {
		for c := range v.G {
			r := float64(rstd[c])
			scale := r
			if weight != nil {
				scale *= float64(weight[c])
			}
			for j := c * v.S; j < (c+1)*v.S; j++ {
				means[j], byDY[j] = mean[c], float32(scale)
				byX[j], rest[j] = float32(-scale*r*float64(dweight[c])/n), float32(-scale*float64(dbias[c])/n)
			}
		}
		result()
	}
}

// NormWeightGrad prepares cpuref.NormWeightGrad.
func NormWeightGrad(a *cpuref.Args[float32]) func() {
	v := newNormed(a)
	x, dy, rstd, mean := a.In[0].F, a.In[1].F, a.In[2].F, given(a.In, 3)
	at := func(stat int) float32 {
		if mean == nil {
			return 0
		}
		return mean[stat]
	}
	switch {
	case len(x) == 0:
		return func() { cpuref.NormWeightGrad(a) }
	case v.byRow: // the mean is the line's
		k := v.D
		l := newLines(v.B, k)
		sum := l.run(func(line int, dw, db, tmp, s []float32) {
			s[0], s[1], s[2] = at(line), rstd[line], 0
			isa.affine(k, &tmp[0], &x[line*k], &s[0])
			isa.addMul(k, &dw[0], &tmp[0], &dy[line*k])
			isa.add(k, &db[0], &dy[line*k])
		})
		return func() {
			sum()
			l.sums(1, func(w int, dw, db float64) { put(a.Out, 0, w, dw); put(a.Out, 1, w, db) })
		}
	case v.Batch && v.S < narrow: // the mean is the column's
		k := v.G * v.S
		l, means := newLines(v.B, k), make([]float32, k)
		sum := l.run(func(line int, dw, db, tmp, _ []float32) {
			isa.subtract(k, &tmp[0], &x[line*k], &means[0])
			isa.addMul(k, &dw[0], &tmp[0], &dy[line*k])
			isa.add(k, &db[0], &dy[line*k])
		})
		return func() {
			for j := range means {
				means[j] = at(j / v.S)
			}
			sum()
			l.sums(v.S, func(c int, dw, db float64) { put(a.Out, 0, c, dw*float64(rstd[c])); put(a.Out, 1, c, db) })
		}
	}
	weights := v.G * v.D
	each := max(1, pieceOfRows/max(1, v.B*v.S))
	reserve(scalarRoom)
	body := func(i int) {
		s := perThread.take(scalarRoom)
		for w := i * each; w < min((i+1)*each, weights); w++ {
			dw, db := 0.0, 0.0
			for b := range v.B {
				stat, from := w, (b*weights+w)*v.S
				if !v.Batch {
					stat = b*v.G + w/v.D
				}
				s.buf[0] = at(stat)
				dw += float64(rstd[stat]) * isa.totalShift(dy[from:][:v.S], x[from:][:v.S], &s.buf[0])
				db += isa.total(dy[from:][:v.S])
			}
			put(a.Out, 0, w, dw)
			put(a.Out, 1, w, db)
		}
		s.give()
	}
	return func() { Parallel((weights+each-1)/each, len(x)/4, body) }
}

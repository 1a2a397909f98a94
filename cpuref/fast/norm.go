package fast

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// normed is a normalisation over stretches of s floats, D of them to a mean (B·D
// over the batch); weight and bias go with the stretch, or, for layers, with the
// element.
type normed struct {
	cpuref.NormView
	at      cpuref.NormAttrs
	byRow   bool // a mean is one stretch, and each element has a weight of its own
	stretch int
	stats   int
	size    int
	pieces  int
	each    int // means of a piece
}

// narrow is the least stretch for vectors along it; below, over the batch, they go
// across the channels.
const narrow = 16

func newNormed(a *cpuref.Args[float32]) normed {
	at := a.Attrs.(cpuref.NormAttrs)
	v := normed{NormView: at.View(a.In[0].Shape), at: at}
	v.stats, v.size, v.stretch = v.Stats(), v.Size(), v.S
	if v.S == 1 && v.G == 1 && !v.Batch {
		v.byRow, v.stretch = true, v.D
	}
	v.each = max(1, pieceOfRows/max(1, v.size))
	v.pieces = (v.stats + v.each - 1) / v.each
	return v
}

// parts calls f with each stretch of a mean: its place and its weight.
func (v *normed) parts(stat int, f func(from, w int)) {
	switch {
	case v.byRow:
		f(stat*v.D, 0)
	case v.Batch:
		for b := range v.B {
			f((b*v.G+stat)*v.S, stat)
		}
	default:
		for d := range v.D {
			f((stat*v.D+d)*v.S, stat%v.G*v.D+d)
		}
	}
}

// loop runs f for each mean, several at a time; s is room for scalars and a stretch.
func (v *normed) loop(cost int, f func(stat int, s []float32)) func() {
	room := scalarRoom + v.stretch
	reserve(room)
	body := func(i int) {
		s := perThread.take(room)
		for stat := i * v.each; stat < min((i+1)*v.each, v.stats); stat++ {
			f(stat, s.buf)
		}
		s.give()
	}
	return func() { Parallel(v.pieces, cost*v.stats*v.size/4, body) }
}

const scalarRoom = 16

func (s *set) totalSquares(x []float32, mean *float32) float64 {
	sum := 0.0
	for i := 0; i < len(x); i += stretch {
		sum += float64(s.squares(min(stretch, len(x)-i), &x[i], mean))
	}
	return sum
}

func (s *set) totalShift(g, x []float32, mean *float32) float64 {
	sum := 0.0
	for i := 0; i < len(x); i += stretch {
		sum += float64(s.dotShift(min(stretch, len(x)-i), &g[i], &x[i], mean))
	}
	return sum
}

// moments leaves the mean as a float in *m and gives what that lacks of it, and
// the variance.
func (v *normed) moments(x []float32, stat int, m *float32) (lack, variance float64) {
	n, sum := float64(v.size), 0.0
	*m = 0
	if v.size <= fewFloats {
		return v.fewMoments(x, stat, m)
	}
	if v.at.Over != cpuref.NormRMS {
		v.parts(stat, func(from, _ int) { sum += isa.total(x[from:][:v.stretch]) })
		*m = float32(sum / n)
		lack = sum/n - float64(*m)
	}
	v.parts(stat, func(from, _ int) { variance += isa.totalSquares(x[from:][:v.stretch], m) })
	return lack, max(0, variance/n-lack*lack)
}

// fewFloats may lie close together and far from 0, so that a rounded sum of theirs
// would show: their moments are taken in float64.
const fewFloats = 16

func (v *normed) fewMoments(x []float32, stat int, m *float32) (lack, variance float64) {
	n, mean := float64(v.size), 0.0
	if v.at.Over != cpuref.NormRMS {
		v.parts(stat, func(from, _ int) {
			for _, f := range x[from:][:v.stretch] {
				mean += float64(f)
			}
		})
		mean /= n
	}
	v.parts(stat, func(from, _ int) {
		for _, f := range x[from:][:v.stretch] {
			variance += (float64(f) - mean) * (float64(f) - mean)
		}
	})
	*m = float32(mean)
	return mean - float64(*m), variance / n
}

// given is the floats of a list's operand i, nil where there are none.
func given(list []cpuref.Arg[float32], i int) []float32 {
	if i >= len(list) {
		return nil
	}
	return list[i].F
}

// put writes a list's operand i at k, where there is one.
func put(list []cpuref.Arg[float32], i, k int, v float64) {
	if f := given(list, i); f != nil {
		f[k] = float32(v)
	}
}

// Norm prepares cpuref.Norm.
func Norm(a *cpuref.Args[float32]) func() {
	v := newNormed(a)
	if v.Batch && v.S < narrow {
		return normAcross(a, v)
	}
	x, weight, bias, y := a.In[0].F, given(a.In, 1), given(a.In, 2), a.Out[0].F
	return v.loop(2, func(stat int, s []float32) {
		lack, variance := v.moments(x, stat, &s[0])
		rstd := 1 / math.Sqrt(variance+v.at.Eps)
		put(a.Out, 1, stat, rstd)
		put(a.Out, 2, stat, float64(s[0])+lack)
		put(a.Out, 3, stat, variance)
		v.parts(stat, func(from, w int) {
			scale, shift := rstd, 0.0
			if !v.byRow && weight != nil {
				scale *= float64(weight[w])
			}
			if !v.byRow && bias != nil {
				shift = float64(bias[w])
			}
			s[1], s[2] = float32(scale), float32(shift-lack*scale)
			switch to := y[from:][:v.stretch]; {
			case v.byRow && weight != nil && bias != nil:
				isa.affineRow(len(to), &to[0], &x[from], &weight[0], &bias[0], &s[0])
			default:
				isa.affine(len(to), &to[0], &x[from], &s[0])
				if v.byRow && weight != nil {
					isa.multiply(len(to), &to[0], &to[0], &weight[0])
				}
				if v.byRow && bias != nil {
					isa.add(len(to), &to[0], &bias[0])
				}
			}
		})
	})
}

// NormGrad prepares cpuref.NormGrad.
func NormGrad(a *cpuref.Args[float32]) func() {
	v := newNormed(a)
	x, dy, rstd, weight, mean, dx := a.In[0].F, a.In[1].F, a.In[2].F, given(a.In, 3), given(a.In, 4), a.Out[0].F
	return v.loop(3, func(stat int, s []float32) {
		s[2] = 0
		if mean != nil {
			s[2] = mean[stat]
		}
		r, sum, dots := float64(rstd[stat]), 0.0, 0.0
		g := s[scalarRoom:][:v.stretch]
		v.parts(stat, func(from, w int) {
			switch to, up := dx[from:][:v.stretch], dy[from:][:v.stretch]; {
			case v.byRow && weight != nil:
				isa.multiply(len(g), &g[0], &up[0], &weight[0])
				sum += isa.total(g)
				dots += isa.totalShift(g, x[from:][:len(to)], &s[2])
			default:
				scale := 1.0
				if weight != nil {
					scale = float64(weight[w])
				}
				sum += scale * isa.total(up)
				dots += scale * isa.totalShift(up, x[from:][:len(to)], &s[2])
			}
		})
		if v.at.Over == cpuref.NormRMS {
			sum = 0
		}
		n := float64(v.size)
		s[1], s[3] = float32(-r*r*r*dots/n), float32(-r*sum/n)
		if v.size == 1 && v.at.Over != cpuref.NormRMS {
			r, s[3] = 0, 0 // g - g, where r·g - r·g would leave the rounding of r
		}
		v.parts(stat, func(from, w int) {
			s[0] = float32(r)
			up := &dy[from]
			if v.byRow && weight != nil {
				up = &g[0]
			} else if weight != nil {
				s[0] = float32(r * float64(weight[w]))
			}
			isa.normGrad(v.stretch, &dx[from], up, &x[from], &s[0])
		})
	})
}

// BatchNormGrad prepares cpuref.BatchNormGrad.
func BatchNormGrad(a *cpuref.Args[float32]) func() {
	v := newNormed(a)
	x, dy, rstd, mean, dweight, dbias := a.In[0].F, a.In[1].F, a.In[2].F, a.In[3].F, a.In[4].F, a.In[5].F
	weight, dx, n := given(a.In, 6), a.Out[0].F, float64(v.size)
	if v.S < narrow {
		return batchGradAcross(a, v)
	}
	return v.loop(2, func(c int, s []float32) {
		r := float64(rstd[c])
		scale := r
		if weight != nil {
			scale *= float64(weight[c])
		}
		s[0], s[1], s[2], s[3] = float32(scale), float32(-scale*r*float64(dweight[c])/n), mean[c], float32(-scale*float64(dbias[c])/n)
		v.parts(c, func(from, _ int) { isa.normGrad(v.S, &dx[from], &dy[from], &x[from], &s[0]) })
	})
}

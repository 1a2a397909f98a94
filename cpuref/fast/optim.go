package fast

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// pieceFloats is how much of a parameter one piece of work updates.
const pieceFloats = 16384

// piece is a stretch of a parameter, and where it stands in the flat operands.
type piece struct {
	p, out []float32
	at     int
}

// pieces cuts the first n operands; each starts at the next multiple of 64 floats
// of a flat operand; gaps are what lies between them.
func pieces(a *cpuref.Args[float32], n int) (list []piece, gaps [][2]int) {
	at := 0
	for i := range n {
		p, out := a.In[i].F, a.Out[i].F
		for from := 0; from < len(p); from += pieceFloats {
			to := min(from+pieceFloats, len(p))
			list = append(list, piece{p[from:to], out[from:to], at + from})
		}
		gaps = append(gaps, [2]int{at + len(p), roundUp(at+len(p), 64)})
		at = gaps[i][1]
	}
	return list, gaps
}

// clearGap keeps the padding of a flat operand zero.
func clearGap(gaps [][2]int, flat []float32) {
	for _, g := range gaps {
		clear(flat[g[0]:g[1]])
	}
}

func floatsOf(list []piece) int {
	n := 0
	for _, p := range list {
		n += len(p.p)
	}
	return n
}

// scalar is an optional operand's value, or 1.
func scalar(in []cpuref.Arg[float32], i int) float32 {
	if i < len(in) && in[i].Present() {
		return in[i].F[0]
	}
	return 1
}

// SGD prepares cpuref.SGD.
func SGD(a *cpuref.Args[float32]) func() {
	at := a.Attrs.(cpuref.SGDAttrs)
	list, gaps := pieces(a, at.N)
	g := a.In[at.N].F
	next := at.N + 1
	var buf, bufOut []float32
	if at.Momentum != 0 {
		buf, bufOut = a.In[next].F, a.Out[at.N].F
		next++
	}
	var s, atFirst [5]float32
	step := isa.sgdMomentum
	if at.Nesterov {
		step = isa.sgdNesterov
	}
	body := func(i int) {
		p := &list[i]
		n := len(p.p)
		if buf == nil {
			isa.sgd(n, &p.out[0], &p.p[0], &g[p.at], &s[0])
		} else {
			step(n, &p.out[0], &p.p[0], &g[p.at], &bufOut[p.at], &buf[p.at], &s[0])
		}
	}
	first := func(i int) { // buf = g, whatever stood there
		p := &list[i]
		clear(bufOut[p.at:][:len(p.p)])
		step(len(p.p), &p.out[0], &p.p[0], &g[p.at], &bufOut[p.at], &bufOut[p.at], &atFirst[0])
	}
	cost := floatsOf(list)
	return func() {
		s = [5]float32{scalar(a.In, next+2), float32(at.WeightDecay), a.In[next].F[0], float32(at.Momentum), float32(1 - at.Dampening)}
		atFirst = s
		atFirst[4] = 1
		if buf != nil && a.In[next+1].F[0] == 1 {
			Parallel(len(list), cost, first)
		} else {
			Parallel(len(list), cost, body)
		}
		if buf != nil {
			clearGap(gaps, bufOut)
		}
	}
}

// Adam prepares cpuref.Adam.
func Adam(a *cpuref.Args[float32]) func() {
	at := a.Attrs.(cpuref.AdamAttrs)
	n := at.N
	list, gaps := pieces(a, n)
	g, m, v := a.In[n].F, a.In[n+1].F, a.In[n+2].F
	mOut, vOut := a.Out[n].F, a.Out[n+1].F
	next := n + 3
	var most, mostOut []float32
	if at.AMSGrad {
		most, mostOut = a.In[next].F, a.Out[n+2].F
		next++
	}
	var s adamScalars
	body := func(i int) {
		p := &list[i]
		n, k := len(p.p), p.at
		if most == nil {
			isa.adam(n, &p.out[0], &p.p[0], &g[k], &mOut[k], &m[k], &vOut[k], &v[k], &s.gscale)
		} else {
			isa.amsgrad(n, &p.out[0], &p.p[0], &g[k], &mOut[k], &m[k], &vOut[k], &v[k], &mostOut[k], &most[k], &s.gscale)
		}
	}
	lnBeta1, lnBeta2 := math.Log(at.Beta1), math.Log(at.Beta2)
	cost := 2 * floatsOf(list)
	return func() {
		lr, t := a.In[next].F[0], float64(a.In[next+1].F[0])
		s = adamScalars{
			gscale: scalar(a.In, next+2), decay: float32(at.WeightDecay), keep: 1,
			step:  lr / float32(-math.Expm1(t*lnBeta1)),
			beta1: float32(at.Beta1), rest1: float32(1 - at.Beta1),
			beta2: float32(at.Beta2), rest2: float32(1 - at.Beta2),
			invRoot2: float32(1 / math.Sqrt(-math.Expm1(t*lnBeta2))), eps: float32(at.Eps),
		}
		if at.Decoupled {
			s.decay, s.keep = 0, 1-lr*s.decay
		}
		Parallel(len(list), cost, body)
		clearGap(gaps, mOut)
		clearGap(gaps, vOut)
		if most != nil {
			clearGap(gaps, mostOut)
		}
	}
}

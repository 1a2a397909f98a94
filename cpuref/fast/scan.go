package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// scanStrip is the columns that one piece of work scans side by side.
const scanStrip = 256

// CumSum prepares cpuref.CumSum.
func CumSum(a *cpuref.Args[float32]) func() {
	if a.Out[0].F == nil {
		return func() { cpuref.CumSum(a) }
	}
	x, y, exclusive := a.In[0].F, a.Out[0].F, a.Attrs.(cpuref.ScanAttrs).Exclusive
	return scans(a, 0, func(state []float64, at int, _ bool) {
		x, y := x[at:][:len(state)], y[at:][:len(state)]
		for j, s := range state {
			state[j] = s + float64(x[j])
			if !exclusive {
				s = state[j]
			}
			y[j] = float32(s)
		}
	})
}

// CumProd prepares cpuref.CumProd.
func CumProd(a *cpuref.Args[float32]) func() {
	x, y, exclusive := a.In[0].F, a.Out[0].F, a.Attrs.(cpuref.ScanAttrs).Exclusive
	return scans(a, 1, func(state []float64, at int, _ bool) {
		x, y := x[at:][:len(state)], y[at:][:len(state)]
		for j, s := range state {
			state[j] = s * float64(x[j])
			if !exclusive {
				s = state[j]
			}
			y[j] = float32(s)
		}
	})
}

// CumMaxIndex prepares cpuref.CumMaxIndex.
func CumMaxIndex(a *cpuref.Args[float32]) func() {
	return places(a, cpuref.CumMaxIndex[float32], func(v, best float64) bool { return v >= best })
}

// CumMinIndex prepares cpuref.CumMinIndex.
func CumMinIndex(a *cpuref.Args[float32]) func() {
	return places(a, cpuref.CumMinIndex[float32], func(v, best float64) bool { return v <= best })
}

// places keeps the best values as state; a place that stays is that of the row
// before. Along the last axis the plain body is as good.
func places(a *cpuref.Args[float32], plain func(*cpuref.Args[float32]), better func(v, best float64) bool) func() {
	s, x, y := a.Attrs.(cpuref.ScanAttrs), a.In[0].F, a.Out[0].I
	n, inner := a.In[0].Shape[s.Axis], 1
	for _, size := range a.In[0].Shape[s.Axis+1:] {
		inner *= size
	}
	if inner == 1 {
		return func() { plain(a) }
	}
	before := -inner
	if s.Reverse {
		before = inner
	}
	return scans(a, 0, func(state []float64, at int, begins bool) {
		place := int32(at / inner % n)
		for j, best := range state {
			if v := float64(x[at+j]); begins || v != v || better(v, best) {
				state[j], y[at+j] = v, place
			} else {
				y[at+j] = y[at+j+before]
			}
		}
	})
}

// LinearScan prepares cpuref.LinearScan.
func LinearScan(a *cpuref.Args[float32]) func() {
	f, b, y := a.In[0].F, a.In[1].F, a.Out[0].F
	return scans(a, 0, func(state []float64, at int, begins bool) {
		f, b, y := f[at:][:len(state)], b[at:][:len(state)], y[at:][:len(state)]
		for j, s := range state {
			if begins {
				state[j] = float64(b[j])
			} else {
				state[j] = float64(f[j])*s + float64(b[j])
			}
			y[j] = float32(state[j])
		}
	})
}

// scans calls step for each row of a strip of columns, in the scan's order; state
// holds first at the beginning of each line, where begins.
func scans(a *cpuref.Args[float32], first float64, step func(state []float64, at int, begins bool)) func() {
	s, shape := a.Attrs.(cpuref.ScanAttrs), a.Out[0].Shape
	outer, n, inner := 1, shape[s.Axis], 1
	for d, size := range shape {
		if d < s.Axis {
			outer *= size
		} else if d > s.Axis {
			inner *= size
		}
	}
	strips := (inner + scanStrip - 1) / scanStrip
	body := func(i int) {
		var room [scanStrip]float64
		o, from := i/strips, i%strips*scanStrip
		state := room[:min(scanStrip, inner-from)]
		for j := range state {
			state[j] = first
		}
		for k := range n {
			t := k
			if s.Reverse {
				t = n - 1 - k
			}
			step(state, (o*n+t)*inner+from, k == 0)
		}
	}
	return func() { Parallel(outer*strips, len(a.In[0].F), body) }
}

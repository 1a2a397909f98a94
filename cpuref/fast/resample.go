package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// Resample prepares cpuref.Resample: planes are shared between threads, and where
// the axis isn't the last, rows are added up by vectors.
func Resample(a *cpuref.Args[float32]) func() {
	x, idx, w, y := a.In[0].F, a.In[1].I, a.In[2].F, a.Out[0].F
	outer, n, inner := about(a.In[0].Shape, a.Attrs.(cpuref.AxisAttrs).Axis)
	J, K := a.In[1].Shape[0], a.In[1].Shape[1]
	if len(y) == 0 {
		return func() {}
	}
	per := max(1, 4096/(J*inner)) // lines of a piece
	body := func(i int) {
		for o := i * per; o < min((i+1)*per, outer); o++ {
			line, out := x[o*n*inner:(o+1)*n*inner], y[o*J*inner:(o+1)*J*inner]
			if inner == 1 {
				blendLine(out, line, idx, w, K)
			} else {
				blendRows(out, line, idx, w, K, inner)
			}
		}
	}
	return func() { Parallel((outer+per-1)/per, len(y)*K, body) }
}

// about is the sizes before, along and behind an axis.
func about(shape []int, axis int) (outer, n, inner int) {
	outer, n, inner = 1, shape[axis], 1
	for d, size := range shape {
		if d < axis {
			outer *= size
		} else if d > axis {
			inner *= size
		}
	}
	return outer, n, inner
}

func blendLine(y, x []float32, idx []int32, w []float32, k int) {
	if k == 2 { // linear
		idx, w = idx[:2*len(y)], w[:2*len(y)]
		for j := range y {
			var s float32
			if r := int(idx[2*j]); uint(r) < uint(len(x)) {
				s = w[2*j] * x[r]
			}
			if r := int(idx[2*j+1]); uint(r) < uint(len(x)) {
				s += w[2*j+1] * x[r]
			}
			y[j] = s
		}
		return
	}
	for j := range y {
		var s float32
		by := w[j*k : (j+1)*k]
		for i, r := range idx[j*k : (j+1)*k] {
			if uint(r) < uint(len(x)) {
				s += by[i] * x[r]
			}
		}
		y[j] = s
	}
}

func blendRows(y, x []float32, idx []int32, w []float32, k, inner int) {
	n := len(x) / inner
	for j := range len(y) / inner {
		row, begun := y[j*inner:(j+1)*inner], false
		for i, r := range idx[j*k : (j+1)*k] {
			if r < 0 || int(r) >= n {
				continue
			}
			from, by := &x[int(r)*inner], &w[j*k+i]
			if begun {
				isa.triad(inner, &row[0], &row[0], from, by)
			} else {
				isa.scale(inner, &row[0], from, by)
				begun = true
			}
		}
		if !begun {
			clear(row)
		}
	}
}

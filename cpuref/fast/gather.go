package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// Gather prepares cpuref.Gather: the rows of Y are shared between threads.
func Gather(a *cpuref.Args[float32]) func() {
	x, y, idx := words(&a.In[0]), words(&a.Out[0]), a.In[1].I
	axis := a.Attrs.(cpuref.AlongAttrs).Axis
	_, n, inner := about(a.In[0].Shape, axis)
	k := a.In[1].Shape[axis]
	if len(y) == 0 {
		return func() {}
	}
	rows := len(y) / inner
	per := max(1, 4096/inner)
	body := func(i int) {
		if inner == 1 {
			gatherLine(y, x, idx, i*per, min((i+1)*per, rows), n, k)
			return
		}
		for row := i * per; row < min((i+1)*per, rows); row++ {
			line := x[row/k*n*inner:][:n*inner]
			to, at := y[row*inner:(row+1)*inner], idx[row*inner:(row+1)*inner]
			for j := range to {
				to[j] = 0
				if r := int(at[j]); r >= 0 && r < n {
					to[j] = line[r*inner+j]
				}
			}
		}
	}
	return func() { Parallel((rows+per-1)/per, len(y), body) }
}

// gatherLine is elements lo to hi where the axis is the last, of n in X, k in Y.
func gatherLine(y, x []float32, idx []int32, lo, hi, n, k int) {
	for lo < hi {
		line, end := x[lo/k*n:][:n], min(hi, (lo/k+1)*k)
		to, at := y[lo:end], idx[lo:end]
		for j := range to {
			var v float32
			if r := int(at[j]); uint(r) < uint(len(line)) {
				v = line[r]
			}
			to[j] = v
		}
		lo = end
	}
}

// IndexSelect prepares cpuref.IndexSelect.
func IndexSelect(a *cpuref.Args[float32]) func() {
	x, y, idx := words(&a.In[0]), words(&a.Out[0]), a.In[1].I
	outer, n, inner := about(a.In[0].Shape, a.Attrs.(cpuref.AlongAttrs).Axis)
	if len(y) == 0 {
		return func() {}
	}
	rows := outer * len(idx)
	per := max(1, copyTile/inner)
	body := func(i int) {
		for row := i * per; row < min((i+1)*per, rows); row++ {
			to := y[row*inner : (row+1)*inner]
			if r := int(idx[row%len(idx)]); r < 0 || r >= n {
				clear(to)
			} else {
				copy(to, x[(row/len(idx)*n+r)*inner:])
			}
		}
	}
	return func() { Parallel((rows+per-1)/per, len(y)/3+rows, body) }
}

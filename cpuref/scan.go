package cpuref

// ScanAttrs: the dimension a scan runs along; Reverse begins at its end, and
// Exclusive leaves each element out of its own result.
type ScanAttrs struct {
	Axis               int
	Reverse, Exclusive bool
}

// along calls line for each line along the axis: it has n elements, the first at
// start and each step from the last.
func (s ScanAttrs) along(shape []int, line func(start, n, step int)) {
	outer, n, inner := around(shape, s.Axis)
	for o := range outer {
		for i := range inner {
			if s.Reverse {
				line((o*n+n-1)*inner+i, n, -inner)
			} else {
				line(o*n*inner+i, n, inner)
			}
		}
	}
}

// CumSum is Y[t] = X[0] + .. + X[t], summed in float64; without X[t] if
// exclusive. Int32 wraps around.
func CumSum[T Float](a *Args[T]) {
	s, x, y := a.Attrs.(ScanAttrs), &a.In[0], &a.Out[0]
	if y.I != nil {
		cumulate(s, y.Shape, y.I, x.I, 0, func(sum, v int32) int32 { return sum + v })
		return
	}
	cumulate(s, y.Shape, y.F, x.F, 0, func(sum float64, v T) float64 { return sum + float64(v) })
}

// CumProd is Y[t] = X[0] · .. · X[t], multiplied in float64; without X[t] if
// exclusive.
func CumProd[T Float](a *Args[T]) {
	s, x, y := a.Attrs.(ScanAttrs), &a.In[0], &a.Out[0]
	cumulate(s, y.Shape, y.F, x.F, 1, func(p float64, v T) float64 { return p * float64(v) })
}

func cumulate[E, S Float | ~int32](s ScanAttrs, shape []int, y, x []E, first S, with func(S, E) S) {
	s.along(shape, func(at, n, step int) {
		state := first
		for range n {
			next := with(state, x[at])
			if s.Exclusive {
				y[at] = E(state)
			} else {
				y[at] = E(next)
			}
			state = next
			at += step
		}
	})
}

// CumMaxIndex is the place of the largest of X[0] .. X[t]: the last of equals,
// and once there is one the last NaN.
func CumMaxIndex[T Float](a *Args[T]) { cumPlace(a, func(v, best T) bool { return v >= best }) }

// CumMinIndex is the place of the smallest of X[0] .. X[t]: the last of equals,
// and once there is one the last NaN.
func CumMinIndex[T Float](a *Args[T]) { cumPlace(a, func(v, best T) bool { return v <= best }) }

func cumPlace[T Float](a *Args[T], better func(v, best T) bool) {
	s, x, y := a.Attrs.(ScanAttrs), a.In[0].F, a.Out[0].I
	s.along(a.Out[0].Shape, func(at, n, step int) {
		best, place := at, 0
		for p := range n {
			if v := x[at]; v != v || better(v, x[best]) {
				best, place = at, p
				if s.Reverse {
					place = n - 1 - p
				}
			}
			y[at] = int32(place)
			at += step
		}
	})
}

// LinearScan is Y[t] = A[t]·Y[t-1] + B[t], the first B alone, in float64; if
// reverse Y[t] = A[t]·Y[t+1] + B[t].
//
// In: A, B of one shape. Out: Y.
func LinearScan[T Float](a *Args[T]) {
	s, f, b, y := a.Attrs.(ScanAttrs), a.In[0].F, a.In[1].F, a.Out[0].F
	s.along(a.Out[0].Shape, func(at, n, step int) {
		var h float64
		for t := range n {
			if t == 0 {
				h = float64(b[at])
			} else {
				h = float64(f[at])*h + float64(b[at])
			}
			y[at] = T(h)
			at += step
		}
	})
}

package cpuref

import "math"

// VarAttrs are those of var: the divisor is the number of elements less
// Correction, or 0 if that is negative.
type VarAttrs struct {
	ReduceAttrs
	Correction float64
}

// each calls body for each output i with the reduced elements as a function
// that visits them in row-major order.
func each[T Float](a *Args[T], r ReduceAttrs, body func(i int, visit func(func(v float64)))) {
	kept, red, run, stride := split(a.In[0].Shape, r)
	x, rows := a.In[0].F, red.count()
	visit := func(f func(v float64)) {
		for range rows {
			off := kept.off + red.off
			for range run {
				f(float64(x[off]))
				off += stride
			}
			red.next()
		}
	}
	for i := range kept.count() {
		body(i, visit)
		kept.next()
	}
}

// foldInts is f(f(x0, x1), x2).. of the int32 elements over the axes; 0 of none.
func foldInts[T Float](a *Args[T], f func(y, v int32) int32) {
	kept, red, run, stride := split(a.In[0].Shape, a.Attrs.(ReduceAttrs))
	x, rows := a.In[0].I, red.count()
	for i := range a.Out[0].I {
		y, first := int32(0), true
		for range rows {
			off := kept.off + red.off
			for range run {
				if first {
					y, first = x[off], false
				} else {
					y = f(y, x[off])
				}
				off += stride
			}
			red.next()
		}
		a.Out[0].I[i] = y
		kept.next()
	}
}

// Prod is Y = product of X over the axes; 1 where there is nothing to multiply.
// Of int32 it is taken modulo 2^32.
func Prod[T Float](a *Args[T]) {
	if a.In[0].I != nil {
		foldInts(a, func(y, v int32) int32 { return y * v })
		if len(a.In[0].I) == 0 {
			for i := range a.Out[0].I {
				a.Out[0].I[i] = 1
			}
		}
		return
	}
	each(a, a.Attrs.(ReduceAttrs), func(i int, visit func(func(float64))) {
		p := 1.0
		visit(func(v float64) { p *= v })
		a.Out[0].F[i] = T(p)
	})
}

// Var is Y = Σ(X - mean)² / max(0, n - correction) over the axes: NaN of nothing.
func Var[T Float](a *Args[T]) {
	at := a.Attrs.(VarAttrs)
	each(a, at.ReduceAttrs, func(i int, visit func(func(float64))) {
		n, s, q := 0.0, 0.0, 0.0
		visit(func(v float64) { n, s = n+1, s+v })
		mean := s / n
		visit(func(v float64) { q += (v - mean) * (v - mean) })
		a.Out[0].F[i] = T(q / max(0, n-at.Correction))
	})
}

// LogSumExp is Y = log Σ exp X over the axes, without overflow: -inf of nothing
// and of nothing but -inf, inf where an element is inf, NaN where one is NaN.
func LogSumExp[T Float](a *Args[T]) {
	each(a, a.Attrs.(ReduceAttrs), func(i int, visit func(func(float64))) {
		m, s := math.Inf(-1), 0.0
		visit(func(v float64) { m = max(m, v) })
		if math.IsInf(m, 0) {
			m = 0
		}
		visit(func(v float64) { s += math.Exp(v - m) })
		a.Out[0].F[i] = T(m + math.Log(s))
	})
}

package cpuref

import "math"

// ReduceAttrs are those of sum, mean, amax, amin and argmax: Axes, ascending
// and none negative, are reduced (an empty list: all of them); Keep leaves them
// in the shape with size 1.
type ReduceAttrs struct {
	Axes Ints
	Keep bool
}

// Has tells whether an axis is reduced.
func (r ReduceAttrs) Has(axis int) bool {
	for _, x := range r.Axes.V[:r.Axes.N] {
		if x == axis {
			return true
		}
	}
	return r.Axes.N == 0
}

// split parts an array into the walk over what stays, whose steps are the
// outputs in order, and the walk over what is reduced for each, in row-major
// order, its innermost dimension taken off as run elements stride apart.
func split(shape []int, r ReduceAttrs) (kept, red walk, run, stride int) {
	var st [MaxRank]int
	rowMajor(&st, shape)
	for d, n := range shape {
		if r.Has(d) {
			red.push(n, st[d])
		} else {
			kept.push(n, st[d])
		}
	}
	run, stride = red.pop()
	return kept, red, run, stride
}

// Sum is Y = sum of X over the axes, summed in float64; 0 where there is
// nothing to sum. Of int32 it is taken modulo 2^32.
func Sum[T Float](a *Args[T]) {
	if a.In[0].I != nil {
		foldInts(a, func(s, v int32) int32 { return s + v })
		return
	}
	sum(a, false)
}

// Mean is Y = sum of X over the axes / number of elements; NaN of nothing.
func Mean[T Float](a *Args[T]) { sum(a, true) }

func sum[T Float](a *Args[T], mean bool) {
	kept, red, run, stride := split(a.In[0].Shape, a.Attrs.(ReduceAttrs))
	x, rows := a.In[0].F, red.count()
	for i := range a.Out[0].F {
		s := 0.0
		for range rows {
			off := kept.off + red.off
			for range run {
				s += float64(x[off])
				off += stride
			}
			red.next()
		}
		if mean {
			s /= float64(rows * run)
		}
		a.Out[0].F[i] = T(s)
		kept.next()
	}
}

// AMax is the largest element over the axes; NaN if there is one.
func AMax[T Float](a *Args[T]) {
	if a.In[0].I != nil {
		foldInts(a, func(best, v int32) int32 { return max(best, v) })
		return
	}
	extreme(a, func(v, best T) bool { return v > best }, func(i, _ int, v T) { a.Out[0].F[i] = v })
}

// AMin is the smallest element over the axes; NaN if there is one.
func AMin[T Float](a *Args[T]) {
	if a.In[0].I != nil {
		foldInts(a, func(best, v int32) int32 { return min(best, v) })
		return
	}
	extreme(a, func(v, best T) bool { return v < best }, func(i, _ int, v T) { a.Out[0].F[i] = v })
}

// ArgMax is the place of the largest element among those reduced, counted in
// row-major order; the first of equals, and the first NaN if there is one.
func ArgMax[T Float](a *Args[T]) {
	extreme(a, func(v, best T) bool { return v > best }, func(i, at int, _ T) { a.Out[0].I[i] = int32(at) })
}

// ArgMin is the place of the smallest element among those reduced, counted in
// row-major order; the first of equals, and the first NaN if there is one.
func ArgMin[T Float](a *Args[T]) {
	extreme(a, func(v, best T) bool { return v < best }, func(i, at int, _ T) { a.Out[0].I[i] = int32(at) })
}

// extreme calls put(i, place, value) with the best element of each output i.
func extreme[T Float](a *Args[T], better func(v, best T) bool, put func(i, at int, v T)) {
	kept, red, run, stride := split(a.In[0].Shape, a.Attrs.(ReduceAttrs))
	x, rows := a.In[0].F, red.count()
	for i := range kept.count() {
		best, at, j := T(math.NaN()), -1, 0
		for range rows {
			off := kept.off + red.off
			for range run {
				v := x[off]
				// Nothing betters a NaN; a NaN betters everything else.
				if at < 0 || best == best && (v != v || better(v, best)) {
					best, at = v, j
				}
				off += stride
				j++
			}
			red.next()
		}
		put(i, at, best)
		kept.next()
	}
}

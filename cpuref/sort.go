package cpuref

import "slices"

// SortAttrs: the dimension that is sorted, whether the largest come first, and
// for topk how many are kept.
type SortAttrs struct {
	Axis       int
	Descending bool
	K          int
}

// Sort prepares the order along the axis, of all elements or with K of the first
// of them: the values, and the places that they had. NaN counts as the largest,
// and equals, as 0 and -0 are, keep their order.
//
// In: X. Out: values, as X but for the axis, and places int32.
func Sort[T Float](a *Args[T]) func() {
	s, x, y, places := a.Attrs.(SortAttrs), &a.In[0], &a.Out[0], a.Out[1].I
	n := x.Shape[s.Axis]
	order := make([]int32, n)
	var first, step int
	value := func(p int32) float64 {
		at := first + int(p)*step
		if x.F == nil {
			return float64(x.I[at])
		}
		return float64(x.F[at])
	}
	compare := func(p, q int32) int {
		c := compareNaNLast(value(p), value(q))
		if s.Descending {
			c = -c
		}
		if c == 0 {
			c = int(p - q)
		}
		return c
	}
	keep := y.Shape[s.Axis]
	return func() {
		outer, _, inner := around(x.Shape, s.Axis)
		for line := range outer * inner {
			o, i := line/inner, line%inner
			first, step = o*n*inner+i, inner
			for p := range order {
				order[p] = int32(p)
			}
			slices.SortFunc(order, compare)
			for r, p := range order[:keep] {
				to, from := (o*keep+r)*inner+i, first+int(p)*step
				places[to] = p
				if y.F != nil {
					y.F[to] = x.F[from]
				} else {
					y.I[to] = x.I[from]
				}
			}
		}
	}
}

func compareNaNLast(a, b float64) int {
	switch {
	case a < b || a == a && b != b:
		return -1
	case a > b || a != a && b == b:
		return 1
	}
	return 0
}

// SearchSortedAttrs: Right finds the place behind equals.
type SearchSortedAttrs struct{ Right bool }

// SearchSorted is how many of a row of ascending numbers are less than V, or with
// Right no larger; NaN is above all.
//
// In: sorted [n] or [.., n], V [..] or [.., m]. Out: Y int32 as V.
func SearchSorted[T Float](a *Args[T]) {
	sorted, v, y := a.In[0].F, a.In[1].F, a.Out[0].I
	n := a.In[0].Shape[len(a.In[0].Shape)-1]
	m := len(v)
	if len(a.In[0].Shape) > 1 {
		m = a.In[1].Shape[len(a.In[1].Shape)-1]
	}
	for i, want := range v {
		row := sorted[i/m*n:][:n]
		at, _ := slices.BinarySearchFunc(row, want, func(e, want T) int {
			c := compareNaNLast(float64(e), float64(want))
			if c == 0 && a.Attrs.(SearchSortedAttrs).Right {
				return -1
			}
			return c
		})
		y[i] = int32(at)
	}
}

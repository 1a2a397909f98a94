package cpuref

// The ways in which scatter brings a source and what is there together.
const (
	ScatterSet = ""
	ScatterAdd = "add"
	ScatterMul = "mul"
	ScatterMax = "amax"
	ScatterMin = "amin"
)

// ScatterAttrs: the dimension that the indexes count, and what becomes of a
// source and what is there: one of the constants. Size is Y's size along Axis
// where X is absent.
type ScatterAttrs struct {
	Axis   int
	Reduce string
	Size   int
}

// Scatter is X, or zeros without it, and then in the order of k
//
//	Y[o, idx[o, k, i], i] = src[o, k, i], or the two added, multiplied, compared
//
// so that the last of equal indexes is set. Indexes below 0 or of n and more
// are passed over. NaN is the largest and the smallest.
//
// In: X [o.., n, i..] optional, idx and src [o.., K, i..]. Out: Y as X.
func Scatter[T Float](a *Args[T]) {
	x, idx, src, y := &a.In[0], &a.In[1], &a.In[2], &a.Out[0]
	at := a.Attrs.(ScatterAttrs)
	if y.F != nil {
		scatterLines(y.F, x.F, src.F, y.Shape, idx, at)
	} else {
		scatterLines(y.I, x.I, src.I, y.Shape, idx, at)
	}
}

func scatterLines[T Float, E Float | ~int32](y, x, src []E, shape []int, idx *Arg[T], a ScatterAttrs) {
	clear(y)
	copy(y, x)
	outer, n, inner := around(shape, a.Axis)
	at := 0
	for o := range outer {
		for range idx.Shape[a.Axis] {
			for i := range inner {
				if r := int(idx.I[at]); r >= 0 && r < n {
					to := (o*n+r)*inner + i
					y[to] = scattered(a.Reduce, y[to], src[at])
				}
				at++
			}
		}
	}
}

func scattered[E Float | ~int32](how string, y, v E) E {
	switch how {
	case ScatterAdd:
		return y + v
	case ScatterMul:
		return y * v
	case ScatterMax:
		if y != y || y >= v {
			return y
		}
	case ScatterMin:
		if y != y || y <= v {
			return y
		}
	}
	return v
}

// ScatterGrad prepares the gradient of what scatter sets: that of the element
// it set, where no later index overwrote it.
//
//	dSrc[o, k, i] = dY[o, r, i] for r = idx[o, k, i], if no later index of the line is r, else 0
//
// In: dY [o.., n, i..], idx [o.., K, i..] int32. Out: dSrc as idx.
func ScatterGrad[T Float](a *Args[T]) func() {
	dy, idx, ds := &a.In[0], &a.In[1], a.Out[0].F
	axis := a.Attrs.(AlongAttrs).Axis
	last := make([]int32, len(dy.F)) // 1 + the place of the index that set an element last
	place := make([]int32, len(idx.I))
	for i := range place {
		place[i] = int32(i + 1)
	}
	return func() {
		clear(last)
		scatterLines(last, nil, place, dy.Shape, idx, ScatterAttrs{Axis: axis})
		pick(ds, dy.F, dy.Shape, idx, axis)
		_, n, inner := around(dy.Shape, axis)
		k := idx.Shape[axis]
		for at, r := range idx.I {
			o, i := at/(k*inner), at%inner
			if r >= 0 && int(r) < n && last[(o*n+int(r))*inner+i] != place[at] {
				ds[at] = 0
			}
		}
	}
}

package cpuref

// AlongAttrs: the dimension that the indexes of gather, index_select and
// scatter_grad count.
type AlongAttrs struct{ Axis int }

// Gather picks along the axis, line by line:
//
//	Y[o, k, i] = X[o, idx[o, k, i], i], 0 where the index is below 0 or n or more
//
// In: X [o.., n, i..], idx [o.., K, i..] int32. Out: Y as idx.
func Gather[T Float](a *Args[T]) {
	x, idx, y := &a.In[0], &a.In[1], &a.Out[0]
	if y.F != nil {
		pick(y.F, x.F, x.Shape, idx, a.Attrs.(AlongAttrs).Axis)
	} else {
		pick(y.I, x.I, x.Shape, idx, a.Attrs.(AlongAttrs).Axis)
	}
}

func pick[T Float, E any](y, x []E, shape []int, idx *Arg[T], axis int) {
	outer, n, inner := around(shape, axis)
	at := 0
	for o := range outer {
		for range idx.Shape[axis] {
			for i := range inner {
				var v E
				if r := int(idx.I[at]); r >= 0 && r < n {
					v = x[(o*n+r)*inner+i]
				}
				y[at] = v
				at++
			}
		}
	}
}

// IndexSelect picks whole slices along the axis:
//
//	Y[o, k, i] = X[o, idx[k], i], 0 where the index is below 0 or n or more
//
// In: X [o.., n, i..], idx [K] int32. Out: Y [o.., K, i..].
func IndexSelect[T Float](a *Args[T]) {
	x, idx, y := &a.In[0], a.In[1].I, &a.Out[0]
	if y.F != nil {
		selectRows(y.F, x.F, x.Shape, idx, a.Attrs.(AlongAttrs).Axis)
	} else {
		selectRows(y.I, x.I, x.Shape, idx, a.Attrs.(AlongAttrs).Axis)
	}
}

func selectRows[E any](y, x []E, shape []int, idx []int32, axis int) {
	outer, n, inner := around(shape, axis)
	for o := range outer {
		for k, r := range idx {
			to := y[(o*len(idx)+k)*inner:][:inner]
			if r < 0 || int(r) >= n {
				clear(to)
				continue
			}
			copy(to, x[(o*n+int(r))*inner:])
		}
	}
}

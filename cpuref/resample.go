package cpuref

// Resample makes each element along an axis of a few others:
//
//	Y[o, j, i] = Σ_k w[j, k]·X[o, idx[j, k], i], without the k whose index is
//	below 0 or n or more
//
// In: X [o.., n, i..], idx [J, K] int32, w [J, K]; for the gradient, the same by
// elements of X, unused here. Out: Y [o.., J, i..].
func Resample[T Float](a *Args[T]) {
	x, idx, w, y := a.In[0].F, a.In[1].I, a.In[2].F, a.Out[0].F
	outer, n, inner := around(a.In[0].Shape, a.Attrs.(AxisAttrs).Axis)
	J, K := a.In[1].Shape[0], a.In[1].Shape[1]
	for o := range outer {
		for j := range J {
			row := y[(o*J+j)*inner : (o*J+j+1)*inner]
			clear(row)
			for k, r := range idx[j*K : (j+1)*K] {
				if r < 0 || int(r) >= n {
					continue
				}
				from, v := x[(o*n+int(r))*inner:], w[j*K+k]
				for i := range row {
					row[i] += v * from[i]
				}
			}
		}
	}
}

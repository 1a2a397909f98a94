package cpuref

import "math"

// NormOver says what shares a mean and a variance.
type NormOver uint8

// The normalisations.
const (
	NormLayer    NormOver = iota // the last N dimensions
	NormRMS                      // likewise, about 0 instead of the mean
	NormGroup                    // each of N groups of channels of [B, C, ..]
	NormInstance                 // each channel of each example
	NormBatch                    // each channel of all examples
)

// NormAttrs are those of the normalisations and their gradients. N is the number
// of dimensions (layer, RMS) or of groups (group).
type NormAttrs struct {
	Over NormOver
	N    int
	Eps  float64
}

// NormView is X as [B, G, D, S]: the weight is [G, D], and a mean is that of
// D x S elements, [B, G] of them; of B x D x S elements, [G] of them, over the
// batch.
type NormView struct {
	B, G, D, S int
	Batch      bool
}

// View sees a tensor as its normalisation does.
func (n NormAttrs) View(shape []int) NormView {
	v := NormView{B: 1, G: 1, D: 1, S: 1}
	switch n.Over {
	case NormLayer, NormRMS:
		for d, size := range shape {
			if d < len(shape)-n.N {
				v.B *= size
			} else {
				v.D *= size
			}
		}
		return v
	case NormGroup:
		v.G, v.D = n.N, shape[1]/max(1, n.N)
	default:
		v.G, v.Batch = shape[1], n.Over == NormBatch
	}
	v.B = shape[0]
	for _, size := range shape[2:] {
		v.S *= size
	}
	return v
}

// Stats is the number of means, Size the elements of each.
func (v NormView) Stats() int {
	if v.Batch {
		return v.G
	}
	return v.B * v.G
}

// Size is the number of elements that share a mean.
func (v NormView) Size() int {
	if v.Batch {
		return v.B * v.D * v.S
	}
	return v.D * v.S
}

// each calls f with the place of each element of a mean, and of its weight.
func (v NormView) each(stat int, f func(e, w int)) {
	g, first, last := stat%max(1, v.G), stat/max(1, v.G), stat/max(1, v.G)+1
	if v.Batch {
		g, first, last = stat, 0, v.B
	}
	for b := first; b < last; b++ {
		for w := g * v.D; w < (g+1)*v.D; w++ {
			for s := range v.S {
				f((b*v.G*v.D+w)*v.S+s, w)
			}
		}
	}
}

// given is the list's operand i, nil where it ends before or has none there.
func given[T Float](list []Arg[T], i int) []T {
	if i >= len(list) {
		return nil
	}
	return list[i].F
}

// Norm is, over the elements that share a mean,
//
//	Y = (X - mean)·rstd·weight + bias    var = mean of (X - mean)²    rstd = 1/sqrt(var + eps)
//
// with a mean of 0 for RMS. Outputs: Y, rstd, mean, var.
func Norm[T Float](a *Args[T]) {
	at := a.Attrs.(NormAttrs)
	v := at.View(a.In[0].Shape)
	x, weight, bias, y := a.In[0].F, given(a.In, 1), given(a.In, 2), a.Out[0].F
	n := float64(v.Size())
	for i := range v.Stats() {
		mean, variance := 0.0, 0.0
		if at.Over != NormRMS {
			v.each(i, func(e, _ int) { mean += float64(x[e]) / n })
		}
		v.each(i, func(e, _ int) { variance += (float64(x[e]) - mean) * (float64(x[e]) - mean) / n })
		rstd := 1 / math.Sqrt(variance+at.Eps)
		v.each(i, func(e, w int) {
			r := (float64(x[e]) - mean) * rstd
			if weight != nil {
				r *= float64(weight[w])
			}
			if bias != nil {
				r += float64(bias[w])
			}
			y[e] = T(r)
		})
		for k, s := range [...]float64{rstd, mean, variance} {
			if out := given(a.Out, k+1); out != nil {
				out[i] = T(s)
			}
		}
	}
}

// NormGrad is, with n = (X - mean)·rstd and g = dY·weight, over the elements
// that share a mean,
//
//	dX = rstd·(g - mean of g - n·mean of g·n)
//
// for given mean and rstd; for RMS without the mean of g.
func NormGrad[T Float](a *Args[T]) {
	at := a.Attrs.(NormAttrs)
	v := at.View(a.In[0].Shape)
	x, dy, rstd, weight, mean, dx := a.In[0].F, a.In[1].F, a.In[2].F, given(a.In, 3), given(a.In, 4), a.Out[0].F
	n := float64(v.Size())
	for i := range v.Stats() {
		r, m := float64(rstd[i]), 0.0
		if mean != nil {
			m = float64(mean[i])
		}
		grad := func(e, w int) float64 {
			g := float64(dy[e])
			if weight != nil {
				g *= float64(weight[w])
			}
			return g
		}
		meanG, meanGN := 0.0, 0.0
		v.each(i, func(e, w int) {
			g := grad(e, w) / n
			meanG += g
			meanGN += g * (float64(x[e]) - m) * r
		})
		if at.Over == NormRMS {
			meanG = 0
		}
		v.each(i, func(e, w int) { dx[e] = T(r * (grad(e, w) - meanG - (float64(x[e])-m)*r*meanGN)) })
	}
}

// NormWeightGrad is dweight = Σ dY·(X - mean)·rstd and dbias = Σ dY, over what
// a weight scales.
func NormWeightGrad[T Float](a *Args[T]) {
	at := a.Attrs.(NormAttrs)
	v := at.View(a.In[0].Shape)
	x, dy, rstd, mean := a.In[0].F, a.In[1].F, a.In[2].F, given(a.In, 3)
	dweight, dbias := a.Out[0].F, given(a.Out, 1)
	for w := range v.G * v.D {
		dw, db := 0.0, 0.0
		for b := range v.B {
			stat := b*v.G + w/v.D
			if v.Batch {
				stat = w
			}
			m := 0.0
			if mean != nil {
				m = float64(mean[stat])
			}
			for s := range v.S {
				e := (b*v.G*v.D+w)*v.S + s
				dw += float64(dy[e]) * (float64(x[e]) - m) * float64(rstd[stat])
				db += float64(dy[e])
			}
		}
		dweight[w] = T(dw)
		if dbias != nil {
			dbias[w] = T(db)
		}
	}
}

// BatchNormGrad is dX = weight·rstd·(dY - (dbias + n·dweight)/k) with
// n = (X - mean)·rstd and k elements a channel: NormGrad over the batch, whose sums
// NormWeightGrad has made.
func BatchNormGrad[T Float](a *Args[T]) {
	v := a.Attrs.(NormAttrs).View(a.In[0].Shape)
	x, dy, rstd, mean, dweight, dbias := a.In[0].F, a.In[1].F, a.In[2].F, a.In[3].F, a.In[4].F, a.In[5].F
	weight, dx, k := given(a.In, 6), a.Out[0].F, float64(v.Size())
	for c := range v.G {
		r, m, w := float64(rstd[c]), float64(mean[c]), 1.0
		if weight != nil {
			w = float64(weight[c])
		}
		v.each(c, func(e, _ int) {
			n := (float64(x[e]) - m) * r
			dx[e] = T(w * r * (float64(dy[e]) - (float64(dbias[c])+n*float64(dweight[c]))/k))
		})
	}
}

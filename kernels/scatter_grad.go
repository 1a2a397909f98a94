package kernels

import "github.com/vulgo-ml/vulgo/cpuref"

func init() {
	Scatter.SetGrad(func(b Builder, g Grad) []Ref {
		s := scatterSlope{b: b, g: g, a: g.Attrs.(cpuref.ScatterAttrs), idx: g.In[1], dy: g.DOut[0]}
		var dx, ds Ref
		switch s.a.Reduce {
		case cpuref.ScatterSet:
			// What is overwritten has none.
			dx, ds = NoRef, b.Apply(ScatterGrad, cpuref.AlongAttrs{Axis: s.a.Axis}, s.dy, s.idx)[0]
			if g.In[0] != NoRef {
				dx = b.Apply(Scatter, s.as(cpuref.ScatterSet), s.dy, s.idx, expandTo(b, b.Scalar(0), b.Type(s.idx).Shape))[0]
			}
		case cpuref.ScatterAdd:
			dx, ds = s.dy, s.at(s.dy)
		case cpuref.ScatterMul:
			dx, ds = s.product()
		default:
			dx, ds = s.extreme()
		}
		return []Ref{dx, NoRef, ds}
	})
	// Linear in dY, and the transpose sets.
	ScatterGrad.SetGrad(func(b Builder, g Grad) []Ref {
		return []Ref{scatterOnZeros(b, g, cpuref.ScatterSet, b.Type(g.In[0]), g.In[1], g.DOut[0]), NoRef}
	})
}

// scatterSlope is what the gradients of a scatter have in common.
type scatterSlope struct {
	b       Builder
	g       Grad
	a       cpuref.ScatterAttrs
	idx, dy Ref
}

func (s scatterSlope) as(reduce string) cpuref.ScatterAttrs {
	return cpuref.ScatterAttrs{Axis: s.a.Axis, Reduce: reduce}
}

// at is v, of Y's shape, for each source.
func (s scatterSlope) at(v Ref) Ref {
	return s.b.Apply(Gather, cpuref.AlongAttrs{Axis: s.a.Axis}, v, s.idx)[0]
}

// extreme shares dY among all that equal Y, as PyTorch does:
//
//	dX = [X = Y]·dY/N, dSrc = [src = Y]·dY/N, for N such
func (s scatterSlope) extreme() (dx, ds Ref) {
	b, y := s.b, s.g.Out[0]
	mineX := apply(b, "to_float", apply(b, "eq", s.g.In[0], y))
	mineS := apply(b, "to_float", apply(b, "eq", s.g.In[2], s.at(y)))
	share := apply(b, "div", s.dy, b.Apply(Scatter, s.as(cpuref.ScatterAdd), mineX, s.idx, mineS)[0])
	return apply(b, "mul", mineX, share), apply(b, "mul", mineS, s.at(share))
}

// product is dY times the product of the others. With P the product of the
// factors that aren't 0 and z the number of those that are, the others of v give
// P/v where v isn't 0 and z = 0, P where v is the one 0, and else 0.
func (s scatterSlope) product() (dx, ds Ref) {
	b := s.b
	zero := func(v Ref) Ref { return apply(b, "eq", v, b.Scalar(0)) }
	nonzero := func(v Ref) Ref { return apply(b, "where", zero(v), b.Scalar(1), v) }
	x, src := s.g.In[0], s.g.In[2]
	zeros := b.Apply(Scatter, s.as(cpuref.ScatterAdd), apply(b, "to_float", zero(x)), s.idx, apply(b, "to_float", zero(src)))[0]
	all := apply(b, "mul", s.dy, b.Apply(Scatter, s.as(cpuref.ScatterMul), nonzero(x), s.idx, nonzero(src))[0])
	others := func(v, zeros, all Ref) Ref {
		left := apply(b, "sub", zeros, apply(b, "to_float", zero(v)))
		return apply(b, "where", zero(left), apply(b, "div", all, nonzero(v)), b.Scalar(0))
	}
	return others(x, zeros, all), others(src, s.at(zeros), s.at(all))
}

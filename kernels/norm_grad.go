package kernels

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// normed is a normalisation's operands as [B, G, D, S], so that they broadcast.
type normed struct {
	b             Builder
	at            cpuref.NormAttrs
	v             cpuref.NormView
	x, rstd, mean Ref // mean: NoRef for RMS
}

func viewNormed(b Builder, attrs any, x, rstd, mean Ref) normed {
	n := normed{b: b, at: attrs.(cpuref.NormAttrs)}
	n.v = n.at.View(b.Type(x).Shape)
	n.x, n.rstd, n.mean = n.full(x), n.stat(rstd), n.stat(mean)
	return n
}

func (n normed) full(r Ref) Ref {
	return reshapeTo(n.b, r, tensor.Shape{n.v.B, n.v.G, n.v.D, n.v.S})
}

func (n normed) statShape() tensor.Shape {
	if n.v.Batch {
		return tensor.Shape{1, n.v.G, 1, 1}
	}
	return tensor.Shape{n.v.B, n.v.G, 1, 1}
}

func (n normed) stat(r Ref) Ref { return reshapeTo(n.b, r, n.statShape()) }

func (n normed) weight(r Ref) Ref { return reshapeTo(n.b, r, tensor.Shape{1, n.v.G, n.v.D, 1}) }

// sums is the sum over what shares a mean, mean their mean; overWeight the sum
// over what shares a weight.
func (n normed) sums(r Ref) Ref { return sumTo(n.b, r, n.statShape()) }

func (n normed) means(r Ref) Ref {
	return apply(n.b, "mul", n.sums(r), n.b.Scalar(1/float64(n.v.Size())))
}

func (n normed) overWeight(r Ref) Ref { return sumTo(n.b, r, tensor.Shape{1, n.v.G, n.v.D, 1}) }

// centred is X - mean, hat that times rstd.
func (n normed) centred() Ref {
	if n.mean == NoRef {
		return n.x
	}
	return apply(n.b, "sub", n.x, n.mean)
}

func (n normed) hat() Ref { return apply(n.b, "mul", n.centred(), n.rstd) }

// sum adds those that are there.
func sumOf(b Builder, rs ...Ref) Ref {
	out := NoRef
	for _, r := range rs {
		switch {
		case r == NoRef:
		case out == NoRef:
			out = r
		default:
			out = apply(b, "add", out, r)
		}
	}
	return out
}

func mulOf(b Builder, x, y Ref) Ref {
	if x == NoRef || y == NoRef {
		return NoRef
	}
	return apply(b, "mul", x, y)
}

// at is an operand of a list that may be shorter.
func refAt(list []Ref, i int) Ref {
	if i >= len(list) {
		return NoRef
	}
	return list[i]
}

// shaped gives back r, seen as [B, G, D, S], the shape of like.
func shaped(b Builder, r, like Ref) Ref {
	if r == NoRef || like == NoRef {
		return NoRef
	}
	return reshapeTo(b, r, b.Type(like).Shape)
}

// With dY, drstd, dmean and dvar upstream, k elements a mean and
// n = (X - mean)·rstd: dweight = Σ dY·n, dbias = Σ dY, and
//
//	dX = norm_grad + (dmean + (2·dvar - rstd³·drstd)·(X - mean)) / k
//
// (over the batch, whose weight's sums are at hand, batch_norm_grad in place of
// norm_grad). For RMS, mean is 0.
func normForwardGrad(b Builder, g Grad) []Ref {
	x, weight, dy, rstd, mean := g.In[0], refAt(g.In, 1), g.DOut[0], g.Out[1], refAt(g.Out, 2)
	n := viewNormed(b, g.Attrs, x, rstd, mean)
	d := make([]Ref, 3)
	for i := range d {
		d[i] = NoRef
	}
	batch := n.v.Batch && g.Want[0]
	if dy != NoRef && (batch || len(g.Want) > 1 && g.Want[1] || len(g.Want) > 2 && g.Want[2]) {
		out := b.Apply(NormWeightGrad, g.Attrs, operands(x, dy, rstd, mean)...)
		d[1], d[2] = out[0], out[1]
	}
	if !g.Want[0] {
		return d[:len(g.In)]
	}
	if dy != NoRef && batch {
		d[0] = n.full(b.Apply(BatchNormGrad, g.Attrs, operands(x, dy, rstd, mean, d[1], d[2], weight)...)[0])
	} else if dy != NoRef {
		d[0] = n.full(b.Apply(NormGrad, g.Attrs, operands(x, dy, rstd, weight, mean)...)[0])
	}
	drstd, dmean, dvar := n.stat(g.DOut[1]), n.stat(refAt(g.DOut, 2)), n.stat(refAt(g.DOut, 3))
	if drstd != NoRef {
		cube := apply(b, "mul", n.rstd, apply(b, "square", n.rstd))
		drstd = apply(b, "neg", mulOf(b, cube, drstd))
	}
	if dvar != NoRef {
		dvar = apply(b, "mul", dvar, b.Scalar(2))
	}
	if more := sumOf(b, dmean, mulOf(b, sumOf(b, drstd, dvar), n.centred())); more != NoRef {
		d[0] = sumOf(b, d[0], apply(b, "mul", expandTo(b, more, b.Type(n.x).Shape), b.Scalar(1/float64(max(1, n.v.Size())))))
	}
	d[0] = shaped(b, d[0], x)
	return d[:len(g.In)]
}

// operands leaves out absent ones at the end.
func operands(rs ...Ref) []Ref {
	for len(rs) > 0 && rs[len(rs)-1] == NoRef {
		rs = rs[:len(rs)-1]
	}
	return rs
}

// With U upstream, g = dY·weight, n = (X - mean)·rstd, M the mean over what
// shares one, and P(g) = g - M g - n·M(g·n):
//
//	h = -(U·M(g·n) + g·M(U·n))·rstd, the gradient by n
//	to g: rstd·P(U)   X: h·rstd   mean: -Σ h·rstd   rstd: Σ U·P(g) + Σ h·(X - mean)
func normGradGrad(b Builder, g Grad) []Ref {
	x, dy, rstd, weight, mean, u := g.In[0], g.In[1], g.In[2], refAt(g.In, 3), refAt(g.In, 4), g.DOut[0]
	n := viewNormed(b, g.Attrs, x, rstd, mean)
	d := make([]Ref, 5)
	for i := range d {
		d[i] = NoRef
	}
	toG := n.full(b.Apply(NormGrad, g.Attrs, operands(x, u, rstd, NoRef, mean)...)[0])
	up, grad, hat := n.full(u), n.full(dy), n.hat()
	d[1] = toG
	if weight != NoRef {
		d[1] = apply(b, "mul", toG, n.weight(weight))
		d[3] = n.overWeight(apply(b, "mul", toG, grad))
		grad = apply(b, "mul", grad, n.weight(weight))
	}
	gn, un := n.means(apply(b, "mul", grad, hat)), n.means(apply(b, "mul", up, hat))
	h := apply(b, "neg", apply(b, "add", apply(b, "mul", up, gn), apply(b, "mul", grad, un)))
	h = apply(b, "mul", h, n.rstd)
	d[0] = apply(b, "mul", h, n.rstd)
	p := apply(b, "sub", grad, apply(b, "mul", hat, gn))
	if mean != NoRef {
		p = apply(b, "sub", p, n.means(grad))
		d[4] = apply(b, "neg", n.sums(d[0]))
	}
	d[2] = n.sums(apply(b, "add", apply(b, "mul", up, p), apply(b, "mul", h, n.centred())))
	for i, in := range g.In {
		d[i] = shaped(b, d[i], in)
	}
	return d[:len(g.In)]
}

// With U and V upstream of dweight and dbias: to dY, U·n + V; to X, U·dY·rstd;
// to the mean, -Σ of that; to rstd, Σ U·dY·(X - mean).
func normWeightGradGrad(b Builder, g Grad) []Ref {
	x, dy, rstd, mean := g.In[0], g.In[1], g.In[2], refAt(g.In, 3)
	n := viewNormed(b, g.Attrs, x, rstd, mean)
	u, v := n.weight(g.DOut[0]), n.weight(g.DOut[1])
	d := []Ref{NoRef, NoRef, NoRef, NoRef}
	if v != NoRef {
		d[1] = expandTo(b, v, b.Type(n.x).Shape)
	}
	if u != NoRef {
		ug := apply(b, "mul", u, n.full(dy))
		d[0] = apply(b, "mul", ug, n.rstd)
		d[1] = sumOf(b, apply(b, "mul", u, n.hat()), v)
		d[2] = n.sums(apply(b, "mul", ug, n.centred()))
		if mean != NoRef {
			d[3] = apply(b, "neg", n.sums(d[0]))
		}
	}
	for i, in := range g.In {
		d[i] = shaped(b, d[i], in)
	}
	return d[:len(g.In)]
}

// With U upstream, n = (X - mean)·rstd and e = dY - (dbias + n·dweight)/k, so that
// dX = weight·rstd·e; h = -U·weight·rstd·dweight/k, the gradient by n:
//
//	to dY: U·weight·rstd   dbias: -Σ of that/k   dweight: -Σ of that·n/k   weight: Σ U·rstd·e
//	to X: h·rstd   mean: -Σ h·rstd   rstd: Σ U·weight·e + Σ h·(X - mean)
func batchNormGradGrad(b Builder, g Grad) []Ref {
	x, dy, rstd, mean, dw, db, weight, u := g.In[0], g.In[1], g.In[2], g.In[3], g.In[4], g.In[5], refAt(g.In, 6), g.DOut[0]
	n := viewNormed(b, g.Attrs, x, rstd, mean)
	share := b.Scalar(1 / float64(max(1, n.v.Size())))
	dw, db = apply(b, "mul", n.weight(dw), share), apply(b, "mul", n.weight(db), share)
	up, hat := n.full(u), n.hat()
	e := apply(b, "sub", apply(b, "sub", n.full(dy), db), apply(b, "mul", hat, dw))
	uw := up
	d := []Ref{NoRef, NoRef, NoRef, NoRef, NoRef, NoRef, NoRef}
	if weight != NoRef {
		uw = apply(b, "mul", up, n.weight(weight))
		d[6] = n.sums(apply(b, "mul", apply(b, "mul", up, n.rstd), e))
	}
	d[1] = apply(b, "mul", uw, n.rstd)
	h := apply(b, "neg", apply(b, "mul", d[1], dw))
	d[0] = apply(b, "mul", h, n.rstd)
	d[2] = n.sums(apply(b, "add", apply(b, "mul", uw, e), apply(b, "mul", h, n.centred())))
	d[3] = apply(b, "neg", n.sums(d[0]))
	minus := apply(b, "neg", share)
	d[4] = apply(b, "mul", n.sums(apply(b, "mul", d[1], hat)), minus)
	d[5] = apply(b, "mul", n.sums(d[1]), minus)
	for i, in := range g.In {
		d[i] = shaped(b, d[i], in)
	}
	return d[:len(g.In)]
}

func init() {
	BatchNormGrad.SetGrad(batchNormGradGrad)
	for _, op := range []*Op{LayerNorm, RMSNorm, GroupNorm, InstanceNorm, BatchNorm} {
		op.SetGrad(normForwardGrad)
	}
	NormGrad.SetGrad(normGradGrad)
	NormWeightGrad.SetGrad(normWeightGradGrad)
}

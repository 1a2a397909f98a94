package conformance

import (
	"math"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

var _ = register(map[string]build{
	"torch.nn.BatchNorm1d":    batchNorm,
	"torch.nn.BatchNorm2d":    batchNorm,
	"torch.nn.LayerNorm":      layerNorm,
	"torch.nn.GroupNorm":      func(b *builder) graph.Value { return groupNorm(b, int(b.num("num_groups", 1))) },
	"torch.nn.InstanceNorm2d": func(b *builder) graph.Value { return groupNorm(b, b.x().Dim(1)) },
	"F.normalize(x,p,dim)":    normalize,
	"x * rsqrt(mean(x*x, -1) + eps) * weight": func(b *builder) graph.Value {
		x := b.x()
		return x.Mul(x.Square().MeanKeep(-1).AddScalar(b.num("eps", 1e-6)).Op("rsqrt")).Mul(b.at("weight"))
	},
})

// standard is (x - mean)/sqrt(var + eps) over axes, with the biased variance.
func standard(x graph.Value, eps float64, axes ...int) graph.Value {
	d := x.Sub(x.MeanKeep(axes...))
	return d.Mul(d.Square().MeanKeep(axes...).AddScalar(eps).Op("rsqrt"))
}

// affine is y·weight + bias where the case has them, laid along dimension 1.
func (b *builder) affine(y graph.Value) graph.Value {
	w, bias := b.at("weight"), b.at("bias")
	shape := []int{-1}
	for range len(y.Shape()) - 2 {
		shape = append(shape, 1)
	}
	if w.Valid() {
		y = y.Mul(w.Reshape(shape...))
	}
	if bias.Valid() {
		y = y.Add(bias.Reshape(shape...))
	}
	return y
}

func layerNorm(b *builder) graph.Value {
	x := b.x()
	var axes []int
	for i := range b.ints("normalized_shape") {
		axes = append([]int{len(x.Shape()) - 1 - i}, axes...)
	}
	y := standard(x, b.num("eps", 1e-5), axes...)
	if w := b.at("weight"); w.Valid() {
		y = y.Mul(w)
	}
	if bias := b.at("bias"); bias.Valid() {
		y = y.Add(bias)
	}
	return y
}

func groupNorm(b *builder, groups int) graph.Value {
	x := b.x()
	y := standard(x.Reshape(x.Dim(0), groups, -1), b.num("eps", 1e-5), 2)
	return b.affine(y.Reshape(x.Shape()...))
}

// batchNorm normalises with the batch's biased variance in training, with the
// running statistics in evaluation; those become
//
//	(1-m)·running + m·batch, the variance by n/(n-1)
func batchNorm(b *builder) graph.Value {
	x := b.x()
	axes := []int{0}
	shape := []int{x.Dim(1)}
	for i := 2; i < len(x.Shape()); i++ {
		axes, shape = append(axes, i), append(shape, 1)
	}
	eps := b.num("eps", 1e-5)
	mean, variance, count := b.at("running_mean"), b.at("running_var"), b.at("num_batches_tracked")
	training := arg(b, "train", true)
	if !training && mean.Valid() {
		y := x.Sub(mean.Reshape(shape...)).Mul(variance.Reshape(shape...).AddScalar(eps).Op("rsqrt"))
		return b.affine(y)
	}
	if training && mean.Valid() {
		n := float64(x.Type().Elems() / x.Dim(1))
		count = count.Add(b.Const(tensor.FromI32([]int32{1})))
		m := b.Scalar(b.num("momentum", 0.1))
		if b.c.Args["momentum"] == nil { // the average of all batches
			m = count.Float().Op("reciprocal")
		}
		bm := x.Mean(axes...)
		bv := x.Sub(bm.Reshape(shape...)).Square().Mean(axes...).MulScalar(n / (n - 1))
		b.Assign(b.vars["running_mean"], mean.Add(bm.Sub(mean).Mul(m)))
		b.Assign(b.vars["running_var"], variance.Add(bv.Sub(variance).Mul(m)))
		b.Assign(b.vars["num_batches_tracked"], count)
	}
	return b.affine(standard(x, eps, axes...))
}

// normalize is x / max(|x|_p, eps) along an axis.
func normalize(b *builder) graph.Value {
	x, dim := b.x(), int(b.num("dim", 1))
	var norm graph.Value
	switch p := b.num("p", 2); p {
	case 1:
		norm = x.Abs().SumKeep(dim)
	case 2:
		norm = x.Square().SumKeep(dim).Sqrt()
	default:
		return b.miss("normalize with p = %v", p)
	}
	return x.Div(norm.Maximum(b.Scalar(b.num("eps", 1e-12))))
}

// clipped scales gradients so that their common norm is at most max_norm:
//
//	g·min(1, max_norm/(norm + 1e-6))
func clipped(b *builder, grads []graph.Value) (norm graph.Value, out []graph.Value) {
	p := 2.0
	switch v := b.c.Args["norm_type"].(type) {
	case float64:
		p = v
	case string: // "inf": JSON has no such number
		p = math.Inf(1)
	}
	for i, g := range grads {
		var n graph.Value
		switch {
		case math.IsInf(p, 1):
			n = g.Abs().Amax()
		case p == 1:
			n = g.Abs().Sum()
		case p == 2:
			n = g.Square().Sum()
		default:
			return b.miss("clip_grad_norm_ with norm %v", p), nil
		}
		switch {
		case i == 0:
			norm = n
		case math.IsInf(p, 1):
			norm = norm.Maximum(n)
		default:
			norm = norm.Add(n)
		}
	}
	if p == 2 {
		norm = norm.Sqrt()
	}
	scale := b.Scalar(b.num("max_norm", 1)).Div(norm.AddScalar(1e-6)).Minimum(b.Scalar(1))
	for _, g := range grads {
		out = append(out, g.Mul(scale))
	}
	return norm, out
}

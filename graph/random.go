package graph

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// Random draws are keyed by the run's seed and step and by the draw's place in
// the graph: each run draws anew, and the same seed draws the same bits on every
// device (normal numbers within 4 ulp).

// Uniform draws numbers in [0, 1) by Philox.
func (g *Graph) Uniform(shape ...int) Value {
	return g.Seed().op("uniform", cpuref.UniformAttrs{Shape: cpuref.IntList(shape...), Seq: g.NextSeq()})
}

// Normal draws standard normal numbers.
func (g *Graph) Normal(shape ...int) Value {
	return g.Seed().op("normal", cpuref.UniformAttrs{Shape: cpuref.IntList(shape...), Seq: g.NextSeq()})
}

// Bernoulli draws float32 1 with probability p, else 0.
func (g *Graph) Bernoulli(p float64, shape ...int) Value {
	return g.Uniform(shape...).FormulaWith("u, p:attr -> where(u < p, 1, 0)", []float64{p})
}

// Bernoulli draws 1 with probability v, element by element, else 0. No gradient passes.
func (v Value) Bernoulli() Value {
	if v.g == nil {
		return v
	}
	return v.g.Uniform(v.Shape()...).Lt(v).Float()
}

// drops tells whether a dropout of probability p has something to do.
func (v Value) drops(name string, p float64) bool {
	if v.g == nil {
		return false
	}
	if !(p >= 0 && p <= 1) {
		v.g.Fail(fmt.Errorf("%s: p is %v, wants a probability from 0 to 1", name, p))
		return false
	}
	return v.g.train && p > 0
}

// Dropout zeroes elements with probability p and scales the others by 1/(1-p)
// in training; in evaluation it is the identity. No mask is stored.
func (v Value) Dropout(p float64) Value {
	if !v.drops("dropout", p) {
		return v
	}
	return v.op("dropout", cpuref.DropoutAttrs{P: p, Seq: v.g.NextSeq()}, v.g.Seed())
}

// Dropout1d zeroes whole channels of [N, C, L] or [C, L].
func (v Value) Dropout1d(p float64) Value {
	if !v.drops("dropout1d", p) {
		return v
	}
	return v.dropChannels("dropout1d", p, 2, 3)
}

// Dropout2d zeroes whole channels of [N, C, H, W], or of [N, C, L] as PyTorch does.
func (v Value) Dropout2d(p float64) Value {
	if !v.drops("dropout2d", p) {
		return v
	}
	return v.dropChannels("dropout2d", p, 0, 4, 3)
}

// Dropout3d zeroes whole channels of [N, C, D, H, W] or [C, D, H, W].
func (v Value) Dropout3d(p float64) Value {
	if !v.drops("dropout3d", p) {
		return v
	}
	return v.dropChannels("dropout3d", p, 4, 5)
}

// dropChannels draws a number a channel; an operand of rank single has no batch.
func (v Value) dropChannels(name string, p float64, single int, ranks ...int) Value {
	u, ok := v.perChannel(name, single, ranks...)
	if !ok {
		return Value{}
	}
	scale := cpuref.DropoutAttrs{P: p}.Scale()
	return v.FormulaWith("x, u, p:attr, s:attr -> x*where(u >= p, s, 0)", []float64{p, float64(scale)}, u)
}

// perChannel draws uniform numbers, one a channel, that broadcast over v.
func (v Value) perChannel(name string, single int, ranks ...int) (Value, bool) {
	shape := append([]int(nil), v.Shape()...)
	known := len(shape) == single
	for _, r := range ranks {
		known = known || len(shape) == r
	}
	if !known {
		v.g.Fail(fmt.Errorf("%s: %v is not of rank %v", name, v.Type(), append(ranks, single)))
		return Value{}, false
	}
	lead := 2
	if len(shape) == single {
		lead = 1
	}
	for i := lead; i < len(shape); i++ {
		shape[i] = 1
	}
	return v.g.Uniform(shape...), true
}

// AlphaDropout drops elements to Selu's limit -1.7581 with probability p in
// training, and scales and shifts so that mean 0 and variance 1 stay.
func (v Value) AlphaDropout(p float64) Value {
	if !v.drops("alpha_dropout", p) {
		return v
	}
	return v.alphaDropout(p, v.g.Uniform(v.Shape()...))
}

// FeatureAlphaDropout is AlphaDropout of whole channels of [N, C, ..].
func (v Value) FeatureAlphaDropout(p float64) Value {
	if !v.drops("feature_alpha_dropout", p) {
		return v
	}
	u, ok := v.perChannel("feature_alpha_dropout", 0, 2, 3, 4, 5)
	if !ok {
		return Value{}
	}
	return v.alphaDropout(p, u)
}

// alphaDropout is a·x + b where u >= p, else a·(-alpha) + b, with
// a = ((alpha²·p + 1)(1 - p))^(-1/2) and b = alpha·a·p.
func (v Value) alphaDropout(p float64, u Value) Value {
	if p == 1 {
		return v.MulScalar(0)
	}
	const alpha = 1.7580993408473766
	a := 1 / math.Sqrt((alpha*alpha*p+1)*(1-p))
	b := alpha * a * p
	return v.FormulaWith("x, u, p:attr, a:attr, b:attr, c:attr -> where(u >= p, x*a + b, c)", []float64{p, a, b, b - alpha*a}, u)
}

// RRelu is v, or v times a slope drawn from [lower, upper) where v is negative;
// in evaluation the slope is their mean.
func (v Value) RRelu(lower, upper float64) Value {
	if v.g == nil || !v.g.train {
		return v.LeakyRelu((lower + upper) / 2)
	}
	return v.FormulaWith("x, u, lo:attr, hi:attr -> where(x >= 0, x, x*(lo + (hi - lo)*u))", []float64{lower, upper}, v.g.Uniform(v.Shape()...))
}

// Permutation is the numbers 0 to n-1, int32, in an order drawn anew each run:
// that of n uniform numbers, of which the first of equals comes first.
func (g *Graph) Permutation(n int) Value { return g.Uniform(n).Argsort(0, false) }

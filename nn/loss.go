package nn

import (
	"cmp"
	"math"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Reduction is what a loss makes of its elements.
type Reduction int

// The reductions. BatchMean, the sum over the size of the first dimension, is
// what the mathematical definition of KLDivLoss wants.
const (
	Mean Reduction = iota
	Sum
	None
	BatchMean
)

func (r Reduction) of(x graph.Value) graph.Value {
	switch r {
	case Mean:
		return x.Mean()
	case Sum:
		return x.Sum()
	case None:
		return x
	case BatchMean:
		n := 1
		if s := x.Shape(); len(s) > 0 {
			n = s[0]
		}
		return x.Sum().DivScalar(float64(n))
	}
	return fail(x, "nn: no reduction %d", int(r))
}

// constant is t in x's graph; the zero Value for nil.
func constant(x graph.Value, t *tensor.Tensor) graph.Value {
	if t == nil || x.Graph() == nil {
		return graph.Value{}
	}
	return x.Graph().Const(t)
}

// elements is an op of losses over x and others.
func elements(op string, p kernels.Params, x graph.Value, more ...graph.Value) graph.Value {
	g := x.Graph()
	if g == nil {
		return graph.Value{}
	}
	var attrs any
	if p != (kernels.Params{}) {
		attrs = p
	}
	return g.Apply(kernels.Lookup(op), attrs, append([]graph.Value{x}, more...)...)[0]
}

// MSE is the mean of (x - y)², as torch.nn.functional.mse_loss.
func MSE(x, y graph.Value) graph.Value { return x.Sub(y).Square().Mean() }

// L1 is the mean of |x - y|, as torch.nn.functional.l1_loss.
func L1(x, y graph.Value) graph.Value { return x.Sub(y).Abs().Mean() }

// BCEWithLogits is BCEWithLogitsLoss without options.
func BCEWithLogits(x, y graph.Value) graph.Value { return BCEWithLogitsLoss{}.Forward(x, y) }

// The losses below are structs of options whose zero values are PyTorch's
// defaults; their Forward fits train.Fit's Loss. The target broadcasts.
type (
	// MSELoss is (x - y)².
	MSELoss struct{ Reduction Reduction }
	// L1Loss is |x - y|.
	L1Loss struct{ Reduction Reduction }
	// SmoothL1Loss is d²/(2·Beta) where d = |x - y| < Beta, else d - Beta/2.
	SmoothL1Loss struct {
		Beta      float64 // 0: 1
		Reduction Reduction
	}
	// HuberLoss is d²/2 where d = |x - y| <= Delta, else Delta·(d - Delta/2).
	HuberLoss struct {
		Delta     float64 // 0: 1
		Reduction Reduction
	}
	// BCELoss is -(y·log x + (1-y)·log(1-x)) for probabilities x; logarithms are
	// -100 at least. Weight broadcasts over the elements.
	BCELoss struct {
		Weight    *tensor.Tensor
		Reduction Reduction
	}
	// BCEWithLogitsLoss is BCELoss of sigmoid(x), exact also where that is 0 or 1.
	// PosWeight, a number a class, multiplies the part of the positives.
	BCEWithLogitsLoss struct {
		Weight, PosWeight *tensor.Tensor
		Reduction         Reduction
	}
	// KLDivLoss is y·(log y - x) for log-probabilities x and probabilities y, 0
	// where y is 0. With LogTarget y too is a logarithm.
	KLDivLoss struct {
		LogTarget bool
		Reduction Reduction
	}
	// PoissonNLLLoss is e^x - y·x, where x is the logarithm of the mean; with
	// PlainInput x is the mean itself: x - y·log(x + Eps). Full adds Stirling's
	// approximation of log y! where y > 1.
	PoissonNLLLoss struct {
		PlainInput, Full bool
		Eps              float64 // 0: 1e-8
		Reduction        Reduction
	}
	// GaussianNLLLoss is (log v + (x - y)²/v)/2 with the variance v, Eps at least.
	// Full adds log(2·pi)/2.
	GaussianNLLLoss struct {
		Full      bool
		Eps       float64 // 0: 1e-6
		Reduction Reduction
	}
	// SoftMarginLoss is log(1 + e^(-y·x)) for labels y of 1 and -1.
	SoftMarginLoss struct{ Reduction Reduction }
	// HingeEmbeddingLoss is x where y is 1, max(0, Margin - x) where y is -1.
	HingeEmbeddingLoss struct {
		Margin    float64 // 0: 1
		Reduction Reduction
	}
	// SigmoidFocalLoss is BCEWithLogitsLoss times (1-p)^Gamma, where p is the
	// probability given to the truth, and times Alpha for positives, 1 - Alpha for
	// negatives; as torchvision.ops.sigmoid_focal_loss.
	SigmoidFocalLoss struct {
		Alpha     float64 // 0: 0.25; negative: no such factor
		Gamma     float64 // 0: 2
		Reduction Reduction
	}
)

// Forward is the loss of x against y.
func (l MSELoss) Forward(x, y graph.Value) graph.Value { return l.Reduction.of(x.Sub(y).Square()) }

// Forward is the loss of x against y.
func (l L1Loss) Forward(x, y graph.Value) graph.Value { return l.Reduction.of(x.Sub(y).Abs()) }

// Forward is the loss of x against y.
func (l SmoothL1Loss) Forward(x, y graph.Value) graph.Value {
	return l.Reduction.of(elements("smooth_l1", kernels.Params{cmp.Or(l.Beta, 1)}, x, y))
}

// Forward is the loss of x against y.
func (l HuberLoss) Forward(x, y graph.Value) graph.Value {
	return l.Reduction.of(elements("huber", kernels.Params{cmp.Or(l.Delta, 1)}, x, y))
}

// Forward is the loss of probabilities x against y in [0, 1].
func (l BCELoss) Forward(x, y graph.Value) graph.Value {
	e := elements("binary_cross_entropy", kernels.Params{}, x, y)
	if w := constant(x, l.Weight); w.Valid() {
		e = e.Mul(w)
	}
	return l.Reduction.of(e)
}

// Forward is the loss of logits x against y in [0, 1].
func (l BCEWithLogitsLoss) Forward(x, y graph.Value) graph.Value {
	var e graph.Value
	if w := constant(x, l.PosWeight); w.Valid() {
		e = elements("binary_cross_entropy_pos_weight", kernels.Params{}, x, y, w)
	} else {
		e = elements("binary_cross_entropy_with_logits", kernels.Params{}, x, y)
	}
	if w := constant(x, l.Weight); w.Valid() {
		e = e.Mul(w)
	}
	return l.Reduction.of(e)
}

// Forward is the divergence of x from y.
func (l KLDivLoss) Forward(x, y graph.Value) graph.Value {
	if l.LogTarget {
		return l.Reduction.of(x.Formula("x, y -> exp(y)*(y - x)", y))
	}
	return l.Reduction.of(elements("kl_div", kernels.Params{}, x, y))
}

// Forward is the loss of x against the counts y.
func (l PoissonNLLLoss) Forward(x, y graph.Value) graph.Value {
	var e graph.Value
	if l.PlainInput {
		e = x.FormulaWith("x, y, eps:attr -> x - y*log(x + eps)", []float64{cmp.Or(l.Eps, 1e-8)}, y)
	} else {
		e = x.Formula("x, y -> exp(x) - y*x", y)
	}
	if l.Full {
		e = e.Add(y.Formula("y -> z = max(y, 1); where(y > 1, z*log(z) - z + 0.5*log(2*pi*z), 0)"))
	}
	return l.Reduction.of(e)
}

// Forward is the loss of the means x against y, with variances of x's shape or
// one that broadcasts to it. No gradient tells a variance below Eps from Eps.
func (l GaussianNLLLoss) Forward(x, y, variance graph.Value) graph.Value {
	eps := cmp.Or(l.Eps, 1e-6)
	v := variance.Add(variance.ClampMin(eps).Sub(variance).Detach())
	e := x.Formula("x, y, v -> d = x - y; 0.5*(log(v) + d*d/v)", y, v)
	if l.Full {
		e = e.AddScalar(0.5 * math.Log(2*math.Pi))
	}
	return l.Reduction.of(e)
}

// Forward is the loss of x against y.
func (l SoftMarginLoss) Forward(x, y graph.Value) graph.Value {
	return l.Reduction.of(x.Mul(y.Float()).LogSigmoid().Neg())
}

// Forward is the loss of distances x against y.
func (l HingeEmbeddingLoss) Forward(x, y graph.Value) graph.Value {
	return l.Reduction.of(x.FormulaWith("x, y, margin:attr -> where(y == 1, 0, where(margin - x >= 0, margin - x, 0)) + where(y == -1, 0, x)",
		[]float64{cmp.Or(l.Margin, 1)}, y.Float()))
}

// Forward is the loss of logits x against y in [0, 1].
func (l SigmoidFocalLoss) Forward(x, y graph.Value) graph.Value {
	gamma := kernels.Params{cmp.Or(l.Gamma, 2)}
	ce := elements("binary_cross_entropy_with_logits", kernels.Params{}, x, y)
	// 1 - p is sigmoid(-x) for y = 1, sigmoid(x) for y = 0: no digits cancel.
	e := x.FormulaWith("x, y, ce, gamma:attr -> ce*pow(y*sigmoid(-x) + (1 - y)*sigmoid(x), gamma)", gamma[:1], y, ce)
	if alpha := cmp.Or(l.Alpha, 0.25); alpha >= 0 {
		e = e.FormulaWith("e, y, alpha:attr -> e*(alpha*y + (1 - alpha)*(1 - y))", []float64{alpha}, y)
	}
	return l.Reduction.of(e)
}

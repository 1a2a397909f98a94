package nn

import (
	"cmp"
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
)

// Activations as modules, for Sequential; each is one method of graph.Value.
// Options left at 0 mean PyTorch's default, where one is named.
type (
	// ReLU is max(x, 0).
	ReLU struct{}
	// ReLU6 is x held within [0, 6].
	ReLU6 struct{}
	// LeakyReLU is x, or NegativeSlope·x where x is not positive.
	LeakyReLU struct{ NegativeSlope float64 } // 0: 0.01
	// RReLU is LeakyReLU with a slope drawn from [Lower, Upper) in training.
	RReLU struct{ Lower, Upper float64 } // both 0: 1/8 and 1/3
	// ELU is x, or Alpha·(e^x - 1) where x is not positive.
	ELU struct{ Alpha float64 } // 0: 1
	// CELU is x, or Alpha·(e^(x/Alpha) - 1) where x is not positive.
	CELU struct{ Alpha float64 } // 0: 1
	// SELU is ELU with the scale and alpha that normalise themselves.
	SELU struct{}
	// GELU is x·Φ(x); Approximate "tanh" computes Φ by tanh.
	GELU struct{ Approximate string } // "" or "none", or "tanh"
	// SiLU is x·sigmoid(x).
	SiLU struct{}
	// Mish is x·tanh(softplus(x)).
	Mish struct{}
	// Sigmoid is 1 / (1 + e^-x).
	Sigmoid struct{}
	// LogSigmoid is the logarithm of Sigmoid.
	LogSigmoid struct{}
	// Tanh is the hyperbolic tangent.
	Tanh struct{}
	// Softplus is log(1 + e^(Beta·x)) / Beta, and x where Beta·x > Threshold.
	Softplus struct{ Beta, Threshold float64 } // 0: 1 and 20
	// Softsign is x / (1 + |x|).
	Softsign struct{}
	// Hardtanh is x held within [Min, Max].
	Hardtanh struct{ Min, Max float64 } // both 0: -1 and 1
	// Hardsigmoid is x/6 + 1/2, held within [0, 1].
	Hardsigmoid struct{}
	// Hardswish is x·hardsigmoid(x).
	Hardswish struct{}
	// Hardshrink is x, or 0 where |x| <= Lambda.
	Hardshrink struct{ Lambda float64 } // 0: 0.5
	// Softshrink is x drawn to 0 by Lambda, or 0 where |x| <= Lambda.
	Softshrink struct{ Lambda float64 } // 0: 0.5
	// Tanhshrink is x - tanh(x).
	Tanhshrink struct{}
	// Threshold is x, or Value where x <= Threshold.
	Threshold struct{ Threshold, Value float64 }
	// Softmax is e^x / sum of e^x along an axis; -1 is the last.
	Softmax struct{ Dim int }
	// Softmin is Softmax of -x.
	Softmin struct{ Dim int }
	// LogSoftmax is the logarithm of Softmax.
	LogSoftmax struct{ Dim int }
	// GLU is a·sigmoid(b) for the halves a and b of x along an axis.
	GLU struct{ Dim int } // 0: the last
)

// Forward adds the layer to x's graph.
func (ReLU) Forward(x graph.Value) graph.Value { return x.Relu() }

// Forward adds the layer to x's graph.
func (ReLU6) Forward(x graph.Value) graph.Value { return x.Relu6() }

// Forward adds the layer to x's graph.
func (l LeakyReLU) Forward(x graph.Value) graph.Value {
	return x.LeakyRelu(cmp.Or(l.NegativeSlope, 0.01))
}

// Forward adds the layer to x's graph.
func (l RReLU) Forward(x graph.Value) graph.Value {
	if l == (RReLU{}) {
		l = RReLU{1. / 8, 1. / 3}
	}
	return x.RRelu(l.Lower, l.Upper)
}

// Forward adds the layer to x's graph.
func (l ELU) Forward(x graph.Value) graph.Value { return x.Elu(cmp.Or(l.Alpha, 1)) }

// Forward adds the layer to x's graph.
func (l CELU) Forward(x graph.Value) graph.Value { return x.Celu(cmp.Or(l.Alpha, 1)) }

// Forward adds the layer to x's graph.
func (SELU) Forward(x graph.Value) graph.Value { return x.Selu() }

// Forward adds the layer to x's graph.
func (l GELU) Forward(x graph.Value) graph.Value {
	switch l.Approximate {
	case "", "none":
		return x.Gelu()
	case "tanh":
		return x.GeluTanh()
	}
	return fail(x, "nn: GELU has no approximation %q: wants \"none\" or \"tanh\"", l.Approximate)
}

// fail records an error in x's graph.
func fail(x graph.Value, format string, a ...any) graph.Value {
	if g := x.Graph(); g != nil {
		g.Fail(fmt.Errorf(format, a...))
	}
	return graph.Value{}
}

// Forward adds the layer to x's graph.
func (SiLU) Forward(x graph.Value) graph.Value { return x.Silu() }

// Forward adds the layer to x's graph.
func (Mish) Forward(x graph.Value) graph.Value { return x.Mish() }

// Forward adds the layer to x's graph.
func (Sigmoid) Forward(x graph.Value) graph.Value { return x.Sigmoid() }

// Forward adds the layer to x's graph.
func (LogSigmoid) Forward(x graph.Value) graph.Value { return x.LogSigmoid() }

// Forward adds the layer to x's graph.
func (Tanh) Forward(x graph.Value) graph.Value { return x.Tanh() }

// Forward adds the layer to x's graph.
func (l Softplus) Forward(x graph.Value) graph.Value {
	return x.Softplus(cmp.Or(l.Beta, 1), cmp.Or(l.Threshold, 20))
}

// Forward adds the layer to x's graph.
func (Softsign) Forward(x graph.Value) graph.Value { return x.Softsign() }

// Forward adds the layer to x's graph.
func (l Hardtanh) Forward(x graph.Value) graph.Value {
	if l == (Hardtanh{}) {
		l = Hardtanh{-1, 1}
	}
	return x.Hardtanh(l.Min, l.Max)
}

// Forward adds the layer to x's graph.
func (Hardsigmoid) Forward(x graph.Value) graph.Value { return x.Hardsigmoid() }

// Forward adds the layer to x's graph.
func (Hardswish) Forward(x graph.Value) graph.Value { return x.Hardswish() }

// Forward adds the layer to x's graph.
func (l Hardshrink) Forward(x graph.Value) graph.Value { return x.Hardshrink(cmp.Or(l.Lambda, 0.5)) }

// Forward adds the layer to x's graph.
func (l Softshrink) Forward(x graph.Value) graph.Value { return x.Softshrink(cmp.Or(l.Lambda, 0.5)) }

// Forward adds the layer to x's graph.
func (Tanhshrink) Forward(x graph.Value) graph.Value { return x.Tanhshrink() }

// Forward adds the layer to x's graph.
func (l Threshold) Forward(x graph.Value) graph.Value { return x.Threshold(l.Threshold, l.Value) }

// Forward adds the layer to x's graph.
func (l Softmax) Forward(x graph.Value) graph.Value { return x.Softmax(l.Dim) }

// Forward adds the layer to x's graph.
func (l Softmin) Forward(x graph.Value) graph.Value { return x.Neg().Softmax(l.Dim) }

// Forward adds the layer to x's graph.
func (l LogSoftmax) Forward(x graph.Value) graph.Value { return x.LogSoftmax(l.Dim) }

// Forward adds the layer to x's graph.
func (l GLU) Forward(x graph.Value) graph.Value {
	if l.Dim == 0 {
		l.Dim = -1
	}
	return x.Glu(l.Dim)
}

// PReLU is x, or Weight·x where x is not positive, with a weight for each of the
// channels of x [N, C, ..], or one for all.
type PReLU struct {
	NumParameters int     // 0: 1
	Init          float64 // 0: 0.25

	Weight *graph.Variable `vulgo:"-"`
}

// Build makes the variable; Init calls it.
func (l *PReLU) Build(s *Scope) error {
	if l.NumParameters < 0 {
		return fmt.Errorf("nn: PReLU %s: NumParameters %d must be positive", s.prefix, l.NumParameters)
	}
	l.Weight = s.Param("weight", ConstInit(cmp.Or(l.Init, 0.25)), max(l.NumParameters, 1))
	return nil
}

// Forward adds the layer to x's graph.
func (l *PReLU) Forward(x graph.Value) graph.Value {
	w, ok := read(x, l.Weight, "PReLU")
	if !ok {
		return graph.Value{}
	}
	if n := w.Dim(0); n > 1 {
		s := x.Shape()
		if axis := min(1, len(s)-1); axis < 0 || s[axis] != n {
			return fail(x, "nn: PReLU: %v has not the %d channels of the weight", x.Type(), n)
		}
		shape := []int{n}
		for range len(s) - 2 {
			shape = append(shape, 1)
		}
		w = w.Reshape(shape...)
	}
	return x.PRelu(w)
}

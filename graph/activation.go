package graph

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/kernels"
)

// Relu is max(v, 0); its gradient at 0 is 0.
func (v Value) Relu() Value { return v.op("relu", nil) }

// Relu6 is v held within [0, 6].
func (v Value) Relu6() Value { return v.op("relu6", nil) }

// LeakyRelu is v, or slope·v where v is not positive.
func (v Value) LeakyRelu(slope float64) Value { return v.op("leaky_relu", kernels.Params{slope}) }

// PRelu is v, or weight·v where v is not positive; weight broadcasts.
func (v Value) PRelu(weight Value) Value { return v.op("prelu", nil, weight) }

// Elu is v, or alpha·(e^v - 1) where v is not positive.
func (v Value) Elu(alpha float64) Value { return v.op("elu", kernels.Params{alpha}) }

// Celu is v, or alpha·(e^(v/alpha) - 1) where v is not positive.
func (v Value) Celu(alpha float64) Value { return v.op("celu", kernels.Params{alpha}) }

// Selu is 1.0507·v, or 1.7581·(e^v - 1) where v is not positive.
func (v Value) Selu() Value { return v.op("selu", nil) }

// Gelu is v·Φ(v), with the error function.
func (v Value) Gelu() Value { return v.op("gelu", nil) }

// GeluTanh is Gelu's approximation by tanh.
func (v Value) GeluTanh() Value { return v.op("gelu_tanh", nil) }

// Silu is v·sigmoid(v).
func (v Value) Silu() Value { return v.op("silu", nil) }

// Mish is v·tanh(softplus(v)).
func (v Value) Mish() Value { return v.op("mish", nil) }

// Sigmoid is 1 / (1 + e^-v).
func (v Value) Sigmoid() Value { return v.op("sigmoid", nil) }

// LogSigmoid is the logarithm of Sigmoid.
func (v Value) LogSigmoid() Value { return v.op("logsigmoid", nil) }

// Tanh is the hyperbolic tangent.
func (v Value) Tanh() Value { return v.op("tanh", nil) }

// Softplus is log(1 + e^(beta·v)) / beta, and v where beta·v > threshold;
// PyTorch's defaults are 1 and 20.
func (v Value) Softplus(beta, threshold float64) Value {
	return v.op("softplus", kernels.Params{beta, threshold})
}

// Softsign is v / (1 + |v|).
func (v Value) Softsign() Value { return v.op("softsign", nil) }

// Hardtanh is v held within [lo, hi]; unlike Clamp's, its gradient at the bounds is 0.
func (v Value) Hardtanh(lo, hi float64) Value { return v.op("hardtanh", kernels.Params{lo, hi}) }

// Hardsigmoid is v/6 + 1/2, held within [0, 1].
func (v Value) Hardsigmoid() Value { return v.op("hardsigmoid", nil) }

// Hardswish is v·hardsigmoid(v).
func (v Value) Hardswish() Value { return v.op("hardswish", nil) }

// Hardshrink is v, or 0 where |v| <= lambda.
func (v Value) Hardshrink(lambda float64) Value { return v.op("hardshrink", kernels.Params{lambda}) }

// Softshrink is v drawn to 0 by lambda, or 0 where |v| <= lambda.
func (v Value) Softshrink(lambda float64) Value { return v.op("softshrink", kernels.Params{lambda}) }

// Tanhshrink is v - tanh(v).
func (v Value) Tanhshrink() Value { return v.op("tanhshrink", nil) }

// Threshold is v, or value where v <= at.
func (v Value) Threshold(at, value float64) Value {
	return v.op("threshold", kernels.Params{at, value})
}

// Glu is a·sigmoid(b) for the halves a and b of v along an axis of even size.
func (v Value) Glu(axis int) Value {
	s := v.Shape()
	axis = v.axis(axis)
	if axis < 0 || axis >= len(s) || s[axis]%2 != 0 {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("glu: %v has no axis %d of even size", s, axis))
		}
		return Value{}
	}
	n := s[axis] / 2
	return v.Narrow(axis, 0, n).Mul(v.Narrow(axis, n, n).Sigmoid())
}

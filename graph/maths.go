package graph

import (
	"strconv"

	"github.com/vulgo-ml/vulgo/kernels"
)

// Formula is any elementwise function of v and other values as one op, in the
// syntax of expr.Parse; of 4 values at most on Vulkan. It differentiates itself:
//
//	d := x.Formula("x, y, w -> w*abs(x - y)", y, w)
func (v Value) Formula(text string, more ...Value) Value {
	return v.op("formula", kernels.FormulaAttrs{Formula: text}, more...)
}

// FormulaWith is Formula with values for its attributes:
//
//	y := x.FormulaWith("x, slope:attr -> max(x, slope*x)", []float64{0.1})
func (v Value) FormulaWith(text string, attrs []float64, more ...Value) Value {
	a := kernels.FormulaAttrs{Formula: text}
	copy(a.Params[:], attrs)
	return v.op("formula", a, more...)
}

// number is s as a formula writes it.
func number(s float64) string { return strconv.FormatFloat(s, 'g', -1, 64) }

// Exp is e to the power v.
func (v Value) Exp() Value { return v.op("exp", nil) }

// Exp2 is 2 to the power v.
func (v Value) Exp2() Value { return v.op("exp2", nil) }

// Expm1 is e^v - 1, with all its digits near 0.
func (v Value) Expm1() Value { return v.op("expm1", nil) }

// Log is the natural logarithm.
func (v Value) Log() Value { return v.op("log", nil) }

// Log2 is the logarithm to base 2.
func (v Value) Log2() Value { return v.op("log2", nil) }

// Log10 is the logarithm to base 10.
func (v Value) Log10() Value { return v.op("log10", nil) }

// Log1p is log(1 + v), with all its digits near 0.
func (v Value) Log1p() Value { return v.op("log1p", nil) }

// Logit is log(v / (1 - v)), v first held within [eps, 1-eps] unless eps is negative.
func (v Value) Logit(eps float64) Value { return v.op("logit", kernels.Params{eps}) }

// Sinc is sin(pi·v) / (pi·v), 1 where v is 0.
func (v Value) Sinc() Value { return v.op("sinc", nil) }

// Sin is the sine of v radians.
func (v Value) Sin() Value { return v.op("sin", nil) }

// Cos is the cosine of v radians.
func (v Value) Cos() Value { return v.op("cos", nil) }

// Tan is the tangent of v radians.
func (v Value) Tan() Value { return v.op("tan", nil) }

// Asin is the arc sine; NaN beyond [-1, 1].
func (v Value) Asin() Value { return v.op("asin", nil) }

// Acos is the arc cosine; NaN beyond [-1, 1].
func (v Value) Acos() Value { return v.op("acos", nil) }

// Atan is the arc tangent.
func (v Value) Atan() Value { return v.op("atan", nil) }

// Sinh is the hyperbolic sine.
func (v Value) Sinh() Value { return v.op("sinh", nil) }

// Cosh is the hyperbolic cosine.
func (v Value) Cosh() Value { return v.op("cosh", nil) }

// Asinh is the inverse of Sinh.
func (v Value) Asinh() Value { return v.op("asinh", nil) }

// Acosh is the inverse of Cosh; NaN below 1.
func (v Value) Acosh() Value { return v.op("acosh", nil) }

// Atanh is the inverse of Tanh; NaN beyond [-1, 1].
func (v Value) Atanh() Value { return v.op("atanh", nil) }

// Erf is the error function.
func (v Value) Erf() Value { return v.op("erf", nil) }

// Erfc is 1 - Erf, with all its digits for large v.
func (v Value) Erfc() Value { return v.op("erfc", nil) }

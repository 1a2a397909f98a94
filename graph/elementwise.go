package graph

import (
	"math"

	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Op applies an elementwise op of the table that has no method of its own.
func (v Value) Op(name string, more ...Value) Value { return v.op(name, nil, more...) }

// Arithmetic and comparisons broadcast as NumPy's do.

// Add is v + w.
func (v Value) Add(w Value) Value { return v.op("add", nil, w) }

// Sub is v - w.
func (v Value) Sub(w Value) Value { return v.op("sub", nil, w) }

// Mul is v · w, element by element.
func (v Value) Mul(w Value) Value { return v.op("mul", nil, w) }

// Div is v / w.
func (v Value) Div(w Value) Value { return v.op("div", nil, w) }

// Pow is v to the power w.
func (v Value) Pow(w Value) Value { return v.op("pow", nil, w) }

// Fmod is the remainder of v / w with v's sign, exactly.
func (v Value) Fmod(w Value) Value { return v.op("fmod", nil, w) }

// Remainder is the remainder of v / w with w's sign, as Python's %.
func (v Value) Remainder(w Value) Value { return v.op("remainder", nil, w) }

// FloorDivide is v / w rounded down. Its gradient is 0.
func (v Value) FloorDivide(w Value) Value { return v.op("floor_divide", nil, w) }

// Minimum is the smaller of both; NaN wins.
func (v Value) Minimum(w Value) Value { return v.op("minimum", nil, w) }

// Maximum is the larger of both; NaN wins.
func (v Value) Maximum(w Value) Value { return v.op("maximum", nil, w) }

// Atan2 is the angle of the point (w, v), in [-pi, pi].
func (v Value) Atan2(w Value) Value { return v.op("atan2", nil, w) }

// Hypot is sqrt(v² + w²), where the squares may leave float32's range.
func (v Value) Hypot(w Value) Value { return v.op("hypot", nil, w) }

// LogAddExp is log(e^v + e^w).
func (v Value) LogAddExp(w Value) Value { return v.op("logaddexp", nil, w) }

// LogAddExp2 is log2(2^v + 2^w).
func (v Value) LogAddExp2(w Value) Value { return v.op("logaddexp2", nil, w) }

// XLogY is v·log w, 0 where v is 0.
func (v Value) XLogY(w Value) Value { return v.op("xlogy", nil, w) }

// CopySign is |v| with w's sign.
func (v Value) CopySign(w Value) Value { return v.op("copysign", nil, w) }

// Lerp is v + weight·(end - v).
func (v Value) Lerp(end, weight Value) Value { return v.op("lerp", nil, end, weight) }

// AddCMul is v + value·a·b.
func (v Value) AddCMul(value float64, a, b Value) Value {
	return v.op("addcmul", kernels.Params{value}, a, b)
}

// AddCDiv is v + value·a/b.
func (v Value) AddCDiv(value float64, a, b Value) Value {
	return v.op("addcdiv", kernels.Params{value}, a, b)
}

// AddScalar is v + s.
func (v Value) AddScalar(s float64) Value { return v.withScalar("add", s) }

// MulScalar is v · s.
func (v Value) MulScalar(s float64) Value { return v.withScalar("mul", s) }

// DivScalar is v / s.
func (v Value) DivScalar(s float64) Value { return v.withScalar("div", s) }

func (v Value) withScalar(name string, s float64) Value {
	if v.g == nil {
		return v
	}
	return v.op(name, nil, v.g.Scalar(s))
}

// PowScalar is v to the power p; exponents such as 2, 3, 1/2 and -1 take no logarithm.
func (v Value) PowScalar(p float64) Value {
	switch {
	case math.IsNaN(p) || math.IsInf(p, 0):
		return v.withScalar("pow", p)
	case p == 1:
		return v
	case p == 2:
		return v.Square()
	}
	return v.Formula("x -> pow(x, " + number(p) + ")")
}

// Eq is true where v = w.
func (v Value) Eq(w Value) Value { return v.op("eq", nil, w) }

// Ne is true where v differs from w; so does NaN from everything.
func (v Value) Ne(w Value) Value { return v.op("ne", nil, w) }

// Lt is true where v < w; torch.lt.
func (v Value) Lt(w Value) Value { return v.op("lt", nil, w) }

// Le is true where v <= w.
func (v Value) Le(w Value) Value { return v.op("le", nil, w) }

// Gt is true where v > w.
func (v Value) Gt(w Value) Value { return v.op("gt", nil, w) }

// Ge is true where v >= w.
func (v Value) Ge(w Value) Value { return v.op("ge", nil, w) }

// And is true where the bools v and w both are.
func (v Value) And(w Value) Value { return v.op("logical_and", nil, w) }

// Or is true where one of the bools v and w is.
func (v Value) Or(w Value) Value { return v.op("logical_or", nil, w) }

// Xor is true where just one of the bools v and w is.
func (v Value) Xor(w Value) Value { return v.op("logical_xor", nil, w) }

// Not is true where the bool v isn't.
func (v Value) Not() Value { return v.op("logical_not", nil) }

// IsNaN is true where v is not a number.
func (v Value) IsNaN() Value { return v.op("isnan", nil) }

// IsInf is true where v is an infinity.
func (v Value) IsInf() Value { return v.op("isinf", nil) }

// IsFinite is true where v is neither infinite nor NaN.
func (v Value) IsFinite() Value { return v.op("isfinite", nil) }

// SignBit is true where v is negative, -0 included.
func (v Value) SignBit() Value { return v.op("signbit", nil) }

// Where picks from a where v is true, else from b.
func (v Value) Where(a, b Value) Value { return v.op("where", nil, a, b) }

// MaskedFill is v with x where the bool mask is true.
func (v Value) MaskedFill(mask Value, x float64) Value {
	if v.g == nil {
		return v
	}
	if v.Type().DType == tensor.Int32 {
		return mask.Where(v.g.Const(tensor.FromI32([]int32{int32(x)})), v)
	}
	return mask.Where(v.g.Scalar(x), v)
}

// Neg is -v.
func (v Value) Neg() Value { return v.op("neg", nil) }

// Abs is |v|.
func (v Value) Abs() Value { return v.op("abs", nil) }

// Sign is -1, 0 or 1.
func (v Value) Sign() Value { return v.op("sign", nil) }

// Heaviside is 0 where v is negative, 1 where it is positive, w where it is 0.
func (v Value) Heaviside(w Value) Value { return v.op("heaviside", nil, w) }

// Square is v².
func (v Value) Square() Value { return v.op("square", nil) }

// Sqrt is the square root.
func (v Value) Sqrt() Value { return v.op("sqrt", nil) }

// Rsqrt is 1 / sqrt(v).
func (v Value) Rsqrt() Value { return v.op("rsqrt", nil) }

// Reciprocal is 1 / v.
func (v Value) Reciprocal() Value { return v.op("reciprocal", nil) }

// Floor rounds down. Its gradient is 0, as that of the other roundings.
func (v Value) Floor() Value { return v.op("floor", nil) }

// Ceil rounds up.
func (v Value) Ceil() Value { return v.op("ceil", nil) }

// Round rounds to the nearest whole number, halves to the even one.
func (v Value) Round() Value { return v.op("round", nil) }

// Trunc drops the fraction.
func (v Value) Trunc() Value { return v.op("trunc", nil) }

// Frac is the fraction, with v's sign.
func (v Value) Frac() Value { return v.op("frac", nil) }

// Clamp is v held within [lo, hi]; NaN stays.
func (v Value) Clamp(lo, hi float64) Value { return v.op("clamp", kernels.Params{lo, hi}) }

// ClampMin is v, or lo where v is less.
func (v Value) ClampMin(lo float64) Value { return v.Clamp(lo, math.Inf(1)) }

// ClampMax is v, or hi where v is more.
func (v Value) ClampMax(hi float64) Value { return v.Clamp(math.Inf(-1), hi) }

// NanToNum is v with zero in place of NaN and the largest numbers in place of
// the infinities.
func (v Value) NanToNum() Value { return v.op("nan_to_num", nil) }

// NanToNumWith is v with these numbers in place of NaN, +Inf and -Inf.
func (v Value) NanToNumWith(nan, posinf, neginf float64) Value {
	return v.op("nan_to_num", kernels.Params{nan, posinf, neginf})
}

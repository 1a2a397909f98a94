package expr

import "math"

// The float32 functions compute in float64 and round once, so they are within a
// hair of correctly rounded. Those that training leans on have polynomials of
// their own, several times faster than package math, which serves the rest.

// unary is the loop of a one-operand function of a float, or nil.
func unary[T Number](op Op, v Vectors) func(dst, src []T) {
	var loop any
	switch any(T(0)).(type) {
	case float32:
		if f := v[op]; f != nil {
			loop = f
		} else if f := loops32[op]; f != nil {
			loop = f
		}
	}
	if f, ok := loop.(func(dst, src []T)); ok {
		return f
	}
	f := unary64[op]
	if f == nil {
		return nil
	}
	return func(dst, src []T) {
		for i, x := range src[:len(dst)] {
			dst[i] = T(f(float64(x)))
		}
	}
}

// each makes a loop of a scalar function. The functions below are written out
// as loops instead where the compiler can put them in line.
func each(f func(x float32) float32) func(dst, src []float32) {
	return func(dst, src []float32) {
		for i, x := range src[:len(dst)] {
			dst[i] = f(x)
		}
	}
}

var loops32 = [numOps]func(dst, src []float32){
	Abs: func(dst, src []float32) {
		n := unaryWide(Abs, dst, src)
		dst, src = dst[n:], src[n:]
		for i, x := range src[:len(dst)] {
			dst[i] = math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
		}
	},
	Floor: func(dst, src []float32) {
		n := unaryWide(Floor, dst, src)
		dst, src = dst[n:], src[n:]
		for i, x := range src[:len(dst)] {
			dst[i] = float32(math.Floor(float64(x)))
		}
	},
	Ceil: func(dst, src []float32) {
		n := unaryWide(Ceil, dst, src)
		dst, src = dst[n:], src[n:]
		for i, x := range src[:len(dst)] {
			dst[i] = float32(math.Ceil(float64(x)))
		}
	},
	Round: func(dst, src []float32) {
		n := unaryWide(Round, dst, src)
		dst, src = dst[n:], src[n:]
		for i, x := range src[:len(dst)] {
			dst[i] = float32(math.RoundToEven(float64(x)))
		}
	},
	Sqrt: func(dst, src []float32) {
		n := unaryWide(Sqrt, dst, src)
		dst, src = dst[n:], src[n:]
		for i, x := range src[:len(dst)] {
			dst[i] = float32(math.Sqrt(float64(x)))
		}
	},
	Rsqrt: func(dst, src []float32) {
		for i, x := range src[:len(dst)] {
			dst[i] = float32(1 / math.Sqrt(float64(x)))
		}
	},
	Exp:     each(func(x float32) float32 { return float32(exp(float64(x))) }),
	Expm1:   each(expm1),
	Log:     each(func(x float32) float32 { return float32(log(float64(x))) }),
	Log1p:   each(log1p),
	Tanh:    each(tanh),
	Sigmoid: each(func(x float32) float32 { return float32(1 / (1 + exp(-float64(x)))) }),
	Erf:     each(erf),
	Erfc:    each(erfc),
}

// exp is e^x to 1e-11 of its value for x from -700 to 700, 0 or +Inf beyond
// (float32 has left its range long before), NaN for NaN.
//
// x = k·ln 2 + r, |r| <= ln(2)/2; e^r by its Taylor series to r^9/9!, in pairs
// of terms, which the processor works on side by side.
func exp(x float64) float64 {
	if !(x > -700) {
		if x != x {
			return x
		}
		return 0
	}
	if x > 700 {
		return inf
	}
	const magic = 3 << 51 // adding it rounds to a whole number
	n := x*(1/math.Ln2) + magic - magic
	r := x - n*math.Ln2 // n is small enough for one constant at this accuracy
	z := r * r
	z2 := z * z
	p := (1 + r) + z*(1./2+r*(1./6)) + z2*((1./24+r*(1./120))+z*(1./720+r*(1./5040))+z2*(1./40320+r*(1./362880)))
	return p * math.Float64frombits(uint64(int64(n)+1023)<<52)
}

// log is ln x to 1e-11 of max(|ln x|, |x-1|) for positive normal x: x = m·2^k
// with m in [sqrt(1/2), sqrt(2)), ln m = 2·atanh(s), s = (m-1)/(m+1).
func log(x float64) float64 {
	if !(x > 0) || x > math.MaxFloat32 {
		return math.Log(x)
	}
	b := math.Float64bits(x)
	k := int64(b-0x3fe6a09e667f3bcd) >> 52
	m := math.Float64frombits(b - uint64(k)<<52)
	s := (m - 1) / (m + 1)
	z := s * s
	z2 := z * z
	p := (1 + z*(1./3)) + z2*((1./5+z*(1./7))+z2*((1./9+z*(1./11))+z2*(1./13)))
	return 2*s*p + float64(k)*math.Ln2
}

// Near 0 the functions that vanish there go by their series: what the general
// form cancels would be the digits.

func expm1(x float32) float32 {
	v := float64(x)
	if v > -0.05 && v < 0.05 {
		return float32(v * (1 + v*(1./2+v*(1./6+v*(1./24+v*(1./120)))))) // -0 stays
	}
	return float32(exp(v) - 1)
}

func log1p(x float32) float32 {
	v := float64(x)
	if v > -1e-3 && v < 1e-3 {
		return float32(v + v*v*(-1./2+v*(1./3+v*(-1./4))))
	}
	return float32(log(1 + v))
}

// tanh is 1 - 2/(e^2x + 1).
func tanh(x float32) float32 {
	v := float64(x)
	if v > -0.1 && v < 0.1 {
		z := v * v
		return float32(v * (1 + z*(-1./3+z*(2./15+z*(-17./315+z*(62./2835))))))
	}
	return float32(1 - 2/(exp(2*v)+1))
}

// erf is odd: its series below 0.5, else 1 - erfc.
func erf(x float32) float32 {
	v := float64(x)
	switch {
	case v >= 0.5:
		return float32(1 - erfcLarge(v))
	case v <= -0.5:
		return float32(erfcLarge(-v) - 1)
	}
	return float32(erfSmall(v))
}

func erfc(x float32) float32 {
	v := float64(x)
	switch {
	case v >= 0.5:
		return float32(erfcLarge(v))
	case v <= -0.5:
		return float32(2 - erfcLarge(-v))
	}
	return float32(1 - erfSmall(v))
}

// erfSmall is 2/sqrt(pi)·(x - x^3/3 + x^5/(2!·5) - ...), to 1e-11 for |x| < 0.5.
func erfSmall(x float64) float64 {
	z := x * x
	return x * (2 / math.SqrtPi) * (1 - z*(1./3-z*(1./10-z*(1./42-z*(1./216-z*(1./1320-z*(1./9360-z*(1./75600))))))))
}

// erfcLarge is e^(-a²)·p(u)/(1 + 2a) for a >= 0.5, u = (a-2)/(a+2), p to 2^-27 (a
// minimax fit).
func erfcLarge(a float64) float64 {
	if a > 11 {
		return 0
	}
	u := (a - 2) / (a + 2)
	p := 1.27697837 + u*(-0.0927638188+u*(-0.166030377+u*(0.164049849+u*(-0.0542155281+u*(-0.00801219326+u*(0.00867390539+u*(0.00116038322+u*(-0.001282454+u*(-0.000234220803)))))))))
	return exp(-a*a) * p / (1 + 2*a)
}

// pow is e^(y·ln x) for ordinary numbers; package math knows the special cases.
func pow(x, y float32) float32 {
	if !(x > 0 && x <= math.MaxFloat32 && y-y == 0) {
		return float32(math.Pow(float64(x), float64(y)))
	}
	return float32(exp(float64(y) * log(float64(x))))
}

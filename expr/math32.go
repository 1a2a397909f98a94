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

var loops32 = [numOps]func(dst, src []float32){
	Abs: func(dst, src []float32) {
		for i, x := range src[:len(dst)] {
			dst[i] = math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
		}
	},
	Sqrt: func(dst, src []float32) {
		for i, x := range src[:len(dst)] {
			dst[i] = float32(math.Sqrt(float64(x)))
		}
	},
	Rsqrt: func(dst, src []float32) {
		for i, x := range src[:len(dst)] {
			dst[i] = float32(1 / math.Sqrt(float64(x)))
		}
	},
	Exp: func(dst, src []float32) {
		for i, x := range src[:len(dst)] {
			dst[i] = float32(exp(float64(x)))
		}
	},
	Log: func(dst, src []float32) {
		for i, x := range src[:len(dst)] {
			dst[i] = float32(log(float64(x)))
		}
	},
	Tanh: func(dst, src []float32) {
		for i, x := range src[:len(dst)] {
			dst[i] = tanh32(x)
		}
	},
	Sigmoid: func(dst, src []float32) {
		for i, x := range src[:len(dst)] {
			dst[i] = float32(1 / (1 + exp(-float64(x))))
		}
	},
}

// exp is e^x to 1e-11 of its value for x from -700 to 700, 0 or +Inf beyond
// (float32 has left its range long before), NaN for NaN.
//
// x = k·ln 2 + r, |r| <= ln(2)/2; e^r by its Taylor series to r^9/9!.
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
	k := x*(1/math.Ln2) + magic
	n := k - magic
	r := x - n*math.Ln2 // n is small enough for one constant at this accuracy
	p := 1 + r*(1+r*(1./2+r*(1./6+r*(1./24+r*(1./120+r*(1./720+r*(1./5040+r*(1./40320+r*(1./362880)))))))))
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
	p := 1 + z*(1./3+z*(1./5+z*(1./7+z*(1./9+z*(1./11+z*(1./13))))))
	return 2*s*p + float64(k)*math.Ln2
}

// tanh32 is tanh x: by the odd series of sinh/cosh's quotient near 0, where
// e^2x - 1 would lose digits, else 1 - 2/(e^2x + 1).
func tanh32(x float32) float32 {
	v := float64(x)
	if v > -0.1 && v < 0.1 {
		z := v * v
		return float32(v + v*z*(-1./3+z*(2./15+z*(-17./315+z*(62./2835)))))
	}
	return float32(1 - 2/(exp(2*v)+1))
}

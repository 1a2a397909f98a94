package fast

import (
	"math"
	"unsafe"
)

// The plain set's vector maths: the formulas of the assembly, one float at a
// time.
func plainVector() vector {
	return vector{
		exp: each(exp1), log: each(log1), tanh: each(tanh1), sigmoid: each(sigmoid1), erf: each(erf1),
		add:      each2(func(y, x float32) float32 { return y + x }),
		maximum:  each2(func(y, x float32) float32 { return max(y, x) }),
		addMul:   each3(func(y, x, z float32) float32 { return y + x*z }),
		multiply: each3(func(_, x, z float32) float32 { return x * z }),
		subtract: each3(func(_, x, z float32) float32 { return x - z }),
		scale: func(n int, y, x, s *float32) {
			ys := unsafe.Slice(y, n)
			for i, v := range unsafe.Slice(x, n) {
				ys[i] = *s * v
			}
		},
		shift:    scalars(func(x, s0, s1 float32) float32 { return x - s0 - s1 }),
		expShift: scalars(func(x, s0, s1 float32) float32 { return s1 * exp1(x-s0) }),
		softmaxGrad: func(n int, dx, y, dy, s *float32) {
			out, ys, d := unsafe.Slice(dx, n), unsafe.Slice(y, n), unsafe.Slice(dy, n)
			for i := range out {
				out[i] = ys[i] * (d[i] - *s)
			}
		},
		logSoftmaxGrad: func(n int, dx, y, dy, s *float32) {
			out, ys, d := unsafe.Slice(dx, n), unsafe.Slice(y, n), unsafe.Slice(dy, n)
			for i := range out {
				out[i] = d[i] - *s*exp1(ys[i])
			}
		},
		sum: func(n int, x *float32) (sum float32) {
			var lane [8]float32
			for i, v := range unsafe.Slice(x, n) {
				lane[i&7] += v
			}
			return fold(&lane)
		},
		dot: func(n int, x, y *float32) float32 {
			var lane [8]float32
			ys := unsafe.Slice(y, n)
			for i, v := range unsafe.Slice(x, n) {
				lane[i&7] += v * ys[i]
			}
			return fold(&lane)
		},
		max: func(n int, x *float32) float32 {
			m := float32(math.Inf(-1))
			for _, v := range unsafe.Slice(x, n) {
				m = max(m, v)
			}
			return m
		},
		expSum: func(n int, y, x, s *float32) float32 {
			var lane [8]float32
			ys := unsafe.Slice(y, n)
			for i, v := range unsafe.Slice(x, n) {
				ys[i] = exp1(v - *s)
				lane[i&7] += ys[i]
			}
			return fold(&lane)
		},
	}
}

// fold sums eight running sums, which lose less than one would.
func fold(l *[8]float32) float32 {
	return ((l[0] + l[1]) + (l[2] + l[3])) + ((l[4] + l[5]) + (l[6] + l[7]))
}

func each(f func(x float32) float32) func(n int, y, x *float32) {
	return func(n int, y, x *float32) {
		ys := unsafe.Slice(y, n)
		for i, v := range unsafe.Slice(x, n) {
			ys[i] = f(v)
		}
	}
}

func each2(f func(y, x float32) float32) func(n int, y, x *float32) {
	return func(n int, y, x *float32) {
		ys := unsafe.Slice(y, n)
		for i, v := range unsafe.Slice(x, n) {
			ys[i] = f(ys[i], v)
		}
	}
}

func each3(f func(y, x, z float32) float32) func(n int, y, x, z *float32) {
	return func(n int, y, x, z *float32) {
		ys, zs := unsafe.Slice(y, n), unsafe.Slice(z, n)
		for i, v := range unsafe.Slice(x, n) {
			ys[i] = f(ys[i], v, zs[i])
		}
	}
}

func scalars(f func(x, s0, s1 float32) float32) func(n int, y, x, s *float32) {
	return func(n int, y, x, s *float32) {
		ys, k := unsafe.Slice(y, n), unsafe.Slice(s, 2)
		for i, v := range unsafe.Slice(x, n) {
			ys[i] = f(v, k[0], k[1])
		}
	}
}

func abs1(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

func sign1(x, like float32) float32 {
	return math.Float32frombits(math.Float32bits(x) | math.Float32bits(like)&(1<<31))
}

// pow2 is 2^i for a normal result.
func pow2(i int32) float32 { return math.Float32frombits(uint32(i+127) << 23) }

func exp1(x float32) float32 {
	const magic = 3 << 22 // adding and subtracting it rounds
	r := max(min(x, 89), -104)
	if r != r {
		return r
	}
	n := (r*math.Log2E + magic) - magic
	r -= n * 0.693359375
	r -= n * -2.12194440e-4
	p := float32(1.9875691500e-4)
	p = p*r + 1.3981999507e-3
	p = p*r + 8.3334519073e-3
	p = p*r + 4.1665795894e-2
	p = p*r + 1.6666665459e-1
	p = p*r + 5.0000001201e-1
	p = p*(r*r) + r + 1
	half := int32(n) >> 1
	return p * pow2(half) * pow2(int32(n)-half)
}

func log1(x float32) float32 {
	switch {
	case x == 0:
		return float32(math.Inf(-1))
	case x < 0:
		return float32(math.NaN())
	case !(x < float32(math.Inf(1))):
		return x
	}
	m, n := x, float32(0)
	if x < 0x1p-126 {
		m, n = x*0x1p25, -25
	}
	b := int32(math.Float32bits(m))
	e := (b - 0x3f3504f3) >> 23
	f := math.Float32frombits(uint32(b-e<<23)) - 1
	n += float32(e)
	p := float32(7.0376836292e-2)
	p = p*f - 1.1514610310e-1
	p = p*f + 1.1676998740e-1
	p = p*f - 1.2420140846e-1
	p = p*f + 1.4249322787e-1
	p = p*f - 1.6668057665e-1
	p = p*f + 2.0000714765e-1
	p = p*f - 2.4999993993e-1
	p = p*f + 3.3333331174e-1
	ff := f * f
	p = p*f*ff + n*-2.12194440e-4 - 0.5*ff
	return (f + p) + n*0.693359375
}

func tanh1(x float32) float32 {
	t := abs1(x)
	if t < 0.625 {
		xx := x * x
		p := float32(-5.70498872745e-3)
		p = p*xx + 2.06390887954e-2
		p = p*xx - 5.37397155531e-2
		p = p*xx + 1.33314422036e-1
		p = p*xx - 3.33332819422e-1
		return sign1(p*xx*x+x, x) // of -0 too
	}
	return sign1(1-2/(exp1(t+t)+1), x)
}

func sigmoid1(x float32) float32 {
	e := exp1(-abs1(x))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

func erf1(x float32) float32 {
	t, xx := abs1(x), x*x
	if t < 0.927734375 {
		p := float32(-5.96761703e-4)
		p = p*xx + 4.99119423e-3
		p = p*xx - 2.67681349e-2
		p = p*xx + 1.12819925e-1
		p = p*xx - 3.76125336e-1
		p = p*xx + 1.28379166e-1
		return p*x + x
	}
	t = min(t, 4)
	p := float32(-1.72853470e-5)
	p = p*t + 3.83197126e-4
	p = p*t - 3.88396438e-3
	p = p*t + 2.42546219e-2
	p = p*t - 1.06777877e-1
	p = p*t - 6.34846687e-1
	p = p*t - 1.28717512e-1
	return sign1(1-exp1(p*t-t), x)
}

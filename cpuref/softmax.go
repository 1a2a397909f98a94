package cpuref

import "math"

// AxisAttrs name the one axis an op works along; not negative.
type AxisAttrs struct{ Axis int }

// Softmax is Y = exp(X - max) / sum exp(X - max) along the axis. A NaN or an
// infinity of the wrong sort makes its row NaN, as in PyTorch.
func Softmax[T Float](a *Args[T]) {
	softmax(a, func(x, m, s float64) float64 { return math.Exp(x-m) / s })
}

// LogSoftmax is Y = X - max - log sum exp(X - max) along the axis.
func LogSoftmax[T Float](a *Args[T]) {
	softmax(a, func(x, m, s float64) float64 { return x - m - math.Log(s) })
}

func softmax[T Float](a *Args[T], f func(x, m, s float64) float64) {
	outer, n, inner := around(a.In[0].Shape, a.Attrs.(AxisAttrs).Axis)
	if n == 0 {
		return
	}
	for o := range outer {
		for i := range inner {
			at := o*n*inner + i
			x, y := a.In[0].F[at:], a.Out[0].F[at:]
			m, s := expSum(x, n, inner)
			for j := range n {
				y[j*inner] = T(f(float64(x[j*inner]), m, s))
			}
		}
	}
}

// expSum is m = max x and s = sum exp(x - m) of n elements, stride apart.
func expSum[T Float](x []T, n, stride int) (m, s float64) {
	m = math.Inf(-1)
	for j := range n {
		m = max(m, float64(x[j*stride])) // NaN if there is one
	}
	for j := range n {
		s += math.Exp(float64(x[j*stride]) - m)
	}
	return m, s
}

// SoftmaxGrad is dX = Y·(dY - sum Y·dY) along the axis.
func SoftmaxGrad[T Float](a *Args[T]) {
	alongGrad(a, func(y, dy float64) float64 { return y * dy },
		func(y, dy, s float64) float64 { return y * (dy - s) })
}

// LogSoftmaxGrad is dX = dY - exp(Y)·sum dY along the axis.
func LogSoftmaxGrad[T Float](a *Args[T]) {
	alongGrad(a, func(_, dy float64) float64 { return dy },
		func(y, dy, s float64) float64 { return dy - math.Exp(y)*s })
}

// alongGrad is dX = f(Y, dY, sum of term(Y, dY)) along the axis.
func alongGrad[T Float](a *Args[T], term func(y, dy float64) float64, f func(y, dy, s float64) float64) {
	outer, n, inner := around(a.In[0].Shape, a.Attrs.(AxisAttrs).Axis)
	if n == 0 {
		return
	}
	for o := range outer {
		for i := range inner {
			at := o*n*inner + i
			y, dy, dx := a.In[0].F[at:], a.In[1].F[at:], a.Out[0].F[at:]
			s := 0.0
			for j := 0; j < n*inner; j += inner {
				s += term(float64(y[j]), float64(dy[j]))
			}
			for j := 0; j < n*inner; j += inner {
				dx[j] = T(f(float64(y[j]), float64(dy[j]), s))
			}
		}
	}
}

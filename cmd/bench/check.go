package main

import (
	"math"

	"github.com/vulgo-ml/vulgo/tensor"
)

// maxAbs is the largest finite |x|.
func maxAbs(x *tensor.Tensor) float64 {
	m := 0.0
	for i := range x.Elems() {
		if v := math.Abs(x.At(i)); v > m && !math.IsInf(v, 0) {
			m = v
		}
	}
	return m
}

// relMax is max |got - want| / max |want|.
func relMax(got, want *tensor.Tensor) float64 {
	diff := 0.0
	for i := range want.Elems() {
		if d := math.Abs(got.At(i) - want.At(i)); d > diff && !math.IsInf(d, 0) {
			diff = d
		}
	}
	return quotient(diff, maxAbs(want))
}

// relNorm is |got - want| / |want - from| in the 2-norm: the error of a change
// against the change. A nil from is zero. NaN stays NaN, which no bound passes.
func relNorm(got, want, from *tensor.Tensor) float64 {
	var diff, change float64
	for i := range want.Elems() {
		d, c := got.At(i)-want.At(i), want.At(i)
		if from != nil {
			c -= from.At(i)
		}
		diff += d * d
		change += c * c
	}
	return quotient(math.Sqrt(diff), math.Sqrt(change))
}

func quotient(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}

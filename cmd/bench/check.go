package main

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

const (
	unit   = 1.0 / (1 << 24)        // unit roundoff of float32
	normal = 1.1754943508222875e-38 // the smallest normal float32: what is below may flush to zero
)

// within holds a result to an op's tolerance, element by element; scale is what
// kernels.Tol calls the terms.
func within(tol kernels.Tol, got, want, scale *tensor.Tensor) error {
	if got == nil || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("there is no value of shape %v", want.Shape)
	}
	largest := maxAbs(want)
	for i := range want.Elems() {
		g, w := got.At(i), want.At(i)
		w32 := float64(float32(w)) // the oracle's value as float32 has it, overflow included
		if g == w || g == w32 || math.IsNaN(g) && math.IsNaN(w) {
			continue
		}
		bound := 0.0
		switch tol.Kind {
		case "ulp":
			bound = normal + 2*tol.K*unit*math.Abs(w)
		case "sum":
			bound = normal + tol.K*unit*math.Abs(scale.At(i))
		case "max":
			bound = normal + tol.K*unit*largest
		}
		if !(math.Abs(g-w) <= bound) || math.IsInf(g, 0) {
			return fmt.Errorf("element %d of %v is %v, the float64 oracle has %v; the tolerance is %v", i, want.Shape, g, w, tol)
		}
	}
	return nil
}

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

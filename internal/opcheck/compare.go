package opcheck

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

const (
	unit     = 1.0 / (1 << 24)        // unit roundoff of float32
	denormal = 1.1754943508222875e-38 // the smallest normal float32
)

// compare says what is wrong with got ("" if nothing), and how much of the
// tolerance the worst element used. scale is the oracle's result on absolute
// inputs, for tolerances in sums of terms.
func compare(tol kernels.Tol, got, want, scale *tensor.Tensor) (string, float64) {
	if got == nil || !got.Shape.Equal(want.Shape) {
		return fmt.Sprintf("the result is %v, the oracle's %v", got, want.Type), math.Inf(1)
	}
	largest := 0.0
	for i := range want.Elems() {
		if v := math.Abs(want.At(i)); v > largest && !math.IsInf(v, 0) {
			largest = v
		}
	}
	worst, at := 0.0, 0
	for i := range want.Elems() {
		// written so that a NaN is the worst of all
		if r := used(tol, got.At(i), want.At(i), math.Abs(scale.At(i)), largest); !(r <= worst) {
			worst, at = r, i
		}
	}
	if !(worst <= 1) {
		return fmt.Sprintf("element %d of %v is %v, the oracle has %v", at, want.Shape, got.At(at), want.At(at)), worst
	}
	return "", worst
}

// used is |got - want| by what the tolerance allows.
func used(tol kernels.Tol, got, want, terms, largest float64) float64 {
	want32 := float64(float32(want)) // as float32 has it, overflow included
	switch {
	case math.IsNaN(got) && math.IsNaN(want) || got == want || got == want32:
		return 0
	case math.IsNaN(got) || math.IsNaN(want) || tol.Kind == "exact" || math.IsInf(got, 0) || math.IsInf(want32, 0):
		return math.Inf(1)
	}
	bound := denormal
	switch tol.Kind {
	case "ulp":
		bound += 2 * tol.K * unit * math.Abs(want)
	case "sum":
		bound += tol.K * unit * terms
	case "max":
		bound += tol.K * unit * largest
	}
	return math.Abs(got-want) / bound
}

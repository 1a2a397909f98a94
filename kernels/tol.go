package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/tensor"
)

// Tol is how far a device may be from the float64 oracle, element by element.
// With u = 2^-24, the unit roundoff of float32:
//
//	Exact   the same value (NaN equals NaN)
//	ULP(k)  |got - want| <= 2k·u·|want|, and denormals may flush to zero
//	Sum(k)  |got - want| <= k·u·sum of |terms|: the oracle run on the inputs' absolute values
//	Max(k)  |got - want| <= k·u·max |want| over the tensor
type Tol struct {
	Kind string
	K    float64
}

func (t Tol) String() string {
	if t.Kind == "exact" {
		return t.Kind
	}
	return fmt.Sprintf("%s(%g)", t.Kind, t.K)
}

// Exact asks for the same value.
func Exact() Tol { return Tol{"exact", 0} }

// ULP allows k units in the last place.
func ULP(k float64) Tol { return Tol{"ulp", k} }

// Sum allows k roundings of the sum of the terms' absolute values.
func Sum(k float64) Tol { return Tol{"sum", k} }

// Max allows k roundings of the tensor's largest value.
func Max(k float64) Tol { return Tol{"max", k} }

// Unit is the unit roundoff of float32.
const Unit = 1.0 / (1 << 24)

const smallestNormal = 1.1754943508222875e-38 // what is below may flush to zero

// Compare holds a result to the oracle's, element by element: its error names
// the worst element. used is how much of the tolerance that element took; NaN
// for anything else is infinitely much. scale is what Sum calls the terms: the
// oracle's result on the inputs' absolute values.
func (t Tol) Compare(got, want, scale *tensor.Tensor) (used float64, err error) {
	if got == nil || !got.Shape.Equal(want.Shape) {
		return math.Inf(1), fmt.Errorf("there is no result of shape %v", want.Shape)
	}
	largest := 0.0
	for i := range want.Elems() {
		if v := math.Abs(want.At(i)); v > largest && !math.IsInf(v, 0) {
			largest = v
		}
	}
	at := 0
	for i := range want.Elems() {
		// written so that a NaN is the worst of all
		if r := t.ratio(got.At(i), want.At(i), math.Abs(scale.At(i)), largest); !(r <= used) {
			used, at = r, i
		}
	}
	if !(used <= 1) {
		return used, fmt.Errorf("element %d of %v is %v, the float64 oracle has %v; the tolerance is %v", at, want.Shape, got.At(at), want.At(at), t)
	}
	return used, nil
}

// ratio is |got - want| by what the tolerance allows.
func (t Tol) ratio(got, want, terms, largest float64) float64 {
	want32 := float64(float32(want)) // as float32 has it, overflow included
	switch {
	case math.IsNaN(got) && math.IsNaN(want) || got == want || got == want32:
		return 0
	case math.IsNaN(got) || math.IsNaN(want) || t.Kind == "exact" || math.IsInf(got, 0) || math.IsInf(want32, 0):
		return math.Inf(1)
	}
	bound := smallestNormal
	switch t.Kind {
	case "ulp":
		bound += 2 * t.K * Unit * math.Abs(want)
	case "sum":
		bound += t.K * Unit * terms
	case "max":
		bound += t.K * Unit * largest
	}
	return math.Abs(got-want) / bound
}

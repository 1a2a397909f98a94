package kernels

import "fmt"

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

// Package cpuref holds one plain body for each op, generic over float32 and
// float64. In float64 it is the oracle that every device is tested against, in
// float32 the fallback; it is written to be seen to be right. The fast forms
// live in cpuref/fast.
package cpuref

import "github.com/vulgo-ml/vulgo/tensor"

// Float is the element type a body computes in.
type Float interface{ ~float32 | ~float64 }

// Arg is one operand: F for floats, I for int32 and bool (0 or 1). Both are nil
// where an optional operand is absent. Data is the same memory in the operand's
// own dtype, for casts, which are over several.
type Arg[T Float] struct {
	Shape []int
	F     []T
	I     []int32
	Data  *tensor.Tensor
}

// Args is one call of a body: attributes (the op's own Attrs struct), inputs
// and outputs. Outputs are written whole. Bodies allocate nothing, keep nothing
// and trust the shapes: the op's shape rule has checked them.
type Args[T Float] struct {
	Attrs   any
	In, Out []Arg[T]
}

// Present is false for an optional operand that isn't there.
func (a *Arg[T]) Present() bool { return a.F != nil || a.I != nil }

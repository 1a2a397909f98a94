package graph

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/kernels"
)

// Reshape is v under another shape of as many elements; one size may be -1.
func (v Value) Reshape(shape ...int) Value {
	s := append([]int(nil), shape...)
	known, hole := 1, -1
	for i, d := range s {
		if d == -1 && hole < 0 {
			hole = i
		} else {
			known *= d
		}
	}
	if hole >= 0 && known > 0 {
		s[hole] = v.Shape().Elems() / known
	}
	return v.op("reshape", cpuref.ReshapeAttrs{Shape: cpuref.IntList(s...)})
}

// Flatten joins the dimensions from start on.
func (v Value) Flatten(start int) Value {
	s := v.Shape()
	if start < 0 || start > len(s) {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("flatten: %v has no dimension %d", s, start))
		}
		return Value{}
	}
	return v.Reshape(append(append([]int(nil), s[:start]...), s[start:].Elems())...)
}

// Permute reorders the dimensions: output dimension i is input dimension perm[i].
func (v Value) Permute(perm ...int) Value {
	return v.op("permute", cpuref.PermuteAttrs{Perm: cpuref.IntList(perm...)})
}

// Transpose exchanges two dimensions.
func (v Value) Transpose(a, b int) Value {
	perm := make([]int, len(v.Shape()))
	for i := range perm {
		perm[i] = i
	}
	a, b = v.axis(a), v.axis(b)
	if a < 0 || b < 0 || a >= len(perm) || b >= len(perm) {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("transpose: %v has no dimensions %d and %d", v.Shape(), a, b))
		}
		return Value{}
	}
	perm[a], perm[b] = b, a
	return v.Permute(perm...)
}

// Expand repeats dimensions of size 1 (and new ones in front) to a shape.
func (v Value) Expand(shape ...int) Value {
	return v.op("expand", cpuref.ExpandAttrs{Shape: cpuref.IntList(shape...)})
}

// Unsqueeze adds a dimension of size 1 at axis.
func (v Value) Unsqueeze(axis int) Value {
	s := v.Shape()
	if axis < 0 {
		axis += len(s) + 1
	}
	if axis < 0 || axis > len(s) {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("unsqueeze: %v has no place %d", s, axis))
		}
		return Value{}
	}
	return v.Reshape(append(append(append([]int(nil), s[:axis]...), 1), s[axis:]...)...)
}

// Squeeze takes a dimension of size 1 away.
func (v Value) Squeeze(axis int) Value {
	s := v.Shape()
	axis = v.axis(axis)
	if axis < 0 || axis >= len(s) || s[axis] != 1 {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("squeeze: %v has no dimension %d of size 1", s, axis))
		}
		return Value{}
	}
	return v.Reshape(append(append([]int(nil), s[:axis]...), s[axis+1:]...)...)
}

// Narrow is size elements from start on along an axis.
func (v Value) Narrow(axis, start, size int) Value {
	s := v.Shape()
	axis = v.axis(axis)
	if axis < 0 || axis >= len(s) {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("narrow: %v has no dimension %d", s, axis))
		}
		return Value{}
	}
	if start == 0 && size == s[axis] {
		return v
	}
	starts, sizes, steps := make([]int, len(s)), append([]int(nil), s...), make([]int, len(s))
	for i := range steps {
		steps[i] = 1
	}
	starts[axis], sizes[axis] = start, size
	return v.op("slice", cpuref.SliceAttrs{Start: cpuref.IntList(starts...), Size: cpuref.IntList(sizes...), Step: cpuref.IntList(steps...)})
}

// Concat puts values behind each other along an axis.
func Concat(axis int, vs ...Value) Value {
	if len(vs) == 0 {
		return Value{}
	}
	if len(vs) == 1 {
		return vs[0]
	}
	return vs[0].op("concat", cpuref.ConcatAttrs{Axis: vs[0].axis(axis)}, vs[1:]...)
}

// Stack puts values of one shape behind each other along a new axis.
func Stack(axis int, vs ...Value) Value {
	up := make([]Value, len(vs))
	for i, v := range vs {
		up[i] = v.Unsqueeze(axis)
	}
	return Concat(axis, up...)
}

// Pack lays float32 values side by side in one flat value, each at the next
// multiple of kernels.FlatAlign elements; optimizers update such values.
func Pack(vs ...Value) Value {
	if len(vs) == 0 || vs[0].g == nil {
		return Value{}
	}
	return vs[0].g.Apply(kernels.Pack, nil, vs...)[0]
}

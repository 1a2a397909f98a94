package graph

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// End, as where a Slice stops, means all that is left: behind the last element,
// or, for a negative step, before the first, which is -End.
const End = math.MaxInt

// Slice is the elements start, start + step, .. before stop along an axis, as
// Python has them: negative places count from the end, those outside mean the
// border, a negative step goes backwards.
func (v Value) Slice(axis, start, stop, step int) Value {
	s := v.Shape()
	at := v.axis(axis)
	if v.g == nil || at < 0 || at >= len(s) || step == 0 {
		return v.fail("slice: %v along axis %d by steps of %d: wants one of its axes, and steps", s, axis, step)
	}
	first, size := kernels.SliceRange(s[at], start, stop, step)
	if first == 0 && size == s[at] && step == 1 {
		return v
	}
	starts, sizes, steps := make([]int, len(s)), append([]int(nil), s...), make([]int, len(s))
	for i := range steps {
		steps[i] = 1
	}
	starts[at], sizes[at], steps[at] = first, size, step
	return v.op("slice", cpuref.SliceAttrs{Start: cpuref.IntList(starts...), Size: cpuref.IntList(sizes...), Step: cpuref.IntList(steps...)})
}

// Narrow is size elements from start on along an axis.
func (v Value) Narrow(axis, start, size int) Value {
	s := v.Shape()
	at := v.axis(axis)
	if v.g == nil || at < 0 || at >= len(s) {
		return v.fail("narrow: %v has no dimension %d", s, axis)
	}
	if start < 0 || size < 0 || start+size > s[at] {
		return v.fail("narrow: %v: dimension %d of size %d has no elements %d to %d", s, at, s[at], start, start+size-1)
	}
	return v.Slice(at, start, start+size, 1)
}

// Select is element i along an axis, which goes away; a negative i counts from
// the end.
func (v Value) Select(axis, i int) Value {
	s := v.Shape()
	at := v.axis(axis)
	if v.g == nil || at < 0 || at >= len(s) || i < -s[at] || i >= s[at] {
		return v.fail("select: %v has no element %d along axis %d", s, i, axis)
	}
	if i < 0 {
		i += s[at]
	}
	return v.Narrow(at, i, 1).Squeeze(at)
}

// Split cuts an axis into pieces of these sizes, which add up to its size.
func (v Value) Split(axis int, sizes ...int) []Value {
	s := v.Shape()
	at, sum := v.axis(axis), 0
	for _, n := range sizes {
		if n < 0 {
			sum = math.MinInt32
		}
		sum += n
	}
	out := make([]Value, len(sizes))
	if v.g == nil || at < 0 || at >= len(s) || sum != s[at] {
		v.fail("split: %v along axis %d into %v: the sizes must add up", s, axis, sizes)
		return out
	}
	start := 0
	for i, n := range sizes {
		out[i] = v.Narrow(at, start, n)
		start += n
	}
	return out
}

// SplitEvery cuts an axis into pieces of that size; the last may be smaller. It
// is torch.split with a number.
func (v Value) SplitEvery(axis, size int) []Value {
	at := v.axis(axis)
	if v.g == nil || at < 0 || at >= len(v.Shape()) || size < 1 {
		v.fail("split: %v along axis %d into pieces of %d", v.Shape(), axis, size)
		return nil
	}
	var sizes []int
	for left := v.Shape()[at]; left > 0; left -= size {
		sizes = append(sizes, min(size, left))
	}
	if sizes == nil {
		sizes = []int{0}
	}
	return v.Split(at, sizes...)
}

// Chunk cuts an axis into at most n pieces of one size; the last may be smaller.
func (v Value) Chunk(axis, n int) []Value {
	at := v.axis(axis)
	if v.g == nil || at < 0 || at >= len(v.Shape()) || n < 1 {
		v.fail("chunk: %v along axis %d into %d pieces", v.Shape(), axis, n)
		return nil
	}
	return v.SplitEvery(at, max(1, (v.Shape()[at]+n-1)/n))
}

// Unbind is the elements along an axis, which goes away.
func (v Value) Unbind(axis int) []Value {
	var out []Value
	for i := range v.Dim(axis) {
		out = append(out, v.Select(axis, i))
	}
	return out
}

// Flip turns axes round, all of them if none is named.
func (v Value) Flip(axes ...int) Value {
	at, ok := v.axes("flip", axes)
	if !ok || v.g == nil {
		return Value{}
	}
	s := v.Shape()
	r := cpuref.ReduceAttrs{Axes: at}
	a := cpuref.SliceAttrs{Start: cpuref.Ints{N: len(s)}, Size: cpuref.IntList(s...), Step: cpuref.Ints{N: len(s)}}
	for d, n := range s {
		a.Step.V[d] = 1
		if r.Has(d) && n > 0 {
			a.Start.V[d], a.Step.V[d] = n-1, -1
		}
	}
	return v.op("slice", a)
}

// Roll moves elements shift places on along an axis; those pushed out come in
// again on the other side.
func (v Value) Roll(axis, shift int) Value {
	at := v.axis(axis)
	if v.g == nil || at < 0 || at >= len(v.Shape()) {
		return v.fail("roll: %v has no axis %d", v.Shape(), axis)
	}
	n := v.Shape()[at]
	if n == 0 || shift%n == 0 {
		return v
	}
	cut := ((-shift % n) + n) % n
	return Concat(at, v.Narrow(at, cut, n-cut), v.Narrow(at, 0, cut))
}

// Diagonal is the elements whose places along two axes differ by offset (second
// less first), as a new last dimension in place of the two.
func (v Value) Diagonal(offset, axis1, axis2 int) Value {
	s := v.Shape()
	a, b := v.axis(axis1), v.axis(axis2)
	if v.g == nil || min(a, b) < 0 || max(a, b) >= len(s) || a == b {
		return v.fail("diagonal: %v has no two axes %d and %d", s, axis1, axis2)
	}
	var perm []int
	var rest tensor.Shape
	for d, n := range s {
		if d != a && d != b {
			perm, rest = append(perm, d), append(rest, n)
		}
	}
	m, n := s[a], s[b]
	size, start := max(0, min(m, n-offset)), offset
	if offset < 0 {
		size, start = max(0, min(m+offset, n)), -offset*n
	}
	if size == 0 {
		start = 0
	}
	flat := v.permuted(append(perm, a, b)).Reshape(join(rest, m*n)...)
	at := diagonalSlice(rest, start, n+1)
	return flat.op("slice", cpuref.SliceAttrs{Start: at.Start, Size: cpuref.IntList(join(rest, size)...), Step: at.Step})
}

// diagonalSlice is, in the last dimension behind others, every step-th element.
func diagonalSlice(rest tensor.Shape, start, step int) cpuref.SliceGradAttrs {
	r := len(rest)
	at := cpuref.SliceGradAttrs{Start: cpuref.Ints{N: r + 1}, Step: cpuref.Ints{N: r + 1}}
	for d := range min(r, cpuref.MaxRank-1) {
		at.Step.V[d] = 1
	}
	if r < cpuref.MaxRank {
		at.Start.V[r], at.Step.V[r] = start, step
	}
	return at
}

// DiagEmbed puts the last dimension on the diagonal at offset of new matrices,
// zeros elsewhere: [.., N] -> [.., N+|offset|, N+|offset|].
func (v Value) DiagEmbed(offset int) Value {
	s := v.Shape()
	if v.g == nil || len(s) == 0 {
		return v.fail("diag_embed: wants at least one dimension")
	}
	rest, n := s[:len(s)-1], s[len(s)-1]
	m := n + max(offset, -offset)
	start := offset
	if offset < 0 {
		start = -offset * m
	}
	if n == 0 {
		start = 0
	}
	at := diagonalSlice(rest, start, m+1)
	at.Shape = cpuref.IntList(join(rest, m*m)...)
	return v.op("slice_grad", at).Reshape(join(rest, m, m)...)
}

// Diag is the diagonal at offset of a matrix, or the matrix of zeros with a
// vector there, as torch.diag.
func (v Value) Diag(offset int) Value {
	switch len(v.Shape()) {
	case 1:
		return v.DiagEmbed(offset)
	case 2:
		return v.Diagonal(offset, 0, 1)
	}
	return v.fail("diag: %v is neither vector nor matrix", v.Shape())
}

// Tril is the lower triangle of matrices [.., M, N], up to the diagonal at
// offset; the rest is 0.
func (v Value) Tril(offset int) Value { return v.triangle("tril", offset, Value.Le) }

// Triu is the upper triangle of matrices [.., M, N], from the diagonal at offset
// on; the rest is 0.
func (v Value) Triu(offset int) Value { return v.triangle("triu", offset, Value.Ge) }

func (v Value) triangle(name string, offset int, keep func(column, row Value) Value) Value {
	s := v.Shape()
	if v.g == nil || len(s) < 2 {
		return v.fail("%s: %v is no matrix", name, s)
	}
	m, n := s[len(s)-2], s[len(s)-1]
	rows := v.g.ArangeInt(offset, m+offset, 1).Reshape(m, 1)
	return keep(v.g.ArangeInt(0, n, 1), rows).Where(v, v.g.full(v.Type().DType, 0))
}

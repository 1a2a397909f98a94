package graph

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Indexes are int32. One below 0, or of the axis's size and more, picks 0 and
// puts nothing anywhere: data that is wrong never reads or writes elsewhere.

// ReverseSequence turns each of v's N sequences, counted by batchAxis, round
// along timeAxis within its own length: lengths is int32[N]. What lies behind a
// length stays where it is.
func (v Value) ReverseSequence(lengths Value, timeAxis, batchAxis int) Value {
	return v.op("reverse_sequence", cpuref.ReverseSequenceAttrs{Time: v.axis(timeAxis), Batch: v.axis(batchAxis)}, lengths)
}

// Gather is, for each place of idx, the element of v at that place, but idx's
// value along the axis. The shape is idx's, which may be smaller than v's.
func (v Value) Gather(axis int, idx Value) Value {
	axis = v.axis(axis)
	for d, n := range idx.Shape() {
		if d != axis && d < len(v.Shape()) && n < v.Dim(d) {
			v = v.Narrow(d, 0, n)
		}
	}
	return v.op("gather", cpuref.AlongAttrs{Axis: axis}, idx)
}

// TakeAlong is Gather where v and idx broadcast but for the axis, as
// torch.take_along_dim.
func (v Value) TakeAlong(axis int, idx Value) Value {
	axis = v.axis(axis)
	vs, is := append([]int{}, v.Shape()...), append([]int{}, idx.Shape()...)
	if len(vs) != len(is) {
		return v.fail("take_along: %v by %v: wants as many dimensions", v.Type(), idx.Type())
	}
	for d := range vs {
		if d != axis {
			vs[d] = max(vs[d], is[d])
			is[d] = vs[d]
		}
	}
	return v.Expand(vs...).op("gather", cpuref.AlongAttrs{Axis: axis}, idx.Expand(is...))
}

// IndexSelect picks slices along an axis by idx, of one dimension.
func (v Value) IndexSelect(axis int, idx Value) Value {
	return v.op("index_select", cpuref.AlongAttrs{Axis: v.axis(axis)}, idx)
}

// Scatter puts the elements of src in v where idx, of no more than src's and v's
// sizes, says along the axis; of equal indexes the last in row-major order wins.
func (v Value) Scatter(axis int, idx, src Value) Value {
	return v.scatter(axis, idx, src, cpuref.ScatterSet)
}

// ScatterValue puts a number in v where idx says along the axis.
func (v Value) ScatterValue(axis int, idx Value, x float64) Value {
	return v.scatter(axis, idx, v.filled(x, idx.Shape()), cpuref.ScatterSet)
}

// ScatterAdd adds the elements of src to v where idx says along the axis.
func (v Value) ScatterAdd(axis int, idx, src Value) Value {
	return v.scatter(axis, idx, src, cpuref.ScatterAdd)
}

// ScatterReduce brings v and src together where idx says along the axis: reduce
// is sum, prod, mean, amax or amin. Without includeSelf what v holds at such a
// place doesn't count.
func (v Value) ScatterReduce(axis int, idx, src Value, reduce string, includeSelf bool) Value {
	how, start := "", 0.0
	switch reduce {
	case "sum", "mean", "add":
		how = cpuref.ScatterAdd
	case "prod", "multiply", "mul":
		how, start = cpuref.ScatterMul, 1
	case "amax", "max":
		how, start = cpuref.ScatterMax, math.Inf(-1)
	case "amin", "min":
		how, start = cpuref.ScatterMin, math.Inf(1)
	default:
		return v.fail("scatter_reduce: reduce is %q, wants sum, prod, mean, amax or amin", reduce)
	}
	from := v
	if !includeSelf {
		from = v.ScatterValue(axis, idx, start)
	}
	y := from.scatter(axis, idx, src, how)
	if reduce == "mean" {
		count := v.filled(1, v.Shape())
		if !includeSelf {
			count = count.ScatterValue(axis, idx, 0)
		}
		y = y.Div(count.ScatterAdd(axis, idx, v.filled(1, idx.Shape())).Maximum(v.filled(1, nil)))
	}
	return y
}

// scatter brings src to idx's sizes, and both to v's with indexes of -1.
func (v Value) scatter(axis int, idx, src Value, how string) Value {
	axis = v.axis(axis)
	for d, n := range idx.Shape() {
		if d < len(src.Shape()) && n < src.Dim(d) {
			src = src.Narrow(d, 0, n)
		}
	}
	for d, n := range v.Shape() {
		if d == axis || d >= len(idx.Shape()) || d >= len(src.Shape()) || idx.Dim(d) >= n {
			continue
		}
		gap := append([]int{}, idx.Shape()...)
		gap[d] = n - idx.Dim(d)
		none := v.g.Const(tensor.FromI32([]int32{-1}, 1)).Expand(gap...)
		zero := v.g.Const(tensor.New(tensor.Type{DType: src.Type().DType, Shape: tensor.Shape{1}})).Expand(gap...)
		idx, src = Concat(d, idx, none), Concat(d, src, zero)
	}
	return v.op("scatter", cpuref.ScatterAttrs{Axis: axis, Reduce: how}, idx, src)
}

// IndexAdd adds the slices of src along an axis to those of v that idx, of one
// dimension, names.
func (v Value) IndexAdd(axis int, idx, src Value) Value {
	return v.ScatterAdd(axis, idx.along(v.axis(axis), src), src)
}

// IndexCopy puts the slices of src along an axis where idx, of one dimension,
// says; of equal indexes the last wins.
func (v Value) IndexCopy(axis int, idx, src Value) Value {
	return v.Scatter(axis, idx.along(v.axis(axis), src), src)
}

// IndexFill fills the slices of v along an axis that idx, of one dimension,
// names with a number.
func (v Value) IndexFill(axis int, idx Value, x float64) Value {
	shape := append([]int{}, v.Shape()...)
	if a := v.axis(axis); a >= 0 && a < len(shape) {
		shape[a] = idx.Shape().Elems()
	}
	return v.IndexCopy(axis, idx, v.filled(x, shape))
}

// along repeats the indexes idx [K] for each line of src along an axis.
func (idx Value) along(axis int, src Value) Value {
	s := src.Shape()
	if len(idx.Shape()) != 1 || axis < 0 || axis >= len(s) || idx.Dim(0) != s[axis] {
		return idx.fail("index: %v along axis %d of %v: wants one int32 index for each slice", idx.Type(), axis, s)
	}
	one := make([]int, len(s))
	for d := range one {
		one[d] = 1
	}
	one[axis] = s[axis]
	return idx.Reshape(one...).Expand(s...)
}

// Index is v[idx0, idx1, ..]: the indexes, which broadcast, each count one of v's
// first dimensions; those left follow theirs.
func (v Value) Index(idx ...Value) Value {
	flat, at, shape := v.flatIndex(idx)
	if !flat.Valid() || !at.Valid() {
		return Value{}
	}
	return flat.IndexSelect(0, at.Reshape(-1)).Reshape(append(append([]int{}, at.Shape()...), shape...)...)
}

// IndexPut is v with v[idx0, idx1, ..] set to src, which broadcasts; or with src
// added, where accumulate is true. Otherwise the last of equal indexes wins.
func (v Value) IndexPut(idx []Value, src Value, accumulate bool) Value {
	flat, at, shape := v.flatIndex(idx)
	if !flat.Valid() || !at.Valid() {
		return Value{}
	}
	src = src.Expand(append(append([]int{}, at.Shape()...), shape...)...).Reshape(append([]int{at.Shape().Elems()}, shape...)...)
	put := flat.IndexCopy
	if accumulate {
		put = flat.IndexAdd
	}
	return put(0, at.Reshape(-1), src).Reshape(v.Shape()...)
}

// flatIndex joins the dimensions that idx count to one, gives the index in that,
// -1 where one is outside its dimension, and the shape of what is left.
func (v Value) flatIndex(idx []Value) (flat, at Value, rest []int) {
	s := v.Shape()
	if len(idx) == 0 || len(idx) > len(s) {
		return v.fail("index: %d indexes for %v", len(idx), v.Type()), Value{}, nil
	}
	ints := func(n int) Value { return v.g.Const(tensor.FromI32([]int32{int32(n)})) }
	var inside Value
	for d, i := range idx {
		ok := i.op("ge", nil, ints(0)).op("logical_and", nil, i.Lt(ints(s[d])))
		if d == 0 {
			at, inside = i, ok
		} else {
			at, inside = at.Mul(ints(s[d])).Add(i), inside.op("logical_and", nil, ok)
		}
	}
	rest = append(rest, s[len(idx):]...)
	flat = v.Reshape(append([]int{s[:len(idx)].Elems()}, rest...)...)
	return flat, inside.Where(at, ints(-1)), rest
}

// OneHot is 1 at v's int32 class along a new last axis of so many classes, else
// 0, all int32; a row of zeros for a class that isn't there.
func (v Value) OneHot(classes int) Value {
	if v.g == nil {
		return v
	}
	return v.Unsqueeze(-1).Eq(v.g.arange(classes)).op("to_int", nil)
}

// arange is the int32 constants 0, 1, .. n-1.
func (g *Graph) arange(n int) Value {
	key := fmt.Sprintf("arange %d", n)
	if made := g.cse[key]; made != nil {
		return Value{g, made.Out[0]}
	}
	t := tensor.New(tensor.I32(max(n, 0)))
	for i := range t.I32 {
		t.I32[i] = int32(i)
	}
	x := g.Const(t)
	g.cse[key] = g.maker[x.ref]
	return x
}

// filled is a float32 constant repeated to a shape.
func (v Value) filled(x float64, shape []int) Value {
	if v.g == nil {
		return v
	}
	c := v.g.Scalar(x)
	if len(shape) == 0 {
		return c
	}
	return c.Expand(shape...)
}

// fail records an error of a method and gives the absent Value.
func (v Value) fail(format string, a ...any) Value {
	if v.g != nil {
		v.g.Fail(fmt.Errorf(format, a...))
	}
	return Value{}
}

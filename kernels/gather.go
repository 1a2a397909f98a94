package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Gather picks elements along an axis, line by line.
var Gather = declare(Op{
	Name: "gather", Torch: "torch.gather", ONNX: "GatherElements",
	Doc:   "Y[o, k, i] = X[o, idx[o, k, i], i], 0 where the index is below 0 or n or more  (X [o.., n, i..], idx [o.., K, i..] int32 -> Y as idx)",
	In:    []Operand{{Name: "X"}, {Name: "idx"}},
	Out:   []Operand{{Name: "Y"}},
	Attrs: cpuref.AlongAttrs{}, Shape: gatherShape,
	CPU:      Plain(cpuref.Gather[float32], cpuref.Gather[float64]),
	Variants: []Variant{{Name: "flat", Kind: Vulkan, When: inRange, Lower: lowerGather}, {Name: "fast", Kind: CPU, Prepare: fast.Gather}},
	Cases: []Case{
		gatherCase(0, 1, 1), gatherCase(0, 7, 5), gatherCase(1, 5, 3, 9), gatherCase(0, 5, 8, 3, 4), gatherCase(1, 33, 17, 2, 5),
		gatherCase(2, 4, 6, 2, 3, 4, 5), gatherCase(0, 0, 3, 2), gatherCase(0, 3, 0, 2), gatherCase(1, 4, 70001, 1),
		{Attrs: cpuref.AlongAttrs{Axis: 1}, In: []tensor.Type{tensor.I32(3, 5), tensor.I32(3, 4)}, Fill: []Filler{FillInts(100), FillInts(5)}},
	},
	Bench: []Case{gatherCase(1, 65, 1, 2048), gatherCase(1, 1024, 1024, 256)},
	Cost:  indexCost, Tol: Exact(),
})

// IndexSelect picks whole slices along an axis.
var IndexSelect = declare(Op{
	Name: "index_select", Torch: "torch.index_select", ONNX: "Gather",
	Doc:   "Y[o, k, i] = X[o, idx[k], i], 0 where the index is below 0 or n or more  (X [o.., n, i..], idx [K] int32 -> Y [o.., K, i..])",
	In:    []Operand{{Name: "X"}, {Name: "idx"}},
	Out:   []Operand{{Name: "Y"}},
	Attrs: cpuref.AlongAttrs{}, Shape: indexSelectShape,
	CPU:      Plain(cpuref.IndexSelect[float32], cpuref.IndexSelect[float64]),
	Variants: []Variant{{Name: "flat", Kind: Vulkan, When: inRange, Lower: lowerGather}, {Name: "fast", Kind: CPU, Prepare: fast.IndexSelect}},
	Cases: []Case{
		indexSelectCase(0, 1, 1), indexSelectCase(0, 9, 5, 8), indexSelectCase(1, 7, 3, 5), indexSelectCase(1, 6, 2, 3, 4),
		indexSelectCase(2, 33, 2, 3, 17, 5), indexSelectCase(0, 0, 3, 2), indexSelectCase(0, 3, 0, 2), indexSelectCase(0, 70001, 4),
		{Attrs: cpuref.AlongAttrs{Axis: 1}, In: []tensor.Type{tensor.I32(3, 5), tensor.I32(4)}, Fill: []Filler{FillInts(100), FillInts(5)}},
	},
	Bench: []Case{indexSelectCase(1, 64, 64, 128, 256)},
	Cost:  indexCost, Tol: Exact(),
})

func init() {
	Gather.SetGrad(func(b Builder, g Grad) []Ref {
		return []Ref{scatterOnZeros(b, g, cpuref.ScatterAdd, b.Type(g.In[0]), g.In[1], g.DOut[0]), NoRef}
	})
	// The rows of each index are added up, as those of an embedding are.
	IndexSelect.SetGrad(func(b Builder, g Grad) []Ref {
		x, axis := b.Type(g.In[0]), g.Attrs.(cpuref.AlongAttrs).Axis
		if x.Elems() == 0 {
			return []Ref{expandTo(b, b.Scalar(0), x.Shape), NoRef}
		}
		dy := moveAxis(b, g.DOut[0], axis, 0)
		first := b.Type(dy).Shape
		dy = reshapeTo(b, dy, tensor.Shape{first[0], first[1:].Elems()})
		dx := b.Apply(EmbeddingGrad, cpuref.EmbeddingGradAttrs{Rows: x.Shape[axis]}, g.In[1], dy)[0]
		dx = reshapeTo(b, dx, append(tensor.Shape{x.Shape[axis]}, first[1:]...))
		return []Ref{moveAxis(b, dx, 0, axis), NoRef}
	})
}

// scatterOnZeros is a scatter on zeros of x's type along the axis of g.
func scatterOnZeros(b Builder, g Grad, reduce string, x tensor.Type, idx, src Ref) Ref {
	axis := g.Attrs.(cpuref.AlongAttrs).Axis
	return b.Apply(Scatter, cpuref.ScatterAttrs{Axis: axis, Reduce: reduce, Size: x.Shape[axis]}, NoRef, idx, src)[0]
}

// moveAxis takes an axis out of its place and puts it in another.
func moveAxis(b Builder, v Ref, from, to int) Ref {
	if from == to {
		return v
	}
	var rest []int
	for d := range b.Type(v).Shape {
		if d != from {
			rest = append(rest, d)
		}
	}
	perm := append(append(append([]int{}, rest[:to]...), from), rest[to:]...)
	return b.Apply(Permute, cpuref.PermuteAttrs{Perm: cpuref.IntList(perm...)}, v)[0]
}

func indexCost(c *Call) Cost {
	return Cost{Bytes: float64(2*c.Out[0].Bytes() + c.In[1].Bytes())}
}

// alongShape checks int32 indexes that are as x but along the axis.
func alongShape(what string, x, idx tensor.Type, axis int) error {
	if err := axisOf(x, axis); err != nil {
		return err
	}
	ok := idx.DType == tensor.Int32 && len(idx.Shape) == len(x.Shape)
	for d := range idx.Shape {
		ok = ok && (d == axis || idx.Shape[d] == x.Shape[d])
	}
	if !ok {
		return fmt.Errorf("%s is %v, wants int32 and the sizes of %v but for axis %d", what, idx, x.Shape, axis)
	}
	return nil
}

func gatherShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	if err := alongShape("idx", in[0], in[1], attrs.(cpuref.AlongAttrs).Axis); err != nil {
		return nil, err
	}
	return []tensor.Type{{DType: in[0].DType, Shape: in[1].Shape}}, nil
}

func indexSelectShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	x, idx, axis := in[0], in[1], attrs.(cpuref.AlongAttrs).Axis
	if err := axisOf(x, axis); err != nil {
		return nil, err
	}
	if idx.DType != tensor.Int32 || len(idx.Shape) != 1 {
		return nil, fmt.Errorf("idx is %v, wants int32 [K]", idx)
	}
	y := append(tensor.Shape{}, x.Shape...)
	y[axis] = idx.Shape[0]
	return []tensor.Type{{DType: x.DType, Shape: y}}, nil
}

func lowerGather(t *Target, c *Call) (Lowered, error) {
	x, axis := c.In[0].Shape, c.Attrs.(cpuref.AlongAttrs).Axis
	count, inner, e, mode := c.Out[0].Elems(), stride(x, axis), 1, 0
	if c.Op.Name == "index_select" {
		mode = 1
		if inner%4 == 0 {
			e = 4
		}
	}
	if count == 0 {
		return Lowered{}, nil
	}
	if x.Elems() == 0 {
		return Lowered{Dispatches: []Dispatch{fillWith(t, Out(0), count, 0)}}, nil
	}
	return Lowered{Dispatches: []Dispatch{
		gatherDispatch(t, e, mode, count/e, x[axis], c.Out[0].Shape[axis], inner/e, In(0), In(1), Out(0), unread(In(0))),
	}}, nil
}

func gatherDispatch(t *Target, e, mode int, count, n, k, inner int, bind ...Bind) Dispatch {
	push := append(words(count, n, k, inner), reciprocals(inner, k)...)
	d := flat(t, fmt.Sprintf("gather_%d", e), count, push, bind...)
	d.Spec = append(d.Spec, uint32(mode))
	return d
}

// reciprocals are what shaders/divide.glsl divides by each number with.
func reciprocals(by ...int) (w []uint32) {
	for _, d := range by {
		mul, shift := reciprocal(d)
		w = append(w, mul, shift)
	}
	return w
}

// gatherCase picks k along an axis of x; some indexes are outside, on both sides.
func gatherCase(axis, k int, x ...int) Case {
	idx := append([]int{}, x...)
	idx[axis] = k
	return Case{
		Attrs: cpuref.AlongAttrs{Axis: axis}, In: []tensor.Type{tensor.F32(x...), tensor.I32(idx...)},
		Fill: []Filler{nil, embeddingIndexes(x[axis], x[axis]+2)},
	}
}

func indexSelectCase(axis, k int, x ...int) Case {
	c := gatherCase(axis, k, x...)
	c.In[1] = tensor.I32(k)
	return c
}

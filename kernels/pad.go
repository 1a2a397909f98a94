package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Pad adds constants around an array, or cuts off.
var Pad = declare(Op{
	Name: "pad", Doc: "Y = X with before and after more elements in each dimension, of one value; fewer than 0 cut off",
	In: []Operand{{Name: "X"}}, Out: []Operand{{Name: "Y"}},
	Attrs: cpuref.PadAttrs{}, Shape: padShape,
	CPU:      Plain(cpuref.Pad[float32], cpuref.Pad[float64]),
	Variants: copies(padCopy, fast.Pad),
	Cases: alsoInts(
		padCase(tensor.Shape{7}, []int{2}, []int{3}, 0.5), padCase(tensor.Shape{7}, []int{-2}, []int{-1}, 0), padCase(tensor.Shape{7}, []int{-2}, []int{3}, -1),
		padCase(tensor.Shape{2, 3, 4}, []int{0, 1, 2}, []int{0, 3, 0}, 0), padCase(tensor.Shape{2, 3, 16}, []int{1, 0, 4}, []int{1, 0, 4}, 2),
		padCase(tensor.Shape{5, 6}, []int{1, -2}, []int{-3, 1}, -2.5), padCase(tensor.Shape{0, 3}, []int{2, 1}, []int{0, 1}, 3),
		padCase(tensor.Shape{3}, []int{-2}, []int{-1}, 0), padCase(tensor.Shape{2}, []int{-3}, []int{2}, 1), padCase(tensor.Shape{1}, []int{64}, []int{64}, 1), padCase(tensor.Shape{}, nil, nil, 0),
		padCase(tensor.Shape{3, 5}, []int{-3, 1}, []int{2, 0}, 4),
	),
	Bench: []Case{padCase(tensor.Shape{32, 64, 56, 56}, []int{0, 0, 1, 1}, []int{0, 0, 1, 1}, 0)},
	Cost:  copyCost, Tol: Exact(), Torch: "torch.nn.functional.pad", ONNX: "Pad",
})

func init() {
	Pad.SetGrad(func(b Builder, g Grad) []Ref {
		at := g.Attrs.(cpuref.PadAttrs)
		back := cpuref.PadAttrs{Before: cpuref.Ints{N: at.Before.N}, After: cpuref.Ints{N: at.After.N}}
		for d := range at.Before.N {
			back.Before.V[d], back.After.V[d] = -at.Before.V[d], -at.After.V[d]
		}
		return b.Apply(Pad, back, g.DOut[0])
	})
}

func padShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	x, at := in[0], attrs.(cpuref.PadAttrs)
	for what, l := range map[string]cpuref.Ints{"before": at.Before, "after": at.After} {
		if err := listed(what, l, len(x.Shape)); err != nil {
			return nil, fmt.Errorf("%v: %w", x.Shape, err)
		}
	}
	y := make(tensor.Shape, len(x.Shape))
	for d, n := range x.Shape {
		if y[d] = n + at.Before.V[d] + at.After.V[d]; y[d] < 0 {
			return nil, fmt.Errorf("%v: dimension %d of size %d can't lose %d and %d elements", x.Shape, d, n, -at.Before.V[d], -at.After.V[d])
		}
	}
	return []tensor.Type{{DType: x.DType, Shape: y}}, nil
}

func padCopy(t *Target, c *Call) []Dispatch {
	x, y := c.In[0].Shape, c.Out[0].Shape
	if y.Elems() == 0 {
		return nil
	}
	at := c.Attrs.(cpuref.PadAttrs)
	word := math.Float32bits(float32(at.Value))
	if !c.Out[0].DType.IsFloat() {
		word = uint32(int32(at.Value))
	}
	from, to := x.Strides(), y.Strides()
	srcOff, dstOff, n := 0, 0, 1
	var ds []copyDim
	for d := range x {
		first, size := at.Kept(d, x[d])
		srcOff += first * from[d]
		dstOff += (first + at.Before.V[d]) * to[d]
		ds = append(ds, copyDim{size, from[d], to[d]})
		n *= size
	}
	var all []Dispatch
	if n < y.Elems() {
		all = fillAll(t, c, Out(0), word)
	}
	return append(all, stridedCopy(t, c, In(0), Out(0), srcOff, dstOff, ds)...)
}

func padCase(x tensor.Shape, before, after []int, value float64) Case {
	a := cpuref.PadAttrs{Before: cpuref.IntList(before...), After: cpuref.IntList(after...), Value: value}
	return shapeCase(a, fmt.Sprintf("by %v and %v with %v", before, after, value), x)
}

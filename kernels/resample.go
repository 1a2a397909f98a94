package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Resample makes each element along an axis of a few others; Taps are its
// tables. The tables of the gradient come with it, so that the gradient is a
// gather too: itself, with the tables exchanged.
var Resample = declare(Op{
	Name:  "resample",
	Doc:   "Y[o, j, i] = Σ_k w[j, k]·X[o, idx[j, k], i], without the k whose index is below 0 or n or more  (X [o.., n, i..], idx and w [J, K], by X's elements back and v [n, L] -> Y [o.., J, i..])",
	In:    []Operand{{Name: "X"}, {Name: "idx"}, {Name: "w"}, {Name: "back"}, {Name: "v"}},
	Out:   []Operand{{Name: "Y"}},
	Attrs: cpuref.AxisAttrs{},
	Shape: resampleShape,
	CPU:   Plain(cpuref.Resample[float32], cpuref.Resample[float64]),
	Variants: []Variant{{
		Name: "flat", Kind: Vulkan, Lower: lowerResample,
		When: func(t *Target, c *Call) bool { return inRange(t, c) && loopFits(t, c.In[1].Shape[1]) },
	}, {Name: "fast", Kind: CPU, Prepare: fast.Resample}},
	Cases: []Case{
		resampleCase("linear", 8, 0, 4), resampleCase("linear", 7, 1, 3, 5), resampleCase("linear", 3, 1, 2, 9, 4),
		resampleCase("nearest", 1, 0, 1), resampleCase("nearest", 20, 2, 2, 3, 10), resampleCase("nearest", 3, 1, 2, 7, 3),
		resampleCase("cubic", 9, 1, 2, 5, 8), resampleCase("cubic", 4, 0, 11), resampleCase("area", 5, 1, 3, 13, 2),
		resampleCase("linear", 6, 1, 0, 3), resampleCase("nearest", 65_537, 0, 1, 2), resampleCase("area", 2, 0, 66_000),
	},
	Bench: []Case{resampleCase("linear", 112, 3, 8, 64, 56, 56), resampleCase("linear", 112, 2, 8, 64, 56, 112)},
	Cost: func(c *Call) Cost {
		return Cost{Flops: 2 * float64(c.Out[0].Elems()*c.In[1].Shape[1]), Bytes: operandBytes(c)}
	},
	Tol:  Sum(8),
	ONNX: "Resize", Torch: "torch.nn.functional.interpolate",
})

func init() {
	Resample.SetGrad(func(b Builder, g Grad) []Ref {
		x, idx, w, back, v, dy := g.In[0], g.In[1], g.In[2], g.In[3], g.In[4], g.DOut[0]
		d := []Ref{NoRef, NoRef, NoRef, NoRef, NoRef}
		if g.Want[0] {
			d[0] = b.Apply(Resample, g.Attrs, dy, back, v, idx, w)[0]
		}
		if g.Want[2] { // dW[j, k] = Σ dY[o, j, i]·X[o, idx[j, k], i]
			axis, table := g.Attrs.(cpuref.AxisAttrs).Axis, b.Type(idx).Shape
			var columns []Ref
			for k := range table[1] {
				column := b.Apply(Slice, cpuref.SliceAttrs{Start: cpuref.IntList(0, k), Size: cpuref.IntList(table[0], 1)}, idx)[0]
				picked := b.Apply(IndexSelect, cpuref.AlongAttrs{Axis: axis}, x, reshapeTo(b, column, table[:1]))[0]
				sum := apply(b, "mul", picked, dy)
				if axes := others(len(b.Type(x).Shape), axis); axes.N > 0 {
					sum = b.Apply(ReduceSum, cpuref.ReduceAttrs{Axes: axes}, sum)[0]
				}
				columns = append(columns, reshapeTo(b, sum, tensor.Shape{table[0], 1}))
			}
			d[2] = b.Apply(Concat, cpuref.ConcatAttrs{Axis: 1}, columns...)[0]
		}
		return d
	})
}

// others are the axes of a rank but for one.
func others(rank, axis int) (l cpuref.Ints) {
	for d := range rank {
		if d != axis {
			l.V[l.N] = d
			l.N++
		}
	}
	return l
}

func resampleShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	x, axis := in[0], attrs.(cpuref.AxisAttrs).Axis
	if err := floatOperand("X", x); err != nil {
		return nil, err
	}
	if axis < 0 || axis >= len(x.Shape) {
		return nil, fmt.Errorf("%v has no axis %d", x.Shape, axis)
	}
	for i := 1; i < 5; i += 2 {
		idx, w := in[i], in[i+1]
		if idx.DType != tensor.Int32 || w.DType != x.DType || len(idx.Shape) != 2 || !idx.Shape.Equal(w.Shape) || idx.Shape[1] == 0 {
			return nil, fmt.Errorf("tables %v and %v: wants int32 and %v, [elements, taps] both", idx, w, x.DType)
		}
	}
	if n := in[3].Shape[0]; n != x.Shape[axis] {
		return nil, fmt.Errorf("%v along axis %d: the gradient's tables have %d elements", x.Shape, axis, n)
	}
	y := append(tensor.Shape{}, x.Shape...)
	y[axis] = in[1].Shape[0]
	return []tensor.Type{{DType: x.DType, Shape: y}}, nil
}

func lowerResample(t *Target, c *Call) (Lowered, error) {
	x, axis := c.In[0].Shape, c.Attrs.(cpuref.AxisAttrs).Axis
	table := c.In[1].Shape
	inner := x[axis+1:].Elems()
	e := rowElems(inner)
	n := c.Out[0].Elems() / e
	if n == 0 {
		return Lowered{}, nil
	}
	push := words(x[axis], table[0], table[1], inner/e, n)
	return Lowered{Dispatches: []Dispatch{flat(t, fmt.Sprintf("resample_%d", e), n, push, In(0), In(1), In(2), Out(0))}}, nil
}

func resampleCase(mode string, to, axis int, shape ...int) Case {
	taps, err := ResizeTaps(mode, max(shape[axis], 1), to, 0, false, false)
	if err != nil {
		panic("kernels: case of resample: " + err.Error())
	}
	idx, w := taps.Tensors()
	back, v := taps.Transposed().Tensors()
	given := func(t *tensor.Tensor) Filler {
		return func(rng *tensor.Philox, to *tensor.Tensor) {
			if !to.Shape.Equal(t.Shape) {
				FillDefault(rng, to)
				return
			}
			copy(to.F32, t.F32)
			copy(to.I32, t.I32)
		}
	}
	return Case{
		Name:  fmt.Sprintf("%v axis %d to %d %s", shape, axis, to, mode),
		Attrs: cpuref.AxisAttrs{Axis: axis},
		In:    []tensor.Type{tensor.F32(shape...), idx.Type, w.Type, back.Type, v.Type},
		Fill:  []Filler{nil, given(idx), given(w), given(back), given(v)},
	}
}

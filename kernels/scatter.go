package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Scatter puts sources where indexes say.
var Scatter = declare(Op{
	Name: "scatter", Torch: "torch.scatter", ONNX: "ScatterElements",
	Doc: "Y = X (absent: zeros), then for k upward Y[o, idx[o, k, i], i] = src[o, k, i], or with reduce (add, mul, amax, amin) both brought together: " +
		"the last of equal indexes is set; those below 0 or of n and more are passed over  (X [o.., n, i..], idx and src [o.., K, i..] -> Y as X)",
	In:    []Operand{{Name: "X", Optional: true}, {Name: "idx"}, {Name: "src"}},
	Out:   []Operand{{Name: "Y"}},
	Attrs: cpuref.ScatterAttrs{}, Shape: scatterShape,
	CPU: Plain(cpuref.Scatter[float32], cpuref.Scatter[float64]),
	Variants: []Variant{
		{Name: "lines", Kind: Vulkan, When: func(t *Target, c *Call) bool { return inRange(t, c) && scatterByLines(t, c) },
			Lower: func(t *Target, c *Call) (Lowered, error) { return lowerScatter(t, c, false), nil }},
		{Name: "scan", Kind: Vulkan, When: inRange,
			Lower: func(t *Target, c *Call) (Lowered, error) { return lowerScatter(t, c, true), nil }},
	},
	Cases: scatterCases(),
	Bench: []Case{scatterCase(cpuref.ScatterAdd, 1, 256, 1024, 1024), scatterCase(cpuref.ScatterAdd, 0, 2048, 50000)},
	Cost: func(c *Call) Cost {
		return Cost{Flops: float64(c.In[2].Elems()), Bytes: operandBytes(c)}
	},
	Tol: Sum(4),
})

// ScatterGrad is the gradient of what scatter sets.
var ScatterGrad = declare(Op{
	Name:  "scatter_grad",
	Doc:   "dSrc[o, k, i] = dY[o, r, i] for r = idx[o, k, i], if no later index of the line is r, else 0  (dY [o.., n, i..], idx [o.., K, i..] int32 -> dSrc as idx)",
	In:    []Operand{{Name: "dY"}, {Name: "idx"}},
	Out:   []Operand{{Name: "dSrc"}},
	Attrs: cpuref.AlongAttrs{},
	Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
		if err := floatOperand("dY", in[0]); err != nil {
			return nil, err
		}
		return gatherShape(attrs, in)
	},
	CPU: CPUBody{F32: cpuref.ScatterGrad[float32], F64: cpuref.ScatterGrad[float64]},
	Variants: []Variant{
		{Name: "lines", Kind: Vulkan, When: func(t *Target, c *Call) bool { return inRange(t, c) && scatterByLines(t, c) },
			Lower: func(t *Target, c *Call) (Lowered, error) { return lowerScatterGrad(t, c, false), nil }},
		{Name: "scan", Kind: Vulkan, When: inRange,
			Lower: func(t *Target, c *Call) (Lowered, error) { return lowerScatterGrad(t, c, true), nil }},
	},
	Cases: []Case{gatherCase(0, 1, 1), gatherCase(0, 7, 5), gatherCase(1, 9, 3, 4), gatherCase(1, 5, 2, 3, 6), gatherCase(0, 0, 3), gatherCase(0, 3, 0), gatherCase(0, 140, 60, 2)},
	Bench: []Case{gatherCase(1, 256, 1024, 1024)},
	Cost:  indexCost, Tol: Exact(),
})

func scatterCases() []Case {
	cs := []Case{
		scatterCase(cpuref.ScatterSet, 0, 1, 1), scatterCase(cpuref.ScatterSet, 1, 9, 3, 4), scatterCase(cpuref.ScatterSet, 0, 140, 60, 2),
		scatterCase(cpuref.ScatterAdd, 0, 7, 5), scatterCase(cpuref.ScatterAdd, 1, 65, 3, 17, 5), scatterCase(cpuref.ScatterAdd, 0, 0, 3, 2), scatterCase(cpuref.ScatterAdd, 0, 3, 0),
		scatterCase(cpuref.ScatterAdd, 0, 40000, 2), scatterCase(cpuref.ScatterMul, 1, 4, 5, 3), scatterCase(cpuref.ScatterMax, 1, 33, 5, 16, 2), scatterCase(cpuref.ScatterMin, 0, 33, 7, 3),
	}
	zeros := scatterCase(cpuref.ScatterAdd, 1, 6, 5, 4, 3)
	zeros.In[0], zeros.Attrs = tensor.Type{}, cpuref.ScatterAttrs{Axis: 1, Reduce: cpuref.ScatterAdd, Size: 4}
	cs = append(cs, zeros)
	for _, how := range []string{cpuref.ScatterSet, cpuref.ScatterAdd, cpuref.ScatterMin} {
		ints := scatterCase(how, 0, 9, 5, 3)
		ints.In[0].DType, ints.In[2].DType = tensor.Int32, tensor.Int32
		ints.Fill[0], ints.Fill[2] = FillInts(50), FillInts(50)
		cs = append(cs, ints)
	}
	return cs
}

func scatterCase(reduce string, axis, k int, x ...int) Case {
	c := gatherCase(axis, k, x...)
	return Case{
		Name:  fmt.Sprintf("%s %v by %v along %d", reduce, c.In[0].Shape, c.In[1].Shape, axis),
		Attrs: cpuref.ScatterAttrs{Axis: axis, Reduce: reduce},
		In:    []tensor.Type{c.In[0], c.In[1], tensor.F32(c.In[1].Shape...)},
		Fill:  []Filler{nil, c.Fill[1], nil},
	}
}

func scatterShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	a, x, idx, src := attrs.(cpuref.ScatterAttrs), in[0], in[1], in[2]
	if scatterOp(a.Reduce) < 0 {
		return nil, fmt.Errorf("reduce is %q, wants add, mul, amax, amin or nothing, which sets", a.Reduce)
	}
	if src.DType == tensor.Bool && a.Reduce != cpuref.ScatterSet {
		return nil, fmt.Errorf("%s of bools: they can only be set", a.Reduce)
	}
	if !idx.Shape.Equal(src.Shape) {
		return nil, fmt.Errorf("idx is %v and src %v, wants the same shape", idx, src)
	}
	if err := axisOf(src, a.Axis); err != nil {
		return nil, err
	}
	if !x.Present() {
		if a.Size < 0 || a.Reduce != cpuref.ScatterSet && a.Reduce != cpuref.ScatterAdd {
			return nil, fmt.Errorf("operand X is absent: wants a size for axis %d that isn't negative, and to set or to add", a.Axis)
		}
		x = tensor.Type{DType: src.DType, Shape: append(tensor.Shape{}, src.Shape...)}
		x.Shape[a.Axis] = a.Size
	} else if a.Size != 0 && a.Size != x.Shape[min(a.Axis, len(x.Shape)-1)] {
		return nil, fmt.Errorf("size %d for X %v", a.Size, x.Shape)
	}
	if x.DType != src.DType {
		return nil, fmt.Errorf("operand X is %v and src %v, wants one dtype", x, src)
	}
	if err := alongShape("idx", x, idx, a.Axis); err != nil {
		return nil, err
	}
	return []tensor.Type{x}, nil
}

// scatterOp is the shader's number for what becomes of two values; -1 if there
// is no such thing.
func scatterOp(reduce string) int {
	for i, r := range []string{cpuref.ScatterSet, cpuref.ScatterAdd, cpuref.ScatterMul, cpuref.ScatterMax, cpuref.ScatterMin} {
		if r == reduce {
			return i
		}
	}
	return -1
}

const (
	scatterPlace = 5       // the shader's number for setting places
	scatterLoop  = 1 << 14 // sources an invocation goes along in a dispatch
)

// scatterByLines tells where an invocation a line is the better way: on software
// devices, for many lines, and where searching would take too long.
func scatterByLines(t *Target, c *Call) bool {
	y, idx, axis := c.Out[0], c.In[1], 0
	switch a := c.Attrs.(type) {
	case cpuref.ScatterAttrs:
		axis = a.Axis
	case cpuref.AlongAttrs:
		y, axis = c.In[0], a.Axis
	}
	lines := y.Elems() / max(1, y.Shape[axis])
	return t.Software || lines >= 256 || y.Elems()*idx.Shape[axis] > 1<<28
}

// scatterDispatches go along k sources of each line of a result of that shape.
func scatterDispatches(t *Target, op int, ints, scan bool, shape tensor.Shape, axis, k int, idx, src, to Bind) []Dispatch {
	count, inner := shape.Elems(), stride(shape, axis)
	if count == 0 {
		return nil
	}
	if !scan {
		count /= shape[axis]
	}
	var all []Dispatch
	for first := 0; first < k; first += scatterLoop {
		d := flat(t, "scatter", count, words(count, shape[axis], k, inner, first, min(first+scatterLoop, k)), idx, src, to)
		d.Spec = append(d.Spec, uint32(op), truth(ints), truth(scan))
		all = append(all, d)
	}
	return all
}

func lowerScatter(t *Target, c *Call, scan bool) Lowered {
	a, y := c.Attrs.(cpuref.ScatterAttrs), c.Out[0]
	n := y.Elems()
	if n == 0 {
		return Lowered{}
	}
	low := Lowered{Dispatches: []Dispatch{fillWith(t, Out(0), n, 0)}}
	if c.In[0].Present() {
		low.Dispatches = []Dispatch{{Bind: []Bind{In(0), Out(0)}}}
	}
	low.Dispatches = append(low.Dispatches, scatterDispatches(t, scatterOp(a.Reduce), !y.DType.IsFloat(), scan, y.Shape, a.Axis, c.In[1].Shape[a.Axis], In(1), In(2), Out(0).RW())...)
	return low
}

func lowerScatterGrad(t *Target, c *Call, scan bool) Lowered {
	dy, ds, axis := c.In[0].Shape, c.Out[0], c.Attrs.(cpuref.AlongAttrs).Axis
	if ds.Elems() == 0 {
		return Lowered{}
	}
	if dy.Elems() == 0 {
		return Lowered{Dispatches: []Dispatch{fillWith(t, Out(0), ds.Elems(), 0)}}
	}
	k, last := ds.Shape[axis], Work(0)
	low := Lowered{Work: []int{4 * dy.Elems()}, Dispatches: []Dispatch{fillWith(t, last.WO(), dy.Elems(), 0)}}
	low.Dispatches = append(low.Dispatches, scatterDispatches(t, scatterPlace, true, scan, dy, axis, k, In(1), unread(In(1)), last)...)
	low.Dispatches = append(low.Dispatches, gatherDispatch(t, 1, 2, ds.Elems(), dy[axis], k, stride(dy, axis), In(0), In(1), Out(0), last.RO()))
	return low
}

package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// PackName is the op that the plan computes in place where it can.
const PackName = "pack"

// Pack lays values side by side, each at the next multiple of FlatAlign
// elements, with zeros between. The plan lets the values be computed in their
// place, so that as a rule nothing is copied, and gives the result memory that is
// zeroed when it is made and that nothing else uses: a kernel writes no padding.
var Pack = declare(Op{
	Name: PackName,
	Doc:  "flat = x0, 0.., x1, 0.., ...: values side by side, each at a multiple of 64 elements",
	In:   []Operand{{Name: "x", Variadic: true}},
	Out:  []Operand{{Name: "flat"}},
	Shape: func(_ any, in []tensor.Type) ([]tensor.Type, error) {
		flat := tensor.F32(0)
		for i, t := range in {
			if !t.DType.IsFloat() || t.DType != in[0].DType {
				return nil, fmt.Errorf("operand %d is %v: wants floats of one type, operand 0 is %v", i, t, in[0])
			}
			flat.DType = t.DType
			flat.Shape[0] += FlatPad(t.Elems())
		}
		return []tensor.Type{flat}, nil
	},
	NoGrad: "it packs gradients for the optimizer",
	CPU:    Plain(cpuref.Pack[float32], cpuref.Pack[float64]),
	Variants: []Variant{{Name: "copy", Kind: Vulkan, Lower: func(_ *Target, c *Call) (Lowered, error) {
		var low Lowered
		off := 0
		for i, t := range c.In {
			if n := t.Elems(); n > 0 {
				low.Dispatches = append(low.Dispatches, Dispatch{Bind: []Bind{In(i), Out(0).Part(off, n)}})
			}
			off += FlatPad(t.Elems())
		}
		return low, nil
	}}},
	Cases: []Case{
		{In: []tensor.Type{tensor.F32(3, 5), tensor.F32(64), tensor.F32(65), tensor.F32()}},
		{In: []tensor.Type{tensor.F32(7)}},
	},
	Cost: func(c *Call) Cost { return Cost{Bytes: float64(c.Out[0].Bytes())} },
	Tol:  Exact(),
})

package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Uniform draws random numbers. Attributes: cpuref.UniformAttrs.
var Uniform = declare(Op{
	Name: "uniform", Doc: "U in [0, 1): element 4b+i is word i of Philox4x32-10 block b, >> 8, / 2^24; key (seed, step), counter's high half the draw's number: the same bits on every device",
	In: []Operand{{Name: "seed"}}, Out: []Operand{{Name: "U"}},
	Attrs: cpuref.UniformAttrs{}, Shape: uniformShape, Random: true,
	CPU:      Plain(cpuref.Uniform[float32], cpuref.Uniform[float64]),
	Variants: []Variant{{Name: "flat", Kind: Vulkan, Lower: lowerUniform}},
	Cases:    []Case{uniformCase(0), uniformCase(0, 1), uniformCase(1, 5), uniformCase(7, 3, 1031), uniformCase(2, 0, 3), uniformCase(1<<30+5, 70003)},
	Bench:    []Case{uniformCase(1, 1<<20)},
	Cost:     func(c *Call) Cost { return Cost{Flops: 20 * float64(c.Out[0].Elems()), Bytes: operandBytes(c)} },
	Tol:      Exact(), NoGrad: "a random draw depends on no float",
	Torch: "torch.rand",
})

func uniformShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	if !in[0].Equal(tensor.I32(2)) {
		return nil, fmt.Errorf("seed is %v, wants int32[2]: seed and step", in[0])
	}
	shape, err := sizes(attrs.(cpuref.UniformAttrs).Shape)
	if err != nil {
		return nil, err
	}
	return []tensor.Type{tensor.F32(shape...)}, nil
}

func uniformCase(seq int, shape ...int) Case {
	return Case{
		Name: fmt.Sprintf("%v draw %d", shape, seq), In: []tensor.Type{tensor.I32(2)},
		Attrs: cpuref.UniformAttrs{Shape: cpuref.IntList(shape...), Seq: seq},
		Fill: []Filler{func(rng *tensor.Philox, t *tensor.Tensor) {
			for i := range t.I32 {
				t.I32[i] = int32(rng.Uint32())
			}
		}},
	}
}

func lowerUniform(t *Target, c *Call) (Lowered, error) {
	n, seq := c.Out[0].Elems(), uint64(c.Attrs.(cpuref.UniformAttrs).Seq)
	if n == 0 {
		return Lowered{}, nil
	}
	push := []uint32{uint32(n), uint32(seq), uint32(seq >> 32)}
	return Lowered{Dispatches: []Dispatch{flat(t, "uniform", parts(n, 4), push, In(0), Out(0))}}, nil
}

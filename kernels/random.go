package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Random draws: pure functions of the run's seed and step, the draw's number and
// the element's, so that they are the same in any order and on any device.
// Attributes: cpuref.UniformAttrs, cpuref.DropoutAttrs.
var (
	Uniform = declare(Op{
		Name: "uniform", Doc: "U in [0, 1): element 4b+i is word i of Philox4x32-10 block b, >> 8, / 2^24; key (seed, step), counter's high half the draw's number: the same bits on every device",
		In: []Operand{{Name: "seed"}}, Out: []Operand{{Name: "U"}},
		Attrs: cpuref.UniformAttrs{}, Shape: uniformShape, Random: true,
		CPU:      Plain(cpuref.Uniform[float32], cpuref.Uniform[float64]),
		Variants: draws("uniform", fast.Uniform),
		Cases:    uniformCases(), Bench: []Case{uniformCase(1, 1<<20)},
		Cost: drawCost(20), Tol: Exact(), NoGrad: "a random draw depends on no float",
		Torch: "torch.rand",
	})
	Normal = declare(Op{
		Name: "normal", Doc: "Z standard normal: elements 4b to 4b+3 by Box and Muller from the words of Philox block b, as uniform's; within 4 ulp of the oracle on every device",
		In: []Operand{{Name: "seed"}}, Out: []Operand{{Name: "Z"}},
		Attrs: cpuref.UniformAttrs{}, Shape: uniformShape, Random: true,
		CPU:      Plain(cpuref.Normal[float32], cpuref.Normal[float64]),
		Variants: draws("normal", fast.Normal),
		Cases:    uniformCases(), Bench: []Case{uniformCase(1, 1<<20)},
		Cost: drawCost(40), Tol: ULP(4), NoGrad: "a random draw depends on no float",
		Torch: "torch.randn",
	})
	// Dropout stores no mask: its gradient is itself with the same draw.
	Dropout = declare(Op{
		Name: "dropout", Doc: "y_i = x_i/(1-p) where uniform number i of the draw is at least p, else x_i·0",
		In: []Operand{{Name: "x"}, {Name: "seed"}}, Out: []Operand{{Name: "y"}},
		Attrs: cpuref.DropoutAttrs{}, Shape: dropoutShape,
		CPU:      Plain(cpuref.Dropout[float32], cpuref.Dropout[float64]),
		Variants: draws("dropout", fast.Dropout),
		Cases: []Case{
			dropoutCase(0.5, 0), dropoutCase(0.1, 0, 1), dropoutCase(0.25, 1, 5), dropoutCase(0.9, 7, 3, 1031), dropoutCase(0.5, 2, 0, 3),
			dropoutCase(0, 3, 33), dropoutCase(1, 4, 33), dropoutCase(0.3, 1<<30+5, 2, 4, 64),
		},
		Bench: []Case{dropoutCase(0.5, 1, 1<<20)},
		Cost:  drawCost(20), Tol: ULP(1), Torch: "torch.nn.functional.dropout", ONNX: "Dropout",
	})
)

func init() {
	Dropout.SetGrad(func(b Builder, g Grad) []Ref {
		return []Ref{b.Apply(Dropout, g.Attrs, g.DOut[0], g.In[1])[0], NoRef}
	})
}

func drawCost(flops float64) func(c *Call) Cost {
	return func(c *Call) Cost {
		return Cost{Flops: flops * float64(c.Out[0].Elems()), Bytes: operandBytes(c)}
	}
}

func uniformShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	if err := seedOperand(in[0]); err != nil {
		return nil, err
	}
	shape, err := sizes(attrs.(cpuref.UniformAttrs).Shape)
	if err != nil {
		return nil, err
	}
	return []tensor.Type{tensor.F32(shape...)}, nil
}

func dropoutShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	if err := floatOperand("x", in[0]); err != nil {
		return nil, err
	}
	if p := attrs.(cpuref.DropoutAttrs).P; !(p >= 0 && p <= 1) {
		return nil, fmt.Errorf("p is %v, wants a probability from 0 to 1", p)
	}
	return []tensor.Type{in[0]}, seedOperand(in[1])
}

func seedOperand(t tensor.Type) error {
	if !t.Equal(tensor.I32(2)) {
		return fmt.Errorf("seed is %v, wants int32[2]: seed and step", t)
	}
	return nil
}

func fillSeed(rng *tensor.Philox, t *tensor.Tensor) {
	for i := range t.I32 {
		t.I32[i] = int32(rng.Uint32())
	}
}

func uniformCase(seq int, shape ...int) Case {
	return Case{
		Name: fmt.Sprintf("%v draw %d", shape, seq), In: []tensor.Type{tensor.I32(2)},
		Attrs: cpuref.UniformAttrs{Shape: cpuref.IntList(shape...), Seq: seq}, Fill: []Filler{fillSeed},
	}
}

func uniformCases() []Case {
	return []Case{uniformCase(0), uniformCase(0, 1), uniformCase(1, 5), uniformCase(7, 3, 1031), uniformCase(2, 0, 3), uniformCase(1<<30+5, 70003)}
}

func dropoutCase(p float64, seq int, shape ...int) Case {
	return Case{
		Name: fmt.Sprintf("%v %v draw %d", p, shape, seq), In: []tensor.Type{tensor.F32(shape...), tensor.I32(2)},
		Attrs: cpuref.DropoutAttrs{P: p, Seq: seq}, Fill: []Filler{nil, fillSeed},
	}
}

// draws are the variants of an op whose element i depends on random word i.
func draws(shader string, body Prepare[float32]) []Variant {
	return []Variant{
		{Name: "flat", Kind: Vulkan, Lower: func(t *Target, c *Call) (Lowered, error) { return lowerDraw(t, c, shader), nil }},
		{Name: "fast", Kind: CPU, Prepare: body},
	}
}

// lowerDraw goes in windows where an operand is larger than a binding may be.
func lowerDraw(t *Target, c *Call, shader string) Lowered {
	var low Lowered
	var seq, cut, scale uint32
	var high uint32
	switch a := c.Attrs.(type) {
	case cpuref.UniformAttrs:
		seq, high = uint32(a.Seq), uint32(uint64(a.Seq)>>32)
	case cpuref.DropoutAttrs:
		seq, high = uint32(a.Seq), uint32(uint64(a.Seq)>>32)
		cut, scale = a.Cut(), math.Float32bits(a.Scale())
	}
	n := c.Out[0].Elems()
	limit := t.MaxStorageRange / 4 / FlatAlign * FlatAlign
	if limit == 0 {
		limit = max(n, 1)
	}
	for off := 0; off < n; off += limit {
		size := min(limit, n-off)
		bind := []Bind{In(len(c.In) - 1), Out(0)}
		if len(c.In) > 1 {
			bind = append(bind, In(0))
		}
		if size < n {
			for i := range bind[1:] {
				bind[1+i] = bind[1+i].Part(off, size)
			}
		}
		push := []uint32{uint32(size), seq, high, uint32(off / 4), cut, scale}
		low.Dispatches = append(low.Dispatches, flat(t, shader, parts(size, 4), push, bind...))
	}
	return low
}

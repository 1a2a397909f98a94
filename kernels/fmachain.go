package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// FMAChain is arithmetic and nearly nothing else: with many steps it runs at the
// rate a device multiplies and adds at, which cmd/bench measures with it.
var FMAChain = declare(fmaChain(Op{
	Name: "fma_chain",
	Doc:  "Y = X after steps times y = a·y + b  (X float, steps at least 1)",
	Variants: []Variant{
		fmaChainVariant("vec4", nil),
		fmaChainVariant("scalar", nil),
		{Name: "fast", Kind: CPU, Prepare: fast.FMAChain},
	},
	Tol: Max(4),
}))

// FMAChainHalf is FMAChain for the rate in float16.
var FMAChainHalf = declare(fmaChain(Op{
	Name: "fma_chain_half",
	Doc:  "Y = X after steps times y = a·y + b, in float16 where the device computes in it  (X float, steps at least 1)",
	Variants: []Variant{
		fmaChainVariant("half", func(t *Target) bool { return t.Float16 }),
		fmaChainVariant("vec4", nil),
		{Name: "fast", Kind: CPU, Prepare: fast.FMAChain},
	},
	Tol: Max(4 << 13), // as float32's, at 2^-11 for 2^-24
}))

func fmaChain(op Op) Op {
	op.In, op.Out = []Operand{{Name: "X"}}, []Operand{{Name: "Y"}}
	op.NoGrad = "it measures a device, nothing is learnt through it"
	op.Attrs = cpuref.FMAChainAttrs{}
	op.Shape = func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
		if at := attrs.(cpuref.FMAChainAttrs); at.Steps < 1 {
			return nil, fmt.Errorf("%d steps, wants 1 or more", at.Steps)
		}
		if !in[0].DType.IsFloat() {
			return nil, fmt.Errorf("operand X is %v, wants floats", in[0])
		}
		return in[:1], nil
	}
	op.CPU = Plain(cpuref.FMAChain[float32], cpuref.FMAChain[float64])
	op.Cost = func(c *Call) Cost {
		n, steps := float64(c.In[0].Elems()), float64(c.Attrs.(cpuref.FMAChainAttrs).Steps)
		return Cost{Flops: 2 * n * steps, Bytes: float64(c.In[0].Bytes() + c.Out[0].Bytes())}
	}
	op.Cases = []Case{
		fmaChainCase(0.5, 1, 3, 1), fmaChainCase(0.5, 1, 16, 12), fmaChainCase(-0.75, 1.25, 21, 7, 11), fmaChainCase(-1, 1, 8, 800),
		fmaChainCase(0.5, -1, 1, 0), fmaChainCase(-1, 2, 4097, 70),
	}
	op.Bench = []Case{fmaChainCase(-1, 1, 1024, 1<<16)}
	return op
}

func fmaChainCase(a, b float64, steps int, shape ...int) Case {
	return Case{
		Name:  fmt.Sprintf("%v by %d", tensor.Shape(shape), steps),
		Attrs: cpuref.FMAChainAttrs{Steps: steps, A: a, B: b},
		In:    []tensor.Type{tensor.F32(shape...)},
		Fill:  []Filler{FillRange(1, 2)},
	}
}

// fmaChainOf is how many elements an invocation keeps in registers.
const fmaChainOf = 12

func fmaChainVariant(name string, needs func(*Target) bool) Variant {
	return Variant{
		Name: name, Kind: Vulkan,
		When: func(t *Target, c *Call) bool {
			at := c.Attrs.(cpuref.FMAChainAttrs)
			return c.In[0].Bytes() <= t.MaxStorageRange && (needs == nil || needs(t)) && (t.MaxLoop == 0 || at.Steps/8+8 < t.MaxLoop)
		},
		Lower: func(t *Target, c *Call) (Lowered, error) {
			at, n := c.Attrs.(cpuref.FMAChainAttrs), c.In[0].Elems()
			if n == 0 {
				return Lowered{}, nil
			}
			push := []uint32{uint32(n), uint32(at.Steps), math.Float32bits(float32(at.A)), math.Float32bits(float32(at.B))}
			return Lowered{Dispatches: []Dispatch{flat(t, "fma_chain_"+name, parts(n, fmaChainOf), push, In(0), Out(0))}}, nil
		},
	}
}

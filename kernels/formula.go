package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Detach is its input without a gradient.
var Detach = declare(Op{
	Name: "detach", Doc: "Y = X; no gradient passes", Torch: "Tensor.detach", ONNX: "Identity", View: true,
	In: []Operand{{Name: "X"}}, Out: []Operand{{Name: "Y"}},
	Shape: func(_ any, in []tensor.Type) ([]tensor.Type, error) { return in[:1:1], nil },
	Grad:  func(Builder, Grad) []Ref { return []Ref{NoRef} },
})

// FormulaOp is any elementwise function, by its text: gradients of gradients,
// and what a plan fuses. Floats alike, 4 operands at most on Vulkan.
var FormulaOp = declare(Op{
	Name: "formula", Doc: "Y = the attributes' formula of the operands",
	In: []Operand{{Name: "X", Variadic: true}}, Out: []Operand{{Name: "Y"}},
	Attrs: FormulaAttrs{},
	Norm: func(attrs any) any {
		a := attrs.(FormulaAttrs)
		return a
	},
	Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
		f, err := parseFormula(attrs.(FormulaAttrs).Formula)
		if err != nil {
			return nil, err
		}
		return elementwiseShape("formula", []*form{f})(nil, in)
	},
	Grad: func(b Builder, g Grad) []Ref { return elementwiseGrad(b, g, formOf(g.Attrs)) },
	CPU: CPUBody{
		F32: func(a *cpuref.Args[float32]) func() { return prepare[float32](formOf(a.Attrs))(a) },
		F64: func(a *cpuref.Args[float64]) func() { return prepare[float64](formOf(a.Attrs))(a) },
	},
	Variants: formulaVariants(),
	Cases: []Case{
		formulaCase("x, y, p:attr -> t = tanh(x*p); where(t < y, t, y)", Params{0.5}, tensor.Shape{33, 17}, tensor.Shape{17}),
		formulaCase("x, y, z, w -> (x + y)*(z - w)", Params{}, tensor.Shape{3, 5, 8}, tensor.Shape{5, 1}, tensor.Shape{8}, tensor.Shape{}),
	},
	Cost: func(c *Call) Cost { return Cost{Flops: float64(c.Out[0].Elems()), Bytes: operandBytes(c)} },
	Tol:  Max(8),
})

// formOf is the function that checked attributes name.
func formOf(attrs any) []*form {
	f, err := parseFormula(attrs.(FormulaAttrs).Formula)
	if err != nil {
		panic(fmt.Sprintf("formula: a call without a shape check: %v", err))
	}
	return []*form{f}
}

func formulaVariants() []Variant {
	vs := elementwiseVariants(nil)
	for i := range vs {
		if vs[i].Kind == CPU {
			vs[i].Prepare = func(a *cpuref.Args[float32]) func() { return prepareFast(formOf(a.Attrs))(a) }
			continue
		}
		vec := vs[i].Name == "vec4"
		vs[i].Lower = func(t *Target, c *Call) (Lowered, error) {
			return lowerElementwise(t, c, formOf(c.Attrs)[0].f, vec)
		}
	}
	return vs
}

func formulaCase(text string, p Params, shapes ...tensor.Shape) Case {
	c := Case{Name: text, Attrs: FormulaAttrs{text, p}}
	for _, s := range shapes {
		c.In = append(c.In, tensor.F32(s...))
	}
	return c
}

package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// The elementwise ops, over operands that broadcast as NumPy's do. A line is an
// op: CPU loops, shader and gradient follow from the formula. Tolerances are
// what math.glsl and the vector maths were measured to need, and 2.5 ulp for a
// division; Max where a formula's terms cancel.
var (
	positive = FillRange(0.01, 4)
	unit     = FillRange(-0.999, 0.999)

	_ = elementwise(elementwiseOp{name: "neg", formula: "x -> -x", torch: "torch.neg", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "add", formula: "a, b -> a + b", torch: "torch.add", tol: ULP(1), ints: true})
	_ = elementwise(elementwiseOp{name: "sub", formula: "a, b -> a - b", torch: "torch.sub", tol: ULP(1), ints: true})
	_ = elementwise(elementwiseOp{name: "mul", formula: "a, b -> a*b", torch: "torch.mul", tol: ULP(1), ints: true})
	_ = elementwise(elementwiseOp{name: "div", formula: "a, b -> a/b", torch: "torch.div", tol: ULP(4), gradTol: ULP(5)})
	_ = elementwise(elementwiseOp{name: "pow", formula: "a, b -> pow(a, b)", torch: "torch.pow", tol: ULP(5), gradTol: ULP(8), fill: positive})
	_ = elementwise(elementwiseOp{name: "square", formula: "x -> x*x", torch: "torch.square", tol: ULP(1), grads: []string{"x, dy -> 2*x*dy"}})
	_ = elementwise(elementwiseOp{name: "reciprocal", formula: "x -> 1/x", torch: "torch.reciprocal", tol: ULP(3), grads: []string{"y, dy -> -dy*y*y"}})
	_ = elementwise(elementwiseOp{name: "sqrt", formula: "x -> sqrt(x)", torch: "torch.sqrt", tol: ULP(3), fill: positive})
	_ = elementwise(elementwiseOp{name: "rsqrt", formula: "x -> rsqrt(x)", torch: "torch.rsqrt", tol: ULP(3), fill: positive})
	_ = elementwise(elementwiseOp{name: "exp", formula: "x -> exp(x)", torch: "torch.exp", tol: ULP(2)})
	_ = elementwise(elementwiseOp{name: "expm1", formula: "x -> expm1(x)", torch: "torch.expm1", tol: ULP(3)})
	_ = elementwise(elementwiseOp{name: "log", formula: "x -> log(x)", torch: "torch.log", tol: ULP(3), fill: positive})
	_ = elementwise(elementwiseOp{name: "log1p", formula: "x -> log1p(x)", torch: "torch.log1p", tol: ULP(3), fill: positive})
	_ = elementwise(elementwiseOp{name: "sin", formula: "x -> sin(x)", torch: "torch.sin", tol: ULP(3)})
	_ = elementwise(elementwiseOp{name: "cos", formula: "x -> cos(x)", torch: "torch.cos", tol: ULP(3)})
	_ = elementwise(elementwiseOp{name: "erf", formula: "x -> erf(x)", torch: "torch.erf", tol: ULP(3), gradTol: Max(8)})
	_ = elementwise(elementwiseOp{name: "abs", formula: "x -> abs(x)", torch: "torch.abs", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "sign", formula: "x -> sign(x)", torch: "torch.sign", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "floor", formula: "x -> floor(x)", torch: "torch.floor", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "ceil", formula: "x -> ceil(x)", torch: "torch.ceil", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "round", formula: "x -> round(x)", torch: "torch.round", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "minimum", formula: "a, b -> min(a, b)", torch: "torch.minimum", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "maximum", formula: "a, b -> max(a, b)", torch: "torch.maximum", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "clamp", formula: "x, lo:attr, hi:attr -> clamp(x, lo, hi)", torch: "torch.clamp", tol: Exact(),
		params: Params{-1, 1}, grads: []string{"x, dy, lo:attr, hi:attr -> where(x >= lo && x <= hi, dy, 0)"}})

	_ = elementwise(elementwiseOp{name: "eq", formula: "a, b -> a == b", torch: "torch.eq", tol: Exact(), ints: true, bools: true})
	_ = elementwise(elementwiseOp{name: "ne", formula: "a, b -> a != b", torch: "torch.ne", tol: Exact(), ints: true, bools: true})
	_ = elementwise(elementwiseOp{name: "lt", formula: "a, b -> a < b", torch: "torch.lt", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "le", formula: "a, b -> a <= b", torch: "torch.le", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "gt", formula: "a, b -> a > b", torch: "torch.gt", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "ge", formula: "a, b -> a >= b", torch: "torch.ge", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "logical_and", formula: "a:bool, b:bool -> a && b", torch: "torch.logical_and", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "logical_or", formula: "a:bool, b:bool -> a || b", torch: "torch.logical_or", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "logical_not", formula: "a:bool -> !a", torch: "torch.logical_not", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "isnan", formula: "x -> isnan(x)", torch: "torch.isnan", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "where", formula: "m:bool, a, b -> where(m, a, b)", torch: "torch.where", tol: Exact(), ints: true, bools: true})
	_ = elementwise(elementwiseOp{name: "to_float", formula: "x -> float(x)", torch: "Tensor.float", tol: Exact(), ints: true, bools: true})
	_ = elementwise(elementwiseOp{name: "to_int", formula: "x -> int(x)", torch: "Tensor.int", tol: Exact(), bools: true, fill: FillRange(-1e6, 1e6)})
	_ = elementwise(elementwiseOp{name: "to_bool", formula: "x -> bool(x)", torch: "Tensor.bool", tol: Exact(), ints: true})

	_ = elementwise(elementwiseOp{name: "relu", formula: "x -> where(x <= 0, 0, x)", torch: "torch.nn.functional.relu", tol: Exact(),
		grads: []string{"y, dy -> where(y <= 0, 0, dy)"}})
	_ = elementwise(elementwiseOp{name: "leaky_relu", formula: "x, slope:attr -> where(x > 0, x, x*slope)", torch: "torch.nn.functional.leaky_relu",
		tol: ULP(1), params: Params{0.01}, grads: []string{"x, dy, slope:attr -> where(x > 0, dy, dy*slope)"}})
	_ = elementwise(elementwiseOp{name: "sigmoid", formula: "x -> sigmoid(x)", torch: "torch.sigmoid", tol: ULP(4), fill: unit})
	_ = elementwise(elementwiseOp{name: "tanh", formula: "x -> tanh(x)", torch: "torch.tanh", tol: ULP(4), fill: unit})
	_ = elementwise(elementwiseOp{name: "silu", formula: "x -> x*sigmoid(x)", torch: "torch.nn.functional.silu", tol: ULP(5), gradTol: Max(8),
		grads: []string{"x, dy -> s = sigmoid(x); dy*(s*(1 + x*(1 - s)))"}})
	_ = elementwise(elementwiseOp{name: "gelu", formula: "x -> 0.5*x*erfc(x*-0.70710678118654752)", torch: "torch.nn.functional.gelu", tol: Max(8)})
	_ = elementwise(elementwiseOp{name: "gelu_tanh", formula: "x -> 0.5*x*(1 + tanh(0.79788456080286536*(x + 0.044715*x*x*x)))",
		torch: `torch.nn.functional.gelu(approximate="tanh")`, tol: Max(16)})
	_ = elementwise(elementwiseOp{name: "softplus", formula: "x -> where(x > 20, x, log1p(exp(x)))", torch: "torch.nn.functional.softplus", tol: ULP(5),
		grads: []string{"x, dy -> where(x > 20, dy, dy*sigmoid(x))"}})
	_ = elementwise(elementwiseOp{name: "logsigmoid", formula: "x -> min(x, 0) - log1p(exp(-abs(x)))", torch: "torch.nn.functional.logsigmoid", tol: ULP(5),
		grads: []string{"x, dy -> dy*sigmoid(-x)"}})
	_ = elementwise(elementwiseOp{name: "softsign", formula: "x -> x/(1 + abs(x))", torch: "torch.nn.functional.softsign", tol: ULP(5),
		grads: []string{"x, dy -> d = 1 + abs(x); dy/(d*d)"}})
	_ = elementwise(elementwiseOp{name: "mish", formula: "x -> x*tanh(where(x > 20, x, log1p(exp(x))))", torch: "torch.nn.functional.mish", tol: ULP(8), gradTol: Max(8),
		grads: []string{"x, dy -> t = tanh(where(x > 20, x, log1p(exp(x)))); dy*(t + x*sigmoid(x)*((1 - t)*(1 + t)))"}})
	_ = elementwise(elementwiseOp{name: "elu", formula: "x, alpha:attr -> where(x > 0, x, alpha*expm1(x))", torch: "torch.nn.functional.elu", tol: ULP(4),
		params: Params{1}, grads: []string{"x, dy, alpha:attr -> where(x > 0, dy, dy*alpha*exp(x))"}})
	_ = elementwise(elementwiseOp{name: "celu", formula: "x, alpha:attr -> where(x > 0, x, alpha*expm1(x/alpha))", torch: "torch.nn.functional.celu", tol: ULP(8),
		params: Params{1}, grads: []string{"x, dy, alpha:attr -> where(x > 0, dy, dy*exp(x/alpha))"}})
	_ = elementwise(elementwiseOp{name: "selu", formula: "x -> where(x > 0, 1.0507009873554805*x, 1.7580993408473769*expm1(x))", torch: "torch.nn.functional.selu", tol: ULP(4),
		grads: []string{"x, dy -> where(x > 0, 1.0507009873554805*dy, 1.7580993408473769*dy*exp(x))"}})
	_ = elementwise(elementwiseOp{name: "prelu", formula: "x, weight -> where(x > 0, x, weight*x)", torch: "torch.nn.functional.prelu", tol: ULP(1),
		grads: []string{"x, weight, dy -> where(x > 0, dy, weight*dy)", "x, dy -> where(x > 0, 0, x*dy)"}})
	_ = elementwise(elementwiseOp{name: "hardtanh", formula: "x, lo:attr, hi:attr -> clamp(x, lo, hi)", torch: "torch.nn.functional.hardtanh", tol: Exact(),
		params: Params{-1, 1}, grads: []string{"x, dy, lo:attr, hi:attr -> where(x <= lo || x >= hi, 0, dy)"}})
	_ = elementwise(elementwiseOp{name: "relu6", formula: "x -> clamp(x, 0, 6)", torch: "torch.nn.functional.relu6", tol: Exact(),
		grads: []string{"x, dy -> where(x <= 0 || x >= 6, 0, dy)"}})
	_ = elementwise(elementwiseOp{name: "hardsigmoid", formula: "x -> clamp(x + 3, 0, 6)/6", torch: "torch.nn.functional.hardsigmoid", tol: Max(4),
		grads: []string{"x, dy -> where(x > -3 && x < 3, dy/6, 0)"}})
	_ = elementwise(elementwiseOp{name: "hardswish", formula: "x -> x*clamp(x + 3, 0, 6)/6", torch: "torch.nn.functional.hardswish", tol: Max(4),
		grads: []string{"x, dy -> where(x < -3, 0, where(x <= 3, dy*(x/3 + 0.5), dy))"}})
	_ = elementwise(elementwiseOp{name: "hardshrink", formula: "x, lambda:attr -> where(x >= -lambda && x <= lambda, 0, x)", torch: "torch.nn.functional.hardshrink",
		tol: Exact(), params: Params{0.5}, grads: []string{"x, dy, lambda:attr -> where(x >= -lambda && x <= lambda, 0, dy)"}})
	_ = elementwise(elementwiseOp{name: "softshrink", formula: "x, lambda:attr -> where(x > lambda, x - lambda, where(x < -lambda, x + lambda, 0))",
		torch: "torch.nn.functional.softshrink", tol: ULP(1), params: Params{0.5}, grads: []string{"x, dy, lambda:attr -> where(x >= -lambda && x <= lambda, 0, dy)"}})
	_ = elementwise(elementwiseOp{name: "threshold", formula: "x, at:attr, value:attr -> where(x <= at, value, x)", torch: "torch.nn.functional.threshold",
		tol: Exact(), grads: []string{"x, dy, at:attr, value:attr -> where(x <= at, 0, dy)"}})
)

// Detach is its input without a gradient.
var Detach = declare(Op{
	Name: "detach", Doc: "Y = X; no gradient passes", Torch: "Tensor.detach", View: true,
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
		a.Params = rounded(a.Params)
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

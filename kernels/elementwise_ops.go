package kernels

import "math"

// The elementwise ops, over operands that broadcast as NumPy's do. A line is an
// op: CPU loops, shader and gradient follow from the formula. Tolerances are
// what math.glsl and the vector maths were measured to need, and 2.5 ulp for a
// division; Max where a formula's terms cancel. Activations, losses and op formula
// stand in files of their own.
var (
	positive = FillRange(0.01, 4)
	unit     = FillRange(-0.999, 0.999)

	_ = elementwise(elementwiseOp{name: "neg", formula: "x -> -x", torch: "torch.neg", onnx: "Neg", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "add", formula: "a, b -> a + b", torch: "torch.add", onnx: "Add", tol: ULP(1), ints: true})
	_ = elementwise(elementwiseOp{name: "sub", formula: "a, b -> a - b", torch: "torch.sub", onnx: "Sub", tol: ULP(1), ints: true})
	_ = elementwise(elementwiseOp{name: "mul", formula: "a, b -> a*b", torch: "torch.mul", onnx: "Mul", tol: ULP(1), ints: true})
	_ = elementwise(elementwiseOp{name: "div", formula: "a, b -> a/b", torch: "torch.div", onnx: "Div", tol: ULP(4), gradTol: ULP(5)})
	_ = elementwise(elementwiseOp{name: "pow", formula: "a, b -> pow(a, b)", torch: "torch.pow", onnx: "Pow", tol: ULP(5), gradTol: ULP(8), fill: positive})
	_ = elementwise(elementwiseOp{name: "square", formula: "x -> x*x", torch: "torch.square", tol: ULP(1), grads: []string{"x, dy -> 2*x*dy"}})
	_ = elementwise(elementwiseOp{name: "reciprocal", formula: "x -> 1/x", torch: "torch.reciprocal", onnx: "Reciprocal", tol: ULP(3), grads: []string{"y, dy -> -dy*y*y"}})
	_ = elementwise(elementwiseOp{name: "sqrt", formula: "x -> sqrt(x)", torch: "torch.sqrt", onnx: "Sqrt", tol: ULP(3), fill: positive})
	_ = elementwise(elementwiseOp{name: "rsqrt", formula: "x -> rsqrt(x)", torch: "torch.rsqrt", tol: ULP(3), fill: positive})
	_ = elementwise(elementwiseOp{name: "abs", formula: "x -> abs(x)", torch: "torch.abs", onnx: "Abs", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "sign", formula: "x -> sign(x)", torch: "torch.sign", onnx: "Sign", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "heaviside", formula: "x, v -> where(x == 0, v, where(x > 0, 1, 0))", torch: "torch.heaviside", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "minimum", formula: "a, b -> min(a, b)", torch: "torch.minimum", onnx: "Min", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "maximum", formula: "a, b -> max(a, b)", torch: "torch.maximum", onnx: "Max", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "clamp", formula: "x, lo:attr, hi:attr -> clamp(x, lo, hi)", torch: "torch.clamp", onnx: "Clip", tol: Exact(),
		params: Params{-1, 1}, grads: []string{"x, dy, lo:attr, hi:attr -> where(x >= lo && x <= hi, dy, 0)"}})

	// Division with remainders: exact, by long division on the bits.
	_ = elementwise(elementwiseOp{name: "fmod", formula: "a, b -> fmod(a, b)", torch: "torch.fmod", onnx: "Mod(fmod=1)", tol: Exact(), gradTol: ULP(3)})
	_ = elementwise(elementwiseOp{name: "remainder", formula: "a, b -> m = fmod(a, b); where(m != 0 && signbit(b) != signbit(m), m + b, m)", torch: "torch.remainder", onnx: "Mod",
		tol: ULP(1), gradTol: ULP(3), grads: []string{"", "a, b, y, dy -> -dy*round((a - y)/b)"}})
	_ = elementwise(elementwiseOp{name: "floor_divide", formula: "a, b -> m = fmod(a, b); q = round((a - m)/b); f = where(m != 0 && signbit(b) != signbit(m), q - 1, q); where(b == 0, where(a == 0 || isnan(a), nan, where(signbit(a) == signbit(b), inf, -inf)), f)", torch: "torch.floor_divide",
		tol: ULP(3)})
	_ = elementwise(elementwiseOp{name: "div_trunc", formula: "a, b -> q = round((a - fmod(a, b))/b); where(b == 0, where(a == 0 || isnan(a), nan, where(signbit(a) == signbit(b), inf, -inf)), q)", torch: "torch.div(rounding_mode='trunc')",
		tol: ULP(3)})
	_ = elementwise(elementwiseOp{name: "floor", formula: "x -> floor(x)", torch: "torch.floor", onnx: "Floor", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "ceil", formula: "x -> ceil(x)", torch: "torch.ceil", onnx: "Ceil", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "round", formula: "x -> round(x)", torch: "torch.round", onnx: "Round", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "trunc", formula: "x -> where(signbit(x), ceil(x), floor(x))", torch: "torch.trunc", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "frac", formula: "x -> x - where(signbit(x), ceil(x), floor(x))", torch: "torch.frac", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "copysign", formula: "a, b -> where(signbit(a) != signbit(b), -a, a)", torch: "torch.copysign",
		tol: Exact(), grads: []string{"a, b, dy -> where(a == 0, 0, where(signbit(a) != signbit(b), -dy, dy))"}})

	_ = elementwise(elementwiseOp{name: "lerp", formula: "a, b, w -> d = b - a; where(abs(w) < 0.5, a + w*d, b - d*(1 - w))", torch: "torch.lerp",
		tol: Max(8), grads: []string{"w, dy -> dy*(1 - w)", "w, dy -> dy*w", "a, b, dy -> dy*(b - a)"}})
	_ = elementwise(elementwiseOp{name: "addcmul", formula: "x, a, b, value:attr -> x + value*a*b", torch: "torch.addcmul",
		tol: Max(8), params: Params{1}})
	_ = elementwise(elementwiseOp{name: "addcdiv", formula: "x, a, b, value:attr -> x + value*(a/b)", torch: "torch.addcdiv",
		tol: Max(16), params: Params{1}, fill: positive})
	_ = elementwise(elementwiseOp{name: "nan_to_num", formula: "x, n:attr, hi:attr, lo:attr -> where(isnan(x), n, where(x == inf, hi, where(x == -inf, lo, x)))", torch: "torch.nan_to_num",
		tol: Exact(), params: Params{0, math.MaxFloat32, -math.MaxFloat32}, grads: []string{"x, dy -> where(abs(x) < inf, dy, 0)"}})

	_ = elementwise(elementwiseOp{name: "eq", formula: "a, b -> a == b", torch: "torch.eq", onnx: "Equal", tol: Exact(), ints: true, bools: true})
	_ = elementwise(elementwiseOp{name: "ne", formula: "a, b -> a != b", torch: "torch.ne", tol: Exact(), ints: true, bools: true})
	_ = elementwise(elementwiseOp{name: "lt", formula: "a, b -> a < b", torch: "torch.lt", onnx: "Less", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "le", formula: "a, b -> a <= b", torch: "torch.le", onnx: "LessOrEqual", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "gt", formula: "a, b -> a > b", torch: "torch.gt", onnx: "Greater", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "ge", formula: "a, b -> a >= b", torch: "torch.ge", onnx: "GreaterOrEqual", tol: Exact(), ints: true})
	_ = elementwise(elementwiseOp{name: "logical_and", formula: "a:bool, b:bool -> a && b", torch: "torch.logical_and", onnx: "And", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "logical_or", formula: "a:bool, b:bool -> a || b", torch: "torch.logical_or", onnx: "Or", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "logical_xor", formula: "a:bool, b:bool -> a != b", torch: "torch.logical_xor", onnx: "Xor", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "logical_not", formula: "a:bool -> !a", torch: "torch.logical_not", onnx: "Not", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "isnan", formula: "x -> isnan(x)", torch: "torch.isnan", onnx: "IsNaN", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "isinf", formula: "x -> abs(x) == inf", torch: "torch.isinf", onnx: "IsInf", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "isfinite", formula: "x -> abs(x) < inf", torch: "torch.isfinite", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "signbit", formula: "x -> signbit(x)", torch: "torch.signbit", tol: Exact()})
	_ = elementwise(elementwiseOp{name: "where", formula: "m:bool, a, b -> where(m, a, b)", torch: "torch.where", onnx: "Where", tol: Exact(), ints: true, bools: true})
	_ = elementwise(elementwiseOp{name: "to_float", formula: "x -> float(x)", torch: "Tensor.float", onnx: "Cast", tol: Exact(), ints: true, bools: true})
	_ = elementwise(elementwiseOp{name: "to_int", formula: "x -> int(x)", torch: "Tensor.int", onnx: "Cast", tol: Exact(), bools: true, fill: FillRange(-1e6, 1e6)})
	_ = elementwise(elementwiseOp{name: "to_bool", formula: "x -> bool(x)", torch: "Tensor.bool", onnx: "Cast", tol: Exact(), ints: true})
)

package kernels

// Transcendental functions. Those that math.glsl lacks are built so that no term
// cancels: asin and acos from atan of a quotient, sinh from expm1, e^|x| in two
// factors where it alone would overflow.
var (
	_ = elementwise(elementwiseOp{name: "exp", formula: "x -> exp(x)", torch: "torch.exp", onnx: "Exp", tol: ULP(2)})
	_ = elementwise(elementwiseOp{name: "exp2", formula: "x -> pow(2, x)", torch: "torch.exp2", tol: ULP(5), gradTol: ULP(8)})
	_ = elementwise(elementwiseOp{name: "expm1", formula: "x -> expm1(x)", torch: "torch.expm1", tol: ULP(3)})
	_ = elementwise(elementwiseOp{name: "log", formula: "x -> log(x)", torch: "torch.log", onnx: "Log", tol: ULP(3), fill: positive})
	_ = elementwise(elementwiseOp{name: "log2", formula: "x -> log(x)*1.4426950408889634", torch: "torch.log2", tol: ULP(4), fill: positive})
	_ = elementwise(elementwiseOp{name: "log10", formula: "x -> log(x)*0.43429448190325183", torch: "torch.log10", tol: ULP(4), fill: positive})
	_ = elementwise(elementwiseOp{name: "log1p", formula: "x -> log1p(x)", torch: "torch.log1p", tol: ULP(3), fill: positive})
	_ = elementwise(elementwiseOp{name: "xlogy", formula: "a, b -> where(a == 0 && !isnan(b), 0, a*log(b))", torch: "torch.xlogy",
		tol: ULP(4), fill: positive, grads: []string{"a, b, dy -> where(a == 0 && b <= 0, 0, dy*log(b))", "a, b, dy -> dy*(a/b)"}})
	_ = elementwise(elementwiseOp{name: "logaddexp", formula: "a, b -> m = max(a, b); where(a == b && abs(a) == inf, a, m + log1p(exp(-abs(a - b))))", torch: "torch.logaddexp",
		tol: Max(4), grads: []string{"a, b, dy -> dy*sigmoid(a - b)", "a, b, dy -> dy*sigmoid(b - a)"}})
	_ = elementwise(elementwiseOp{name: "logaddexp2", formula: "a, b -> m = max(a, b); where(a == b && abs(a) == inf, a, m + 1.4426950408889634*log1p(pow(2, -abs(a - b))))",
		torch: "torch.logaddexp2", tol: Max(4), grads: []string{"a, b, dy -> dy*sigmoid(0.69314718055994531*(a - b))", "a, b, dy -> dy*sigmoid(0.69314718055994531*(b - a))"}})
	_ = elementwise(elementwiseOp{name: "logit", formula: "x, eps:attr -> z = where(eps < 0, x, clamp(x, eps, 1 - eps)); log(z/(1 - z))", torch: "torch.logit",
		tol: Max(8), params: Params{-1}, fill: FillRange(0.01, 0.99), grads: []string{"x, dy, eps:attr -> where(x >= eps && x <= 1 - eps || eps < 0, dy/(x*(1 - x)), 0)"}})
	_ = elementwise(elementwiseOp{name: "sin", formula: "x -> sin(x)", torch: "torch.sin", onnx: "Sin", tol: ULP(3)})
	_ = elementwise(elementwiseOp{name: "cos", formula: "x -> cos(x)", torch: "torch.cos", onnx: "Cos", tol: ULP(3)})
	_ = elementwise(elementwiseOp{name: "sinc", formula: "x -> p = pi*x; where(x == 0, 1, sin(p)/p)", torch: "torch.sinc", tol: Max(16), tame: true,
		grads: []string{"x, dy -> p = pi*x; z = p*p; near = p/-3*(1 - z/10*(1 - z/28*(1 - z/54*(1 - z/88)))); dy*pi*where(abs(p) < 1, near, (cos(p) - sin(p)/p)/where(p == 0, 1, p))"}})
	_ = elementwise(elementwiseOp{name: "tan", formula: "x -> sin(x)/cos(x)", torch: "torch.tan", onnx: "Tan",
		tol: ULP(8), fill: FillRange(-1.4, 1.4), gradTol: ULP(16), grads: []string{"y, dy -> dy*(y*y + 1)"}})
	_ = elementwise(elementwiseOp{name: "asin", formula: "x -> atan(x/sqrt((1 - x)*(1 + x)))", torch: "torch.asin", onnx: "Asin",
		tol: ULP(8), fill: unit, grads: []string{"x, dy -> dy*rsqrt((1 - x)*(1 + x))"}})
	_ = elementwise(elementwiseOp{name: "acos", formula: "x -> 2*atan(sqrt((1 - x)/(1 + x)))", torch: "torch.acos", onnx: "Acos",
		tol: ULP(8), fill: unit, grads: []string{"x, dy -> -dy*rsqrt((1 - x)*(1 + x))"}})
	_ = elementwise(elementwiseOp{name: "atan", formula: "x -> atan(x)", torch: "torch.atan", onnx: "Atan", tol: ULP(3), gradTol: ULP(5)})
	_ = elementwise(elementwiseOp{name: "atan2", formula: "a, b -> hi = max(abs(a), abs(b)); lo = min(abs(a), abs(b)); t = atan(where(hi == 0, 0, where(lo == inf, 1, lo/hi))); u = where(abs(a) > abs(b), pi/2 - t, t); v = where(signbit(b), pi - u, u); where(signbit(a), -v, v)", torch: "torch.atan2",
		tol: ULP(8), grads: []string{"a, b, dy -> dy*b/(a*a + b*b)", "a, b, dy -> -dy*a/(a*a + b*b)"}})
	_ = elementwise(elementwiseOp{name: "sinh", formula: "x -> a = abs(x); t = expm1(a); h = exp(0.5*a); y = where(a < 80, 0.5*(t + t/(t + 1)), 0.5*h*h); where(x > 0, y, where(x < 0, -y, x))", torch: "torch.sinh", onnx: "Sinh",
		tol: ULP(8), grads: []string{"x, dy -> a = abs(x); e = exp(a); h = exp(0.5*a); dy*where(a < 80, 0.5*e + 0.5/e, 0.5*h*h)"}})
	_ = elementwise(elementwiseOp{name: "cosh", formula: "x -> a = abs(x); e = exp(a); h = exp(0.5*a); where(a < 80, 0.5*e + 0.5/e, 0.5*h*h)", torch: "torch.cosh", onnx: "Cosh",
		tol: ULP(8), grads: []string{"x, dy -> a = abs(x); t = expm1(a); h = exp(0.5*a); y = where(a < 80, 0.5*(t + t/(t + 1)), 0.5*h*h); dy*where(x > 0, y, where(x < 0, -y, x))"}})
	_ = elementwise(elementwiseOp{name: "asinh", formula: "x -> a = abs(x); y = where(a < 1e9, log1p(a + a*a/(1 + sqrt(a*a + 1))), log(a) + 0.69314718055994531); where(x > 0, y, where(x < 0, -y, x))", torch: "torch.asinh", onnx: "Asinh",
		tol: ULP(8), grads: []string{"x, dy -> dy*rsqrt(x*x + 1)"}})
	_ = elementwise(elementwiseOp{name: "acosh", formula: "x -> t = x - 1; where(x < 1, nan, where(x < 1e9, log1p(t + sqrt(t*(t + 2))), log(x) + 0.69314718055994531))", torch: "torch.acosh", onnx: "Acosh",
		tol: ULP(8), fill: FillRange(1.01, 4), grads: []string{"x, dy -> dy*rsqrt((x - 1)*(x + 1))"}})
	_ = elementwise(elementwiseOp{name: "atanh", formula: "x -> a = abs(x); y = 0.5*log1p(2*a/(1 - a)); where(x > 0, y, where(x < 0, -y, x))", torch: "torch.atanh", onnx: "Atanh",
		tol: ULP(8), fill: unit, grads: []string{"x, dy -> dy/((1 - x)*(1 + x))"}})
	_ = elementwise(elementwiseOp{name: "hypot", formula: "a, b -> hi = max(abs(a), abs(b)); r = min(abs(a), abs(b))/hi; where(abs(a) == inf || abs(b) == inf, inf, where(hi == 0, 0, hi*sqrt(r*r + 1)))", torch: "torch.hypot",
		tol: ULP(6), grads: []string{"a, y, dy -> dy*(a/y)", "b, y, dy -> dy*(b/y)"}})
	_ = elementwise(elementwiseOp{name: "erf", formula: "x -> erf(x)", torch: "torch.erf", onnx: "Erf", tol: ULP(3), gradTol: Max(8)})
	_ = elementwise(elementwiseOp{name: "erfc", formula: "x -> erfc(x)", torch: "torch.erfc", tol: ULP(6), gradTol: Max(8)})
)

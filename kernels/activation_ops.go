package kernels

// Activation functions, with PyTorch's gradients at their corners.
var (
	_ = elementwise(elementwiseOp{name: "relu", formula: "x -> where(x <= 0, 0, x)", torch: "torch.nn.functional.relu", onnx: "Relu", tol: Exact(),
		grads: []string{"y, dy -> where(y <= 0, 0, dy)"}})
	_ = elementwise(elementwiseOp{name: "leaky_relu", formula: "x, slope:attr -> where(x > 0, x, x*slope)", torch: "torch.nn.functional.leaky_relu", onnx: "LeakyRelu",
		tol: ULP(1), params: Params{0.01}, grads: []string{"x, dy, slope:attr -> where(x > 0, dy, dy*slope)"}})
	_ = elementwise(elementwiseOp{name: "prelu", formula: "x, weight -> where(x > 0, x, weight*x)", torch: "torch.nn.functional.prelu", onnx: "PRelu", tol: ULP(1),
		grads: []string{"x, weight, dy -> where(x > 0, dy, weight*dy)", "x, dy -> where(x > 0, 0, x*dy)"}})
	_ = elementwise(elementwiseOp{name: "elu", formula: "x, alpha:attr -> where(x > 0, x, alpha*expm1(x))", torch: "torch.nn.functional.elu", onnx: "Elu", tol: ULP(4),
		params: Params{1}, grads: []string{"x, dy, alpha:attr -> where(x > 0, dy, dy*alpha*exp(x))"}})
	_ = elementwise(elementwiseOp{name: "celu", formula: "x, alpha:attr -> where(x > 0, x, alpha*expm1(x/alpha))", torch: "torch.nn.functional.celu", onnx: "Celu", tol: ULP(8),
		params: Params{1}, grads: []string{"x, dy, alpha:attr -> where(x > 0, dy, dy*exp(x/alpha))"}})
	_ = elementwise(elementwiseOp{name: "selu", formula: "x -> where(x > 0, 1.0507009873554805*x, 1.7580993408473769*expm1(x))", torch: "torch.nn.functional.selu", onnx: "Selu", tol: ULP(4),
		grads: []string{"x, dy -> where(x > 0, 1.0507009873554805*dy, 1.7580993408473769*dy*exp(x))"}})
	_ = elementwise(elementwiseOp{name: "gelu", formula: "x -> 0.5*x*erfc(x*-0.70710678118654752)", torch: "torch.nn.functional.gelu", onnx: "Gelu", tol: Max(8)})
	_ = elementwise(elementwiseOp{name: "gelu_tanh", formula: "x -> 0.5*x*(1 + tanh(0.79788456080286536*(x + 0.044715*x*x*x)))",
		torch: `torch.nn.functional.gelu(approximate="tanh")`, onnx: "Gelu(approximate=tanh)", tol: Max(16)})
	_ = elementwise(elementwiseOp{name: "silu", formula: "x -> x*sigmoid(x)", torch: "torch.nn.functional.silu", onnx: "Swish", tol: ULP(5), gradTol: Max(8),
		grads: []string{"x, dy -> s = sigmoid(x); dy*(s*(1 + x*(1 - s)))"}})
	_ = elementwise(elementwiseOp{name: "mish", formula: "x -> x*tanh(where(x > 20, x, log1p(exp(x))))", torch: "torch.nn.functional.mish", onnx: "Mish", tol: ULP(8), gradTol: Max(8),
		grads: []string{"x, dy -> t = tanh(where(x > 20, x, log1p(exp(x)))); dy*(t + x*sigmoid(x)*((1 - t)*(1 + t)))"}})
	_ = elementwise(elementwiseOp{name: "sigmoid", formula: "x -> sigmoid(x)", torch: "torch.sigmoid", onnx: "Sigmoid", tol: ULP(4), fill: unit})
	_ = elementwise(elementwiseOp{name: "tanh", formula: "x -> tanh(x)", torch: "torch.tanh", onnx: "Tanh", tol: ULP(4), fill: unit})
	_ = elementwise(elementwiseOp{name: "softplus", formula: "x, beta:attr, threshold:attr -> where(x*beta > threshold, x, log1p(exp(x*beta))/beta)",
		torch: "torch.nn.functional.softplus", onnx: "Softplus", tol: ULP(8), params: Params{1, 20},
		grads: []string{"x, dy, beta:attr, threshold:attr -> where(x*beta > threshold, dy, dy*sigmoid(x*beta))"}})
	_ = elementwise(elementwiseOp{name: "logsigmoid", formula: "x -> min(x, 0) - log1p(exp(-abs(x)))", torch: "torch.nn.functional.logsigmoid", tol: ULP(5),
		grads: []string{"x, dy -> dy*sigmoid(-x)"}})
	_ = elementwise(elementwiseOp{name: "softsign", formula: "x -> x/(1 + abs(x))", torch: "torch.nn.functional.softsign", onnx: "Softsign", tol: ULP(5),
		grads: []string{"x, dy -> d = 1 + abs(x); dy/(d*d)"}})
	_ = elementwise(elementwiseOp{name: "hardtanh", formula: "x, lo:attr, hi:attr -> clamp(x, lo, hi)", torch: "torch.nn.functional.hardtanh", onnx: "Clip", tol: Exact(),
		params: Params{-1, 1}, grads: []string{"x, dy, lo:attr, hi:attr -> where(x <= lo || x >= hi, 0, dy)"}})
	_ = elementwise(elementwiseOp{name: "relu6", formula: "x -> clamp(x, 0, 6)", torch: "torch.nn.functional.relu6", onnx: "Clip", tol: Exact(),
		grads: []string{"x, dy -> where(x <= 0 || x >= 6, 0, dy)"}})
	_ = elementwise(elementwiseOp{name: "hardsigmoid", formula: "x -> clamp(x + 3, 0, 6)/6", torch: "torch.nn.functional.hardsigmoid", onnx: "HardSigmoid(alpha=1/6)", tol: Max(4),
		grads: []string{"x, dy -> where(x > -3 && x < 3, dy/6, 0)"}})
	_ = elementwise(elementwiseOp{name: "hardswish", formula: "x -> x*clamp(x + 3, 0, 6)/6", torch: "torch.nn.functional.hardswish", onnx: "HardSwish", tol: Max(4),
		grads: []string{"x, dy -> where(x < -3, 0, where(x <= 3, dy*(x/3 + 0.5), dy))"}})
	_ = elementwise(elementwiseOp{name: "hardshrink", formula: "x, lambda:attr -> where(x >= -lambda && x <= lambda, 0, x)", torch: "torch.nn.functional.hardshrink", onnx: "Shrink(bias=0)",
		tol: Exact(), params: Params{0.5}, grads: []string{"x, dy, lambda:attr -> where(x >= -lambda && x <= lambda, 0, dy)"}})
	_ = elementwise(elementwiseOp{name: "softshrink", formula: "x, lambda:attr -> where(x > lambda, x - lambda, where(x < -lambda, x + lambda, 0))",
		torch: "torch.nn.functional.softshrink", onnx: "Shrink", tol: ULP(1), params: Params{0.5}, grads: []string{"x, dy, lambda:attr -> where(x >= -lambda && x <= lambda, 0, dy)"}})
	_ = elementwise(elementwiseOp{name: "tanhshrink", formula: "x -> x - tanh(x)", torch: "torch.nn.functional.tanhshrink",
		tol: Max(8), grads: []string{"x, dy -> t = tanh(x); dy*t*t"}})
	_ = elementwise(elementwiseOp{name: "threshold", formula: "x, at:attr, value:attr -> where(x <= at, value, x)", torch: "torch.nn.functional.threshold", onnx: "ThresholdedRelu",
		tol: Exact(), grads: []string{"x, dy, at:attr, value:attr -> where(x <= at, 0, dy)"}})
)

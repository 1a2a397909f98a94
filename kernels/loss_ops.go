package kernels

// The elements of losses whose gradient by formula would lose digits or differ
// from PyTorch's at a corner: x is what the network gives, t the target.
var (
	_ = elementwise(elementwiseOp{name: "smooth_l1", formula: "x, t, beta:attr -> d = abs(x - t); where(d < beta, 0.5*d*d/beta, d - 0.5*beta)", torch: "torch.nn.functional.smooth_l1_loss(reduction='none')",
		tol: Max(8), params: Params{1}, grads: []string{"x, t, dy, beta:attr -> d = x - t; where(d > 0 && d >= beta, dy, where(d < 0 && d <= -beta, -dy, where(d == 0, 0, dy*d/beta)))", "x, t, dy, beta:attr -> d = t - x; where(d > 0 && d >= beta, dy, where(d < 0 && d <= -beta, -dy, where(d == 0, 0, dy*d/beta)))"}})
	_ = elementwise(elementwiseOp{name: "huber", formula: "x, t, delta:attr -> d = abs(x - t); where(d <= delta, 0.5*d*d, delta*(d - 0.5*delta))", torch: "torch.nn.functional.huber_loss(reduction='none')",
		tol: Max(8), params: Params{1}, grads: []string{"x, t, dy, delta:attr -> dy*clamp(x - t, -delta, delta)", "x, t, dy, delta:attr -> dy*clamp(t - x, -delta, delta)"}})
	_ = elementwise(elementwiseOp{name: "binary_cross_entropy", formula: "x, t -> (t - 1)*max(log1p(-x), -100) - t*max(log(x), -100)", torch: "torch.nn.functional.binary_cross_entropy(reduction='none')",
		tol: Max(8), fill: FillRange(0.01, 0.99), grads: []string{"x, t, dy -> dy*(x - t)/max((1 - x)*x, 1e-12)", "x, dy -> dy*(max(log1p(-x), -100) - max(log(x), -100))"}})
	_ = elementwise(elementwiseOp{name: "binary_cross_entropy_with_logits", formula: "x, t -> (1 - t)*x - (min(x, 0) - log1p(exp(-abs(x))))", torch: "torch.nn.functional.binary_cross_entropy_with_logits(reduction='none')",
		tol: Max(8), grads: []string{"x, t, dy -> dy*(sigmoid(x) - t)", "x, dy -> -dy*x"}})
	_ = elementwise(elementwiseOp{name: "binary_cross_entropy_pos_weight", formula: "x, t, w -> (1 - t)*x - (1 + (w - 1)*t)*(min(x, 0) - log1p(exp(-abs(x))))", torch: "torch.nn.functional.binary_cross_entropy_with_logits(pos_weight=w, reduction='none')",
		tol: Max(16), tame: true, grads: []string{"x, t, w, dy -> dy*(sigmoid(x)*(1 - t) - w*t*sigmoid(-x))", "x, w, dy -> dy*((1 - w)*(min(x, 0) - log1p(exp(-abs(x)))) - x)", "x, t, dy -> dy*t*(log1p(exp(-abs(x))) - min(x, 0))"}})
	_ = elementwise(elementwiseOp{name: "kl_div", formula: "x, t -> where(t > 0, t*(log(where(t > 0, t, 1)) - x), 0)", torch: "torch.nn.functional.kl_div(reduction='none')",
		tol: Max(8), gradTol: Max(16), fill: positive})
)

package kernels

// The optimizers that are declared by formulas, each as torch.optim computes it,
// or as its paper does.

// gradient is what a rule with weight decay sees; moments are Adam's.
const gradient = "g = gscale*G + decay*p"

var (
	moments  = []string{gradient, "m = beta1*exp_avg + rest1*g", "v = beta2*exp_avg_sq + rest2*g*g"}
	adamLike = []string{"rest1 = 1 - beta1", "ln1 = max(log(beta1), -10000)", "rest2 = 1 - beta2", "ln2 = max(log(beta2), -10000)"}
)

// fills draw the states of cases that aren't standard normal; squares are means of
// squares.
type fills = map[string]Filler

var squares = FillRange(0, 2)

// options are FlatAttrs.V.
func options(v ...float64) (o [12]float64) {
	copy(o[:], v)
	return o
}

// RMSprop's forms: plain, with momentum, centered, and both.
var RMSprop = declareFlat(flatRule{
	name: "rmsprop", torch: "torch.optim.RMSprop",
	doc:     "v = α·v + (1-α)·g²; d = sqrt(v - (mean of g)² if centered) + eps; p -= lr·g/d, or lr·(buf = momentum·buf + g/d)",
	options: "alpha, eps, decay, momentum", derived: []string{"rest = 1 - alpha"},
	forms: []flatForm{rmsprop(false, false), rmsprop(false, true), rmsprop(true, false), rmsprop(true, true)},
	cases: [][12]float64{options(0.9, 0.1, 0.1, 0.5)},
	tol:   Max(4),
})

func rmsprop(centered, momentum bool) flatForm {
	f := flatForm{states: []string{"square_avg"}, fill: fills{"square_avg": squares}, next: []string{"v"}, p: "p - lr*(g/d)",
		each: []string{gradient, "v = alpha*square_avg + rest*g*g", "d = sqrt(v) + eps"}}
	if centered {
		f.states, f.next = append(f.states, "grad_avg"), append(f.next, "m")
		// the mean's square is less than the mean square
		f.fill = fills{"square_avg": FillRange(0.5, 2), "grad_avg": FillRange(-0.3, 0.3)}
		f.each = []string{gradient, f.each[1], "m = alpha*grad_avg + rest*g", "d = sqrt(v - m*m) + eps"}
	}
	if momentum {
		f.states, f.next = append(f.states, "momentum_buffer"), append(f.next, "b")
		f.each, f.p = append(f.each, "b = momentum*momentum_buffer + g/d"), "p - lr*b"
	}
	return f
}

// Adagrad divides by the root of all squared gradients.
var Adagrad = declareFlat(flatRule{
	name: "adagrad", torch: "torch.optim.Adagrad",
	doc:     "sum += g²; p -= lr/(1 + (t-1)·lr_decay)·g/(sqrt(sum) + eps)",
	options: "lr_decay, eps, decay",
	forms: []flatForm{{
		states: []string{"sum"}, fill: fills{"sum": squares}, once: []string{"rate = lr/(1 + (t - 1)*lr_decay)"},
		each: []string{gradient, "s = sum + g*g"}, next: []string{"s"}, p: "p - rate*g/(sqrt(s) + eps)",
	}},
	cases: [][12]float64{options(0.1, 0.01, 0), options(0, 1e-10, 0.1)}, tol: Max(4),
})

// Adadelta takes steps as large as those before.
var Adadelta = declareFlat(flatRule{
	name: "adadelta", torch: "torch.optim.Adadelta",
	doc:     "v = ρ·v + (1-ρ)·g²; Δ = sqrt(acc + eps)/sqrt(v + eps)·g; acc = ρ·acc + (1-ρ)·Δ²; p -= lr·Δ",
	options: "rho, eps, decay", derived: []string{"rest = 1 - rho"},
	forms: []flatForm{{
		states: []string{"square_avg", "acc_delta"}, fill: fills{"square_avg": squares, "acc_delta": squares},
		each: []string{gradient, "v = rho*square_avg + rest*g*g", "d = sqrt(acc_delta + eps)/sqrt(v + eps)*g"},
		next: []string{"v", "rho*acc_delta + rest*d*d"}, p: "p - lr*d",
	}},
	cases: [][12]float64{options(0.9, 1e-3, 0), options(0.8, 1e-6, 0.1)}, tol: Max(8),
})

// Adamax is Adam with the largest gradient in place of the mean square. An
// element that never had a gradient has exp_inf 0, where PyTorch has eps.
var Adamax = declareFlat(flatRule{
	name: "adamax", torch: "torch.optim.Adamax",
	doc:     "m = β1·m + (1-β1)·g; u = max(β2·u, |g| + eps); p -= lr/(1-β1^t)·m/u",
	options: "beta1, beta2, eps, decay", derived: adamLike[:2],
	forms: []flatForm{{
		states: []string{"exp_avg", "exp_inf"}, fill: fills{"exp_inf": squares}, once: []string{"rate = lr/-expm1(t*ln1)"},
		each: []string{gradient, "m = beta1*exp_avg + rest1*g", "u = where(g == 0 && exp_inf == 0, 0, max(beta2*exp_inf, abs(g) + eps))"},
		next: []string{"m", "u"}, p: "p - rate*m/max(u, eps)",
	}},
	cases: [][12]float64{options(0.9, 0.999, 1e-8, 0), options(0.8, 0.9, 0.1, 0.1)}, tol: Max(4),
})

// NAdam is Adam with Nesterov's momentum; behind t stands mu_product, the product
// of the μ up to this step. With twice, m's μ_t counts twice, as in PyTorch 1.
var NAdam = declareFlat(flatRule{
	name: "nadam", torch: "torch.optim.NAdam",
	doc: "μ_t = β1·(1 - 0.96^(t·momentum_decay)/2); d = sqrt(v/(1-β2^t)) + eps; " +
		"p -= lr·((1-μ_t)/(1-mu_product)·g + μ_{t+1}/(1-mu_product·μ_{t+1})·m)/d, p's decay if decoupled lr·decoupled·p",
	options: "beta1, beta2, eps, decay, momentum_decay, decoupled, twice",
	derived: append([]string{"fall = momentum_decay*log(0.96)"}, adamLike...),
	forms: []flatForm{{
		states: []string{"exp_avg", "exp_avg_sq"}, fill: fills{"exp_avg_sq": squares}, extra: "mu_product",
		once: []string{
			"mu = beta1*(1 - 0.5*exp(t*fall))", "after = beta1*(1 - 0.5*exp((t + 1)*fall))", "by_g = lr*(1 - mu)/(1 - mu_product)",
			"by_m = lr*after/(1 - mu_product*after*where(twice > 0, mu, 1))", "root2 = sqrt(-expm1(t*ln2))", "keep = 1 - lr*decoupled",
		},
		each: append(moments[:3:3], "d = sqrt(v)/root2 + eps"),
		next: []string{"m", "v"}, p: "keep*p - by_g*g/d - by_m*m/d",
	}},
	cases: [][12]float64{options(0.9, 0.999, 1e-8, 0, 0.004, 0), options(0.8, 0.9, 0.1, 0.1, 0.1, 0.2, 1)}, tol: Max(8),
})

// RAdam starts without the second moment, as long as its variance can't be told:
// ρ_t = ρ - 2t·β2^t/(1-β2^t) in a form that float32 doesn't cancel, a series in
// x = -t·ln β2 for small x.
var RAdam = declareFlat(flatRule{
	name: "radam", torch: "torch.optim.RAdam",
	doc: "ρ = 2/(1-β2) - 1; r = sqrt((ρ_t-4)(ρ_t-2)ρ/((ρ-4)(ρ-2)ρ_t)); " +
		"p -= lr/(1-β1^t)·m·(r·sqrt(1-β2^t)/(sqrt(v) + eps) where ρ_t > 5, else 1)",
	options: "beta1, beta2, eps, decay, decoupled",
	derived: append(adamLike[:4:4], "rho = 2/(1 - beta2) - 1", "twice = -2/ln2", "offset = rho - twice"),
	forms: []flatForm{{
		states: []string{"exp_avg", "exp_avg_sq"}, fill: fills{"exp_avg_sq": squares},
		once: []string{
			"x = -t*ln2",
			"now = where(x < 1, offset + t - twice*x*x*(1/12 - x*x*(1/720 - x*x*(1/30240 - x*x*(1/1209600 - x*x/47900160)))), rho - twice*x/expm1(x))",
			"rise = lr/-expm1(t*ln1)",
			"rect = where(now > 5, sqrt((now - 4)*(now - 2)*rho/((rho - 4)*(rho - 2)*now)*-expm1(-x)), 0)",
			"keep = 1 - lr*decoupled",
		},
		each: append(moments[:3:3], "f = where(rect > 0, rect/(sqrt(v) + eps), 1)"),
		next: []string{"m", "v"}, p: "keep*p - rise*m*f",
	}},
	cases: [][12]float64{options(0.9, 0.999, 1e-8, 0, 0), options(0.8, 0.7, 0.1, 0.1, 0.2)}, tol: Max(8),
})

// Lion takes the sign of a mean of gradients (Chen et al. 2023).
var Lion = declareFlat(flatRule{
	name:    "lion",
	doc:     "p -= lr·(sign(β1·m + (1-β1)·g) + decay·p); m = β2·m + (1-β2)·g",
	options: "beta1, beta2, decay", derived: []string{"rest1 = 1 - beta1", "rest2 = 1 - beta2"},
	forms: []flatForm{{
		states: []string{"exp_avg"}, once: []string{"keep = 1 - lr*decay"}, each: []string{"g = gscale*G"},
		next: []string{"beta2*exp_avg + rest2*g"}, p: "keep*p - lr*sign(beta1*exp_avg + rest1*g)",
	}},
	cases: [][12]float64{options(0.9, 0.99, 0), options(0.5, 0.9, 0.1)}, tol: Max(4),
})

// ASGD averages the parameters beside them, in ax.
var ASGD = declareFlat(flatRule{
	name: "asgd", torch: "torch.optim.ASGD",
	doc: "η = lr/(1 + λ·lr·(t-1))^α; μ = 1/max(1, t - 1 - t0); p = (1 - λ·η)·p - η·g; ax += μ·(p - ax)",
	// eta and mu are those that PyTorch found a step before
	options: "lambd, alpha, t0, decay",
	forms: []flatForm{{
		states: []string{"ax"}, once: []string{"eta = lr/pow(1 + lambd*lr*(t - 1), alpha)", "mu = 1/max(1, t - 1 - t0)"},
		each: []string{gradient, "w = (1 - lambd*eta)*p - eta*g"},
		next: []string{"where(mu == 1, w, ax + (w - ax)*mu)"}, p: "w",
	}},
	cases: [][12]float64{options(1e-4, 0.75, 1e6, 0), options(0.5, 0.75, 1, 0.1)}, tol: Max(4),
})

// Rprop's steps follow the gradients' signs.
var Rprop = declareFlat(flatRule{
	name: "rprop", torch: "torch.optim.Rprop",
	doc: "s = g·prev; size = clamp(size·(η+ where s > 0, η- where s < 0), least, most); " +
		"g = 0 where s < 0; p -= sign(g)·size; prev = g",
	options: "etaminus, etaplus, least, most",
	forms: []flatForm{{
		states: []string{"prev", "step_size"}, fill: fills{"step_size": squares},
		each: []string{
			"s = gscale*G*prev", "g = where(s < 0, 0, gscale*G)",
			"size = where(step_size == 0, 0, clamp(step_size*where(s > 0, etaplus, where(s < 0, etaminus, 1)), least, most))",
		},
		next: []string{"g", "size"}, p: "p - sign(g)*size",
	}},
	cases: [][12]float64{options(0.5, 1.2, 1e-6, 50), options(0.2, 2, 0.1, 1)}, tol: Max(4),
})

package kernels

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Adam updates all parameters of an optimizer, in place; with Decoupled it is
// AdamW.
var Adam = declare(Op{
	Name: "adam", Torch: "torch.optim.Adam, torch.optim.AdamW",
	Doc: "m = β1·m + (1-β1)·g; v = β2·v + (1-β2)·g²; p -= lr/(1-β1^t)·m/(sqrt(v)/sqrt(1-β2^t) + eps)" +
		"  (p_0.., G flat, m flat, v flat, vmax flat if amsgrad, lr, t, gscale optional -> p_0.., m, v, vmax)",
	In:    []Operand{{Name: "operands", Variadic: true}},
	Out:   []Operand{{Name: "updated", Variadic: true}},
	Attrs: cpuref.AdamAttrs{},
	Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
		at := attrs.(cpuref.AdamAttrs)
		states := []string{"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}
		return flatShape(in, at.N, states[:adamStates(at)]...)
	},
	NoGrad: "an update isn't differentiated",
	CPU:    Plain(cpuref.Adam[float32], cpuref.Adam[float64]),
	Flat:   func(attrs any) int { return attrs.(cpuref.AdamAttrs).N },
	Alias: func(attrs any, _ int) []int {
		at := attrs.(cpuref.AdamAttrs)
		return flatAlias(at.N, adamStates(at))
	},
	Variants: []Variant{{Name: "flat", Kind: Vulkan, Lower: lowerAdam}, {Name: "fast", Kind: CPU, Prepare: fast.Adam}},
	Cases:    adamCases(),
	Bench: flatBench(func(name string, size tensor.Shape) Case {
		return adamCase(cpuref.AdamAttrs{N: 1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}, name, 2, false, size)
	}, 11699200, 100_000_000),
	Cost: func(c *Call) Cost { return flatCost(c, 16) },
	Tol:  Max(8),
})

// adamStates is how many flat states Adam has.
func adamStates(at cpuref.AdamAttrs) int {
	if at.AMSGrad {
		return 3
	}
	return 2
}

func lowerAdam(t *Target, c *Call) (Lowered, error) {
	at := c.Attrs.(cpuref.AdamAttrs)
	u := flatUpdate{n: at.N, states: adamStates(at), c: c}
	gscale, scaled := u.gscale()
	decay, decoupled := at.WeightDecay, 0.0
	if at.Decoupled {
		decay, decoupled = 0, at.WeightDecay
	}
	push := floatWords(decay, decoupled, at.Eps,
		at.Beta1, 1-at.Beta1, lnBeta(at.Beta1), at.Beta2, 1-at.Beta2, lnBeta(at.Beta2))
	return u.lower(t, "adam", []uint32{truth(scaled), truth(at.AMSGrad)}, push, func(part func(Bind, bool) Bind) []Bind {
		// Validation takes what the module may write as written: bind what this
		// dispatch writes anyway.
		vmax := unread(part(u.state(0), false))
		if at.AMSGrad {
			vmax = part(u.state(2), false)
		}
		return []Bind{part(u.grad(), false), part(Bind{}, true), part(u.state(0), false), part(u.state(1), false),
			u.lr(), u.t(), gscale, vmax}
	}), nil
}

// lnBeta is ln beta, for beta = 0 a stand-in whose multiples still give
// expm1 = -1, as -Inf would.
func lnBeta(beta float64) float64 { return max(math.Log(beta), -1e4) }

func adamCase(at cpuref.AdamAttrs, name string, t float32, gscale bool, sizes ...tensor.Shape) Case {
	return flatCase(at, name, t, gscale, adamStates(at), []int{1, 2}, sizes...)
}

func adamCases() (ks []Case) {
	for i, s := range flatSizes {
		n := len(s.sizes)
		usual := cpuref.AdamAttrs{N: n, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}
		coupled, decoupled, ams, zero := usual, usual, usual, usual
		coupled.WeightDecay = 0.1
		decoupled.WeightDecay, decoupled.Decoupled = 0.1, true
		ams.AMSGrad, ams.Beta1, ams.Beta2 = true, 0.8, 0.95
		zero.Beta1, zero.Eps = 0, 1e-3
		for _, c := range []struct {
			name string
			at   cpuref.AdamAttrs
		}{{"", usual}, {" decay", coupled}, {" decoupled", decoupled}, {" amsgrad", ams}, {" beta1 0", zero}} {
			for _, t := range []float32{1, 1000} {
				ks = append(ks, adamCase(c.at, s.name+c.name, t, (i+int(t))%2 == 0, s.sizes...))
			}
		}
	}
	return ks
}

// Package optim updates parameters with PyTorch's optimizers. All parameters of
// one group are updated by one fused op over flat memory: their gradients are
// computed side by side, the moments lie alike, and clipping is one reduction.
//
//	rule := optim.AdamW{LR: 1e-3}.For(params)
//	rule.Apply(graph.Grad(loss, values...), 0) // in the graph of a training step
//
// Groups gives parameters options of their own, Averaging keeps averages of the
// weights, a Schedule changes the learning rate. Package train does this, and
// feeds the learning rate, which is an input: it may change at every step without
// compiling anything.
//
// Options are named as PyTorch's, and as there by default: a number that is zero
// means the default, where that isn't zero; a negative one means zero.
package optim

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
)

// Optimizer is an algorithm with its options; For applies it to parameters.
type Optimizer interface {
	// Rate is the learning rate to begin with.
	Rate() float64
	// For makes the state that updates of these parameters share. Make one Rule
	// and use it in every program that trains them.
	For(params []*graph.Variable) *Rule
}

// SGD is torch.optim.SGD. LR has no default: 0 changes nothing.
type SGD struct {
	LR, Momentum, Dampening, WeightDecay float64
	Nesterov, Maximize                   bool
}

// Rate is LR.
func (o SGD) Rate() float64 { return o.LR }

// For makes the rule; its state is the momentum buffer, where there is momentum.
func (o SGD) For(params []*graph.Variable) *Rule {
	attrs := cpuref.SGDAttrs{N: len(params), Momentum: o.Momentum, Dampening: o.Dampening, WeightDecay: o.WeightDecay, Nesterov: o.Nesterov}
	var states []string
	if o.Momentum != 0 {
		states = []string{"momentum_buffer"}
	}
	return flatRule(kernels.SGD, attrs, o, o.Maximize, params, states...)
}

// Adam is torch.optim.Adam; zeros mean its defaults: LR 1e-3, Beta1 0.9, Beta2
// 0.999, Eps 1e-8.
type Adam struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	AMSGrad, Maximize                  bool
}

// Rate is LR.
func (o Adam) Rate() float64 { return or(o.LR, 1e-3) }

// For makes the rule; its state is exp_avg and exp_avg_sq.
func (o Adam) For(params []*graph.Variable) *Rule {
	return adam(o, o.Maximize, params, cpuref.AdamAttrs{Beta1: o.Beta1, Beta2: o.Beta2, Eps: o.Eps, WeightDecay: o.WeightDecay, AMSGrad: o.AMSGrad})
}

// AdamW is torch.optim.AdamW: Adam with decoupled weight decay, 0.01 if zero.
type AdamW struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	AMSGrad, Maximize                  bool
}

// Rate is LR.
func (o AdamW) Rate() float64 { return or(o.LR, 1e-3) }

// For makes the rule; its state is that of Adam.
func (o AdamW) For(params []*graph.Variable) *Rule {
	return adam(o, o.Maximize, params, cpuref.AdamAttrs{Beta1: o.Beta1, Beta2: o.Beta2, Eps: o.Eps, WeightDecay: or(o.WeightDecay, 0.01), AMSGrad: o.AMSGrad, Decoupled: true})
}

func adam(o Optimizer, maximize bool, params []*graph.Variable, a cpuref.AdamAttrs) *Rule {
	a.N = len(params)
	a.Beta1, a.Beta2, a.Eps = or(a.Beta1, 0.9), or(a.Beta2, 0.999), or(a.Eps, 1e-8)
	states := []string{"exp_avg", "exp_avg_sq"}
	if a.AMSGrad {
		states = append(states, "max_exp_avg_sq")
	}
	return flatRule(kernels.Adam, a, o, maximize, params, states...)
}

// or is an option: its default where it is 0, and 0 where it is negative.
func or(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return math.Max(v, 0)
}

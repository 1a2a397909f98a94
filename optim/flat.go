package optim

import (
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// formulas is a rule of an op of package kernels that is declared by formulas.
func formulas(op *kernels.Op, form int, o Optimizer, maximize bool, params []*graph.Variable, options ...float64) *Rule {
	at := kernels.FlatAttrs{N: len(params), Form: form}
	copy(at.V[:], options)
	states, _ := kernels.FlatStates(op, form)
	return flatRule(op, at, o, maximize, params, states...)
}

// startAt gives a rule's state i a first value, with zeros between parameters.
func (r *Rule) startAt(i int, value float64) *Rule {
	state, params := r.State[i], r.Params
	state.Init = func() *tensor.Tensor {
		t := tensor.New(state.Type)
		off := 0
		for _, p := range params {
			n := p.Type.Elems()
			for k := range n {
				t.Set(off+k, value)
			}
			off += kernels.FlatPad(n)
		}
		return t
	}
	return r
}

// RMSprop is torch.optim.RMSprop: LR 1e-2, Alpha 0.99, Eps 1e-8.
type RMSprop struct {
	LR, Alpha, Eps, WeightDecay, Momentum float64
	Centered, Maximize                    bool
}

// Rate is LR.
func (o RMSprop) Rate() float64 { return or(o.LR, 1e-2) }

// For makes the rule; its state is square_avg, with Centered grad_avg, with
// Momentum momentum_buffer.
func (o RMSprop) For(params []*graph.Variable) *Rule {
	form := 0
	if o.Momentum > 0 {
		form |= 1
	}
	if o.Centered {
		form |= 2
	}
	return formulas(kernels.RMSprop, form, o, o.Maximize, params, or(o.Alpha, 0.99), or(o.Eps, 1e-8), o.WeightDecay, o.Momentum)
}

// Adagrad is torch.optim.Adagrad: LR 1e-2, Eps 1e-10.
type Adagrad struct {
	LR, LRDecay, WeightDecay, InitialAccumulator, Eps float64
	Maximize                                          bool
}

// Rate is LR.
func (o Adagrad) Rate() float64 { return or(o.LR, 1e-2) }

// For makes the rule; its state is sum.
func (o Adagrad) For(params []*graph.Variable) *Rule {
	r := formulas(kernels.Adagrad, 0, o, o.Maximize, params, o.LRDecay, or(o.Eps, 1e-10), o.WeightDecay)
	return r.startAt(0, o.InitialAccumulator)
}

// Adadelta is torch.optim.Adadelta: LR 1, Rho 0.9, Eps 1e-6.
type Adadelta struct {
	LR, Rho, Eps, WeightDecay float64
	Maximize                  bool
}

// Rate is LR.
func (o Adadelta) Rate() float64 { return or(o.LR, 1) }

// For makes the rule; its state is square_avg and acc_delta.
func (o Adadelta) For(params []*graph.Variable) *Rule {
	return formulas(kernels.Adadelta, 0, o, o.Maximize, params, or(o.Rho, 0.9), or(o.Eps, 1e-6), o.WeightDecay)
}

// Adamax is torch.optim.Adamax: LR 2e-3, Beta1 0.9, Beta2 0.999, Eps 1e-8.
type Adamax struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	Maximize                           bool
}

// Rate is LR.
func (o Adamax) Rate() float64 { return or(o.LR, 2e-3) }

// For makes the rule; its state is exp_avg and exp_inf.
func (o Adamax) For(params []*graph.Variable) *Rule {
	return formulas(kernels.Adamax, 0, o, o.Maximize, params, or(o.Beta1, 0.9), or(o.Beta2, 0.999), or(o.Eps, 1e-8), o.WeightDecay)
}

// coupled gives a weight decay its place: in the gradient or, decoupled, at the
// parameter.
func coupled(decay float64, decoupled bool) (inGradient, atParameter float64) {
	if decoupled {
		return 0, decay
	}
	return decay, 0
}

// RAdam is torch.optim.RAdam: LR 1e-3, Beta1 0.9, Beta2 0.999, Eps 1e-8.
type RAdam struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	DecoupledWeightDecay, Maximize     bool
}

// Rate is LR.
func (o RAdam) Rate() float64 { return or(o.LR, 1e-3) }

// For makes the rule; its state is that of Adam.
func (o RAdam) For(params []*graph.Variable) *Rule {
	decay, decoupled := coupled(o.WeightDecay, o.DecoupledWeightDecay)
	return formulas(kernels.RAdam, 0, o, o.Maximize, params, or(o.Beta1, 0.9), or(o.Beta2, 0.999), or(o.Eps, 1e-8), decay, decoupled)
}

// NAdam is torch.optim.NAdam: LR 2e-3, Beta1 0.9, Beta2 0.999, Eps 1e-8,
// MomentumDecay 4e-3.
type NAdam struct {
	LR, Beta1, Beta2, Eps, WeightDecay, MomentumDecay float64
	DecoupledWeightDecay, Maximize                    bool
	// PyTorch1 divides the momentum as PyTorch did before 2.0, where μ_t counted
	// twice in the product up to μ_{t+1}: for runs that began there.
	PyTorch1 bool
}

// Rate is LR.
func (o NAdam) Rate() float64 { return or(o.LR, 2e-3) }

// For makes the rule; its state is that of Adam, and mu_product, a scalar.
func (o NAdam) For(params []*graph.Variable) *Rule {
	decay, decoupled := coupled(o.WeightDecay, o.DecoupledWeightDecay)
	beta1, fall := or(o.Beta1, 0.9), or(o.MomentumDecay, 4e-3)
	at, twice := kernels.FlatAttrs{N: len(params)}, 0.0
	if o.PyTorch1 {
		twice = 1
	}
	copy(at.V[:], []float64{beta1, or(o.Beta2, 0.999), or(o.Eps, 1e-8), decay, fall, decoupled, twice})
	states, extra := kernels.FlatStates(kernels.NAdam, 0)
	r := flatRule(kernels.NAdam, at, o, o.Maximize, params, states...)
	product := &graph.Variable{Name: "optim." + extra, Type: tensor.Type{DType: precision(params)}}
	product.Init = func() *tensor.Tensor {
		t := tensor.New(product.Type)
		t.Set(0, 1)
		return t
	}
	p := r.parts[0]
	p.states = append(p.states, product)
	r.State = append(append([]*graph.Variable{}, p.states...), p.step)
	formula := kernels.FormulaAttrs{
		Formula: "t, product, beta:attr, fall:attr -> product*(beta*(1 - 0.5*exp(t*fall*-0.040821994520255166)))", // ln 0.96
		Params:  kernels.Params{beta1, fall},
	}
	p.update = func(u *update) {
		now := u.g.Apply(kernels.Lookup("formula"), formula, u.t, u.g.Read(product))[0]
		u.g.Assign(product, now)
		u.apply(kernels.NAdam, at, graph.Stack(0, u.t, now))
	}
	return r
}

// Lion is Lion of "Symbolic Discovery of Optimization Algorithms": LR 1e-4, Beta1
// 0.9, Beta2 0.99. Its weight decay is decoupled.
type Lion struct {
	LR, Beta1, Beta2, WeightDecay float64
	Maximize                      bool
}

// Rate is LR.
func (o Lion) Rate() float64 { return or(o.LR, 1e-4) }

// For makes the rule; its state is exp_avg.
func (o Lion) For(params []*graph.Variable) *Rule {
	return formulas(kernels.Lion, 0, o, o.Maximize, params, or(o.Beta1, 0.9), or(o.Beta2, 0.99), o.WeightDecay)
}

// ASGD is torch.optim.ASGD: LR 1e-2, Lambd 1e-4, Alpha 0.75, T0 1e6.
type ASGD struct {
	LR, Lambd, Alpha, T0, WeightDecay float64
	Maximize                          bool
}

// Rate is LR.
func (o ASGD) Rate() float64 { return or(o.LR, 1e-2) }

// For makes the rule; its state is ax, the average.
func (o ASGD) For(params []*graph.Variable) *Rule {
	return formulas(kernels.ASGD, 0, o, o.Maximize, params, or(o.Lambd, 1e-4), or(o.Alpha, 0.75), or(o.T0, 1e6), o.WeightDecay)
}

// Rprop is torch.optim.Rprop: LR 1e-2, with which steps begin, EtaMinus 0.5,
// EtaPlus 1.2, StepMin 1e-6, StepMax 50.
type Rprop struct {
	LR, EtaMinus, EtaPlus, StepMin, StepMax float64
	Maximize                                bool
}

// Rate is LR.
func (o Rprop) Rate() float64 { return or(o.LR, 1e-2) }

// For makes the rule; its state is prev and step_size.
func (o Rprop) For(params []*graph.Variable) *Rule {
	r := formulas(kernels.Rprop, 0, o, o.Maximize, params, or(o.EtaMinus, 0.5), or(o.EtaPlus, 1.2), or(o.StepMin, 1e-6), or(o.StepMax, 50))
	return r.startAt(1, o.Rate())
}

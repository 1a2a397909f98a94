// Package optim updates parameters with PyTorch's optimizers. All parameters of
// one optimizer are updated by one fused op over flat memory: their gradients
// are computed side by side, the moments lie alike, and clipping is one
// reduction.
//
//	rule := optim.AdamW{LR: 1e-3}.For(params)
//	rule.Apply(graph.Grad(loss, values...), 0) // in the graph of a training step
//
// Package train does this, and feeds the learning rate, which is an input: it may
// change at every step without compiling anything.
package optim

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// LRInput is the name of the input through which the host gives a run its
// learning rate, a float32 of rank 0.
const LRInput = "lr"

// Optimizer is an algorithm with its options; For applies it to parameters.
type Optimizer interface {
	// Rate is the learning rate to begin with.
	Rate() float64
	// For makes the state that updates of these parameters share. Make one Rule
	// and use it in every program that trains them.
	For(params []*graph.Variable) *Rule
}

// Rule updates a list of parameters. Its variables are the optimizer's state,
// saved with a run so that it can be resumed.
type Rule struct {
	Params []*graph.Variable
	State  []*graph.Variable // flat moments in the parameters' order, then the step count
	op     *kernels.Op
	attrs  any
	step   *graph.Variable
}

func newRule(op *kernels.Op, attrs any, params []*graph.Variable, moments ...string) *Rule {
	n, moment := 0, tensor.F32(0)
	for _, p := range params {
		n += kernels.FlatPad(p.Type.Elems())
		if p.Type.DType == tensor.Float64 {
			moment.DType = tensor.Float64
		}
	}
	moment.Shape[0] = n
	r := &Rule{Params: params, op: op, attrs: attrs}
	for _, m := range moments {
		r.State = append(r.State, &graph.Variable{Name: "optim." + m, Type: moment})
	}
	r.step = &graph.Variable{Name: "optim.step", Type: tensor.F32()}
	r.State = append(r.State, r.step)
	return r
}

// Apply adds the update to the gradients' graph: parameters, moments and step
// count are assigned. With clip > 0 the gradients are scaled so that their
// common 2-norm is at most clip, as torch.nn.utils.clip_grad_norm_. It returns
// that norm from before the scaling (absent without clip). The gradients are
// those of Params, in their order; each run must be fed LRInput.
func (r *Rule) Apply(grads []graph.Value, clip float64) (norm graph.Value) {
	if len(grads) == 0 || grads[0].Graph() == nil {
		return // nothing to update, or grads[0] failed and its graph says why
	}
	g := grads[0].Graph()
	if len(grads) != len(r.Params) {
		g.Fail(fmt.Errorf("optim: %d gradients for %d parameters: give one for each of Rule.Params, in their order", len(grads), len(r.Params)))
		return
	}
	flat := graph.Pack(grads...)
	var in []graph.Value
	for _, p := range r.Params {
		in = append(in, g.Read(p))
	}
	in = append(in, flat)
	moments := r.State[:len(r.State)-1]
	for _, m := range moments {
		in = append(in, g.Read(m))
	}
	t := g.Read(r.step).AddScalar(1)
	in = append(in, g.Input(LRInput, tensor.Type{DType: r.Params[0].Type.DType}), t)
	if clip > 0 {
		norm = flat.Square().Sum().Sqrt()
		in = append(in, g.Scalar(clip).Div(norm.AddScalar(1e-6)).Minimum(g.Scalar(1)))
	}
	out := g.Apply(r.op, r.attrs, in...)
	if g.Err() != nil {
		return
	}
	for i, p := range r.Params {
		g.Assign(p, out[i])
	}
	for i, m := range moments {
		g.Assign(m, out[len(r.Params)+i])
	}
	g.Assign(r.step, t)
	return norm
}

// SGD is torch.optim.SGD. LR has no default: 0 changes nothing.
type SGD struct {
	LR, Momentum, Dampening, WeightDecay float64
	Nesterov                             bool
}

// Rate is LR.
func (o SGD) Rate() float64 { return o.LR }

// For makes the rule; its state is the momentum buffer, where there is momentum.
func (o SGD) For(params []*graph.Variable) *Rule {
	attrs := cpuref.SGDAttrs{N: len(params), Momentum: o.Momentum, Dampening: o.Dampening, WeightDecay: o.WeightDecay, Nesterov: o.Nesterov}
	if o.Momentum == 0 {
		return newRule(kernels.Lookup("sgd"), attrs, params)
	}
	return newRule(kernels.Lookup("sgd"), attrs, params, "momentum_buffer")
}

// Adam is torch.optim.Adam; zeros mean its defaults: LR 1e-3, Beta1 0.9, Beta2
// 0.999, Eps 1e-8.
type Adam struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	AMSGrad                            bool
}

// Rate is LR.
func (o Adam) Rate() float64 { return or(o.LR, 1e-3) }

// For makes the rule; its state is exp_avg and exp_avg_sq.
func (o Adam) For(params []*graph.Variable) *Rule {
	return adam(params, cpuref.AdamAttrs{Beta1: o.Beta1, Beta2: o.Beta2, Eps: o.Eps, WeightDecay: o.WeightDecay, AMSGrad: o.AMSGrad})
}

// AdamW is torch.optim.AdamW: Adam with decoupled weight decay, 0.01 if zero
// (negative: none).
type AdamW struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	AMSGrad                            bool
}

// Rate is LR.
func (o AdamW) Rate() float64 { return or(o.LR, 1e-3) }

// For makes the rule; its state is that of Adam.
func (o AdamW) For(params []*graph.Variable) *Rule {
	return adam(params, cpuref.AdamAttrs{Beta1: o.Beta1, Beta2: o.Beta2, Eps: o.Eps, WeightDecay: max(0, or(o.WeightDecay, 0.01)), AMSGrad: o.AMSGrad, Decoupled: true})
}

func adam(params []*graph.Variable, a cpuref.AdamAttrs) *Rule {
	a.N = len(params)
	a.Beta1, a.Beta2, a.Eps = or(a.Beta1, 0.9), or(a.Beta2, 0.999), or(a.Eps, 1e-8)
	moments := []string{"exp_avg", "exp_avg_sq"}
	if a.AMSGrad {
		moments = append(moments, "max_exp_avg_sq")
	}
	return newRule(kernels.Lookup("adam"), a, params, moments...)
}

func or(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
}

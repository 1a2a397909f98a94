package optim

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
)

// perParameter makes states of the parameters' own shapes, "optim.NAME.PARAMETER",
// all of one name before those of the next.
func perParameter(params []*graph.Variable, names ...string) (states []*graph.Variable) {
	for _, n := range names {
		for _, p := range params {
			states = append(states, &graph.Variable{Name: "optim." + n + "." + p.Name, Type: p.Type})
		}
	}
	return states
}

// formula is an elementwise formula as one op.
func formula(text string, in ...graph.Value) graph.Value {
	g := in[0].Graph()
	if g == nil {
		return in[0]
	}
	return g.Apply(kernels.Lookup("formula"), kernels.FormulaAttrs{Formula: text}, in...)[0]
}

// LAMB is LAMB of "Large Batch Optimization for Deep Learning": Adam's step,
// with decoupled weight decay, scaled for each parameter to its own norm:
//
//	u = m/(1-β1^t)/(sqrt(v/(1-β2^t)) + eps) + decay·p
//	p -= lr·|p|/|u|·u    (1 for |p|/|u| where either is 0)
//
// LR 1e-3, Beta1 0.9, Beta2 0.999, Eps 1e-6, WeightDecay 0. MaxTrust, above 0,
// bounds |p|/|u|.
type LAMB struct {
	LR, Beta1, Beta2, Eps, WeightDecay, MaxTrust float64
	Maximize                                     bool
}

// Rate is LR.
func (o LAMB) Rate() float64 { return or(o.LR, 1e-3) }

// For makes the rule; its state is exp_avg and exp_avg_sq of each parameter.
func (o LAMB) For(params []*graph.Variable) *Rule {
	r := newRule(o, o.Maximize, params, perParameter(params, "exp_avg", "exp_avg_sq")...)
	b1, b2, eps, n := or(o.Beta1, 0.9), or(o.Beta2, 0.999), or(o.Eps, 1e-6), len(params)
	r.parts[0].update = func(u *update) {
		g := u.g
		s1, s2 := biasCorrection(u.t, b1), biasCorrection(u.t, b2).Sqrt()
		for i, p := range u.params {
			w, grad := g.Read(p), u.grad(i)
			m := lerp(g.Read(u.states[i]), grad, b1)
			v := formula(fmt.Sprintf("v, g -> %v*v + (1 - %[1]v)*g*g", b2), g.Read(u.states[n+i]), grad)
			step := formula(fmt.Sprintf("m, v, s1, s2 -> m/s1/(sqrt(v)/s2 + %v)", eps), m, v, s1, s2)
			step = formula(fmt.Sprintf("u, p -> u + %v*p", o.WeightDecay), step, w)
			trust := formula("p, u -> where(p > 0 && u > 0, p/u, 1)", w.Square().Sum().Sqrt(), step.Square().Sum().Sqrt())
			if o.MaxTrust > 0 {
				trust = trust.Minimum(g.Scalar(o.MaxTrust))
			}
			g.Assign(p, w.Sub(step.Mul(trust.Mul(u.lr))))
			g.Assign(u.states[i], m)
			g.Assign(u.states[n+i], v)
		}
	}
	return r
}

// lerp is β·old + (1-β)·new.
func lerp(old, new graph.Value, beta float64) graph.Value {
	return formula(fmt.Sprintf("old, new -> %v*old + (1 - %[1]v)*new", beta), old, new)
}

// biasCorrection is 1 - β^t.
func biasCorrection(t graph.Value, beta float64) graph.Value {
	return formula(fmt.Sprintf("t -> -expm1(t*%v)", max(math.Log(beta), -1e4)), t)
}

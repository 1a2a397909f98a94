package optim

import (
	"fmt"
	"math"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// LRInput is the name of the input through which the host gives a run its
// learning rate, a float32 of rank 0 (float64 for parameters in that): the first
// group's, where there are several.
const LRInput = "lr"

// Rate is an input of a program that updates parameters, and the learning rate it
// begins with. A Schedule gives what to feed: schedule.Rate(r.Base, step).
type Rate struct {
	Input string
	Base  float64
}

// Rule updates a list of parameters. Its variables are the optimizer's state,
// saved with a run so that it can be resumed.
type Rule struct {
	Params []*graph.Variable
	// State holds for each group the moments, flat in the parameters' order or
	// one a parameter, then the step count: optim.exp_avg, or of a group
	// optim.NAME.exp_avg.
	State []*graph.Variable
	Rates []Rate // one a group; LRInput is the first

	// NormType is the norm that Apply clips: 1, 2 (or 0), any p, or infinity.
	NormType float64
	// ClipValue, above 0, bounds each gradient's elements by ±ClipValue, before
	// the norm is taken.
	ClipValue float64

	parts []*part
}

// part is what one group shares.
type part struct {
	params   []*graph.Variable
	states   []*graph.Variable
	step     *graph.Variable
	input    string
	maximize bool
	update   func(u *update)
}

// update is a part's update under construction.
type update struct {
	*part
	g      *graph.Graph
	grads  []graph.Value
	flat   graph.Value // the gradients side by side
	lr, t  graph.Value
	gscale graph.Value // what gradients are to be multiplied by; absent: 1
}

// newRule is a rule of one group; update is set by the caller.
func newRule(o Optimizer, maximize bool, params []*graph.Variable, states ...*graph.Variable) *Rule {
	p := &part{params: params, states: states, input: LRInput, maximize: maximize,
		step: &graph.Variable{Name: "optim.step", Type: tensor.F32()}}
	r := &Rule{Params: params, State: append(append([]*graph.Variable{}, states...), p.step),
		Rates: []Rate{{LRInput, o.Rate()}}, parts: []*part{p}}
	return r
}

// flatRule is a rule of one op over flat states.
func flatRule(op *kernels.Op, attrs any, o Optimizer, maximize bool, params []*graph.Variable, states ...string) *Rule {
	n := 0
	for _, p := range params {
		n += kernels.FlatPad(p.Type.Elems())
	}
	moment := tensor.Type{DType: precision(params), Shape: tensor.Shape{n}}
	var vars []*graph.Variable
	for _, s := range states {
		vars = append(vars, &graph.Variable{Name: "optim." + s, Type: moment})
	}
	r := newRule(o, maximize, params, vars...)
	r.parts[0].update = func(u *update) { u.apply(op, attrs, u.t) }
	return r
}

// precision is float64 for parameters in that, else float32.
func precision(params []*graph.Variable) tensor.DType {
	if len(params) > 0 && params[0].Type.DType == tensor.Float64 {
		return tensor.Float64
	}
	return tensor.Float32
}

// apply adds the op that updates the part; t is its operand with the step.
func (u *update) apply(op *kernels.Op, attrs any, t graph.Value) {
	var in []graph.Value
	for _, p := range u.params {
		in = append(in, u.g.Read(p))
	}
	in = append(in, u.packed())
	var states []*graph.Variable
	for _, s := range u.states {
		if len(s.Type.Shape) > 0 { // not a scalar, which t holds
			states, in = append(states, s), append(in, u.g.Read(s))
		}
	}
	in = append(in, u.lr, t)
	if u.gscale.Valid() {
		in = append(in, u.gscale)
	}
	out := u.g.Apply(op, attrs, in...)
	if u.g.Err() != nil {
		return
	}
	for i, v := range append(append([]*graph.Variable{}, u.params...), states...) {
		u.g.Assign(v, out[i])
	}
}

// packed is the gradients side by side.
func (u *update) packed() graph.Value {
	if !u.flat.Valid() {
		u.flat = graph.Pack(u.grads...)
	}
	return u.flat
}

// grad is gradient i as the rule is to see it.
func (u *update) grad(i int) graph.Value {
	if u.gscale.Valid() {
		return u.grads[i].Mul(u.gscale)
	}
	return u.grads[i]
}

// Apply adds the update to the gradients' graph: parameters, moments and step
// counts are assigned. With clip > 0 the gradients of all groups are scaled so
// that their common norm (2, or NormType) is at most clip, as
// torch.nn.utils.clip_grad_norm_. It returns that norm from before the scaling
// (absent without clip). The gradients are those of Params, in their order; each
// run must be fed the inputs of Rates.
func (r *Rule) Apply(grads []graph.Value, clip float64) (norm graph.Value) {
	if len(grads) == 0 || grads[0].Graph() == nil {
		return // nothing to update, or grads[0] failed and its graph says why
	}
	g := grads[0].Graph()
	if len(grads) != len(r.Params) {
		g.Fail(fmt.Errorf("optim: %d gradients for %d parameters: give one for each of Rule.Params, in their order", len(grads), len(r.Params)))
		return
	}
	var all []*update
	var flats []graph.Value
	for _, p := range r.parts {
		u := &update{part: p, g: g, grads: grads[:len(p.params)]}
		u.t = g.Read(u.step).Cast(precision(u.params)).AddScalar(1) // early: no barrier waits for it
		grads = grads[len(p.params):]
		if r.ClipValue > 0 {
			u.grads = ClipGradValue(u.grads, r.ClipValue)
		}
		if clip > 0 {
			flats = append(flats, u.packed())
		}
		all = append(all, u)
	}
	var scale graph.Value
	if clip > 0 {
		p := r.NormType
		if p == 0 {
			p = 2
		}
		norm = commonNorm(flats, p)
		scale = clipScale(norm, clip)
	}
	for _, u := range all {
		u.lr = g.Input(u.input, tensor.Type{DType: precision(u.params)})
		switch u.gscale = scale; {
		case u.maximize && scale.Valid():
			u.gscale = scale.Neg()
		case u.maximize:
			u.gscale = g.Scalar(-1)
		}
		if u.update(u); g.Err() != nil {
			return
		}
		g.Assign(u.step, u.t)
	}
	return norm
}

// ClipGradNorm scales gradients so that their common norm is at most limit, as
// torch.nn.utils.clip_grad_norm_: g·min(1, limit/(norm + 1e-6)). normType is 1, 2,
// any p, or infinity. It also gives the norm from before. Rule.Apply does this
// with less work, where a Rule updates.
func ClipGradNorm(grads []graph.Value, limit, normType float64) (clipped []graph.Value, norm graph.Value) {
	if len(grads) == 0 {
		return
	}
	norm = commonNorm([]graph.Value{graph.Pack(grads...)}, normType)
	scale := clipScale(norm, limit)
	for _, g := range grads {
		clipped = append(clipped, g.Mul(scale))
	}
	return clipped, norm
}

// ClipGradValue bounds the elements of gradients by ±limit, as
// torch.nn.utils.clip_grad_value_.
func ClipGradValue(grads []graph.Value, limit float64) (clipped []graph.Value) {
	for _, v := range grads {
		if g := v.Graph(); g != nil {
			v = v.Minimum(g.Scalar(limit)).Maximum(g.Scalar(-limit))
		}
		clipped = append(clipped, v)
	}
	return clipped
}

func clipScale(norm graph.Value, limit float64) graph.Value {
	g := norm.Graph()
	if g == nil {
		return norm
	}
	return g.Scalar(limit).Div(norm.AddScalar(1e-6)).Minimum(g.Scalar(1))
}

// commonNorm is the p-norm of all elements of flat gradients, whose padding of
// zeros adds nothing.
func commonNorm(flats []graph.Value, p float64) (norm graph.Value) {
	for i, f := range flats {
		var n graph.Value
		switch {
		case f.Graph() == nil:
			return f
		case math.IsInf(p, 1):
			n = f.Abs().Amax()
		case p == 1:
			n = f.Abs().Sum()
		case p == 2:
			n = f.Square().Sum()
		default:
			n = f.Abs().Pow(f.Graph().Scalar(p)).Sum()
		}
		switch {
		case i == 0:
			norm = n
		case math.IsInf(p, 1):
			norm = norm.Maximum(n)
		default:
			norm = norm.Add(n)
		}
	}
	switch {
	case p == 2:
		norm = norm.Sqrt()
	case p != 1 && !math.IsInf(p, 1) && norm.Graph() != nil:
		norm = norm.Pow(norm.Graph().Scalar(1 / p))
	}
	return norm
}

// Group gives some of the parameters an optimizer, or options, of their own.
type Group struct {
	// Name tells the group's state from others': "0", "1", ... if empty.
	Name string
	// Match picks the parameters from those that no group before has; nil: all.
	Match     func(p *graph.Variable) bool
	Optimizer Optimizer
}

// Groups are PyTorch's parameter groups. Parameters that no group picks stay as
// they are: that is how to freeze some. The groups share clipping; each has its
// own learning rate, which a schedule scales, and its own inputs (Rule.Rates).
type Groups []Group

// Rate is the first group's.
func (gs Groups) Rate() float64 {
	if len(gs) == 0 {
		return 0
	}
	return gs[0].Optimizer.Rate()
}

// For makes one rule of all groups.
func (gs Groups) For(params []*graph.Variable) *Rule {
	all := &Rule{}
	left := params
	for i, gr := range gs {
		name := gr.Name
		if name == "" {
			name = fmt.Sprint(i)
		}
		var mine, rest []*graph.Variable
		for _, p := range left {
			if gr.Match == nil || gr.Match(p) {
				mine = append(mine, p)
			} else {
				rest = append(rest, p)
			}
		}
		left = rest
		r := gr.Optimizer.For(mine)
		for _, v := range r.State {
			v.Name = "optim." + name + strings.TrimPrefix(v.Name, "optim")
		}
		for k, p := range r.parts {
			if len(p.params) == 0 {
				continue
			}
			rate := Rate{p.input + "." + name, r.Rates[k].Base}
			if len(all.parts) == 0 {
				rate.Input = LRInput
			}
			p.input = rate.Input
			all.parts, all.Rates = append(all.parts, p), append(all.Rates, rate)
			all.Params = append(all.Params, p.params...)
			all.State = append(append(all.State, p.states...), p.step)
		}
	}
	return all
}

// Named is a Group's Match for parameters whose names have one of the prefixes.
func Named(prefixes ...string) func(p *graph.Variable) bool {
	return func(p *graph.Variable) bool {
		for _, s := range prefixes {
			if strings.HasPrefix(p.Name, s) {
				return true
			}
		}
		return false
	}
}

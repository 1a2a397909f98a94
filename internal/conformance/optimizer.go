package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

// optimizer is torch.optim's with these arguments.
func optimizer(name string, args map[string]any) (optim.Optimizer, error) {
	o := options(args)
	num, flag := o.num, o.flag
	zero := func(key string) float64 { return o.given(key, -1) } // 0 where package optim takes it for the default
	var betas [2]float64
	copy(betas[:], o.list("betas"))
	for i, b := range betas {
		if b == 0 && len(o.list("betas")) == 2 {
			betas[i] = -1
		}
	}
	etas := append(o.list("etas"), 0, 0)
	sizes := append(o.list("step_sizes"), 0, 0)
	lr, decay, eps, most := num("lr", 0), num("weight_decay", 0), zero("eps"), flag("maximize")
	momentum := num("momentum", 0)
	switch strings.ToLower(name[strings.LastIndex(name, ".")+1:]) {
	case "sgd":
		return optim.SGD{LR: num("lr", 1e-3), Momentum: momentum, Dampening: num("dampening", 0), WeightDecay: decay, Nesterov: flag("nesterov"), Maximize: most}, nil
	case "adam":
		if flag("decoupled_weight_decay") {
			return optim.AdamW{LR: lr, Beta1: betas[0], Beta2: betas[1], Eps: eps, WeightDecay: noneOr(decay), AMSGrad: flag("amsgrad"), Maximize: most}, nil
		}
		return optim.Adam{LR: lr, Beta1: betas[0], Beta2: betas[1], Eps: eps, WeightDecay: decay, AMSGrad: flag("amsgrad"), Maximize: most}, nil
	case "adamw":
		return optim.AdamW{LR: lr, Beta1: betas[0], Beta2: betas[1], Eps: eps, WeightDecay: zero("weight_decay"), AMSGrad: flag("amsgrad"), Maximize: most}, nil
	case "rmsprop":
		return optim.RMSprop{LR: lr, Alpha: zero("alpha"), Eps: eps, WeightDecay: decay, Momentum: momentum, Centered: flag("centered"), Maximize: most}, nil
	case "adagrad":
		return optim.Adagrad{LR: lr, LRDecay: num("lr_decay", 0), WeightDecay: decay, InitialAccumulator: num("initial_accumulator_value", 0), Eps: eps, Maximize: most}, nil
	case "adadelta":
		return optim.Adadelta{LR: lr, Rho: zero("rho"), Eps: eps, WeightDecay: decay, Maximize: most}, nil
	case "adamax":
		return optim.Adamax{LR: lr, Beta1: betas[0], Beta2: betas[1], Eps: eps, WeightDecay: decay, Maximize: most}, nil
	case "radam":
		return optim.RAdam{LR: lr, Beta1: betas[0], Beta2: betas[1], Eps: eps, WeightDecay: decay, DecoupledWeightDecay: flag("decoupled_weight_decay"), Maximize: most}, nil
	case "nadam":
		return optim.NAdam{LR: lr, Beta1: betas[0], Beta2: betas[1], Eps: eps, WeightDecay: decay, MomentumDecay: zero("momentum_decay"),
			DecoupledWeightDecay: flag("decoupled_weight_decay"), Maximize: most, PyTorch1: flag("pytorch1")}, nil
	case "lion":
		return optim.Lion{LR: lr, Beta1: betas[0], Beta2: betas[1], WeightDecay: decay, Maximize: most}, nil
	case "asgd":
		return optim.ASGD{LR: lr, Lambd: zero("lambd"), Alpha: zero("alpha"), T0: zero("t0"), WeightDecay: decay, Maximize: most}, nil
	case "rprop":
		return optim.Rprop{LR: lr, EtaMinus: etas[0], EtaPlus: etas[1], StepMin: sizes[0], StepMax: sizes[1], Maximize: most}, nil
	case "lamb":
		return optim.LAMB{LR: lr, Beta1: betas[0], Beta2: betas[1], Eps: eps, WeightDecay: decay, Maximize: most}, nil
	case "muon":
		plain := o["nesterov"] == false
		return optim.Muon{LR: lr, WeightDecay: zero("weight_decay"), Momentum: zero("momentum"), NSSteps: o.int("ns_steps", 0), PlainMomentum: plain,
			MatchRMSAdamW: o.text("adjust_lr_fn") == "match_rms_adamw", Maximize: most}, nil
	}
	return nil, &MissingError{name}
}

// noneOr is a decay where 0 is the default for another.
func noneOr(decay float64) float64 {
	if decay == 0 {
		return -1
	}
	return decay
}

// groups are the parameter groups: names, and the arguments with the group's own.
func groups(c *Case) (names [][]string, args []map[string]any, err error) {
	list, ok := c.Args["groups"].([]any)
	if !ok {
		var all []string
		for _, g := range c.Given {
			if g.Kind == "param" {
				all = append(all, g.Name)
			}
		}
		return [][]string{all}, []map[string]any{c.Args}, nil
	}
	for _, item := range list {
		own, ok := item.(map[string]any)
		if !ok {
			return nil, nil, fmt.Errorf("args: groups holds %v, wants objects", item)
		}
		var params []string
		list, _ := own["params"].([]any)
		for _, p := range list {
			params = append(params, fmt.Sprint(p))
		}
		all := maps.Clone(c.Args)
		maps.Copy(all, own)
		names, args = append(names, params), append(args, all)
	}
	return names, args, nil
}

// trainer is the program that updates all groups.
type trainer struct {
	names []string // of the rule's parameters
	rule  *optim.Rule
	rates []*tensor.Tensor
	prog  *engine.Program
}

// runOptimizer feeds given gradients step by step, or closes the loop over the
// logistic regression loss = mean BCE(X·w + b, y).
func runOptimizer(dev *engine.Device, c *Case) (map[string]*tensor.Tensor, error) {
	b, err := newBuilder(c)
	if err != nil {
		return nil, err
	}
	names, args, err := groups(c)
	if err != nil {
		return nil, err
	}
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	var gs optim.Groups
	var tr trainer
	var vars []*graph.Variable
	for i, list := range names {
		own := map[string]any{"pytorch1": strings.HasPrefix(c.Version, "1.")}
		maps.Copy(own, args[i])
		o, err := optimizer(c.Torch, own)
		if err != nil {
			return nil, err
		}
		for _, name := range list {
			if b.vars[name] == nil {
				return nil, fmt.Errorf("parameter %s is in a group but not given", name)
			}
			vars = append(vars, b.vars[name])
		}
		gs = append(gs, optim.Group{Match: func(p *graph.Variable) bool { return slices.Contains(list, p.Name) }, Optimizer: o})
	}
	tr.rule = gs.For(vars)
	for _, p := range tr.rule.Params {
		tr.names = append(tr.names, p.Name)
	}
	for _, r := range tr.rule.Rates {
		tr.rates = append(tr.rates, tensor.Scalar(float32(r.Base)))
	}
	tr.prog, err = engine.Compile(st, func(g *graph.Graph) { b.addUpdate(g, tr) })
	if err != nil {
		return nil, err
	}
	defer tr.prog.Close()
	got := map[string]*tensor.Tensor{}
	for s := range c.Steps {
		if err := b.step(tr, st, s, got); err != nil {
			return nil, err
		}
	}
	return got, states(tr.rule, st, names, got)
}

// sequence is the name of a parameter's gradients: g0 for p0.
func sequence(param string) string { return "g" + strings.TrimPrefix(param, "p") }

func (b *builder) addUpdate(g *graph.Graph, gr trainer) {
	b.Graph, b.in = g, map[string]graph.Value{}
	var grads []graph.Value
	if b.c.Group == "optloop" {
		x, _ := b.c.given("X", "input")
		y, _ := b.c.given("y", "input")
		var params []graph.Value
		for _, name := range gr.names {
			params = append(params, b.at(name))
		}
		z := g.Input("X", tensor.F32(x.Shape...)).MatMul(b.at("w").Reshape(-1, 1)).Reshape(-1).Add(b.at("b"))
		loss := bceLogits(z, g.Input("y", tensor.F32(y.Shape...))).Mean()
		g.Output("loss", loss)
		grads = graph.Grad(loss, params...)
	} else {
		for i, name := range gr.names {
			grads = append(grads, g.Input(sequence(name), gr.rule.Params[i].Type))
		}
	}
	gr.rule.Apply(grads, 0)
}

// step runs one update and appends what it gave.
func (b *builder) step(gr trainer, st *engine.State, s int, got map[string]*tensor.Tensor) error {
	in := engine.Feeds{}
	for i, r := range gr.rule.Rates {
		in[r.Input] = gr.rates[i]
	}
	loop := b.c.Group == "optloop"
	if loop {
		for _, name := range []string{"X", "y"} {
			g, ok := b.c.given(name, "input")
			if !ok {
				return fmt.Errorf("input %s is not given", name)
			}
			t, err := b.c.Tensor(g)
			if err != nil {
				return err
			}
			in[name] = t
		}
	}
	for i := 0; i < len(gr.names) && !loop; i++ {
		g, ok := b.c.given(sequence(gr.names[i]), "grad_seq")
		if !ok || len(g.Shape) == 0 || g.Shape[0] != b.c.Steps {
			return fmt.Errorf("gradients %s are %v, wants %d steps of them", g.Name, g.Shape, b.c.Steps)
		}
		t, err := b.c.Tensor(g)
		if err != nil {
			return err
		}
		n := t.Elems() / b.c.Steps
		in[g.Name] = tensor.FromF32(t.F32[s*n:(s+1)*n], g.Shape[1:]...)
	}
	tk, err := gr.prog.Run(in)
	if err != nil {
		return err
	}
	if loop {
		loss, err := tk.Scalar("loss")
		if err != nil {
			return err
		}
		appendTo(got, "loss loss", loss)
	}
	for i, name := range gr.names {
		t, err := st.Get(gr.rule.Params[i])
		if err != nil {
			return err
		}
		appendTo(got, "trajectory "+name, t.F32...)
	}
	return nil
}

func appendTo(got map[string]*tensor.Tensor, key string, v ...float32) {
	if t := got[key]; t != nil {
		v = append(t.F32, v...)
	}
	got[key] = tensor.FromF32(v, len(v))
}

// states takes the moments of each group apart by parameter.
func states(rule *optim.Rule, st *engine.State, groups [][]string, got map[string]*tensor.Tensor) error {
	size := map[string]int{}
	for _, p := range rule.Params {
		size[p.Name] = p.Type.Elems()
	}
	for _, v := range rule.State {
		t, err := st.Get(v)
		if err != nil {
			return err
		}
		for i, names := range groups {
			moment, mine := strings.CutPrefix(v.Name, fmt.Sprintf("optim.%d.", i))
			if !mine {
				continue
			}
			if base, param, own := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(moment, "muon."), "others."), "."); own {
				got["state "+param+"."+base] = t
				continue
			}
			off := 0
			for _, name := range names {
				key, n := "state "+name+"."+moment, size[name]
				if len(t.Shape) == 0 { // one for all
					got[key] = t
					continue
				}
				if off+n <= len(t.F32) {
					got[key] = tensor.FromF32(slices.Clone(t.F32[off:off+n]), n)
				}
				off += kernels.FlatPad(n)
			}
		}
	}
	return nil
}

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
	num := func(key string) float64 { v, _ := args[key].(float64); return v }
	flag := func(key string) bool { v, _ := args[key].(bool); return v }
	var betas [2]float64
	if l, ok := args["betas"].([]any); ok && len(l) == 2 {
		betas[0], _ = l[0].(float64)
		betas[1], _ = l[1].(float64)
	}
	if flag("maximize") {
		return nil, &MissingError{name + " with maximize"}
	}
	decay := num("weight_decay")
	switch name {
	case "torch.optim.SGD":
		return optim.SGD{LR: num("lr"), Momentum: num("momentum"), Dampening: num("dampening"), WeightDecay: decay, Nesterov: flag("nesterov")}, nil
	case "torch.optim.Adam":
		return optim.Adam{LR: num("lr"), Beta1: betas[0], Beta2: betas[1], Eps: num("eps"), WeightDecay: decay, AMSGrad: flag("amsgrad")}, nil
	case "torch.optim.AdamW":
		if decay == 0 {
			decay = -1 // none, where 0 is the default
		}
		return optim.AdamW{LR: num("lr"), Beta1: betas[0], Beta2: betas[1], Eps: num("eps"), WeightDecay: decay, AMSGrad: flag("amsgrad")}, nil
	}
	return nil, &MissingError{name}
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

// group is a program that updates some parameters.
type group struct {
	names []string
	rule  *optim.Rule
	rate  *tensor.Tensor
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
	var all []group
	for i, list := range names {
		o, err := optimizer(c.Torch, args[i])
		if err != nil {
			return nil, err
		}
		var vars []*graph.Variable
		for _, name := range list {
			if b.vars[name] == nil {
				return nil, fmt.Errorf("parameter %s is in a group but not given", name)
			}
			vars = append(vars, b.vars[name])
		}
		gr := group{names: list, rule: o.For(vars), rate: tensor.Scalar(float32(o.Rate()))}
		gr.prog, err = engine.Compile(st, func(g *graph.Graph) { b.addUpdate(g, gr) })
		if err != nil {
			return nil, err
		}
		defer gr.prog.Close()
		all = append(all, gr)
	}
	got := map[string]*tensor.Tensor{}
	for s := range c.Steps {
		for _, gr := range all {
			if err := b.step(gr, st, s, got); err != nil {
				return nil, err
			}
		}
	}
	for _, gr := range all {
		if err := states(gr, st, got); err != nil {
			return nil, err
		}
	}
	return got, nil
}

// sequence is the name of a parameter's gradients: g0 for p0.
func sequence(param string) string { return "g" + strings.TrimPrefix(param, "p") }

func (b *builder) addUpdate(g *graph.Graph, gr group) {
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
func (b *builder) step(gr group, st *engine.State, s int, got map[string]*tensor.Tensor) error {
	in := engine.Feeds{optim.LRInput: gr.rate}
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

// states takes the flat moments apart by parameter.
func states(gr group, st *engine.State, got map[string]*tensor.Tensor) error {
	for _, m := range gr.rule.State {
		t, err := st.Get(m)
		if err != nil {
			return err
		}
		off, moment := 0, strings.TrimPrefix(m.Name, "optim.")
		if moment == "step" {
			continue
		}
		for i, p := range gr.rule.Params {
			n := p.Type.Elems()
			got["state "+gr.names[i]+"."+moment] = tensor.FromF32(slices.Clone(t.F32[off:off+n]), n)
			off += kernels.FlatPad(n)
		}
	}
	return nil
}

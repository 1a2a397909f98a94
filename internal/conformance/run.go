package conformance

import (
	"errors"
	"fmt"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Run computes a case on a device and grades every expected tensor. A
// *MissingError says that the case needs what isn't there.
func Run(dev *engine.Device, c *Case) ([]Result, error) {
	var got map[string]*tensor.Tensor
	var err error
	switch c.Kind {
	case "op", "clip":
		got, err = runOp(dev, c)
	case "optimizer":
		got, err = runOptimizer(dev, c)
	case "training":
		got, err = runTraining(dev, c)
	case "schedule":
		got, err = runSchedule(c)
	default:
		err = &MissingError{c.Kind + " " + c.Torch}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	var rs []Result
	for _, e := range c.Expect {
		rs = append(rs, c.grade(e, got[e.Kind+" "+e.Name]))
	}
	return rs, nil
}

// newBuilder gives the case's parameters and buffers as variables.
func newBuilder(c *Case) (*builder, error) {
	b := &builder{c: c, vars: map[string]*graph.Variable{}}
	for _, g := range c.Given {
		if g.Kind != "param" && g.Kind != "buffer" {
			continue
		}
		t, err := c.Tensor(g)
		if err != nil {
			return nil, err
		}
		b.vars[g.Name] = &graph.Variable{Name: g.Name, Type: t.Type, Trainable: g.Kind == "param",
			Init: func() *tensor.Tensor { return t.Clone() }}
	}
	return b, nil
}

// feeds are the case's inputs; upstream gradients have names of their own.
func feeds(c *Case) (engine.Feeds, error) {
	in := engine.Feeds{}
	for _, g := range c.Given {
		name := g.Name
		switch g.Kind {
		case "grad_out":
			name = "grad_out " + name
		case "input", "index", "grad_in":
		default:
			continue
		}
		t, err := c.Tensor(g)
		if err != nil {
			return nil, err
		}
		in[name] = t
	}
	return in, nil
}

// begin starts a graph: every input is declared, so that every one can be fed.
func (b *builder) begin(g *graph.Graph, in engine.Feeds) {
	b.Graph, b.in, b.out = g, map[string]graph.Value{}, map[string]graph.Value{}
	for _, part := range b.c.Given { // in the case's order, so that plans are alike
		if t, ok := in[part.Name]; ok && part.Kind != "grad_out" {
			b.in[part.Name] = g.Input(part.Name, t.Type)
		}
	}
}

// runOp computes outputs, the gradients of L = Σ output·grad_out, and buffers.
func runOp(dev *engine.Device, c *Case) (map[string]*tensor.Tensor, error) {
	b, err := newBuilder(c)
	if err != nil {
		return nil, err
	}
	in, err := feeds(c)
	if err != nil {
		return nil, err
	}
	add := (*builder).addClip
	if c.Kind == "op" {
		f, err := find(c)
		if err != nil {
			return nil, err
		}
		add = func(b *builder) { b.addOp(f, in) }
	}
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	for _, g := range c.Given { // a buffer need not be in the graph to be read
		if v := b.vars[g.Name]; v != nil {
			if err := st.Bind(v); err != nil {
				return nil, err
			}
		}
	}
	p, err := engine.Compile(st, func(g *graph.Graph) {
		b.begin(g, in)
		add(b)
	})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var tk *engine.Ticket
	for range max(1, c.RepeatForward) {
		if tk, err = p.Run(in); err != nil {
			return nil, err
		}
	}
	got := map[string]*tensor.Tensor{}
	for _, e := range c.Expect {
		key := e.Kind + " " + e.Name
		if e.Kind == "buffer" {
			if b.vars[e.Name] == nil {
				return nil, fmt.Errorf("buffer %s is expected but not given", e.Name)
			}
			got[key], err = st.Get(b.vars[e.Name])
		} else {
			got[key], err = tk.Tensor(key)
		}
		if err != nil {
			return nil, err
		}
	}
	return got, nil
}

// addOp builds the function and its backward pass.
func (b *builder) addOp(f build, in engine.Feeds) {
	if y := f(b); y.Valid() {
		b.out["y"] = y
	}
	var loss graph.Value
	for _, part := range b.c.Given {
		if part.Kind != "grad_out" || b.Err() != nil {
			continue
		}
		y, ok := b.out[part.Name]
		if !ok || !y.Shape().Equal(part.Shape) {
			b.Fail(fmt.Errorf("output %s is %v, its gradient %v", part.Name, y.Shape(), part.Shape))
			return
		}
		term := y.Mul(b.Input("grad_out "+part.Name, in["grad_out "+part.Name].Type)).Sum()
		if loss.Valid() {
			term = loss.Add(term)
		}
		loss = term
	}
	var names []string
	var wrt []graph.Value
	for _, e := range b.c.Expect {
		switch e.Kind {
		case "output":
			b.Output("output "+e.Name, b.out[e.Name])
		case "grad":
			names, wrt = append(names, e.Name), append(wrt, b.at(e.Name))
		}
	}
	if b.Err() == nil && len(wrt) > 0 {
		for i, d := range graph.Grad(loss, wrt...) {
			b.Output("grad "+names[i], d)
		}
	}
}

// IsMissing tells whether an error is a *MissingError, and what is missing.
func IsMissing(err error) (string, bool) {
	var m *MissingError
	if errors.As(err, &m) {
		return m.What, true
	}
	return "", false
}

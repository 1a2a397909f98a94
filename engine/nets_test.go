package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

// benchNet is one of the three networks that cmd/bench trains, in any size.
type benchNet struct {
	name  string
	model any
	loss  func(g *graph.Graph) graph.Value
	in    map[string]tensor.Type // inputs; int32 ones are drawn below classes
	kinds int
}

type mlp struct{ Hidden, Out nn.Linear }

type cnn struct {
	Conv1, Conv2 nn.Conv2d
	Hidden, Out  nn.Linear
}

type charLSTM struct {
	Embed nn.Embedding
	LSTM  nn.LSTM
	Out   nn.Linear
}

func mlpNet(in, hidden, batch int) benchNet {
	m := &mlp{nn.Linear{In: in, Out: hidden}, nn.Linear{In: hidden, Out: 10}}
	types := map[string]tensor.Type{"x": tensor.F32(batch, in), "y": tensor.I32(batch)}
	return benchNet{"mlp", m, func(g *graph.Graph) graph.Value {
		h := m.Hidden.Forward(g.Input("x", types["x"])).Relu()
		return nn.CrossEntropy(m.Out.Forward(h), g.Input("y", types["y"]))
	}, types, 10}
}

func cnnNet(size, c1, c2, hidden, batch int) benchNet {
	m := &cnn{
		nn.Conv2d{In: 1, Out: c1, Kernel: 3, Padding: 1}, nn.Conv2d{In: c1, Out: c2, Kernel: 3, Padding: 1},
		nn.Linear{In: c2 * (size / 4) * (size / 4), Out: hidden}, nn.Linear{In: hidden, Out: 10},
	}
	types := map[string]tensor.Type{"x": tensor.F32(batch, 1, size, size), "y": tensor.I32(batch)}
	return benchNet{"cnn", m, func(g *graph.Graph) graph.Value {
		x := m.Conv1.Forward(g.Input("x", types["x"])).Relu().MaxPool2d(2)
		x = m.Conv2.Forward(x).Relu().MaxPool2d(2).Flatten(1)
		return nn.CrossEntropy(m.Out.Forward(m.Hidden.Forward(x).Relu()), g.Input("y", types["y"]))
	}, types, 10}
}

func charLSTMNet(vocab, embed, hidden, seq, batch int) benchNet {
	m := &charLSTM{nn.Embedding{Num: vocab, Dim: embed}, nn.LSTM{In: embed, Hidden: hidden}, nn.Linear{In: hidden, Out: vocab}}
	types := map[string]tensor.Type{"x": tensor.I32(seq, batch), "y": tensor.I32(seq, batch)}
	return benchNet{"charlstm", m, func(g *graph.Graph) graph.Value {
		h, _, _ := m.LSTM.Forward(m.Embed.Forward(g.Input("x", types["x"])), graph.Value{}, graph.Value{})
		return nn.CrossEntropy(m.Out.Forward(h), g.Input("y", types["y"]))
	}, types, vocab}
}

func smallNets() []benchNet {
	return []benchNet{mlpNet(50, 33, 9), cnnNet(12, 4, 8, 20, 5), charLSTMNet(17, 12, 24, 7, 6)}
}

// feeds draws a batch; equal steps draw equal batches.
func (n benchNet) feeds(step int) engine.Feeds {
	f := engine.Feeds{optim.LRInput: tensor.New(tensor.F32())}
	for name, ty := range n.in {
		t := tensor.New(ty)
		rng := &tensor.Philox{Seed: uint64(step), Stream: uint64(name[0])}
		for i := range t.F32 {
			t.F32[i] = float32(rng.Uniform(-1, 1))
		}
		for i := range t.I32 {
			t.I32[i] = int32(rng.Intn(n.kinds))
		}
		f[name] = t
	}
	return f
}

// trainer is a compiled training step with its State.
type trainer struct {
	st   *engine.State
	p    *engine.Program
	vars []*graph.Variable
	rule *optim.Rule
}

// build adds the whole step: loss, gradients, update.
func (n benchNet) build(g *graph.Graph, rule *optim.Rule) {
	loss := n.loss(g)
	g.Output("loss", loss)
	rule.Apply(graph.Grad(loss, reads(g, rule.Params)...), 0)
}

func reads(g *graph.Graph, vars []*graph.Variable) []graph.Value {
	var vs []graph.Value
	for _, v := range vars {
		vs = append(vs, g.Read(v))
	}
	return vs
}

func newTrainer(dev *engine.Device, n benchNet, o optim.Optimizer, opts ...engine.Option) (*trainer, error) {
	vars, err := nn.Init(n.model, 1)
	if err != nil {
		return nil, err
	}
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	tr := &trainer{st: st, vars: vars, rule: o.For(nn.Trainable(vars))}
	tr.p, err = engine.Compile(st, func(g *graph.Graph) { n.build(g, tr.rule) }, append(opts, engine.Train())...)
	if err != nil {
		st.Close()
		return nil, err
	}
	return tr, nil
}

// run trains so many steps and gives their losses.
func (tr *trainer) run(n benchNet, rate float32, steps int) ([]float32, error) {
	var losses []float32
	for s := range steps {
		f := n.feeds(s)
		f[optim.LRInput].F32[0] = rate
		tk, err := tr.p.Run(f)
		if err != nil {
			return nil, err
		}
		loss, err := tk.Scalar("loss")
		if err != nil {
			return nil, err
		}
		losses = append(losses, loss)
	}
	return losses, nil
}

// weights are the values of all variables, the optimizer's among them.
func (tr *trainer) weights() (map[string][]float32, error) {
	w := map[string][]float32{}
	for _, v := range append(append([]*graph.Variable{}, tr.vars...), tr.rule.State...) {
		t, err := tr.st.Get(v)
		if err != nil {
			return nil, err
		}
		w[v.Name] = t.F32
	}
	return w, nil
}

func (tr *trainer) close() error {
	if err := tr.p.Close(); err != nil {
		return err
	}
	return tr.st.Close()
}

func mustTrainer(t *testing.T, dev *engine.Device, n benchNet, o optim.Optimizer, opts ...engine.Option) *trainer {
	t.Helper()
	tr, err := newTrainer(dev, n, o, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tr.close()) })
	return tr
}

// dropoutNet draws random numbers in training.
func dropoutNet() benchNet {
	n := mlpNet(20, 40, 8)
	m := n.model.(*mlp)
	n.name = "dropout"
	n.loss = func(g *graph.Graph) graph.Value {
		h := m.Hidden.Forward(g.Input("x", n.in["x"])).Relu().Dropout(0.5)
		return nn.CrossEntropy(m.Out.Forward(h), g.Input("y", n.in["y"]))
	}
	return n
}

// scaleNet is y = a·x + 1, the smallest program with a variable.
func scaleNet(n int) (a *graph.Variable, build func(g *graph.Graph)) {
	a = &graph.Variable{Name: "a", Type: tensor.F32(), Init: func() *tensor.Tensor {
		t := tensor.New(tensor.F32())
		t.F32[0] = 2
		return t
	}}
	return a, func(g *graph.Graph) {
		x := g.Input("x", tensor.F32(n))
		g.Output("y", x.Mul(g.Read(a)).AddScalar(1))
	}
}

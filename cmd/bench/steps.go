package main

import (
	"context"
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

type mlp struct{ Hidden, Out nn.Linear }

func (m *mlp) Forward(x graph.Value) graph.Value {
	return m.Out.Forward(m.Hidden.Forward(x).Relu())
}

type cnn struct {
	Conv1, Conv2 nn.Conv2d
	Hidden, Out  nn.Linear
}

func (m *cnn) Forward(x graph.Value) graph.Value {
	x = m.Conv1.Forward(x).Relu().MaxPool2d(2)
	x = m.Conv2.Forward(x).Relu().MaxPool2d(2)
	return m.Out.Forward(m.Hidden.Forward(x.Flatten(1)).Relu())
}

type charLSTM struct {
	Embed nn.Embedding
	LSTM  nn.LSTM
	Out   nn.Linear
}

func (m *charLSTM) Forward(x graph.Value) graph.Value {
	y, _, _ := m.LSTM.Forward(m.Embed.Forward(x), graph.Value{}, graph.Value{})
	return m.Out.Forward(y)
}

// net is a training step: cross-entropy of a model's output, every gradient,
// and Adam's update.
type net struct {
	name    string
	model   func() nn.Module
	x, y    tensor.Type
	fill    kernels.Filler // of x
	classes int
}

func trainRows() []row {
	nets := []net{
		{"train/mlp", func() nn.Module {
			return &mlp{Hidden: nn.Linear{In: 784, Out: 256}, Out: nn.Linear{In: 256, Out: 10}}
		}, tensor.F32(64, 784), tensor.I32(64), kernels.FillDefault, 10},
		{"train/cnn", func() nn.Module {
			return &cnn{
				Conv1:  nn.Conv2d{In: 1, Out: 32, Kernel: 3, Padding: 1},
				Conv2:  nn.Conv2d{In: 32, Out: 64, Kernel: 3, Padding: 1},
				Hidden: nn.Linear{In: 3136, Out: 128}, Out: nn.Linear{In: 128, Out: 10},
			}
		}, tensor.F32(64, 1, 28, 28), tensor.I32(64), kernels.FillDefault, 10},
		{"train/charlstm", func() nn.Module {
			return &charLSTM{Embed: nn.Embedding{Num: 64, Dim: 64}, LSTM: nn.LSTM{In: 64, Hidden: 256}, Out: nn.Linear{In: 256, Out: 64}}
		}, tensor.I32(64, 32), tensor.I32(64, 32), kernels.FillInts(64), 64},
	}
	var rows []row
	for _, n := range nets {
		rows = append(rows, n.row())
	}
	return rows
}

func (n net) row() row {
	return row{name: n.name, items: n.y.Elems(), prepare: n.prepare}
}

// batches is how many different batches a step is fed in turn.
const batches = 4

func (n net) feeds() []engine.Feeds {
	var feeds []engine.Feeds
	for i := range batches {
		x, y := tensor.New(n.x), tensor.New(n.y)
		n.fill(&tensor.Philox{Seed: 1, Stream: uint64(2 * i)}, x)
		kernels.FillInts(n.classes)(&tensor.Philox{Seed: 1, Stream: uint64(2*i + 1)}, y)
		feeds = append(feeds, engine.Feeds{"x": x, "y": y, optim.LRInput: tensor.Scalar(float32(optim.Adam{}.Rate()))})
	}
	return feeds
}

// prepare compiles the step, runs it once, and compares the loss and all that
// the step assigns with the oracle's. The same program is then timed.
func (n net) prepare(ctx context.Context, dev *engine.Device) (*job, error) {
	model := n.model()
	vars, err := nn.Init(model, 1)
	if err != nil {
		return nil, err
	}
	params := nn.Trainable(vars)
	rule := optim.Adam{}.For(params)
	build := func(g *graph.Graph) {
		loss := nn.CrossEntropy(model.Forward(g.Input("x", n.x)), g.Input("y", n.y))
		g.Output("loss", loss)
		var at []graph.Value
		for _, p := range params {
			at = append(at, g.Read(p))
		}
		rule.Apply(graph.Grad(loss, at...), 0)
	}
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	p, err := engine.Compile(st, build, engine.Train())
	if err != nil {
		st.Close()
		return nil, err
	}
	feeds := n.feeds()
	j := programJob(st, p, func(i int) engine.Feeds { return feeds[(i+1)%batches] })
	for _, s := range p.Plan().Steps {
		if s.Node != nil {
			k := s.Call.Op.Cost(s.Call)
			j.cost.Flops += k.Flops
			j.cost.Bytes += k.Bytes
		}
	}
	if j.relErr, err = verifyStep(ctx, st, p, build, feeds[0]); err != nil {
		j.close()
		return nil, err
	}
	return j, nil
}

// How far one step may be from the oracle's: the loss, moments and counts by
// their own size, parameters by the size of their change, all in the 2-norm.
// Adam's first update is lr·g/(|g| + eps), so a gradient that is mostly
// rounding gives a change of any sign; hence the wider bound there. Right
// devices were seen to stay below 1e-6 and 1e-4.
const (
	valueTol  = 1e-5
	changeTol = 1e-3
)

// verifyStep runs one step on the device and in the oracle.
func verifyStep(ctx context.Context, st *engine.State, p *engine.Program, build func(*graph.Graph), in engine.Feeds) (float64, error) {
	t, err := p.Run(in)
	if err != nil {
		return 0, err
	}
	loss, err := t.Tensor("loss")
	if err != nil {
		return 0, err
	}
	var out map[string]*tensor.Tensor
	var assigned map[*graph.Variable]*tensor.Tensor
	err = interruptible(ctx, func() (err error) {
		g := graph.New()
		g.SetTrain(true)
		build(g)
		out, assigned, err = engine.Oracle(g, in, nil)
		return err
	})
	if err != nil {
		return 0, err
	}
	worst, err := near("the loss", relNorm(loss, out["loss"], nil), valueTol)
	if err != nil {
		return 0, fmt.Errorf("%w: it is %v, the float64 oracle has %v", err, loss.At(0), out["loss"].At(0))
	}
	for _, v := range st.Vars() {
		want := assigned[v]
		if want == nil {
			return 0, fmt.Errorf("%s isn't assigned", v.Name)
		}
		got, err := st.Get(v)
		if err != nil {
			return 0, err
		}
		what, from, tol := v.Name, (*tensor.Tensor)(nil), valueTol
		if v.Trainable {
			what, from, tol = "the update of "+v.Name, v.Init(), changeTol
		}
		r, err := near(what, relNorm(got, want, from), tol)
		if err != nil {
			return 0, err
		}
		worst = max(worst, r)
	}
	return worst, nil
}

// near refuses a relative error above its bound, NaN included.
func near(what string, relErr, tol float64) (float64, error) {
	if !(relErr <= tol) || math.IsInf(relErr, 0) {
		return 0, fmt.Errorf("%s is wrong: relative error %.3g from the float64 oracle, at most %g is right", what, relErr, tol)
	}
	return relErr, nil
}

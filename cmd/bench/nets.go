package main

import (
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"

	"github.com/vulgo-ml/vulgo/engine"
)

// net is a whole step: with train the cross-entropy of a model's output, every
// gradient, and Adam's update; else the output.
type net struct {
	name    string
	model   func(d tensor.DType) nn.Module // what comes of embeddings is in d
	x, y    tensor.Type
	fill    kernels.Filler // of x
	classes int
	batch   int  // the axis of x and y that examples lie along
	train   bool // else inference
	large   bool
	small   tensor.Shape // of x, to be verified in place of the whole; nil: fewer examples
}

func nets() []net {
	embed := func(d tensor.DType, num, dim int) words { return words{nn.Embedding{Num: num, Dim: dim}, d} }
	charlstm := func(layers int) func(tensor.DType) nn.Module {
		return func(d tensor.DType) nn.Module {
			return &charLSTM{Embed: embed(d, 64, 64), LSTM: nn.LSTM{In: 64, Hidden: 256, Layers: layers}, Out: nn.Linear{In: 256, Out: 64}}
		}
	}
	return []net{
		{name: "mlp", model: func(tensor.DType) nn.Module {
			return &mlp{Hidden: nn.Linear{In: 784, Out: 256}, Out: nn.Linear{In: 256, Out: 10}}
		}, x: tensor.F32(64, 784), y: tensor.I32(64), fill: kernels.FillDefault, classes: 10},
		{name: "cnn", model: func(tensor.DType) nn.Module {
			return &cnn{
				Conv1:  nn.Conv2d{In: 1, Out: 32, Kernel: 3, Padding: 1},
				Conv2:  nn.Conv2d{In: 32, Out: 64, Kernel: 3, Padding: 1},
				Hidden: nn.Linear{In: 3136, Out: 128}, Out: nn.Linear{In: 128, Out: 10},
			}
		}, x: tensor.F32(64, 1, 28, 28), y: tensor.I32(64), fill: kernels.FillDefault, classes: 10},
		{name: "charlstm", model: charlstm(1),
			x: tensor.I32(64, 32), y: tensor.I32(64, 32), fill: kernels.FillInts(64), classes: 64, batch: 1},
		{name: "charlstm2", model: charlstm(2),
			x: tensor.I32(64, 32), y: tensor.I32(64, 32), fill: kernels.FillInts(64), classes: 64, batch: 1},
		{name: "seq2seq", model: func(d tensor.DType) nn.Module {
			return &seq2seq{
				Source: embed(d, 1000, 128), Target: embed(d, 1000, 128), from: 16,
				Encoder: nn.LSTM{In: 128, Hidden: 256}, Decoder: nn.LSTM{In: 128, Hidden: 256},
				Join: nn.Linear{In: 512, Out: 256}, Out: nn.Linear{In: 256, Out: 1000},
			}
		}, x: tensor.I32(32, 32), y: tensor.I32(16, 32), fill: kernels.FillInts(1000), classes: 1000, batch: 1},
		{name: "transformer", model: func(d tensor.DType) nn.Module {
			layer := nn.TransformerEncoderLayer{TransformerOptions: nn.TransformerOptions{Embed: 128, Heads: 4, Hidden: 512, NormFirst: true, BatchFirst: true}}
			return &transformer{
				Embed: embed(d, 64, 128), Places: nn.LearnedPositions{MaxLen: 64, Dim: 128, BatchFirst: true},
				Blocks: []nn.TransformerEncoderLayer{layer, layer}, Norm: nn.LayerNorm{Shape: []int{128}}, Out: nn.Linear{In: 128, Out: 64},
			}
		}, x: tensor.I32(16, 64), y: tensor.I32(16, 64), fill: kernels.FillInts(64), classes: 64},
		{name: "resnet18-32", model: func(tensor.DType) nn.Module { return resnet18(false, 10) },
			x: tensor.F32(8, 3, 32, 32), y: tensor.I32(8), fill: kernels.FillDefault, classes: 10, small: tensor.Shape{6, 3, 8, 8}},
		{name: "resnet18-224", model: func(tensor.DType) nn.Module { return resnet18(true, 1000) }, large: true,
			x: tensor.F32(4, 3, 224, 224), y: tensor.I32(4), fill: kernels.FillDefault, classes: 1000, small: tensor.Shape{4, 3, 64, 64}},
	}
}

// stepRows are the training steps, then the inference steps.
func stepRows() (rows []row) {
	for _, train := range []bool{true, false} {
		for _, n := range nets() {
			n.train, n.name = train, "infer/"+n.name
			if train {
				n.name = "train/" + n.name[len("infer/"):]
			}
			rows = append(rows, n.row())
		}
	}
	return rows
}

func (n net) row() row {
	return row{name: n.name, items: n.y.Elems(), large: n.large, net: &n, begin: func(o setup) preparer {
		return (&stepBench{net: n, dtype: o.dtype}).prepare
	}}
}

// batches is how many different batches a step is fed in turn.
const batches = 4

// step is a net's graph and what to feed it.
type step struct {
	net
	vars  []*graph.Variable
	build func(g *graph.Graph)
	feeds []engine.Feeds
}

// of makes the net's variables, with floats, but for inputs and parameters that 16
// bits wouldn't do for, in a dtype.
func (n net) step(d tensor.DType) (*step, error) {
	model := n.model(d)
	vars, err := nn.Init(model, 1)
	if err != nil {
		return nil, err
	}
	if d == tensor.Float64 {
		nn.To(d, vars...)
	}
	s := &step{net: n, vars: vars}
	forward := func(g *graph.Graph) graph.Value {
		x := g.Input("x", n.x)
		if n.x.DType.IsFloat() {
			x = x.Cast(d)
		}
		y := model.Forward(x)
		if d.IsHalf() {
			y = y.Cast(tensor.Float32)
		}
		return y
	}
	rate := tensor.Scalar(float32(optim.Adam{}.Rate()))
	for i := range batches {
		x, y := tensor.New(n.x), tensor.New(n.y)
		n.fill(&tensor.Philox{Seed: 1, Stream: uint64(2 * i)}, x)
		kernels.FillInts(n.classes)(&tensor.Philox{Seed: 1, Stream: uint64(2*i + 1)}, y)
		feeds := engine.Feeds{"x": x}
		if n.train {
			feeds["y"], feeds[optim.LRInput] = y, rate
		}
		s.feeds = append(s.feeds, feeds)
	}
	if !n.train {
		s.build = func(g *graph.Graph) { g.Output("y", forward(g)) }
		return s, nil
	}
	params := nn.Trainable(vars)
	rule := optim.Adam{}.For(params)
	s.build = func(g *graph.Graph) {
		loss := nn.CrossEntropy(forward(g), g.Input("y", n.y))
		g.Output("loss", loss)
		var at []graph.Value
		for _, p := range params {
			at = append(at, g.Read(p))
		}
		rule.Apply(graph.Grad(loss, at...), 0)
	}
	return s, nil
}

func (s *step) compile(st *engine.State, more ...engine.Option) (*engine.Program, error) {
	if s.train {
		more = append(more, engine.Train())
	}
	return engine.Compile(st, s.build, more...)
}

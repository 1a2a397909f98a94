package conformance

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
)

var _ = register(map[string]build{
	"torch.nn.RNN":      rnn,
	"torch.nn.GRU":      gru,
	"torch.nn.LSTM":     lstm,
	"torch.nn.RNNCell":  rnnCell,
	"torch.nn.GRUCell":  gruCell,
	"torch.nn.LSTMCell": lstmCell,
})

// size is a size among a recurrent layer's arguments.
func (b *builder) size(name string, def int) int { return int(b.num(name, float64(def))) }

// noBias reads the argument bias, which is true by default.
func (b *builder) noBias() bool { return !arg(b, "bias", true) }

// cells are the case's weights in the order of nn's recurrent layers.
func (b *builder) cells() (cells []nn.RecurrentWeights) {
	for k := range b.size("num_layers", 1) {
		for d, suffix := range []string{"", "_reverse"} {
			if d == 0 || b.flag("bidirectional") {
				cells = append(cells, b.weights(fmt.Sprintf("_l%d%s", k, suffix)))
			}
		}
	}
	return cells
}

func (b *builder) weights(suffix string) nn.RecurrentWeights {
	v := func(name string) *graph.Variable { return b.vars[name+suffix] }
	return nn.RecurrentWeights{
		Wih: v("weight_ih"), Whh: v("weight_hh"), Bih: v("bias_ih"), Bhh: v("bias_hh"), Whr: v("weight_hr"),
	}
}

// state is an initial state, under any of its names.
func (b *builder) state(names ...string) graph.Value {
	for _, n := range names {
		if v := b.at(n); v.Valid() {
			return v
		}
	}
	return graph.Value{}
}

func (b *builder) h0() graph.Value { return b.state("h0", "hx", "h_0", "h") }
func (b *builder) c0() graph.Value { return b.state("c0", "cx", "c_0", "c") }

// undropped says that a case has dropout, whose numbers are PyTorch's own.
func (b *builder) undropped() bool {
	p := b.num("dropout", 0)
	if p != 0 && b.Train() && b.size("num_layers", 1) > 1 {
		b.miss("PyTorch's random numbers, for dropout %v", p)
		return false
	}
	return true
}

func rnn(b *builder) graph.Value {
	if !b.undropped() {
		return graph.Value{}
	}
	l := nn.RNN{
		In: b.size("input_size", 0), Hidden: b.size("hidden_size", 0), Layers: b.size("num_layers", 1),
		Nonlinearity: arg(b, "nonlinearity", "tanh"), NoBias: b.noBias(),
		Bidirectional: b.flag("bidirectional"), BatchFirst: b.flag("batch_first"), Cells: b.cells(),
	}
	y, h := l.ForwardLengths(b.x(), b.at("lengths"), b.h0())
	b.out["hn"] = h
	return y
}

func gru(b *builder) graph.Value {
	if !b.undropped() {
		return graph.Value{}
	}
	l := nn.GRU{
		In: b.size("input_size", 0), Hidden: b.size("hidden_size", 0), Layers: b.size("num_layers", 1), NoBias: b.noBias(),
		Bidirectional: b.flag("bidirectional"), BatchFirst: b.flag("batch_first"), Cells: b.cells(),
	}
	y, h := l.ForwardLengths(b.x(), b.at("lengths"), b.h0())
	b.out["hn"] = h
	return y
}

func lstm(b *builder) graph.Value {
	if !b.undropped() {
		return graph.Value{}
	}
	l := nn.LSTM{
		In: b.size("input_size", 0), Hidden: b.size("hidden_size", 0), Proj: b.size("proj_size", 0),
		Layers: b.size("num_layers", 1), NoBias: b.noBias(),
		Bidirectional: b.flag("bidirectional"), BatchFirst: b.flag("batch_first"), Cells: b.cells(),
	}
	y, h, c := l.ForwardLengths(b.x(), b.at("lengths"), b.h0(), b.c0())
	b.out["hn"], b.out["cn"] = h, c
	return y
}

func rnnCell(b *builder) graph.Value {
	l := nn.RNNCell{
		In: b.size("input_size", 0), Hidden: b.size("hidden_size", 0),
		Nonlinearity: arg(b, "nonlinearity", "tanh"), NoBias: b.noBias(), Weights: b.weights(""),
	}
	h := l.Forward(b.x(), b.h0())
	b.out["h"] = h
	return h
}

func gruCell(b *builder) graph.Value {
	l := nn.GRUCell{In: b.size("input_size", 0), Hidden: b.size("hidden_size", 0), NoBias: b.noBias(), Weights: b.weights("")}
	h := l.Forward(b.x(), b.h0())
	b.out["h"] = h
	return h
}

func lstmCell(b *builder) graph.Value {
	l := nn.LSTMCell{In: b.size("input_size", 0), Hidden: b.size("hidden_size", 0), NoBias: b.noBias(), Weights: b.weights("")}
	b.out["h"], b.out["c"] = l.Forward(b.x(), b.h0(), b.c0())
	return graph.Value{}
}

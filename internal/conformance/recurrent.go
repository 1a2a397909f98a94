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

	"torch.rnn_tanh_cell": rnnCell,
	"torch.rnn_relu_cell": rnnCell,
	"torch.gru_cell":      gruCell,
	"torch.lstm_cell":     lstmCell,
})

// size is a size among a recurrent layer's arguments.
func (b *builder) size(name string, def int) int { return int(b.num(name, float64(def))) }

// sizes are a layer's or cell's input_size and hidden_size, or else what its
// weights of so many gates say.
func (b *builder) sizes(suffix string, gates int) (in, hidden int) {
	if w := b.vars["weight_ih"+suffix]; w != nil && len(w.Type.Shape) == 2 {
		in, hidden = w.Type.Shape[1], w.Type.Shape[0]/gates
	}
	return b.size("input_size", in), b.size("hidden_size", hidden)
}

// states names the last states as PyTorch's modules and as its documents do.
func (b *builder) states(h, c graph.Value) {
	for _, name := range []string{"hn", "h_n", "h"} {
		b.out[name] = h
	}
	for _, name := range []string{"cn", "c_n", "c"} {
		b.out[name] = c
	}
}

// noBias reads the argument bias, which is true by default.
func (b *builder) noBias() bool { return !arg(b, "bias", true) }

// cells are the case's weights in the order of nn's recurrent layers.
func (b *builder) cells() (cells []nn.RecurrentWeights) {
	for k := range b.size("num_layers", 1) {
		for d, suffix := range []string{"", "_reverse"} {
			if d == 0 || b.flag("bidirectional") {
				w := b.weights(fmt.Sprintf("_l%d%s", k, suffix))
				if cells = append(cells, w); w.Wih == nil {
					b.miss("%s without weight_ih_l%d%s", b.c.Torch, k, suffix)
					return cells
				}
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
	in, hidden := b.sizes("_l0", 1)
	l := nn.RNN{
		In: in, Hidden: hidden, Layers: b.size("num_layers", 1),
		Nonlinearity: arg(b, "nonlinearity", "tanh"), NoBias: b.noBias(),
		Bidirectional: b.flag("bidirectional"), BatchFirst: b.flag("batch_first"), Cells: b.cells(),
	}
	y, h := l.ForwardLengths(b.x(), b.at("lengths"), b.h0())
	b.states(h, graph.Value{})
	return y
}

func gru(b *builder) graph.Value {
	if !b.undropped() {
		return graph.Value{}
	}
	in, hidden := b.sizes("_l0", 3)
	l := nn.GRU{
		In: in, Hidden: hidden, Layers: b.size("num_layers", 1), NoBias: b.noBias(),
		Bidirectional: b.flag("bidirectional"), BatchFirst: b.flag("batch_first"), Cells: b.cells(),
	}
	y, h := l.ForwardLengths(b.x(), b.at("lengths"), b.h0())
	b.states(h, graph.Value{})
	return y
}

func lstm(b *builder) graph.Value {
	if !b.undropped() {
		return graph.Value{}
	}
	in, hidden := b.sizes("_l0", 4)
	l := nn.LSTM{
		In: in, Hidden: hidden, Proj: b.size("proj_size", 0),
		Layers: b.size("num_layers", 1), NoBias: b.noBias(),
		Bidirectional: b.flag("bidirectional"), BatchFirst: b.flag("batch_first"), Cells: b.cells(),
	}
	y, h, c := l.ForwardLengths(b.x(), b.at("lengths"), b.h0(), b.c0())
	b.states(h, c)
	return y
}

func rnnCell(b *builder) graph.Value {
	def := "tanh"
	if b.c.Torch == "torch.rnn_relu_cell" {
		def = "relu"
	}
	in, hidden := b.sizes("", 1)
	l := nn.RNNCell{
		In: in, Hidden: hidden,
		Nonlinearity: arg(b, "nonlinearity", def), NoBias: b.noBias(), Weights: b.weights(""),
	}
	h := l.Forward(b.x(), b.h0())
	b.states(h, graph.Value{})
	return h
}

func gruCell(b *builder) graph.Value {
	in, hidden := b.sizes("", 3)
	l := nn.GRUCell{In: in, Hidden: hidden, NoBias: b.noBias(), Weights: b.weights("")}
	h := l.Forward(b.x(), b.h0())
	b.states(h, graph.Value{})
	return h
}

func lstmCell(b *builder) graph.Value {
	in, hidden := b.sizes("", 4)
	l := nn.LSTMCell{In: in, Hidden: hidden, NoBias: b.noBias(), Weights: b.weights("")}
	h, c := l.Forward(b.x(), b.h0(), b.c0())
	b.states(h, c)
	return h
}

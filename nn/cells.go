package nn

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// RNNCell is one step of an RNN, as torch.nn.RNNCell. Weights are weight_ih [H,
// In], weight_hh [H, H], bias_ih and bias_hh [H].
type RNNCell struct {
	In, Hidden   int
	Nonlinearity string // tanh, which "" means, or relu
	NoBias       bool

	Weights RecurrentWeights `vulgo:"-"`
}

// Build makes the variables; Init calls it.
func (l *RNNCell) Build(s *Scope) error {
	r, err := rnnFrame("RNNCell", l.Nonlinearity)
	if err == nil {
		l.Weights, err = r.cell(s, l.In, l.Hidden, l.NoBias)
	}
	return err
}

// Forward adds the step: x [N, In] and h [N, Hidden] (the zero Value means zeros)
// give the next h. Both may lack N.
func (l *RNNCell) Forward(x, h graph.Value) graph.Value {
	r, err := rnnFrame("RNNCell", l.Nonlinearity)
	if err != nil {
		if g := x.Graph(); g != nil {
			g.Fail(err)
		}
		return graph.Value{}
	}
	h, _ = r.step(l.Weights, l.In, l.Hidden, x, h, graph.Value{})
	return h
}

// GRUCell is one step of a GRU, as torch.nn.GRUCell. Weights are weight_ih [3H,
// In], weight_hh [3H, H], bias_ih and bias_hh [3H].
type GRUCell struct {
	In, Hidden int
	NoBias     bool

	Weights RecurrentWeights `vulgo:"-"`
}

// Build makes the variables; Init calls it.
func (l *GRUCell) Build(s *Scope) (err error) {
	l.Weights, err = gruFrame("GRUCell").cell(s, l.In, l.Hidden, l.NoBias)
	return err
}

// Forward adds the step: x [N, In] and h [N, Hidden] (the zero Value means zeros)
// give the next h. Both may lack N.
func (l *GRUCell) Forward(x, h graph.Value) graph.Value {
	h, _ = gruFrame("GRUCell").step(l.Weights, l.In, l.Hidden, x, h, graph.Value{})
	return h
}

// LSTMCell is one step of an LSTM, as torch.nn.LSTMCell. Weights are weight_ih
// [4H, In], weight_hh [4H, H], bias_ih and bias_hh [4H].
type LSTMCell struct {
	In, Hidden int
	NoBias     bool

	Weights RecurrentWeights `vulgo:"-"`
}

// Build makes the variables; Init calls it.
func (l *LSTMCell) Build(s *Scope) (err error) {
	l.Weights, err = lstmFrame("LSTMCell").cell(s, l.In, l.Hidden, l.NoBias)
	return err
}

// Forward adds the step: x [N, In], h and c [N, Hidden] (zero Values mean zeros)
// give the next h and c. All may lack N.
func (l *LSTMCell) Forward(x, h, c graph.Value) (graph.Value, graph.Value) {
	return lstmFrame("LSTMCell").step(l.Weights, l.In, l.Hidden, x, h, c)
}

// cell makes a cell's variables.
func (r *recurrent) cell(s *Scope, in, hidden int, noBias bool) (RecurrentWeights, error) {
	if in < 1 || hidden < 1 {
		return RecurrentWeights{}, fmt.Errorf("nn: %s %s: In %d and Hidden %d must be positive", r.kind, s.prefix, in, hidden)
	}
	r.hidden, r.noBias = hidden, noBias
	return r.weights(s, "", in), nil
}

// step is a sequence of one step.
func (r *recurrent) step(w RecurrentWeights, in, hidden int, x, h, c graph.Value) (graph.Value, graph.Value) {
	g := x.Graph()
	if g == nil {
		return graph.Value{}, graph.Value{}
	}
	if g.Err() != nil {
		return graph.Value{}, graph.Value{}
	}
	single, s := len(x.Shape()) == 1, x.Shape()
	want := tensor.Shape{hidden}
	if len(s) == 2 {
		want = tensor.Shape{s[0], hidden}
	}
	for _, v := range []graph.Value{h, c} {
		if v.Valid() && !v.Shape().Equal(want) {
			g.Fail(fmt.Errorf("nn: %s: the state is %v; with x %v it must be %v", r.kind, v.Shape(), s, want))
			return graph.Value{}, graph.Value{}
		}
	}
	if len(s) < 1 || len(s) > 2 || s[len(s)-1] != in || !w.whole() {
		g.Fail(fmt.Errorf("nn: %s: x is %v, wants [N %d] or [%d] and variables made by nn.Init", r.kind, s, in, in))
		return graph.Value{}, graph.Value{}
	}
	n := 1
	if !single {
		n = s[0]
	}
	state := func(v graph.Value) graph.Value {
		if !v.Valid() {
			return g.Zeros(n, hidden)
		}
		return v.Reshape(n, hidden)
	}
	gx, bhh := r.inputGates(w, x.Reshape(1, n, in))
	y, _, c1 := r.run(gx, g.Read(w.Whh), bhh, state(h), state(c), false)
	y = y.Reshape(want...)
	if c1.Valid() {
		c1 = c1.Reshape(want...)
	}
	return y, c1
}

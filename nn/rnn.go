package nn

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
)

// RNN runs over a sequence x [T, N, In], [N, T, In] with BatchFirst, or [T, In],
// as torch.nn.RNN:
//
//	h = act(x·Wihᵀ + bih + h·Whhᵀ + bhh)
//
// Weights are weight_ih_l0 [H, In], weight_hh_l0 [H, H], bias_ih_l0 and
// bias_hh_l0 [H], all in U(±1/sqrt(H)); layer k has l<k>, the backward direction
// the suffix _reverse.
type RNN struct {
	In, Hidden    int
	Layers        int    // 0 means 1
	Nonlinearity  string // tanh, which "" means, or relu
	Bidirectional bool
	BatchFirst    bool
	NoBias        bool
	Dropout       float64 // between layers, in training

	Cells []RecurrentWeights `vulgo:"-"` // layer 0, then its reverse, then layer 1, ...
}

// rnnFrame is the frame of RNN and RNNCell.
func rnnFrame(kind, nonlinearity string) (*recurrent, error) {
	relu := nonlinearity == "relu"
	if !relu && nonlinearity != "" && nonlinearity != "tanh" {
		return nil, fmt.Errorf("nn: %s: Nonlinearity %q, wants tanh or relu", kind, nonlinearity)
	}
	return &recurrent{
		kind: kind, gates: 1, past: []float32{gone},
		run: func(gx, whh, _, h0, _ graph.Value, reverse bool) (y, h, c graph.Value) {
			y, h = gx.RNN(whh, h0, relu, reverse)
			return y, h, c
		},
	}, nil
}

func (l *RNN) frame() (*recurrent, error) {
	r, err := rnnFrame("RNN", l.Nonlinearity)
	if err != nil {
		return nil, err
	}
	r.in, r.hidden, r.layers = l.In, l.Hidden, l.Layers
	r.bidirectional, r.batchFirst, r.noBias, r.dropout, r.cells = l.Bidirectional, l.BatchFirst, l.NoBias, l.Dropout, l.Cells
	return r, nil
}

// Build makes the variables; Init calls it.
func (l *RNN) Build(s *Scope) error {
	r, err := l.frame()
	if err == nil {
		l.Cells, err = r.build(s)
	}
	return err
}

// Forward adds the layer. h0 is [layers·directions, N, Hidden]; the zero Value
// means zeros. y is [T, N, directions·Hidden] (or batch first); h is the last
// states, as h0. With x [T, In], the states and y have no N either.
func (l *RNN) Forward(x, h0 graph.Value) (y, h graph.Value) {
	return l.ForwardLengths(x, graph.Value{}, h0)
}

// ForwardLengths is Forward over sequences of these lengths, int32 [N], from 0 to
// T: as over each sequence alone. y is 0 behind a sequence's end, h is the state
// at its own last element, and the backward direction starts there.
func (l *RNN) ForwardLengths(x, lengths, h0 graph.Value) (y, h graph.Value) {
	r, err := l.frame()
	if err != nil {
		if g := x.Graph(); g != nil {
			g.Fail(err)
		}
		return
	}
	y, h, _ = r.forward(x, lengths, h0, graph.Value{})
	return y, h
}

package nn

import "github.com/vulgo-ml/vulgo/graph"

// GRU runs over a sequence x [T, N, In], [N, T, In] with BatchFirst, or [T, In],
// as torch.nn.GRU:
//
//	r, z = sigmoid(x·Wihᵀ + bih + h·Whhᵀ + bhh)
//	n = tanh(x·Wihᵀ + bih + r·(h·Whhᵀ + bhh))     h = (1 - z)·n + z·h
//
// Weights are weight_ih_l0 [3H, In], weight_hh_l0 [3H, H], bias_ih_l0 and
// bias_hh_l0 [3H], gates in the order r, z, n, all in U(±1/sqrt(H)); layer k has
// l<k>, the backward direction the suffix _reverse.
type GRU struct {
	In, Hidden    int
	Layers        int // 0 means 1
	Bidirectional bool
	BatchFirst    bool
	NoBias        bool
	Dropout       float64 // between layers, in training

	Cells []RecurrentWeights `vulgo:"-"` // layer 0, then its reverse, then layer 1, ...
}

// gruFrame is the frame of GRU and GRUCell: behind a sequence's end z is 1.
func gruFrame(kind string) *recurrent {
	return &recurrent{
		kind: kind, gates: 3, past: []float32{0, -gone, 0}, carries: true, splitsBh: true,
		run: func(gx, whh, bhh, h0, _ graph.Value, reverse bool) (y, h, c graph.Value) {
			y, h = gx.GRU(whh, h0, bhh, reverse)
			return y, h, c
		},
	}
}

func (l *GRU) frame() *recurrent {
	r := gruFrame("GRU")
	r.in, r.hidden, r.layers = l.In, l.Hidden, l.Layers
	r.bidirectional, r.batchFirst, r.noBias, r.dropout, r.cells = l.Bidirectional, l.BatchFirst, l.NoBias, l.Dropout, l.Cells
	return r
}

// Build makes the variables; Init calls it.
func (l *GRU) Build(s *Scope) (err error) {
	l.Cells, err = l.frame().build(s)
	return err
}

// Forward adds the layer. h0 is [layers·directions, N, Hidden]; the zero Value
// means zeros. y is [T, N, directions·Hidden] (or batch first); h is the last
// states, as h0. With x [T, In], the states and y have no N either.
func (l *GRU) Forward(x, h0 graph.Value) (y, h graph.Value) {
	return l.ForwardLengths(x, graph.Value{}, h0)
}

// ForwardLengths is Forward over sequences of these lengths, int32 [N], from 0 to
// T: as over each sequence alone. y is 0 behind a sequence's end, h is the state
// at its own last element, and the backward direction starts there.
func (l *GRU) ForwardLengths(x, lengths, h0 graph.Value) (y, h graph.Value) {
	y, h, _ = l.frame().forward(x, lengths, h0, graph.Value{})
	return y, h
}

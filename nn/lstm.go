package nn

import "github.com/vulgo-ml/vulgo/graph"

// LSTM runs over a sequence x [T, N, In], [N, T, In] with BatchFirst, or [T, In],
// as torch.nn.LSTM:
//
//	i, f, o = sigmoid(x·Wihᵀ + bih + h·Whhᵀ + bhh)   g = tanh(likewise)
//	c = f·c + i·g      h = o·tanh(c), with Proj (o·tanh(c))·Whrᵀ
//
// Weights are weight_ih_l0 [4H, In], weight_hh_l0 [4H, H], bias_ih_l0 and
// bias_hh_l0 [4H], gates in the order i, f, g, o, with Proj weight_hr_l0 [Proj,
// H] (weight_hh_l0 is [4H, Proj] then), all in U(±1/sqrt(H)); layer k has l<k>,
// the backward direction the suffix _reverse.
type LSTM struct {
	In, Hidden    int
	Proj          int // the width of h, if it isn't Hidden: less than that
	Layers        int // 0 means 1
	Bidirectional bool
	BatchFirst    bool
	NoBias        bool
	Dropout       float64 // between layers, in training

	Cells []RecurrentWeights `vulgo:"-"` // layer 0, then its reverse, then layer 1, ...
}

// lstmFrame is the frame of LSTM and LSTMCell: behind a sequence's end i is 0
// and f is 1.
func lstmFrame(kind string) *recurrent {
	return &recurrent{
		kind: kind, gates: 4, past: []float32{gone, -gone, 0, 0}, hasCell: true,
		run: func(gx, whh, _, h0, c0 graph.Value, reverse bool) (y, h, c graph.Value) {
			return gx.LSTM(whh, h0, c0, reverse)
		},
	}
}

func (l *LSTM) frame() *recurrent {
	r := lstmFrame("LSTM")
	r.in, r.hidden, r.proj, r.layers = l.In, l.Hidden, l.Proj, l.Layers
	r.bidirectional, r.batchFirst, r.noBias, r.dropout, r.cells = l.Bidirectional, l.BatchFirst, l.NoBias, l.Dropout, l.Cells
	return r
}

// Build makes the variables; Init calls it.
func (l *LSTM) Build(s *Scope) (err error) {
	l.Cells, err = l.frame().build(s)
	return err
}

// Forward adds the layer. h0 is [layers·directions, N, Hidden] (or Proj) and c0
// [layers·directions, N, Hidden]; zero Values mean zeros. y is [T, N,
// directions·Hidden] (or Proj; or batch first); h and c are the last states, as
// h0 and c0. With x [T, In], the states and y have no N either.
func (l *LSTM) Forward(x, h0, c0 graph.Value) (y, h, c graph.Value) {
	return l.frame().forward(x, graph.Value{}, h0, c0)
}

// ForwardLengths is Forward over sequences of these lengths, int32 [N], from 0 to
// T: as over each sequence alone. y is 0 behind a sequence's end, h and c are the
// states at its own last element, and the backward direction starts there.
func (l *LSTM) ForwardLengths(x, lengths, h0, c0 graph.Value) (y, h, c graph.Value) {
	return l.frame().forward(x, lengths, h0, c0)
}

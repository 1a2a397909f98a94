package nn

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/graph"
)

// LSTM runs over a sequence x [T, N, In] ([N, T, In] with BatchFirst), as
// torch.nn.LSTM:
//
//	i, f, o = sigmoid(x·Wihᵀ + bih + h·Whhᵀ + bhh)   g = tanh(likewise)
//	c = f·c + i·g      h = o·tanh(c)
//
// Weights are weight_ih_l0 [4H, In], weight_hh_l0 [4H, H], bias_ih_l0 and
// bias_hh_l0 [4H], gates in the order i, f, g, o, all in U(±1/sqrt(H)); layer k
// has l<k>, the backward direction the suffix _reverse.
type LSTM struct {
	In, Hidden    int
	Layers        int // 0 means 1
	Bidirectional bool
	BatchFirst    bool
	NoBias        bool
	Dropout       float64 // between layers, in training

	Cells []LSTMWeights `vulgo:"-"` // layer 0, then its reverse, then layer 1, ...
}

// LSTMWeights are the variables of one layer and direction.
type LSTMWeights struct{ Wih, Whh, Bih, Bhh *graph.Variable }

func (l *LSTM) dirs() int {
	if l.Bidirectional {
		return 2
	}
	return 1
}

// Build makes the variables; Init calls it.
func (l *LSTM) Build(s *Scope) error {
	if l.In < 1 || l.Hidden < 1 {
		return fmt.Errorf("nn: LSTM %s: In %d and Hidden %d must be positive", s.prefix, l.In, l.Hidden)
	}
	init := UniformInit(1 / math.Sqrt(float64(l.Hidden)))
	l.Cells = nil
	for k := range max(l.Layers, 1) {
		in := l.In
		if k > 0 {
			in = l.Hidden * l.dirs()
		}
		for d := range l.dirs() {
			suffix := fmt.Sprintf("l%d%s", k, [...]string{"", "_reverse"}[d])
			w := LSTMWeights{
				Wih: s.Param("weight_ih_"+suffix, init, 4*l.Hidden, in),
				Whh: s.Param("weight_hh_"+suffix, init, 4*l.Hidden, l.Hidden),
			}
			if !l.NoBias {
				w.Bih = s.Param("bias_ih_"+suffix, init, 4*l.Hidden)
				w.Bhh = s.Param("bias_hh_"+suffix, init, 4*l.Hidden)
			}
			l.Cells = append(l.Cells, w)
		}
	}
	return nil
}

// Forward adds the layer. h0 and c0 are [layers·directions, N, Hidden]; zero
// Values mean zeros. y is [T, N, directions·Hidden] (or batch first); h and c
// are the last states.
func (l *LSTM) Forward(x, h0, c0 graph.Value) (y, h, c graph.Value) {
	g := x.Graph()
	if g == nil || len(x.Shape()) != 3 || len(l.Cells) == 0 {
		if g != nil {
			g.Fail(fmt.Errorf("nn: LSTM: x is %v, wants [T N %d] and variables made by nn.Init", x.Shape(), l.In))
		}
		return
	}
	if l.BatchFirst {
		x = x.Transpose(0, 1)
	}
	n := x.Dim(1)
	if !h0.Valid() {
		h0 = g.Zeros(len(l.Cells), n, l.Hidden)
	}
	if !c0.Valid() {
		c0 = g.Zeros(len(l.Cells), n, l.Hidden)
	}
	var hs, cs []graph.Value
	for k := 0; k < len(l.Cells); k += l.dirs() {
		if k > 0 {
			x = x.Dropout(l.Dropout)
		}
		var ys []graph.Value
		for d := range l.dirs() {
			w := l.Cells[k+d]
			var bias graph.Value // before the product, so that its epilogue adds it
			if w.Bih != nil {
				bias = g.Read(w.Bih).Add(g.Read(w.Bhh))
			}
			gx := x.MatMulT(g.Read(w.Wih))
			if bias.Valid() {
				gx = gx.Add(bias)
			}
			yd, hd, cd := gx.LSTM(g.Read(w.Whh), h0.Narrow(0, k+d, 1).Squeeze(0), c0.Narrow(0, k+d, 1).Squeeze(0), d == 1)
			ys, hs, cs = append(ys, yd), append(hs, hd), append(cs, cd)
		}
		x = graph.Concat(2, ys...)
	}
	if l.BatchFirst {
		x = x.Transpose(0, 1)
	}
	return x, graph.Stack(0, hs...), graph.Stack(0, cs...)
}

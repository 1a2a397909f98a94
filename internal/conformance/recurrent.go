package conformance

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
)

var _ = register(map[string]build{
	"torch.nn.LSTM":     lstm,
	"torch.nn.LSTMCell": lstmCell,
})

func lstm(b *builder) graph.Value {
	if b.num("proj_size", 0) != 0 {
		return b.miss("LSTM with proj_size")
	}
	l := nn.LSTM{
		In: int(b.num("input_size", 0)), Hidden: int(b.num("hidden_size", 0)), Layers: int(b.num("num_layers", 1)),
		Bidirectional: b.flag("bidirectional"), BatchFirst: b.flag("batch_first"),
	}
	for k := range l.Layers {
		for d, suffix := range []string{"", "_reverse"} {
			name := func(part string) *graph.Variable { return b.vars[fmt.Sprintf("%s_l%d%s", part, k, suffix)] }
			if d == 0 || l.Bidirectional {
				l.Cells = append(l.Cells, nn.LSTMWeights{Wih: name("weight_ih"), Whh: name("weight_hh"), Bih: name("bias_ih"), Bhh: name("bias_hh")})
			}
		}
	}
	x, h0, c0 := b.x(), b.at("h0"), b.at("c0")
	single := len(x.Shape()) == 2
	if single {
		x = x.Unsqueeze(1)
		if h0.Valid() {
			h0, c0 = h0.Unsqueeze(1), c0.Unsqueeze(1)
		}
		l.BatchFirst = false
	}
	y, h, c := l.Forward(x, h0, c0)
	if single && y.Valid() {
		y, h, c = y.Squeeze(1), h.Squeeze(1), c.Squeeze(1)
	}
	b.out["hn"], b.out["cn"] = h, c
	return y
}

// lstmCell is one step of the sequence op.
func lstmCell(b *builder) graph.Value {
	gates := b.x().MatMulT(b.at("weight_ih"))
	if b.at("bias_ih").Valid() {
		gates = gates.Add(b.at("bias_ih").Add(b.at("bias_hh")))
	}
	h0, c0 := b.at("h0"), b.at("c0")
	if !h0.Valid() {
		h0 = b.Zeros(gates.Dim(0), gates.Dim(1)/4)
		c0 = h0
	}
	_, b.out["h"], b.out["c"] = gates.Unsqueeze(0).LSTM(b.at("weight_hh"), h0, c0, false)
	return graph.Value{}
}

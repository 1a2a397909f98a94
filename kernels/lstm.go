package kernels

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// LSTM runs a layer over a whole sequence. The input's half of the gates,
// gx = x·W_ihᵀ + b_ih + b_hh, is one matmul over all steps, done before.
var LSTM = declare(Op{
	Name: "lstm", Torch: "torch.nn.LSTM", ONNX: "LSTM",
	Doc: "z = gx[t] + h·whhᵀ; c = σ(z_f)·c + σ(z_i)·tanh(z_g); h = y[t] = σ(z_o)·tanh(c)" +
		"  (gx [T,N,4H], whh [4H,H], h0 [N,H], c0 [N,H] -> y [T,N,H], hN, cN [N,H])",
	In: []Operand{{Name: "gx"}, {Name: "whh"}, {Name: "h0"}, {Name: "c0"}},
	Out: []Operand{{Name: "y"}, {Name: "hN", Optional: true}, {Name: "cN", Optional: true},
		{Name: "gates", Optional: true}, {Name: "cs", Optional: true}},
	Attrs:    cpuref.LSTMAttrs{},
	Shape:    lstmShape,
	CPU:      carriedPlain(cpuref.LSTM[float32], cpuref.LSTM[float64], 3, 2),
	Variants: stepForms("lstm", 1, 4, (*Call).lstm, lowerLSTM, withOutputs(fast.LSTM, 3, 1, 2)),
	Cases: []Case{
		lstmCase(1, 1, 1, false), lstmCase(3, 2, 5, false), lstmCase(5, 4, 8, true), lstmCase(2, 17, 33, false), lstmCase(3, 16, 32, false),
		lstmCase(4, 33, 20, true), lstmCase(2, 3, 64, false), lstmCase(1, 8, 130, false), lstmCase(2, 9, 516, false),
		lstmCase(0, 2, 3, false), lstmCase(2, 0, 3, false),
	},
	Bench: append([]Case{lstmCase(64, 32, 256, false), lstmCase(64, 32, 512, false), lstmCase(1, 1, 256, false), lstmCase(32, 64, 128, false)},
		large(lstmCase(64, 32, 1024, false), lstmCase(35, 20, 650, false), lstmCase(1, 1, 1024, false))...),
	Cost: lstmCost,
	// A step is a sum of H terms and five functions of a few ulp; the errors of
	// a hundred steps fade as the state does.
	Tol: Max(64),
})

// LSTMGrad goes back through the sequence. The gradient of whh is one matmul
// of dgx with the states before each step, done after.
var LSTMGrad = declare(Op{
	Name: "lstm_grad",
	Doc: "dh = dy[t] + dgx[t+1]·whh; dc = dcs[t] + dc[t+1]·f[t+1] + dh·o·(1-tanh²(c)); dgx[t] = the gates' derivatives; dh0, dc0 what reaches the state before the first step" +
		"  (whh [4H,H], c0 [N,H], gates [T,N,4H], cs [T,N,H], dy [T,N,H], dhN, dcN [N,H], dcs [T,N,H] -> dgx [T,N,4H], dh0, dc0 [N,H])",
	In: []Operand{{Name: "whh"}, {Name: "c0"}, {Name: "gates"}, {Name: "cs"},
		{Name: "dy", Optional: true}, {Name: "dhN", Optional: true}, {Name: "dcN", Optional: true}, {Name: "dcs", Optional: true}},
	Out:      []Operand{{Name: "dgx"}, {Name: "dh0", Optional: true}, {Name: "dc0", Optional: true}},
	Attrs:    cpuref.LSTMAttrs{},
	Shape:    lstmGradShape,
	NoGrad:   "second derivatives through an LSTM aren't provided",
	CPU:      carriedPlain(cpuref.LSTMGrad[float32], cpuref.LSTMGrad[float64], 1, 2),
	Variants: stepForms("lstm_grad", 4, 0, (*Call).lstm, lowerLSTMGrad, withOutputs(fast.LSTMGrad, 1, 1, 2)),
	Cases: []Case{
		lstmGradCase(1, 1, 1, false), lstmGradCase(3, 2, 5, false), lstmGradCase(5, 4, 8, true), lstmGradCase(2, 17, 33, false),
		lstmGradCase(3, 16, 32, false), lstmGradCase(4, 33, 20, true), lstmCellsGradCase(2, 1, 7, true), lstmGradCase(2, 3, 64, false),
		lstmGradCase(1, 8, 130, false), lstmGradCase(2, 9, 516, false), lstmGradCase(3, 2, 5, false, 4),
		lstmCellsGradCase(2, 3, 8, false, 5, 6), lstmGradCase(2, 16, 32, false, 4, 5), lstmGradCase(0, 2, 3, false, 5), lstmCellsGradCase(2, 0, 3, false),
	},
	Bench: append([]Case{lstmGradCase(64, 32, 256, false), lstmGradCase(64, 32, 512, false), lstmGradCase(32, 64, 128, false)},
		large(lstmGradCase(64, 32, 1024, false), lstmGradCase(35, 20, 650, false))...),
	Cost: lstmCost,
	Tol:  Max(64),
})

func init() { LSTM.SetGrad(lstmGrad) }

func (c *Call) lstm() seqDims {
	gx := c.In[0]
	if c.Op == Lookup("lstm_grad") {
		gx = c.In[2]
	}
	s := gx.Shape
	return seqDims{s[0], s[1], s[2] / 4, c.Attrs.(cpuref.LSTMAttrs).Reverse}
}

func lstmShape(_ any, in []tensor.Type) ([]tensor.Type, error) {
	of, err := seqOperands(in, 0, 4, seqOperand{"gx", seqOf(4)}, seqOperand{"whh", seqWeight(4)}, seqOperand{"h0", seqState}, seqOperand{"c0", seqState})
	if err != nil {
		return nil, err
	}
	return []tensor.Type{of(seqOf(1)), of(seqState), of(seqState), of(seqOf(4)), of(seqOf(1))}, nil
}

func lstmGradShape(_ any, in []tensor.Type) ([]tensor.Type, error) {
	of, err := seqOperands(in, 2, 4, seqOperand{"whh", seqWeight(4)}, seqOperand{"c0", seqState}, seqOperand{"gates", seqOf(4)},
		seqOperand{"cs", seqOf(1)}, seqOperand{"dy", seqOf(1)}, seqOperand{"dhN", seqState}, seqOperand{"dcN", seqState},
		seqOperand{"dcs", seqOf(1)})
	if err != nil {
		return nil, err
	}
	return []tensor.Type{of(seqOf(4)), of(seqState), of(seqState)}, nil
}

func lstmGrad(b Builder, g Grad) []Ref {
	at := g.Attrs.(cpuref.LSTMAttrs)
	whh, h0, c0, y, gates, cs := g.In[1], g.In[2], g.In[3], g.Out[0], g.Out[3], g.Out[4]
	if g.DOut[3] != NoRef {
		b.Fail(errKeptGates("lstm"))
		return nil
	}
	d := b.Apply(LSTMGrad, at, whh, c0, gates, cs, g.DOut[0], g.DOut[1], g.DOut[2], g.DOut[4])
	dwhh := NoRef
	if g.Want[1] {
		dwhh = recurrentWeightGrad(b, d[0], h0, y, at.Reverse)
	}
	return []Ref{d[0], dwhh, d[1], d[2]}
}

// Each way 8·H multiply-adds a unit and step for the recurrence, and about 40
// operations for the cell.
func lstmCost(c *Call) Cost { return seqCost(c, c.lstm(), 4, 40) }

func lstmCase(T, N, H int, reverse bool) Case {
	return Case{
		Name: seqName(T, N, H, reverse), Attrs: cpuref.LSTMAttrs{Reverse: reverse},
		In:   []tensor.Type{tensor.F32(T, N, 4*H), tensor.F32(4*H, H), tensor.F32(N, H), tensor.F32(N, H)},
		Fill: []Filler{nil, recurrentWeights},
	}
}

// lstmGradCase has no gradient of cs, lstmCellsGradCase has.
func lstmGradCase(T, N, H int, reverse bool, absent ...int) Case {
	k := lstmCellsGradCase(T, N, H, reverse, absent...)
	k.In[7] = tensor.Type{}
	return k
}

func lstmCellsGradCase(T, N, H int, reverse bool, absent ...int) Case {
	return without(Case{
		Name: seqName(T, N, H, reverse), Attrs: cpuref.LSTMAttrs{Reverse: reverse},
		In: []tensor.Type{tensor.F32(4*H, H), tensor.F32(N, H), tensor.F32(T, N, 4*H), tensor.F32(T, N, H),
			tensor.F32(T, N, H), tensor.F32(N, H), tensor.F32(N, H), tensor.F32(T, N, H)},
		Fill: []Filler{recurrentWeights, nil, activeGates},
	}, []Operand{4: {Name: "dy"}, 5: {Name: "dhN"}, 6: {Name: "dcN"}}, absent...)
}

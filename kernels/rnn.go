package kernels

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// RNN runs a plain recurrent layer over a whole sequence. The input's half,
// gx = x·W_ihᵀ + b_ih + b_hh, is one matmul over all steps, done before.
var RNN = declare(Op{
	Name: "rnn", Torch: "torch.nn.RNN", ONNX: "RNN",
	Doc: "h = y[t] = act(gx[t] + h·whhᵀ), act = tanh or relu" +
		"  (gx [T,N,H], whh [H,H], h0 [N,H] -> y [T,N,H], hN [N,H])",
	In:       []Operand{{Name: "gx"}, {Name: "whh"}, {Name: "h0"}},
	Out:      []Operand{{Name: "y"}, {Name: "hN", Optional: true}},
	Attrs:    cpuref.RNNAttrs{},
	Shape:    rnnShape,
	CPU:      Plain(cpuref.RNN[float32], cpuref.RNN[float64]),
	Variants: stepForms("rnn", 1, 0, rnnDims, lowerRNN, fast.RNN),
	Cases: []Case{
		rnnCase(1, 1, 1, 0), rnnCase(3, 2, 5, 0), rnnCase(3, 3, 7, 3), rnnCase(4, 16, 32, 2), rnnCase(2, 9, 65, 1),
		rnnCase(2, 1, 516, 0), rnnCase(0, 2, 3, 0), rnnCase(2, 0, 3, 0),
	},
	Bench: append([]Case{rnnCase(64, 32, 256, 0)}, large(rnnCase(64, 32, 1024, 0))...),
	Cost:  func(c *Call) Cost { return seqCost(c, rnnDims(c), 1, 10) },
	// As lstm's.
	Tol: Max(64),
})

// RNNGrad goes back through the sequence.
var RNNGrad = declare(Op{
	Name: "rnn_grad",
	Doc: "dh = dy[t] + dgx[t+1]·whh; dgx[t] = dh·act'; dh0 what reaches the state before the first step" +
		"  (whh [H,H], y, dy [T,N,H], dhN [N,H] -> dgx [T,N,H], dh0 [N,H])",
	In:     []Operand{{Name: "whh"}, {Name: "y"}, {Name: "dy", Optional: true}, {Name: "dhN", Optional: true}},
	Out:    []Operand{{Name: "dgx"}, {Name: "dh0", Optional: true}},
	Attrs:  cpuref.RNNAttrs{},
	Shape:  rnnGradShape,
	NoGrad: "second derivatives through a recurrent layer aren't provided",
	CPU:    Plain(cpuref.RNNGrad[float32], cpuref.RNNGrad[float64]),
	Variants: stepForms("rnn_grad", 1, 0, rnnDims, lowerRNNGrad, func(a *cpuref.Args[float32]) func() {
		supply(a, 1, a.In[1].Shape[1:]...)
		return fast.RNNGrad(a)
	}),
	Cases: []Case{
		rnnGradCase(1, 1, 1, 0), rnnGradCase(3, 3, 7, 2), rnnGradCase(4, 16, 32, 1), rnnGradCase(2, 9, 65, 0, 3),
		rnnGradCase(3, 2, 8, 3, 2), rnnGradCase(0, 2, 3, 0), rnnGradCase(2, 0, 3, 0),
	},
	Bench: append([]Case{rnnGradCase(64, 32, 256, 0)}, large(rnnGradCase(64, 32, 1024, 0))...),
	Cost:  func(c *Call) Cost { return seqCost(c, rnnDims(c), 1, 10) },
	Tol:   Max(64),
})

func init() {
	RNN.SetGrad(func(b Builder, g Grad) []Ref {
		at := g.Attrs.(cpuref.RNNAttrs)
		whh, h0, y := g.In[1], g.In[2], g.Out[0]
		d := b.Apply(RNNGrad, at, whh, y, g.DOut[0], g.DOut[1])
		dwhh := NoRef
		if g.Want[1] {
			dwhh = recurrentWeightGrad(b, d[0], h0, y, at.Reverse)
		}
		return []Ref{d[0], dwhh, d[1]}
	})
}

func rnnDims(c *Call) seqDims {
	s := c.Out[0].Shape // y, or dgx
	return seqDims{s[0], s[1], s[2], c.Attrs.(cpuref.RNNAttrs).Reverse}
}

func rnnShape(_ any, in []tensor.Type) ([]tensor.Type, error) {
	of, err := seqOperands(in, 0, 1, seqOperand{"gx", seqOf(1)}, seqOperand{"whh", seqWeight(1)}, seqOperand{"h0", seqState})
	if err != nil {
		return nil, err
	}
	return []tensor.Type{of(seqOf(1)), of(seqState)}, nil
}

func rnnGradShape(_ any, in []tensor.Type) ([]tensor.Type, error) {
	of, err := seqOperands(in, 1, 1, seqOperand{"whh", seqWeight(1)}, seqOperand{"y", seqOf(1)},
		seqOperand{"dy", seqOf(1)}, seqOperand{"dhN", seqState})
	if err != nil {
		return nil, err
	}
	return []tensor.Type{of(seqOf(1)), of(seqState)}, nil
}

func lowerRNN(t *Target, c *Call, f stepForm) (Lowered, error) {
	if rnnDims(c).empty() {
		return noSteps(t, c, []int{2}, []int{1})
	}
	low := Lowered{Work: []int{f.work()}, Dispatches: []Dispatch{f.pack(t, In(1), true)}}
	hN := unread(Out(0))
	if c.Out[1].Present() {
		hN = Out(1)
	}
	flags := []uint32{truth(c.Attrs.(cpuref.RNNAttrs).Relu), truth(c.Out[1].Present())}
	for i := range f.T {
		at := f.time(i)
		h, from := f.before(In(2), Out(0).RO(), i)
		y := f.step(Out(0), at, 1)
		if !c.Out[1].Present() {
			hN = unread(y)
		}
		low.Dispatches = append(low.Dispatches, f.dispatch(flags, stepPush{terms: f.K, from: from, at: f.off(at)},
			f.step(In(0), at, 1), f.weights(), f.operand(h), y, hN))
	}
	return low, nil
}

func lowerRNNGrad(t *Target, c *Call, f stepForm) (Lowered, error) {
	if rnnDims(c).empty() {
		return noSteps(t, c, []int{3}, []int{1})
	}
	low := Lowered{Work: []int{f.work()}, Dispatches: []Dispatch{f.pack(t, In(0), false)}}
	hasDY, hasDHN := c.In[2].Present(), c.In[3].Present()
	none := unread(In(0))
	flags := func(final bool) []uint32 {
		return []uint32{truth(c.Attrs.(cpuref.RNNAttrs).Relu), truth(final), truth(hasDY), truth(hasDHN)}
	}
	for i := f.T - 1; i >= 0; i-- {
		at := f.time(i)
		p := stepPush{at: f.off(at), first: true}
		next := f.step(unread(Out(0)), at, 1) // behind the last step, the sum has no terms
		if i < f.T-1 {
			n := f.time(i + 1)
			next, p = f.step(Out(0).RO(), n, 1), stepPush{terms: f.K, from: f.off(n), at: f.off(at)}
		}
		dy, dhN := none, none
		if hasDY {
			dy = f.step(In(2), at, 1)
		}
		if hasDHN {
			dhN = In(3)
		}
		low.Dispatches = append(low.Dispatches, f.dispatch(flags(false), p,
			f.step(In(1), at, 1), f.weights(), f.operand(next), f.step(Out(0), at, 1), dy, dhN))
	}
	if c.Out[1].Present() {
		n := f.time(0)
		low.Dispatches = append(low.Dispatches, f.dispatch(flags(true), stepPush{terms: f.K, from: f.off(n)},
			none, f.weights(), f.operand(f.step(Out(0).RO(), n, 1)), Out(1), none, none))
	}
	return low, nil
}

// rnnCase has the bits of form for Reverse and Relu.
func rnnCase(T, N, H, form int) Case {
	at := cpuref.RNNAttrs{Reverse: form&1 > 0, Relu: form&2 > 0}
	return Case{
		Name: seqName(T, N, H, at.Reverse), Attrs: at,
		In:   []tensor.Type{tensor.F32(T, N, H), tensor.F32(H, H), tensor.F32(N, H)},
		Fill: []Filler{nil, recurrentWeights},
	}
}

func rnnGradCase(T, N, H, form int, absent ...int) Case {
	k := rnnCase(T, N, H, form)
	k.In = []tensor.Type{tensor.F32(H, H), tensor.F32(T, N, H), tensor.F32(T, N, H), tensor.F32(N, H)}
	k.Fill = []Filler{recurrentWeights, activeGates}
	return without(k, []Operand{2: {Name: "dy"}, 3: {Name: "dhN"}}, absent...)
}

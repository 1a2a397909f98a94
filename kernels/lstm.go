package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// LSTM runs a layer over a whole sequence. The input's half of the gates,
// gx = x·W_ihᵀ + b_ih + b_hh, is one matmul over all steps, done before.
var LSTM = declare(Op{
	Name: "lstm", Torch: "torch.nn.LSTM",
	Doc: "z = gx[t] + h·whhᵀ; c = σ(z_f)·c + σ(z_i)·tanh(z_g); h = y[t] = σ(z_o)·tanh(c)" +
		"  (gx [T,N,4H], whh [4H,H], h0 [N,H], c0 [N,H] -> y [T,N,H], hN, cN [N,H])",
	In: []Operand{{Name: "gx"}, {Name: "whh"}, {Name: "h0"}, {Name: "c0"}},
	Out: []Operand{{Name: "y"}, {Name: "hN", Optional: true}, {Name: "cN", Optional: true},
		{Name: "gates", Optional: true}, {Name: "cs", Optional: true}},
	Attrs: cpuref.LSTMAttrs{},
	Shape: lstmShape,
	CPU:   lstmPlain(cpuref.LSTM[float32], cpuref.LSTM[float64], 3),
	Variants: []Variant{
		{Name: "subgroup", Kind: Vulkan, When: lstmSubgroupServes, Lower: lowerLSTMSubgroup},
		{Name: "tile", Kind: Vulkan, When: lstmTileServes, Lower: lowerLSTMTile},
		{Name: "fast", Kind: CPU, Prepare: withOutputs(fast.LSTM, 3, 1, 2)},
	},
	Cases: lstmCases(lstmCase),
	Bench: []Case{lstmCase(64, 32, 256, false), lstmCase(64, 32, 512, false), lstmCase(1, 1, 256, false)},
	Cost:  lstmCost,
	// A step is a sum of H terms and five functions of a few ulp; the errors of
	// a hundred steps fade as the state does.
	Tol: Max(64),
})

// LSTMGrad goes back through the sequence. The gradient of whh is one matmul
// of dgx with the states before each step, done after.
var LSTMGrad = declare(Op{
	Name: "lstm_grad",
	Doc: "dh = dy[t] + dgx[t+1]·whh; dgx[t] = the gates' derivatives; dh0, dc0 what reaches the state before the first step" +
		"  (whh [4H,H], c0 [N,H], gates [T,N,4H], cs [T,N,H], dy [T,N,H], dhN, dcN [N,H] -> dgx [T,N,4H], dh0, dc0 [N,H])",
	In: []Operand{{Name: "whh"}, {Name: "c0"}, {Name: "gates"}, {Name: "cs"},
		{Name: "dy", Optional: true}, {Name: "dhN", Optional: true}, {Name: "dcN", Optional: true}},
	Out:    []Operand{{Name: "dgx"}, {Name: "dh0", Optional: true}, {Name: "dc0", Optional: true}},
	Attrs:  cpuref.LSTMAttrs{},
	Shape:  lstmGradShape,
	NoGrad: "second derivatives through an LSTM aren't provided",
	CPU:    lstmPlain(cpuref.LSTMGrad[float32], cpuref.LSTMGrad[float64], 1),
	Variants: []Variant{
		{Name: "subgroup", Kind: Vulkan, When: lstmSubgroupServes, Lower: lowerLSTMGradSubgroup},
		{Name: "tile", Kind: Vulkan, When: lstmTileServes, Lower: lowerLSTMGradTile},
		{Name: "fast", Kind: CPU, Prepare: withOutputs(fast.LSTMGrad, 1, 1, 2)},
	},
	Cases: append(lstmCases(lstmGradCase), lstmGradAbsent(3, 2, 5, 4), lstmGradAbsent(2, 3, 8, 5, 6), lstmGradAbsent(2, 16, 32, 4, 5)),
	Bench: []Case{lstmGradCase(64, 32, 256, false), lstmGradCase(64, 32, 512, false)},
	Cost:  lstmCost,
	Tol:   Max(64),
})

func init() { LSTM.SetGrad(lstmGrad) }

// withOutputs gives a body memory, the size of input like, for those of these
// outputs that nobody reads: state is carried in them.
func withOutputs[T cpuref.Float](prepare Prepare[T], like int, outs ...int) Prepare[T] {
	return func(a *cpuref.Args[T]) func() {
		for _, i := range outs {
			if !a.Out[i].Present() {
				a.Out[i] = cpuref.Arg[T]{Shape: a.In[like].Shape, F: make([]T, len(a.In[like].F))}
			}
		}
		return prepare(a)
	}
}

// lstmPlain is a plain body that carries its cell state in output 2.
func lstmPlain(f32 func(*cpuref.Args[float32]), f64 func(*cpuref.Args[float64]), like int) CPUBody {
	body := Plain(f32, f64)
	return CPUBody{F32: withOutputs(body.F32, like, 2), F64: withOutputs(body.F64, like, 2)}
}

// lstmDims are a call's sizes: steps, batch, hidden units.
type lstmDims struct {
	T, N, H int
	reverse bool
}

func (c *Call) lstm() lstmDims {
	gx := c.In[0]
	if c.Op == Lookup("lstm_grad") {
		gx = c.In[2]
	}
	s := gx.Shape
	return lstmDims{s[0], s[1], s[2] / 4, c.Attrs.(cpuref.LSTMAttrs).Reverse}
}

// time is where the s-th step stands in the sequence.
func (d lstmDims) time(s int) int {
	if d.reverse {
		return d.T - 1 - s
	}
	return s
}

// lstmOperands checks a call's operands against the sizes that the gates' (or
// gx's) shape gives, and gives those sizes. want[i] is operand i's shape as a
// function of T, N, H.
func lstmOperands(names []string, in []tensor.Type, gates int, want []func(T, N, H int) tensor.Shape) (T, N, H int, err error) {
	s := in[gates].Shape
	if len(s) != 3 || s[2]%4 != 0 || s.Elems() == 0 {
		return 0, 0, 0, fmt.Errorf("%s is %v, wants [steps, batch, 4·hidden], none of them 0", names[gates], s)
	}
	T, N, H = s[0], s[1], s[2]/4
	for i, t := range in {
		if !t.Present() {
			continue
		}
		if w := want[i](T, N, H); !t.Shape.Equal(w) {
			return 0, 0, 0, fmt.Errorf("%s is %v; with %s %v (%d steps, batch %d, %d hidden units) it must be %v",
				names[i], t.Shape, names[gates], s, T, N, H, w)
		}
		if t.DType != in[gates].DType || !t.DType.IsFloat() {
			return 0, 0, 0, fmt.Errorf("%s is %v and %s %v: wants one float type", names[i], t, names[gates], in[gates])
		}
	}
	return T, N, H, nil
}

func lstmSequence4(T, N, H int) tensor.Shape { return tensor.Shape{T, N, 4 * H} }
func lstmSequence(T, N, H int) tensor.Shape  { return tensor.Shape{T, N, H} }
func lstmState(_, N, H int) tensor.Shape     { return tensor.Shape{N, H} }
func lstmWeight(_, _, H int) tensor.Shape    { return tensor.Shape{4 * H, H} }

func lstmShape(_ any, in []tensor.Type) ([]tensor.Type, error) {
	T, N, H, err := lstmOperands([]string{"gx", "whh", "h0", "c0"}, in, 0,
		[]func(T, N, H int) tensor.Shape{lstmSequence4, lstmWeight, lstmState, lstmState})
	if err != nil {
		return nil, err
	}
	of := func(s tensor.Shape) tensor.Type { return tensor.Type{DType: in[0].DType, Shape: s} }
	return []tensor.Type{
		of(lstmSequence(T, N, H)), of(lstmState(T, N, H)), of(lstmState(T, N, H)),
		of(lstmSequence4(T, N, H)), of(lstmSequence(T, N, H)),
	}, nil
}

func lstmGradShape(_ any, in []tensor.Type) ([]tensor.Type, error) {
	T, N, H, err := lstmOperands([]string{"whh", "c0", "gates", "cs", "dy", "dhN", "dcN"}, in, 2,
		[]func(T, N, H int) tensor.Shape{lstmWeight, lstmState, lstmSequence4, lstmSequence, lstmSequence, lstmState, lstmState})
	if err != nil {
		return nil, err
	}
	of := func(s tensor.Shape) tensor.Type { return tensor.Type{DType: in[2].DType, Shape: s} }
	return []tensor.Type{of(lstmSequence4(T, N, H)), of(lstmState(T, N, H)), of(lstmState(T, N, H))}, nil
}

// With hprev the state before each step: dwhh = Σ_t dgx[t]ᵀ·hprev[t], one
// product over all steps.
func lstmGrad(b Builder, g Grad) []Ref {
	at := g.Attrs.(cpuref.LSTMAttrs)
	whh, h0, c0, y, gates, cs := g.In[1], g.In[2], g.In[3], g.Out[0], g.Out[3], g.Out[4]
	d := b.Apply(LSTMGrad, at, whh, c0, gates, cs, g.DOut[0], g.DOut[1], g.DOut[2])
	dwhh := NoRef
	if g.Want[1] {
		s := b.Type(y).Shape
		T, N, H := s[0], s[1], s[2]
		hprev := reshapeTo(b, h0, tensor.Shape{1, N, H})
		if T > 1 {
			first := 0 // of the steps whose y is some step's hprev
			if at.Reverse {
				first = 1
			}
			kept := b.Apply(Slice, cpuref.SliceAttrs{
				Start: cpuref.IntList(first, 0, 0), Size: cpuref.IntList(T-1, N, H), Step: cpuref.IntList(1, 1, 1),
			}, y)[0]
			order := []Ref{hprev, kept}
			if at.Reverse {
				order = []Ref{kept, hprev}
			}
			hprev = b.Apply(Concat, cpuref.ConcatAttrs{Axis: 0}, order...)[0]
		}
		dwhh = b.Apply(MatMul, cpuref.MatMulAttrs{TransA: true},
			reshapeTo(b, d[0], tensor.Shape{T * N, 4 * H}), reshapeTo(b, hprev, tensor.Shape{T * N, H}))[0]
	}
	return []Ref{d[0], dwhh, d[1], d[2]}
}

// Each way 8·H multiply-adds a unit and step for the recurrence, and about 40
// operations for the cell.
func lstmCost(c *Call) Cost {
	d := c.lstm()
	bytes := 0
	for _, t := range append(append([]tensor.Type{}, c.In...), c.Out...) {
		bytes += t.Bytes()
	}
	return Cost{Flops: float64(d.T) * float64(d.N) * float64(d.H) * float64(8*d.H+40), Bytes: float64(bytes)}
}

func lstmCase(T, N, H int, reverse bool) Case {
	return Case{
		Name: lstmName(T, N, H, reverse), Attrs: cpuref.LSTMAttrs{Reverse: reverse},
		In:   []tensor.Type{tensor.F32(T, N, 4*H), tensor.F32(4*H, H), tensor.F32(N, H), tensor.F32(N, H)},
		Fill: []Filler{nil, lstmWeights(H)},
	}
}

func lstmGradCase(T, N, H int, reverse bool) Case {
	return Case{
		Name: lstmName(T, N, H, reverse), Attrs: cpuref.LSTMAttrs{Reverse: reverse},
		In: []tensor.Type{tensor.F32(4*H, H), tensor.F32(N, H), tensor.F32(T, N, 4*H), tensor.F32(T, N, H),
			tensor.F32(T, N, H), tensor.F32(N, H), tensor.F32(N, H)},
		Fill: []Filler{lstmWeights(H), nil, lstmActive},
	}
}

// lstmGradAbsent is a case without the operands of these numbers.
func lstmGradAbsent(T, N, H int, absent ...int) Case {
	k := lstmGradCase(T, N, H, false)
	for _, i := range absent {
		k.In[i] = tensor.Type{}
		k.Name += " without " + []string{4: "dy", 5: "dhN", 6: "dcN"}[i]
	}
	return k
}

func lstmName(T, N, H int, reverse bool) string {
	name := fmt.Sprintf("%dx%dx%d", T, N, H)
	if reverse {
		name += " reverse"
	}
	return name
}

// lstmWeights draws as torch.nn.LSTM does: uniform in ±1/sqrt(H).
func lstmWeights(H int) Filler {
	return func(rng *tensor.Philox, t *tensor.Tensor) {
		r := 1 / math.Sqrt(float64(H))
		for i := range t.F32 {
			t.F32[i] = float32(rng.Uniform(-r, r))
		}
	}
}

// lstmActive draws gates as they are after their activations.
func lstmActive(rng *tensor.Philox, t *tensor.Tensor) {
	for i := range t.F32 {
		t.F32[i] = float32(rng.Uniform(0.05, 0.95))
	}
}

func lstmCases(one func(T, N, H int, reverse bool) Case) []Case {
	return []Case{
		one(1, 1, 1, false), one(3, 2, 5, false), one(5, 4, 8, true), one(2, 17, 33, false), one(3, 16, 32, false),
		one(4, 33, 20, true), one(2, 1, 7, true), one(2, 3, 64, false), one(1, 8, 130, false), one(2, 9, 516, false),
	}
}

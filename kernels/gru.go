package kernels

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// GRU runs a layer over a whole sequence. The input's half, gx = x·W_ihᵀ + b_ih,
// is one matmul over all steps, done before.
var GRU = declare(Op{
	Name: "gru", Torch: "torch.nn.GRU", ONNX: "GRU",
	Doc: "a = h·whhᵀ + bhh; r, z = σ(gx_r + a_r, gx_z + a_z); n = tanh(gx_n + r·a_n); h = y[t] = (1-z)·n + z·h" +
		"  (gx [T,N,3H], whh [3H,H], h0 [N,H], bhh [3H] -> y [T,N,H], hN [N,H])",
	In:       []Operand{{Name: "gx"}, {Name: "whh"}, {Name: "h0"}, {Name: "bhh", Optional: true}},
	Out:      []Operand{{Name: "y"}, {Name: "hN", Optional: true}, {Name: "gates", Optional: true}},
	Attrs:    cpuref.GRUAttrs{},
	Shape:    gruShape,
	CPU:      Plain(cpuref.GRU[float32], cpuref.GRU[float64]),
	Variants: stepForms("gru", 1, 3, gruDims, lowerGRU, fast.GRU),
	Cases: []Case{
		gruCase(1, 1, 1, false), gruCase(3, 3, 7, true), gruCase(4, 16, 32, false), gruCase(2, 17, 33, false, 3),
		gruCase(2, 1, 516, false), gruCase(0, 2, 3, false), gruCase(2, 0, 3, false),
	},
	Bench: append([]Case{gruCase(64, 32, 256, false), gruCase(1, 1, 256, false)}, large(gruCase(64, 32, 512, false), gruCase(64, 32, 1024, false))...),
	Cost:  func(c *Call) Cost { return seqCost(c, gruDims(c), 3, 30) },
	// As lstm's.
	Tol: Max(64),
})

// GRUGrad goes back through the sequence; da is what reaches h·whhᵀ + bhh.
var GRUGrad = declare(Op{
	Name: "gru_grad",
	Doc: "dh = dy[t] + dh[t+1]·z[t+1] + da[t+1]·whh; dgx[t], da[t] = the gates' derivatives; dh0 what reaches the state before the first step" +
		"  (whh [3H,H], h0 [N,H], y [T,N,H], gates [T,N,4H], dy [T,N,H], dhN [N,H] -> dgx, da [T,N,3H], dh0 [N,H])",
	In: []Operand{{Name: "whh"}, {Name: "h0"}, {Name: "y"}, {Name: "gates"},
		{Name: "dy", Optional: true}, {Name: "dhN", Optional: true}},
	Out:    []Operand{{Name: "dgx"}, {Name: "da", Optional: true}, {Name: "dh0", Optional: true}},
	Attrs:  cpuref.GRUAttrs{},
	Shape:  gruGradShape,
	NoGrad: "second derivatives through a recurrent layer aren't provided",
	CPU: CPUBody{
		F32: gruGradBody(Plain(cpuref.GRUGrad[float32], cpuref.GRUGrad[float64]).F32),
		F64: gruGradBody(Plain(cpuref.GRUGrad[float32], cpuref.GRUGrad[float64]).F64),
	},
	Variants: stepForms("gru_grad", 3, 0, gruDims, lowerGRUGrad, gruGradBody(fast.GRUGrad)),
	Cases: []Case{
		gruGradCase(1, 1, 1, false), gruGradCase(3, 3, 7, true), gruGradCase(4, 16, 32, false, 5), gruGradCase(2, 9, 33, false, 4),
		gruGradCase(2, 1, 180, false), gruGradCase(0, 2, 3, false), gruGradCase(0, 2, 3, false, 5), gruGradCase(2, 0, 3, false),
	},
	Bench: append([]Case{gruGradCase(64, 32, 256, false)}, large(gruGradCase(64, 32, 512, false), gruGradCase(64, 32, 1024, false))...),
	Cost:  func(c *Call) Cost { return seqCost(c, gruDims(c), 3, 30) },
	Tol:   Max(64),
})

func init() {
	GRU.SetGrad(func(b Builder, g Grad) []Ref {
		at := g.Attrs.(cpuref.GRUAttrs)
		whh, h0, y := g.In[1], g.In[2], g.Out[0]
		if g.DOut[2] != NoRef {
			b.Fail(errKeptGates("gru"))
			return nil
		}
		d := b.Apply(GRUGrad, at, whh, h0, y, g.Out[2], g.DOut[0], g.DOut[1])
		dwhh, dbhh := NoRef, NoRef
		if g.Want[1] {
			dwhh = recurrentWeightGrad(b, d[1], h0, y, at.Reverse)
		}
		if len(g.Want) > 3 && g.Want[3] {
			dbhh = b.Apply(Lookup("sum"), cpuref.ReduceAttrs{Axes: cpuref.IntList(0, 1)}, d[1])[0]
		}
		return []Ref{d[0], dwhh, d[2], dbhh}
	})
}

// gruGradBody carries what goes back in da and dh0, read or not.
func gruGradBody[T cpuref.Float](body Prepare[T]) Prepare[T] {
	return withOutputs(func(a *cpuref.Args[T]) func() {
		supply(a, 1, a.Out[0].Shape...)
		return body(a)
	}, 1, 2)
}

func gruDims(c *Call) seqDims {
	s := c.Out[0].Shape // y, or dgx
	d := seqDims{s[0], s[1], s[2], c.Attrs.(cpuref.GRUAttrs).Reverse}
	if c.Op.Name == "gru_grad" {
		d.H /= 3
	}
	return d
}

func gruShape(_ any, in []tensor.Type) ([]tensor.Type, error) {
	of, err := seqOperands(in, 0, 3, seqOperand{"gx", seqOf(3)}, seqOperand{"whh", seqWeight(3)}, seqOperand{"h0", seqState},
		seqOperand{"bhh", func(_, _, H int) tensor.Shape { return tensor.Shape{3 * H} }})
	if err != nil {
		return nil, err
	}
	return []tensor.Type{of(seqOf(1)), of(seqState), of(seqOf(4))}, nil
}

func gruGradShape(_ any, in []tensor.Type) ([]tensor.Type, error) {
	of, err := seqOperands(in, 3, 4, seqOperand{"whh", seqWeight(3)}, seqOperand{"h0", seqState}, seqOperand{"y", seqOf(1)},
		seqOperand{"gates", seqOf(4)}, seqOperand{"dy", seqOf(1)}, seqOperand{"dhN", seqState})
	if err != nil {
		return nil, err
	}
	return []tensor.Type{of(seqOf(3)), of(seqOf(3)), of(seqState)}, nil
}

func lowerGRU(t *Target, c *Call, f stepForm) (Lowered, error) {
	if gruDims(c).empty() {
		return noSteps(t, c, []int{2}, []int{1})
	}
	low := Lowered{Work: []int{f.work()}, Dispatches: []Dispatch{f.pack(t, In(1), true)}}
	wantHN, wantGates, hasBias := c.Out[1].Present(), c.Out[2].Present(), len(c.In) > 3 && c.In[3].Present()
	flags := []uint32{truth(wantHN), truth(wantGates), truth(hasBias)}
	for i := range f.T {
		at := f.time(i)
		h, from := f.before(In(2), Out(0).RO(), i)
		y := f.step(Out(0), at, 1)
		hN, gates, bias := unread(y), unread(y), unread(In(1))
		if wantHN {
			hN = Out(1)
		}
		if wantGates {
			gates = f.step(Out(2), at, 4)
		}
		if hasBias {
			bias = In(3)
		}
		low.Dispatches = append(low.Dispatches, f.dispatch(flags, stepPush{terms: f.K, from: from, at: f.off(at), prev: from},
			f.step(In(0), at, 3), f.weights(), f.operand(h), y, hN, gates, bias, h))
	}
	return low, nil
}

func lowerGRUGrad(t *Target, c *Call, f stepForm) (Lowered, error) {
	if gruDims(c).empty() {
		return noSteps(t, c, []int{5}, []int{2})
	}
	low := Lowered{Work: []int{f.work()}, Dispatches: []Dispatch{f.pack(t, In(0), false)}}
	hasDY, hasDHN := c.In[4].Present(), c.In[5].Present()
	da, carry := Out(1), Out(2).RW()
	if !c.Out[1].Present() {
		da = Work(len(low.Work)).WO()
		low.Work = append(low.Work, c.Out[0].Bytes())
	}
	if !c.Out[2].Present() {
		carry = Work(len(low.Work))
		low.Work = append(low.Work, 4*f.N*f.H)
	}
	if hasDHN {
		low.Dispatches = append(low.Dispatches, Dispatch{Bind: []Bind{In(5), carry.WO()}})
	}
	flags := func(final bool) []uint32 { return []uint32{truth(final), truth(hasDY), truth(hasDHN)} }
	none := unread(In(0))
	for i := f.T - 1; i >= 0; i-- {
		at := f.time(i)
		h, prev := f.before(In(1), In(2), i)
		p := stepPush{at: f.off(at), prev: prev, first: true}
		next := f.step(unread(da), at, 3) // behind the last step, the sum has no terms
		if i < f.T-1 {
			n := f.time(i + 1)
			next, p = f.step(da.RO(), n, 3), stepPush{terms: f.K, from: 3 * f.off(n), at: f.off(at), prev: prev}
		}
		dy := none
		if hasDY {
			dy = f.step(In(4), at, 1)
		}
		low.Dispatches = append(low.Dispatches, f.dispatch(flags(false), p,
			f.step(In(3), at, 4), f.weights(), f.operand(next), f.step(Out(0), at, 3), f.step(da, at, 3), dy, h, carry))
	}
	if c.Out[2].Present() {
		n, unwritten := f.time(0), unread(carry)
		low.Dispatches = append(low.Dispatches, f.dispatch(flags(true), stepPush{terms: f.K, from: 3 * f.off(n)},
			none, f.weights(), f.operand(f.step(da.RO(), n, 3)), unwritten, unwritten, none, none, carry))
	}
	return low, nil
}

func gruCase(T, N, H int, reverse bool, absent ...int) Case {
	return without(Case{
		Name: seqName(T, N, H, reverse), Attrs: cpuref.GRUAttrs{Reverse: reverse},
		In:   []tensor.Type{tensor.F32(T, N, 3*H), tensor.F32(3*H, H), tensor.F32(N, H), tensor.F32(3 * H)},
		Fill: []Filler{nil, recurrentWeights},
	}, []Operand{3: {Name: "bhh"}}, absent...)
}

func gruGradCase(T, N, H int, reverse bool, absent ...int) Case {
	return without(Case{
		Name: seqName(T, N, H, reverse), Attrs: cpuref.GRUAttrs{Reverse: reverse},
		In: []tensor.Type{tensor.F32(3*H, H), tensor.F32(N, H), tensor.F32(T, N, H), tensor.F32(T, N, 4*H),
			tensor.F32(T, N, H), tensor.F32(N, H)},
		Fill: []Filler{recurrentWeights, nil, nil, activeGates},
	}, []Operand{4: {Name: "dy"}, 5: {Name: "dhN"}}, absent...)
}

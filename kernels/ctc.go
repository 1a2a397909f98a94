package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// CTCLoss is the loss of labels that are shorter than the steps they come from.
var CTCLoss = declare(Op{
	Name: "ctc_loss", Torch: `torch.nn.functional.ctc_loss(reduction="none")`,
	Doc: "loss = -log of the probability of the labels, over all ways to lay them along the steps  " +
		"(log probabilities x [T,N,C], labels [N,S], steps [N], lengths [N] int32 -> loss [N]; alpha [T,N,2S+1])",
	In:    []Operand{{Name: "x"}, {Name: "labels"}, {Name: "steps"}, {Name: "lengths"}},
	Out:   []Operand{{Name: "loss"}, {Name: "alpha", Optional: true}},
	Attrs: cpuref.CTCAttrs{},
	Shape: ctcShape,
	CPU:   CPUBody{F32: withStates(cpuref.CTCLoss[float32]), F64: withStates(cpuref.CTCLoss[float64])},
	Variants: []Variant{
		{Name: "states", Kind: Vulkan, When: ctcServes, Lower: lowerCTC},
		{Name: "fast", Kind: CPU, Prepare: ctcSamples(cpuref.CTCLossOf[float32])},
	},
	Cases: ctcCases(false), Bench: []Case{ctcCase(false, 100, 16, 29, 30)},
	Cost: ctcCost, Tol: Max(16),
})

// CTCLossGrad is the gradient of CTCLoss.
var CTCLossGrad = declare(Op{
	Name: "ctc_loss_grad",
	Doc: "dx = -dloss · the probability, given the labels, that a path is at class c at step t  " +
		"(x, labels, steps, lengths, alpha of ctc_loss, dloss [N] -> dx [T,N,C])",
	In:    []Operand{{Name: "x"}, {Name: "labels"}, {Name: "steps"}, {Name: "lengths"}, {Name: "alpha"}, {Name: "dloss"}},
	Out:   []Operand{{Name: "dx"}, {Name: "beta", Optional: true}},
	Attrs: cpuref.CTCAttrs{},
	Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
		out, err := ctcShape(attrs, in[:4])
		if err != nil {
			return nil, err
		}
		if !in[4].Equal(out[1]) || !in[5].Equal(out[0]) {
			return nil, fmt.Errorf("alpha is %v and dloss %v, want %v and %v", in[4], in[5], out[1], out[0])
		}
		return []tensor.Type{in[0], out[1]}, nil
	},
	NoGrad: "second derivatives through CTC aren't provided",
	CPU:    CPUBody{F32: withStates(cpuref.CTCLossGrad[float32]), F64: withStates(cpuref.CTCLossGrad[float64])},
	Variants: []Variant{
		{Name: "states", Kind: Vulkan, When: ctcServes, Lower: lowerCTCGrad},
		{Name: "fast", Kind: CPU, Prepare: ctcSamples(cpuref.CTCLossGradOf[float32])},
	},
	Cases: ctcCases(true), Bench: []Case{ctcCase(true, 100, 16, 29, 30)},
	// exp of sums of logarithms: over 100 steps these are about -300, whose own unit
	// is 3e-5. A device was seen to take 82 of the 128.
	Cost: ctcCost, Tol: Max(128),
})

func init() {
	CTCLoss.SetGrad(func(b Builder, g Grad) []Ref {
		d := []Ref{NoRef, NoRef, NoRef, NoRef}
		if g.Want[0] && g.DOut[0] != NoRef {
			d[0] = b.Apply(CTCLossGrad, g.Attrs, g.In[0], g.In[1], g.In[2], g.In[3], g.Out[1], g.DOut[0])[0]
		}
		return d
	})
}

func ctcShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	x, labels := in[0], in[1]
	if !x.DType.IsFloat() || len(x.Shape) != 3 {
		return nil, fmt.Errorf("x is %v, wants log probabilities [T N C]", x)
	}
	n := x.Shape[1]
	if labels.DType != tensor.Int32 || len(labels.Shape) != 2 || labels.Shape[0] != n {
		return nil, fmt.Errorf("labels are %v, want int32 [%d S]", labels, n)
	}
	for i, name := range []string{"steps", "lengths"} {
		if t := in[2+i]; !t.Equal(tensor.I32(n)) {
			return nil, fmt.Errorf("%s are %v, want int32 [%d]", name, t, n)
		}
	}
	if b := attrs.(cpuref.CTCAttrs).Blank; b < 0 || b >= x.Shape[2] {
		return nil, fmt.Errorf("blank is class %d of %d", b, x.Shape[2])
	}
	return []tensor.Type{
		{DType: x.DType, Shape: tensor.Shape{n}},
		{DType: x.DType, Shape: tensor.Shape{x.Shape[0], n, 2*labels.Shape[1] + 1}},
	}, nil
}

// withStates gives a body room for its states, alpha or beta, where nobody else
// reads them.
func withStates[T cpuref.Float](body func(*cpuref.Args[T])) Prepare[T] {
	return func(a *cpuref.Args[T]) func() {
		a = ctcStates(a)
		return func() { body(a) }
	}
}

func ctcStates[T cpuref.Float](a *cpuref.Args[T]) *cpuref.Args[T] {
	if a.Out[1].F != nil {
		return a
	}
	shape := tensor.Shape{a.In[0].Shape[0], a.In[0].Shape[1], 2*a.In[1].Shape[1] + 1}
	own := *a
	own.Out = append([]cpuref.Arg[T]{}, a.Out...)
	own.Out[1] = cpuref.Arg[T]{Shape: shape, F: make([]T, shape.Elems())}
	return &own
}

// ctcSamples shares the samples among threads.
func ctcSamples(one func(a *cpuref.Args[float32], n int)) Prepare[float32] {
	return func(a *cpuref.Args[float32]) func() {
		a = ctcStates(a)
		n := a.In[0].Shape[1]
		body := func(i int) { one(a, i) }
		return func() { fast.Parallel(n, 60*len(a.Out[1].F), body) }
	}
}

func ctcCost(c *Call) Cost {
	states := c.In[0].Shape[0] * c.In[0].Shape[1] * (2*c.In[1].Shape[1] + 1)
	return Cost{Flops: 30 * float64(states), Bytes: operandBytes(c)}
}

// ctcThreads is the most invocations a sample's states are shared among.
const ctcThreads = 64

// ctcLoops bounds an invocation's loop trips: each step's share of the states.
func ctcLoops(c *Call) int {
	states := 2*c.In[1].Shape[1] + 1
	return (c.In[0].Shape[0]+2)*(parts(states, ctcThreads)+1) + 4*states + c.In[0].Shape[2]
}

func ctcServes(t *Target, c *Call) bool {
	states := 4 * c.In[0].Shape[0] * c.In[0].Shape[1] * (2*c.In[1].Shape[1] + 1)
	return inRange(t, c) && states <= t.MaxStorageRange && (t.MaxLoop == 0 || ctcLoops(c) <= t.MaxLoop)
}

// ctcPush is T, N, C, S, the blank, and what a sample without any path gives.
func ctcPush(c *Call) []uint32 {
	x, at := c.In[0].Shape, c.Attrs.(cpuref.CTCAttrs)
	return words(x[0], x[1], x[2], c.In[1].Shape[1], at.Blank, int(truth(at.ZeroInfinity)))
}

// ctcStep is a workgroup a sample, which goes along the steps.
func ctcStep(t *Target, c *Call, shader string, bind ...Bind) Dispatch {
	threads := 1
	for threads < min(ctcThreads, 2*c.In[1].Shape[1]+1) {
		threads *= 2
	}
	return Dispatch{Shader: shader, Spec: words(threads), Bind: bind, Push: ctcPush(c), Grid: Folded(t, c.In[0].Shape[1])}
}

// ctcEmpty stands in for labels of no size, which can't be bound: the steps,
// unread.
func ctcEmpty(c *Call) Bind {
	if c.In[1].Elems() == 0 {
		return unread(In(2))
	}
	return In(1)
}

// statesOf binds output 1, or a workspace in its place.
func statesOf(c *Call, low *Lowered) Bind {
	if c.Out[1].Present() {
		return Out(1).RW()
	}
	low.Work = []int{4 * c.In[0].Shape[0] * c.In[0].Shape[1] * (2*c.In[1].Shape[1] + 1)}
	return Work(0)
}

func lowerCTC(t *Target, c *Call) (low Lowered, err error) {
	if c.Out[0].Elems() == 0 {
		return low, nil
	}
	states, x := statesOf(c, &low), In(0)
	if c.In[0].Elems() == 0 { // no steps
		low.Work, states, x = []int{4}, Work(0), unread(In(2))
	}
	low.Dispatches = []Dispatch{ctcStep(t, c, "ctc_alpha", x, ctcEmpty(c), In(2), In(3), Out(0), states)}
	return low, nil
}

func lowerCTCGrad(t *Target, c *Call) (low Lowered, err error) {
	n := c.Out[0].Elems()
	if n == 0 {
		return low, nil
	}
	beta := statesOf(c, &low)
	low.Dispatches = []Dispatch{
		fillWith(t, Out(0), n, 0),
		ctcStep(t, c, "ctc_beta", In(0), ctcEmpty(c), In(2), In(3), beta),
		flat(t, "ctc_grad", c.In[0].Shape[0]*c.In[0].Shape[1], ctcPush(c),
			In(0), ctcEmpty(c), In(2), In(3), In(4), beta.RO(), In(5), Out(0).RW()),
	}
	return low, nil
}

// ctcCase is T steps of N samples of C classes and at most S labels; lengths
// reach a little over what fits.
func ctcCase(grad bool, T, N, C, S int) Case {
	k := Case{
		Name: fmt.Sprintf("%dx%dx%d-%dlabels", T, N, C, S), Attrs: cpuref.CTCAttrs{},
		In:   []tensor.Type{tensor.F32(T, N, C), tensor.I32(N, S), tensor.I32(N), tensor.I32(N)},
		Fill: []Filler{FillRange(-4, 0), FillInts(C), fillFrom(max(T/2, 1), T), fillFrom(0, S)},
	}
	if grad {
		k.In = append(k.In, tensor.F32(T, N, 2*S+1), tensor.F32(N))
		k.Fill = append(k.Fill, FillRange(-9, 0), nil)
	}
	return k
}

// fillFrom draws ints from lo to hi, both included.
func fillFrom(lo, hi int) Filler {
	return func(rng *tensor.Philox, t *tensor.Tensor) {
		for i := range t.I32 {
			t.I32[i] = int32(lo + rng.Intn(max(hi-lo, 0)+1))
		}
	}
}

func ctcCases(grad bool) []Case {
	ks := []Case{
		ctcCase(grad, 1, 1, 2, 1), ctcCase(grad, 12, 3, 5, 4), ctcCase(grad, 9, 2, 3, 0), ctcCase(grad, 40, 5, 29, 17),
		ctcCase(grad, 6, 4, 7, 33), ctcCase(grad, 0, 3, 4, 2), ctcCase(grad, 5, 0, 4, 2),
	}
	blank := ctcCase(grad, 20, 4, 6, 5)
	blank.Attrs = cpuref.CTCAttrs{Blank: 5, ZeroInfinity: true}
	bad := ctcCase(grad, 8, 6, 4, 3)
	bad.Name = "labels and lengths out of range"
	bad.Fill[1], bad.Fill[2], bad.Fill[3] = fillFrom(-1, 4), fillFrom(-1, 9), fillFrom(-1, 4)
	return append(ks, blank, bad)
}

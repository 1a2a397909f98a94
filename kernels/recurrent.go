package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// seqDims are a recurrent call's sizes: steps, batch, hidden units.
type seqDims struct {
	T, N, H int
	reverse bool
}

// time is where the s-th step stands in the sequence.
func (d seqDims) time(s int) int {
	if d.reverse {
		return d.T - 1 - s
	}
	return s
}

func (d seqDims) empty() bool { return d.T*d.N == 0 }

// seqOperand is what a recurrent op's operand must look like.
type seqOperand struct {
	name  string
	shape func(T, N, H int) tensor.Shape
}

func seqOf(k int) func(T, N, H int) tensor.Shape {
	return func(T, N, H int) tensor.Shape { return tensor.Shape{T, N, k * H} }
}
func seqState(_, N, H int) tensor.Shape { return tensor.Shape{N, H} }
func seqWeight(k int) func(T, N, H int) tensor.Shape {
	return func(_, _, H int) tensor.Shape { return tensor.Shape{k * H, H} }
}

// seqOperands checks operands against the sizes that the shape [T, N, k·H] of
// operand by gives, and returns a maker of outputs' types.
func seqOperands(in []tensor.Type, by, k int, want ...seqOperand) (out func(shape func(T, N, H int) tensor.Shape) tensor.Type, err error) {
	s := in[by].Shape
	if len(s) != 3 || s[2]%k != 0 || s[2] == 0 {
		times := ""
		if k > 1 {
			times = fmt.Sprintf("%d·", k)
		}
		return nil, fmt.Errorf("%s is %v, wants [steps, batch, %shidden]", want[by].name, s, times)
	}
	T, N, H := s[0], s[1], s[2]/k
	for i, t := range in {
		if !t.Present() {
			continue
		}
		if w := want[i].shape(T, N, H); !t.Shape.Equal(w) {
			return nil, fmt.Errorf("%s is %v; with %s %v (%d steps, batch %d, %d hidden units) it must be %v",
				want[i].name, t.Shape, want[by].name, s, T, N, H, w)
		}
		if t.DType != in[by].DType || !t.DType.IsFloat() {
			return nil, fmt.Errorf("%s is %v and %s %v: wants one float type", want[i].name, t, want[by].name, in[by])
		}
	}
	return func(shape func(T, N, H int) tensor.Shape) tensor.Type {
		return tensor.Type{DType: in[by].DType, Shape: shape(T, N, H)}
	}, nil
}

// errKeptGates is why a gradient can't come from the gates.
func errKeptGates(op string) error {
	return fmt.Errorf("grad: %s: the loss depends on its gates, which are kept for the gradient only; use y and the last states", op)
}

// withOutputs gives a body memory, the size of input like, for those of these
// outputs that nobody reads: state is carried in them.
func withOutputs[T cpuref.Float](prepare Prepare[T], like int, outs ...int) Prepare[T] {
	return func(a *cpuref.Args[T]) func() {
		for _, i := range outs {
			supply(a, i, a.In[like].Shape...)
		}
		return prepare(a)
	}
}

// supply gives output i memory if nobody reads it.
func supply[T cpuref.Float](a *cpuref.Args[T], i int, shape ...int) {
	if !a.Out[i].Present() {
		a.Out[i] = cpuref.Arg[T]{Shape: shape, F: make([]T, tensor.Shape(shape).Elems())}
	}
}

// carriedPlain is a plain body that carries a state, the size of input like, in
// an output.
func carriedPlain(f32 func(*cpuref.Args[float32]), f64 func(*cpuref.Args[float64]), like, out int) CPUBody {
	body := Plain(f32, f64)
	return CPUBody{F32: withOutputs(body.F32, like, out), F64: withOutputs(body.F64, like, out)}
}

// statesBefore are the states [T·N, H] that the steps started from: h0 and all
// of y but the last. So the weights' gradient is one product over all steps,
// Σ_t da[t]ᵀ·hprev[t].
func statesBefore(b Builder, h0, y Ref, reverse bool) Ref {
	s := b.Type(y).Shape
	T, N, H := s[0], s[1], s[2]
	if T == 0 {
		return reshapeTo(b, y, tensor.Shape{0, H})
	}
	before := reshapeTo(b, h0, tensor.Shape{1, N, H})
	if T > 1 {
		first := 0 // of the steps whose y is some step's state before
		if reverse {
			first = 1
		}
		kept := b.Apply(Slice, cpuref.SliceAttrs{
			Start: cpuref.IntList(first, 0, 0), Size: cpuref.IntList(T-1, N, H), Step: cpuref.IntList(1, 1, 1),
		}, y)[0]
		order := []Ref{before, kept}
		if reverse {
			order = []Ref{kept, before}
		}
		before = b.Apply(Concat, cpuref.ConcatAttrs{Axis: 0}, order...)[0]
	}
	return reshapeTo(b, before, tensor.Shape{T * N, H})
}

// recurrentWeightGrad is Σ_t da[t]ᵀ·hprev[t] for da [T, N, k·H].
func recurrentWeightGrad(b Builder, da, h0, y Ref, reverse bool) Ref {
	s := b.Type(da).Shape
	return b.Apply(MatMul, cpuref.MatMulAttrs{TransA: true},
		reshapeTo(b, da, tensor.Shape{s[0] * s[1], s[2]}), statesBefore(b, h0, y, reverse))[0]
}

// seqCost is, for d's units and steps, gates·2·H operations of the recurrence and
// cell ones beside it.
func seqCost(c *Call, d seqDims, gates, cell int) Cost {
	bytes := 0
	for _, t := range append(append([]tensor.Type{}, c.In...), c.Out...) {
		bytes += t.Bytes()
	}
	return Cost{Flops: float64(d.T) * float64(d.N) * float64(d.H) * float64(2*gates*d.H+cell), Bytes: float64(bytes)}
}

func seqName(T, N, H int, reverse bool) string {
	name := fmt.Sprintf("%dx%dx%d", T, N, H)
	if reverse {
		name += " reverse"
	}
	return name
}

// without is a case that lacks these operands.
func without(k Case, names []Operand, absent ...int) Case {
	k.In = append([]tensor.Type{}, k.In...)
	for _, i := range absent {
		k.In[i] = tensor.Type{}
		k.Name += " without " + names[i].Name
	}
	return k
}

// recurrentWeights draws as torch.nn.LSTM does: uniform in ±1/sqrt(H), H the
// last size.
func recurrentWeights(rng *tensor.Philox, t *tensor.Tensor) {
	r := 1 / math.Sqrt(float64(t.Shape[len(t.Shape)-1]))
	for i := range t.F32 {
		t.F32[i] = float32(rng.Uniform(-r, r))
	}
}

// activeGates draws gates as they are after their activations.
func activeGates(rng *tensor.Philox, t *tensor.Tensor) {
	for i := range t.F32 {
		t.F32[i] = float32(rng.Uniform(0.05, 0.95))
	}
}

package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// The scans: what stands at t depends on all before it along the axis.
var (
	CumSum = scan(Op{
		Name: "cumsum", Doc: "Y[t] = X[0] + .. + X[t] along the axis, float or int32; exclusive: without X[t]; reverse: from the end",
		CPU: Plain(cpuref.CumSum[float32], cpuref.CumSum[float64]),
		Tol: Sum(2), Torch: "torch.cumsum", ONNX: "CumSum",
	}, scanSum, fast.CumSum)
	CumProd = scan(Op{
		Name: "cumprod", Doc: "Y[t] = X[0] · .. · X[t] along the axis; exclusive: without X[t]; reverse: from the end",
		CPU: Plain(cpuref.CumProd[float32], cpuref.CumProd[float64]),
		Tol: ULP(1), Torch: "torch.cumprod", ONNX: "CumProd",
	}, scanProduct, fast.CumProd)
	CumMaxIndex = scan(Op{
		Name: "cummax_index", Doc: "Y[t] = place of the largest of X[0] .. X[t] along the axis, the last of equals, NaN before all; reverse: from the end",
		CPU:    Plain(cpuref.CumMaxIndex[float32], cpuref.CumMaxIndex[float64]),
		NoGrad: "a place has no derivative",
		Tol:    Exact(), Torch: "torch.cummax",
	}, scanLargest, fast.CumMaxIndex)
	CumMinIndex = scan(Op{
		Name: "cummin_index", Doc: "Y[t] = place of the smallest of X[0] .. X[t] along the axis, the last of equals, NaN before all; reverse: from the end",
		CPU:    Plain(cpuref.CumMinIndex[float32], cpuref.CumMinIndex[float64]),
		NoGrad: "a place has no derivative",
		Tol:    Exact(), Torch: "torch.cummin",
	}, scanSmallest, fast.CumMinIndex)
	// LinearScan is the recurrence that cumprod's gradient, and its own, are.
	LinearScan = scan(Op{
		Name: "linear_scan", Doc: "Y[t] = A[t]·Y[t-1] + B[t] along the axis, the first B alone; reverse: Y[t] = A[t]·Y[t+1] + B[t]",
		In:  []Operand{{Name: "A"}, {Name: "B"}},
		CPU: Plain(cpuref.LinearScan[float32], cpuref.LinearScan[float64]),
		Tol: Sum(8),
	}, scanLinear, fast.LinearScan)
)

// scanKind is a module and what it does with each element.
type scanKind struct {
	words bool // shaders/scan_words
	op    int
}

var (
	scanSum      = scanKind{false, 0}
	scanProduct  = scanKind{false, 1}
	scanLinear   = scanKind{false, 2}
	scanInts     = scanKind{true, 0}
	scanLargest  = scanKind{true, 1}
	scanSmallest = scanKind{true, 2}
)

func scan(op Op, k scanKind, body Prepare[float32]) *Op {
	if op.In == nil {
		op.In = []Operand{{Name: "X"}}
	}
	op.Out = []Operand{{Name: "Y"}}
	op.Attrs = cpuref.ScanAttrs{}
	op.Shape = scanShape(op.Name, k)
	op.Variants = []Variant{
		{Name: "chunks", Kind: Vulkan, When: inRange, Lower: lowerScan(k)},
		{Name: "fast", Kind: CPU, Prepare: body},
	}
	op.Cost = func(c *Call) Cost { return Cost{Flops: float64(c.Out[0].Elems()), Bytes: operandBytes(c)} }
	one := func(s cpuref.ScanAttrs, dtype tensor.DType, shape ...int) Case {
		c := Case{Attrs: s, Name: fmt.Sprintf("%v along %d", shape, s.Axis)}
		for range op.In {
			c.In = append(c.In, tensor.Type{DType: dtype, Shape: shape})
		}
		if k == scanProduct {
			c.Fill = []Filler{fillFactors}
		}
		return c
	}
	f := tensor.Float32
	op.Cases = []Case{
		one(cpuref.ScanAttrs{}, f, 1), one(cpuref.ScanAttrs{}, f, 0, 3), one(cpuref.ScanAttrs{Axis: 1}, f, 3, 0), one(cpuref.ScanAttrs{Axis: 1}, f, 5, 7),
		one(cpuref.ScanAttrs{Axis: 1, Reverse: true}, f, 3, 17, 5), one(cpuref.ScanAttrs{Axis: 1, Reverse: true}, f, 3, 1031), one(cpuref.ScanAttrs{}, f, 600, 2), one(cpuref.ScanAttrs{}, f, 65551),
	}
	if k == scanSum || k == scanProduct {
		op.Cases = append(op.Cases, one(cpuref.ScanAttrs{Axis: 1, Exclusive: true}, f, 2, 9, 3), one(cpuref.ScanAttrs{Reverse: true, Exclusive: true}, f, 411))
	}
	if k == scanSum {
		op.Cases = append(op.Cases, one(cpuref.ScanAttrs{Axis: 1}, tensor.Int32, 3, 700))
	}
	if k != scanLinear { // infinite factors of a chunk have no total
		op.Cases = append(op.Cases, specials(one(cpuref.ScanAttrs{}, f, 29, 40)), specials(one(cpuref.ScanAttrs{Axis: 1}, f, 3, 431)))
	}
	op.Bench = []Case{one(cpuref.ScanAttrs{Axis: 1}, f, 1024, 1024), one(cpuref.ScanAttrs{}, f, 1024, 1024), one(cpuref.ScanAttrs{}, f, 1<<20)}
	return declare(op)
}

// specials draws ones, and few NaN, infinities and zeros among them.
func specials(c Case) Case {
	c.Fill = []Filler{func(rng *tensor.Philox, t *tensor.Tensor) {
		some := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.Copysign(0, -1)), 0, -1}
		for i := range t.F32 {
			t.F32[i] = 1
			if at := rng.Intn(40); at < len(some) {
				t.F32[i] = some[at]
			}
		}
	}}
	return c
}

// fillFactors draws numbers whose products neither vanish nor overflow.
func fillFactors(rng *tensor.Philox, t *tensor.Tensor) {
	for i := range t.F32 {
		t.F32[i] = float32(math.Exp(rng.Uniform(-0.1, 0.1))) * float32(1-2*rng.Intn(2))
	}
}

func scanShape(name string, k scanKind) func(any, []tensor.Type) ([]tensor.Type, error) {
	return func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
		s, x := attrs.(cpuref.ScanAttrs), in[0]
		if !x.DType.IsFloat() && (k != scanSum || x.DType != tensor.Int32) {
			return nil, fmt.Errorf("operand X is %v, wants floats, or for cumsum int32", x)
		}
		if err := axisOf(x, s.Axis); err != nil {
			return nil, err
		}
		if s.Exclusive && k != scanSum && k != scanProduct {
			return nil, fmt.Errorf("%s has no exclusive form", name)
		}
		if k == scanLinear && !in[1].Equal(x) {
			return nil, fmt.Errorf("operand A is %v and B %v, wants one type", x, in[1])
		}
		if k.words {
			return []tensor.Type{{DType: tensor.Int32, Shape: x.Shape}}, nil
		}
		return []tensor.Type{x}, nil
	}
}

// scanLoop is the longest chunk of a line.
const scanLoop = 1 << 15

// scanChunk is how long the chunks of n elements are: the whole line, where there
// are lines enough or it is short; else about as long as there are chunks.
func scanChunk(n, lines int) int {
	if n <= 256 || lines >= 1024 && n <= scanLoop {
		return n
	}
	chunk := 64
	for chunk*chunk < n && chunk < scanLoop {
		chunk *= 2
	}
	return chunk
}

func lowerScan(k scanKind) func(*Target, *Call) (Lowered, error) {
	return func(t *Target, c *Call) (Lowered, error) {
		s, x, k := c.Attrs.(cpuref.ScanAttrs), c.In[0], k
		n, count, inner := x.Shape[s.Axis], x.Elems(), stride(x.Shape, s.Axis)
		if count == 0 {
			return Lowered{}, nil
		}
		suffix := ""
		if !x.DType.IsFloat() {
			k = scanInts
		}
		if k.words {
			suffix = "_words"
		}
		second := unread(In(0))
		if len(c.In) > 1 {
			second = In(1)
		}
		lines := count / n
		chunk := scanChunk(n, lines)
		S := parts(n, chunk)
		dispatch := func(phase string, jobs int, carry bool, bind ...Bind) Dispatch {
			d := flat(t, "scan"+phase+suffix, jobs, words(jobs, n, inner, chunk, S), bind...)
			d.Spec = append(d.Spec, uint32(k.op), truth(s.Reverse), truth(s.Exclusive), truth(carry))
			return d
		}
		if S == 1 {
			return Lowered{Dispatches: []Dispatch{dispatch("", lines, false, In(0), second, unread(In(0)), Out(0))}}, nil
		}
		if 8*lines*S > t.MaxStorageRange || S > math.MaxUint16 {
			return Lowered{}, fmt.Errorf("%s: %v needs more working memory than a binding of %s holds", c.Op.Name, x, t.Name)
		}
		return Lowered{Work: []int{8 * lines * S}, Dispatches: []Dispatch{
			dispatch("_total", lines*S, false, In(0), second, Work(0).WO()),
			dispatch("_carry", lines, false, unread(In(0)), unread(In(0)), Work(0)),
			dispatch("", lines*S, true, In(0), second, Work(0).RO(), Out(0)),
		}}, nil
	}
}

func init() {
	CumSum.SetGrad(func(b Builder, g Grad) []Ref {
		s := g.Attrs.(cpuref.ScanAttrs)
		s.Reverse = !s.Reverse
		return b.Apply(CumSum, s, g.DOut[0])
	})
	// With P[t] the product of what stands before t, whatever of it is 0:
	//
	//	dX[t] = P[t]·S[t], S[t] = dY[t] + X[t+1]·S[t+1]
	//	exclusive: dX[t] = P[t]·S[t+1], S[t] = dY[t] + X[t]·S[t+1]
	CumProd.SetGrad(func(b Builder, g Grad) []Ref {
		s := g.Attrs.(cpuref.ScanAttrs)
		before := s
		before.Exclusive = true
		back := cpuref.ScanAttrs{Axis: s.Axis, Reverse: !s.Reverse}
		var rest Ref
		if s.Exclusive {
			rest = later(b, s, b.Apply(LinearScan, back, g.In[0], g.DOut[0])[0])
		} else {
			rest = b.Apply(LinearScan, back, later(b, s, g.In[0]), g.DOut[0])[0]
		}
		return []Ref{apply(b, "mul", b.Apply(CumProd, before, g.In[0])[0], rest)}
	})
	// dB[t] = dY[t] + A[t+1]·dB[t+1], dA[t] = dB[t]·Y[t-1]
	LinearScan.SetGrad(func(b Builder, g Grad) []Ref {
		s := g.Attrs.(cpuref.ScanAttrs)
		back := cpuref.ScanAttrs{Axis: s.Axis, Reverse: !s.Reverse}
		db := b.Apply(LinearScan, back, later(b, s, g.In[0]), g.DOut[0])[0]
		da := NoRef
		if g.Want[0] {
			da = apply(b, "mul", db, later(b, back, g.Out[0]))
		}
		return []Ref{da, db}
	})
}

// later is what a scan meets next at each place: v[t+1], and 0 at the end.
func later(b Builder, s cpuref.ScanAttrs, v Ref) Ref {
	x := b.Type(v).Shape
	if x[s.Axis] == 0 {
		return v
	}
	size, from, to := append(tensor.Shape{}, x...), cpuref.Ints{N: len(x)}, cpuref.Ints{N: len(x)}
	size[s.Axis]--
	if s.Reverse {
		to.V[s.Axis] = 1
	} else {
		from.V[s.Axis] = 1
	}
	v = b.Apply(Slice, cpuref.SliceAttrs{Start: from, Size: cpuref.IntList(size...)}, v)[0]
	return b.Apply(SliceGrad, cpuref.SliceGradAttrs{Shape: cpuref.IntList(x...), Start: to}, v)[0]
}

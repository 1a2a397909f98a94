package kernels

import (
	"fmt"
	"math"
	"sort"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// The reductions. Their axes come from Axes.
var (
	ReduceSum = reduction(Op{
		Name: "sum", Doc: "Y = sum of X over the axes; 0 where there is nothing to sum",
		Shape:    reduceShape(tensor.Invalid, true, true),
		CPU:      Plain(cpuref.Sum[float32], cpuref.Sum[float64]),
		Variants: withInts(reduceOpSum, laneVariants(fast.Sum, reduceServes, lowerReduce(reduceOpSum, 0, nil))),
		Tol:      Sum(8), Torch: "torch.sum", ONNX: "ReduceSum",
	})
	ReduceMean = reduction(Op{
		Name: "mean", Doc: "Y = sum of X over the axes / their number of elements",
		Shape:    reduceShape(tensor.Invalid, true, false),
		CPU:      Plain(cpuref.Mean[float32], cpuref.Mean[float64]),
		Variants: laneVariants(fast.Mean, reduceServes, lowerReduce(reduceOpSum, float32(math.NaN()), func(n int) float32 { return 1 / float32(n) })),
		Tol:      Sum(8), Torch: "torch.mean", ONNX: "ReduceMean",
	})
	AMax = reduction(Op{
		Name: "amax", Doc: "Y = largest of X over the axes, NaN if there is one; equals share the gradient",
		Shape:    reduceShape(tensor.Invalid, false, true),
		CPU:      Plain(cpuref.AMax[float32], cpuref.AMax[float64]),
		Variants: withInts(reduceOpMax, laneVariants(fast.AMax, reduceServes, lowerReduce(reduceOpMax, 0, nil))),
		Tol:      Exact(), Torch: "torch.amax", ONNX: "ReduceMax",
	})
	AMin = reduction(Op{
		Name: "amin", Doc: "Y = smallest of X over the axes, NaN if there is one; equals share the gradient",
		Shape:    reduceShape(tensor.Invalid, false, true),
		CPU:      Plain(cpuref.AMin[float32], cpuref.AMin[float64]),
		Variants: withInts(reduceOpMin, laneVariants(fast.AMin, reduceServes, lowerReduce(reduceOpMin, 0, nil))),
		Tol:      Exact(), Torch: "torch.amin", ONNX: "ReduceMin",
	})
	ArgMax = reduction(Op{
		Name: "argmax", Doc: "Y = place of the largest of X over the axes, in row-major order: the first of equals, the first NaN before all else",
		Shape:    reduceShape(tensor.Int32, false, false),
		CPU:      Plain(cpuref.ArgMax[float32], cpuref.ArgMax[float64]),
		Variants: append(lowerArg(false), Variant{Name: "fast", Kind: CPU, Prepare: fast.ArgMax}),
		NoGrad:   "a place has no derivative",
		Tol:      Exact(), Torch: "torch.argmax", ONNX: "ArgMax",
	})
	ArgMin = reduction(Op{
		Name: "argmin", Doc: "Y = place of the smallest of X over the axes, in row-major order: the first of equals, the first NaN before all else",
		Shape:    reduceShape(tensor.Int32, false, false),
		CPU:      Plain(cpuref.ArgMin[float32], cpuref.ArgMin[float64]),
		Variants: append(lowerArg(true), Variant{Name: "fast", Kind: CPU, Prepare: fast.ArgMin}),
		NoGrad:   "a place has no derivative",
		Tol:      Exact(), Torch: "torch.argmin", ONNX: "ArgMin",
	})
)

func reduction(op Op) *Op {
	op.In = []Operand{{Name: "X"}}
	op.Out = []Operand{{Name: "Y"}}
	op.Cost = func(c *Call) Cost { return Cost{Flops: float64(c.In[0].Elems()), Bytes: operandBytes(c)} }
	if op.Attrs == nil {
		op.Attrs = cpuref.ReduceAttrs{}
	}
	op.Norm = func(attrs any) any {
		r := reduceOf(attrs)
		r.Axes.N = min(r.Axes.N, cpuref.MaxRank)
		sort.Ints(r.Axes.V[:r.Axes.N])
		return withAxes(attrs, r)
	}
	reduceCases(&op)
	return declare(op)
}

// Axes checks axes of a tensor of that rank, counts negative ones from the end
// and sorts them; none means all.
func Axes(rank int, axes ...int) (cpuref.Ints, error) {
	seen := [cpuref.MaxRank]bool{}
	for _, a := range axes {
		d := a
		if d < 0 {
			d += rank
		}
		if d < 0 || d >= min(rank, cpuref.MaxRank) {
			return cpuref.Ints{}, fmt.Errorf("axis %d of a tensor with %d dimensions", a, rank)
		}
		if seen[d] {
			return cpuref.Ints{}, fmt.Errorf("axis %d is named twice in %v", d, axes)
		}
		seen[d] = true
	}
	var l cpuref.Ints
	for d, s := range seen {
		if s {
			l.V[l.N] = d
			l.N++
		}
	}
	return l, nil
}

// reduceOf are the axes in the attributes of any reduction; withAxes puts others
// in their place.
func reduceOf(attrs any) cpuref.ReduceAttrs {
	if v, ok := attrs.(cpuref.VarAttrs); ok {
		return v.ReduceAttrs
	}
	return attrs.(cpuref.ReduceAttrs)
}

func withAxes(attrs any, r cpuref.ReduceAttrs) any {
	if v, ok := attrs.(cpuref.VarAttrs); ok {
		v.ReduceAttrs = r
		return v
	}
	return r
}

// reduceShape is the shape rule of a reduction to dtype (Invalid: X's own);
// empty says whether reducing no elements makes sense, ints whether int32 is served.
func reduceShape(dtype tensor.DType, empty, ints bool) func(any, []tensor.Type) ([]tensor.Type, error) {
	return func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
		x, r := in[0], reduceOf(attrs)
		if err := floatOperand("X", x); err != nil && !(ints && x.DType == tensor.Int32) {
			return nil, err
		}
		if _, err := Axes(len(x.Shape), r.Axes.Slice()...); err != nil {
			return nil, fmt.Errorf("%v: %w", x.Shape, err)
		}
		y := tensor.Type{DType: dtype, Shape: keptShape(x.Shape, r, r.Keep)}
		if dtype == tensor.Invalid {
			y.DType = x.DType
		}
		if !empty && x.Elems() == 0 && y.Elems() > 0 {
			return nil, fmt.Errorf("%v over axes %v: there are no elements to choose from", x.Shape, r.Axes.Slice())
		}
		return []tensor.Type{y}, nil
	}
}

// keptShape is X's shape with the reduced axes left out, or of size 1.
func keptShape(x tensor.Shape, r cpuref.ReduceAttrs, keep bool) tensor.Shape {
	y := tensor.Shape{}
	for d, n := range x {
		switch {
		case !r.Has(d):
			y = append(y, n)
		case keep:
			y = append(y, 1)
		}
	}
	return y
}

func init() {
	ReduceSum.SetGrad(func(b Builder, g Grad) []Ref {
		return []Ref{spread(b, g, g.DOut[0])}
	})
	// dX = dY / n
	ReduceMean.SetGrad(func(b Builder, g Grad) []Ref {
		x, y := b.Type(g.In[0]), b.Type(g.Out[0])
		n := float64(x.Elems()) / float64(max(y.Elems(), 1))
		return []Ref{spread(b, g, apply(b, "mul", g.DOut[0], b.Scalar(1/n)))}
	})
	AMax.SetGrad(extremeGrad)
	AMin.SetGrad(extremeGrad)
}

// spread repeats v, of a reduction's output shape, over its input's.
func spread(b Builder, g Grad, v Ref) Ref {
	return expandTo(b, keptRef(b, g, v), b.Type(g.In[0]).Shape)
}

// keptRef gives v, of a reduction's output shape, the reduced axes back as 1s.
func keptRef(b Builder, g Grad, v Ref) Ref {
	return reshapeTo(b, v, keptShape(b.Type(g.In[0]).Shape, reduceOf(g.Attrs), true))
}

// dX = [X = Y]·dY / number of X equal to Y, as torch.amax shares it.
func extremeGrad(b Builder, g Grad) []Ref {
	r := g.Attrs.(cpuref.ReduceAttrs)
	r.Keep = true
	equal := apply(b, "to_float", apply(b, "eq", g.In[0], keptRef(b, g, g.Out[0])))
	count := b.Apply(ReduceSum, r, equal)[0]
	return []Ref{apply(b, "mul", equal, apply(b, "div", keptRef(b, g, g.DOut[0]), count))}
}

// apply adds an elementwise op by its name.
func apply(b Builder, name string, in ...Ref) Ref { return b.Apply(Lookup(name), nil, in...)[0] }

// operandBytes is what a call must move at least: every operand once.
func operandBytes(c *Call) float64 {
	n := 0
	for _, t := range c.In {
		n += t.Bytes()
	}
	for _, t := range c.Out {
		n += t.Bytes()
	}
	return float64(n)
}

func floatOperand(name string, t tensor.Type) error {
	if !t.DType.IsFloat() {
		return fmt.Errorf("%s is %v, wants floats", name, t)
	}
	return nil
}

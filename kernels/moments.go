package kernels

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Reductions that take more than adding up or comparing.
var (
	ReduceProd = reduction(Op{
		Name: "prod", Doc: "Y = product of X over the axes; 1 where there is nothing to multiply",
		Shape:    reduceShape(tensor.Invalid, true, true),
		CPU:      Plain(cpuref.Prod[float32], cpuref.Prod[float64]),
		Variants: withInts(reduceOpProd, laneVariants(nil, reduceServes, lowerReduce(reduceOpProd, 1, nil))),
		Tol:      ULP(64), // a rounding a factor
		Torch:    "torch.prod", ONNX: "ReduceProd",
	})
	Var = reduction(Op{
		Name: "var", Doc: "Y = Σ(X - mean X)² / max(0, n - correction) over n elements of the axes",
		Attrs:    cpuref.VarAttrs{},
		Shape:    reduceShape(tensor.Invalid, true, false),
		CPU:      Plain(cpuref.Var[float32], cpuref.Var[float64]),
		Variants: laneVariants(fast.Var, reduceServes, lowerVar),
		Tol:      Max(8), Torch: "torch.var",
	})
	LogSumExp = reduction(Op{
		Name: "logsumexp", Doc: "Y = log Σ exp X over the axes, without overflow; -inf of nothing but -inf",
		Shape:    reduceShape(tensor.Invalid, true, false),
		CPU:      Plain(cpuref.LogSumExp[float32], cpuref.LogSumExp[float64]),
		Variants: laneVariants(fast.LogSumExp, reduceServes, lowerLogSumExp),
		Tol:      Max(8), Torch: "torch.logsumexp", ONNX: "ReduceLogSumExp",
	})

	// What norms are made of: powers and a root whose gradient at 0 is 0, as
	// PyTorch's norms have it.
	_ = elementwise(elementwiseOp{name: "abs_pow", formula: "x, p:attr -> pow(abs(x), p)", tol: ULP(5), gradTol: ULP(8), params: Params{3},
		grads: []string{"x, dy, p:attr -> where(x == 0, 0, dy*(p*pow(abs(x), p - 1)*sign(x)))"}})
	_ = elementwise(elementwiseOp{name: "root", formula: "x -> sqrt(x)", tol: ULP(3), gradTol: ULP(5), fill: positive,
		grads: []string{"y, dy -> where(y == 0, 0, dy/(2*y))"}})
)

// lowerVar takes the mean first and the squares of the distances from it next.
func lowerVar(t *Target, c *Call, f laneForm) (Lowered, error) {
	return lowerTwice(t, c, f, reduceOpSum, float32(math.NaN()), func(r *reducer, v reduceView, second bool) {
		if !second {
			r.scale = 1 / float32(v.elems)
			return
		}
		r.kind = mapSquare
		r.scale = float32(1 / max(0, float64(v.elems)-c.Attrs.(cpuref.VarAttrs).Correction))
	})
}

// lowerLogSumExp takes the largest first, and adds it to the logarithm of what
// the exponentials of the distances from it sum to.
func lowerLogSumExp(t *Target, c *Call, f laneForm) (Lowered, error) {
	return lowerTwice(t, c, f, reduceOpMax, float32(math.Inf(-1)), func(r *reducer, _ reduceView, second bool) {
		if second {
			r.op, r.kind, r.log = reduceOpSum, mapExp, true
		}
	})
}

// lowerTwice reduces X twice: to a centre, by op, then around it.
func lowerTwice(t *Target, c *Call, f laneForm, op int, empty float32, set func(r *reducer, v reduceView, second bool)) (Lowered, error) {
	v := viewReduction(c.In[0].Shape, reduceOf(c.Attrs).Has)
	if v.outputs == 0 {
		return Lowered{}, nil
	}
	if v.elems == 0 {
		return Lowered{Dispatches: []Dispatch{fillWith(t, Out(0), v.outputs, math.Float32bits(empty))}}, nil
	}
	r := reducer{t: t, f: f, op: op, scale: 1}
	x := place{bind: In(0), size: v.outputs * v.elems}
	centre := r.work(v.outputs)
	set(&r, v, false)
	r.add(v, x, centre, place{})
	set(&r, v, true)
	r.add(v, x, place{bind: Out(0), size: v.outputs}, centre.ro())
	return r.low, nil
}

func init() {
	// dX = dY·(product of the others): Y/X where no factor is 0; where one is, it
	// alone has a gradient, the product of the rest; where more are, none has.
	ReduceProd.SetGrad(func(b Builder, g Grad) []Ref {
		x, one := g.In[0], b.Scalar(1)
		r := reduceOf(g.Attrs)
		r.Keep = true
		zero := apply(b, "eq", x, b.Scalar(0))
		zeros := b.Apply(ReduceSum, r, apply(b, "to_float", zero))[0]
		others := b.Apply(ReduceProd, r, apply(b, "where", zero, one, x))[0]
		none := b.Scalar(0)
		at0 := apply(b, "where", apply(b, "eq", zeros, one), others, none)
		else0 := apply(b, "where", apply(b, "eq", zeros, none), apply(b, "div", others, apply(b, "where", zero, one, x)), none)
		return []Ref{apply(b, "mul", keptRef(b, g, g.DOut[0]), apply(b, "where", zero, at0, else0))}
	})
	// dX = dY·2/(n - correction)·(X - mean X)
	Var.SetGrad(func(b Builder, g Grad) []Ref {
		x, r := g.In[0], reduceOf(g.Attrs)
		n := float64(b.Type(x).Elems()) / float64(max(b.Type(g.Out[0]).Elems(), 1))
		r.Keep = true
		mean := b.Apply(ReduceMean, r, x)[0]
		scale := b.Scalar(2 / max(0, n-g.Attrs.(cpuref.VarAttrs).Correction))
		return []Ref{apply(b, "mul", apply(b, "mul", keptRef(b, g, g.DOut[0]), scale), apply(b, "sub", x, mean))}
	})
	// dX = dY·exp(X - Y), and 0 where Y is -inf
	LogSumExp.SetGrad(func(b Builder, g Grad) []Ref {
		y := keptRef(b, g, g.Out[0])
		y = apply(b, "where", apply(b, "eq", y, b.Scalar(math.Inf(-1))), b.Scalar(0), y)
		return []Ref{apply(b, "mul", keptRef(b, g, g.DOut[0]), apply(b, "exp", apply(b, "sub", g.In[0], y)))}
	})
}

package graph

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/expr"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Reductions go over the axes named, all of them if none is; negative ones count
// from the end. The axes go away; the form with Keep leaves them with size 1.

// Sum adds. Of int32 and bool it is int32, modulo 2^32.
func (v Value) Sum(axes ...int) Value { return v.ints().reduce("sum", false, axes) }

// SumKeep is Sum with the axes kept, of size 1.
func (v Value) SumKeep(axes ...int) Value { return v.ints().reduce("sum", true, axes) }

// Mean averages floats.
func (v Value) Mean(axes ...int) Value { return v.reduce("mean", false, axes) }

// MeanKeep is Mean with the axes kept, of size 1.
func (v Value) MeanKeep(axes ...int) Value { return v.reduce("mean", true, axes) }

// Prod multiplies; its gradient is right where factors are 0. Of int32 and bool
// it is int32, modulo 2^32.
func (v Value) Prod(axes ...int) Value { return v.ints().reduce("prod", false, axes) }

// ProdKeep is Prod with the axes kept, of size 1.
func (v Value) ProdKeep(axes ...int) Value { return v.ints().reduce("prod", true, axes) }

// Amax is the largest; NaN wins. Equals share the gradient.
func (v Value) Amax(axes ...int) Value { return v.reduce("amax", false, axes) }

// AmaxKeep is Amax with the axes kept, of size 1.
func (v Value) AmaxKeep(axes ...int) Value { return v.reduce("amax", true, axes) }

// Amin is the smallest; NaN wins. Equals share the gradient.
func (v Value) Amin(axes ...int) Value { return v.reduce("amin", false, axes) }

// AminKeep is Amin with the axes kept, of size 1.
func (v Value) AminKeep(axes ...int) Value { return v.reduce("amin", true, axes) }

// LogSumExp is log Σ e^v, without overflow; -inf of nothing but -inf.
func (v Value) LogSumExp(axes ...int) Value { return v.reduce("logsumexp", false, axes) }

// LogSumExpKeep is LogSumExp with the axes kept, of size 1.
func (v Value) LogSumExpKeep(axes ...int) Value { return v.reduce("logsumexp", true, axes) }

// Var is Σ(v - mean)² / (n - correction): correction 1, torch.var's default, is
// for samples, 0 for whole populations.
func (v Value) Var(correction float64, axes ...int) Value { return v.variance(correction, false, axes) }

// VarKeep is Var with the axes kept, of size 1.
func (v Value) VarKeep(correction float64, axes ...int) Value {
	return v.variance(correction, true, axes)
}

// Std is the square root of Var; where it is 0, so is its gradient.
func (v Value) Std(correction float64, axes ...int) Value {
	return v.variance(correction, false, axes).op("root", nil)
}

// StdKeep is Std with the axes kept, of size 1.
func (v Value) StdKeep(correction float64, axes ...int) Value {
	return v.variance(correction, true, axes).op("root", nil)
}

// Norm is (Σ|v|^p)^(1/p), as torch.linalg.vector_norm: for p = ±Inf the largest
// or smallest of |v|, for p = 0 the number of elements that aren't 0. Where it
// isn't smooth its gradient is 0.
func (v Value) Norm(p float64, axes ...int) Value { return v.norm(p, false, axes) }

// NormKeep is Norm with the axes kept, of size 1.
func (v Value) NormKeep(p float64, axes ...int) Value { return v.norm(p, true, axes) }

// CountNonzero is the int32 number of elements that aren't 0.
func (v Value) CountNonzero(axes ...int) Value {
	return v.Bool().Int().reduce("sum", false, axes)
}

// Any is true where an element is not 0; false of nothing.
func (v Value) Any(axes ...int) Value { return v.CountNonzero(axes...).Bool() }

// AnyKeep is Any with the axes kept, of size 1.
func (v Value) AnyKeep(axes ...int) Value {
	return v.Bool().Int().reduce("sum", true, axes).Bool()
}

// All is true where no element is 0; true of nothing.
func (v Value) All(axes ...int) Value { return v.Bool().Not().Any(axes...).Not() }

// AllKeep is All with the axes kept, of size 1.
func (v Value) AllKeep(axes ...int) Value {
	return v.Bool().Not().AnyKeep(axes...).Not()
}

// Argmax is the int32 index of the largest along an axis; the first wins.
func (v Value) Argmax(axis int) Value { return v.reduce("argmax", false, []int{axis}) }

// ints is v, bool as int32.
func (v Value) ints() Value {
	if v.Type().DType == tensor.Bool {
		return v.op("to_int", nil)
	}
	return v
}

func (v Value) reduce(name string, keep bool, axes []int) Value {
	at, ok := v.axes(name, axes)
	if !ok {
		return Value{}
	}
	return v.op(name, cpuref.ReduceAttrs{Axes: at, Keep: keep})
}

func (v Value) variance(correction float64, keep bool, axes []int) Value {
	at, ok := v.axes("var", axes)
	if !ok {
		return Value{}
	}
	return v.op("var", cpuref.VarAttrs{ReduceAttrs: cpuref.ReduceAttrs{Axes: at, Keep: keep}, Correction: correction})
}

// axes are axes as attributes have them; ok is false, with an error recorded,
// where v has no such axes.
func (v Value) axes(name string, axes []int) (at cpuref.Ints, ok bool) {
	if v.g == nil {
		return at, true // the op says that v is absent
	}
	at, err := kernels.Axes(len(v.Shape()), axes...)
	if err != nil {
		v.g.Fail(fmt.Errorf("%s: %v: %w", name, v.Shape(), err))
	}
	return at, err == nil
}

func (v Value) norm(p float64, keep bool, axes []int) Value {
	if v.g == nil {
		return v
	}
	switch {
	case math.IsInf(p, 1):
		return v.Abs().reduce("amax", keep, axes)
	case math.IsInf(p, -1):
		return v.Abs().reduce("amin", keep, axes)
	case p == 0:
		return v.Bool().Float().reduce("sum", keep, axes)
	case p == 1:
		return v.Abs().reduce("sum", keep, axes)
	case p == 2:
		return v.Square().reduce("sum", keep, axes).op("root", nil)
	}
	return v.op("abs_pow", kernels.Params{p}).reduce("sum", keep, axes).op("abs_pow", kernels.Params{1 / p})
}

// Normalize is v / max(norm of v along the axis, eps), as
// torch.nn.functional.normalize; PyTorch's eps is 1e-12.
func (v Value) Normalize(axis int, p, eps float64) Value {
	return v.Div(v.NormKeep(p, axis).ClampMin(eps))
}

// CosineSimilarity is v·w / (max(‖v‖, eps)·max(‖w‖, eps)) along the axis, as
// torch.nn.functional.cosine_similarity; v and w broadcast, PyTorch's eps is 1e-8.
func (v Value) CosineSimilarity(w Value, axis int, eps float64) Value {
	v, w = broadcast(v, w)
	return v.Div(v.NormKeep(2, axis).ClampMin(eps)).Mul(w.Div(w.NormKeep(2, axis).ClampMin(eps))).Sum(axis)
}

// PairwiseDistance is ‖v - w + eps‖ of order p along the last axis, as
// torch.nn.functional.pairwise_distance, whose p is 2 and eps 1e-6.
func (v Value) PairwiseDistance(w Value, p, eps float64) Value {
	return v.Sub(w).AddScalar(eps).Norm(p, -1)
}

// Cdist is, for v [.., P, M] and w [.., R, M], the distances [.., P, R] of order
// p between their rows, as torch.cdist.
func (v Value) Cdist(w Value, p float64) Value {
	return v.Unsqueeze(-2).Sub(w.Unsqueeze(-3)).Norm(p, -1)
}

// Dist is the norm of order p of v - w over all elements.
func (v Value) Dist(w Value, p float64) Value { return v.Sub(w).Norm(p) }

// broadcast expands both to the shape they share.
func broadcast(v, w Value) (a, b Value) {
	if v.g == nil || w.g == nil {
		return v, w
	}
	shape, err := expr.Broadcast(v.Shape(), w.Shape())
	if err != nil {
		v.g.Fail(err)
		return Value{}, Value{}
	}
	return v.expandTo(shape), w.expandTo(shape)
}

func (v Value) expandTo(shape tensor.Shape) Value {
	switch {
	case v.g == nil || v.Shape().Equal(shape):
		return v
	case v.Shape().Elems() == shape.Elems(): // nothing is repeated
		return v.Reshape(shape...)
	}
	return v.Expand(shape...)
}

package main

import (
	"slices"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// cut says that the op over some indexes of an axis of its operands gives those
// of its outputs: in and out are the axis of each, -1 where there is none.
type cut struct{ in, out []int }

// cutsOf are the ways to take a sample of an op's work; nil: none is known.
func cutsOf(op *kernels.Op, c kernels.Case) []cut {
	switch at := c.Attrs.(type) {
	case cpuref.MatMulAttrs:
		rank := len(c.In[0].Shape)
		if len(c.In[1].Shape) != rank {
			return nil
		}
		var cuts []cut
		if rank > 2 && c.In[0].Shape[0] == c.In[1].Shape[0] {
			cuts = append(cuts, cut{[]int{0, 0}, []int{0}})
		}
		return append(cuts, cut{[]int{rank - 2 + int01(at.TransA), -1}, []int{rank - 2}}, cut{[]int{-1, rank - 1 - int01(at.TransB)}, []int{rank - 1}})
	case cpuref.Conv2dAttrs:
		return convCuts(op.Name, max(at.Groups, 1) == 1)
	case cpuref.LSTMAttrs, cpuref.GRUAttrs, cpuref.RNNAttrs:
		return sequenceCuts(c)
	}
	if op.Flat != nil {
		return flatCuts(op, c)
	}
	return nil
}

func int01(b bool) int {
	if b {
		return 1
	}
	return 0
}

// convCuts go by the operands' batches and channels; X and Y have these at axes 0
// and 1, W has Y's at 0 and X's at 1.
func convCuts(op string, plain bool) []cut {
	batch, back := cut{[]int{0, -1}, []int{0}}, []cut{{[]int{-1, 0}, []int{1}}} // X W -> Y
	switch op {
	case "conv2d_data": // dY W -> dX
		back = []cut{{[]int{-1, 1}, []int{1}}}
	case "conv2d_weight": // X dY -> dW, a sum over the batch
		if !plain {
			return nil
		}
		return []cut{{[]int{1, -1}, []int{1}}, {[]int{-1, 1}, []int{0}}}
	}
	if !plain {
		return []cut{batch}
	}
	return append([]cut{batch}, back...)
}

// sequenceCuts go by the batch: axis 1 of [T, N, ..], axis 0 of [N, ..], none of
// the weights, which are the one matrix that isn't a state.
func sequenceCuts(c kernels.Case) []cut {
	n := -1
	for _, t := range c.In {
		if t.Present() && len(t.Shape) == 3 {
			n = t.Shape[1]
		}
	}
	k := cut{out: []int{1}}
	for _, t := range c.In {
		switch {
		case !t.Present() || len(t.Shape) < 2:
			k.in = append(k.in, -1)
		case len(t.Shape) == 3:
			k.in = append(k.in, 1)
		case t.Shape[0] == n && t.Shape[0] < t.Shape[1]:
			k.in = append(k.in, 0)
		default:
			k.in = append(k.in, -1)
		}
	}
	return []cut{k}
}

// flatCuts go by the elements of a single parameter.
func flatCuts(op *kernels.Op, c kernels.Case) []cut {
	if op.Flat(c.Attrs) != 1 || len(c.In[0].Shape) != 1 || c.In[0].Shape[0]%kernels.FlatAlign != 0 {
		return nil
	}
	k := cut{out: make([]int, len(c.In))}
	for _, t := range c.In {
		if t.Present() && t.Shape.Equal(c.In[0].Shape) {
			k.in = append(k.in, 0)
		} else {
			k.in = append(k.in, -1)
		}
	}
	return []cut{k}
}

// sample cuts the operands until the oracle is quick, and says which parts of the
// outputs it will give.
func (b *opBench) sample(cuts []cut, in []*tensor.Tensor) ([]*tensor.Tensor, map[string][]part) {
	in, parts := slices.Clone(in), map[string][]part{}
	attrs, out, _ := b.op.Infer(b.c.Attrs, b.c.In)
	flops := b.op.Cost(&kernels.Call{Op: b.op, Attrs: attrs, In: b.c.In, Out: out}).Flops
	least, unit := 3, 1
	if b.op.Flat != nil {
		least, unit = oracleElems/4, kernels.FlatAlign
	}
	for _, k := range cuts {
		length := 0
		for i, axis := range k.in {
			if axis >= 0 && in[i] != nil {
				length = in[i].Shape[axis]
			}
		}
		keep := min(length, max(least, int(float64(length)*oracleFlops/4/flops))) / unit * unit
		if keep == length {
			continue
		}
		flops *= float64(keep) / float64(length)
		p := spread(length, keep)
		for i, axis := range k.in {
			if axis >= 0 && in[i] != nil {
				in[i] = take(in[i], part{axis, p})
			}
		}
		for o := range out {
			name, axis := outName(o), k.out[min(o, len(k.out)-1)]
			if from := b.overwrites(o); from >= 0 {
				name = b.vars[from].Name
				axis = k.in[from]
			}
			if axis >= 0 {
				parts[name] = append(parts[name], part{axis, p})
			}
		}
	}
	return in, parts
}

// spread are so many indexes from the first to the last.
func spread(length, keep int) []int {
	idx := make([]int, keep)
	for i := range idx {
		idx[i] = i * (length - 1) / max(keep-1, 1)
	}
	return idx
}

// take copies some indexes of an axis.
func take(x *tensor.Tensor, p part) *tensor.Tensor {
	if x == nil {
		return nil
	}
	ty := x.Type
	ty.Shape = slices.Clone(ty.Shape)
	inner := x.Shape[p.axis+1:].Elems()
	outer := x.Shape[:p.axis].Elems()
	ty.Shape[p.axis] = len(p.idx)
	y := tensor.New(ty)
	for o := range outer {
		for k, i := range p.idx {
			to, from := (o*len(p.idx)+k)*inner, (o*x.Shape[p.axis]+i)*inner
			copyElems(y, to, x, from, inner)
		}
	}
	return y
}

func copyElems(y *tensor.Tensor, to int, x *tensor.Tensor, from, n int) {
	switch {
	case x.F32 != nil:
		copy(y.F32[to:to+n], x.F32[from:])
	case x.F64 != nil:
		copy(y.F64[to:to+n], x.F64[from:])
	case x.U16 != nil:
		copy(y.U16[to:to+n], x.U16[from:])
	case x.I64 != nil:
		copy(y.I64[to:to+n], x.I64[from:])
	default:
		copy(y.I32[to:to+n], x.I32[from:])
	}
}

package graph

import (
	"fmt"
	"slices"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// alike casts float operands to the one type that the op computes in, float32 or
// float64, and says in which its results are stored. Casts and views take any.
func (b builder) alike(op *kernels.Op, attrs any, in []kernels.Ref) (out []kernels.Ref, store tensor.DType, err error) {
	store = tensor.Float32
	if op == kernels.Cast || op.View || !slices.ContainsFunc(in, func(r kernels.Ref) bool {
		d := b.Type(r).DType
		return d.IsFloat() && d != tensor.Float32
	}) {
		return in, store, nil
	}
	inPlace := map[int]bool{}
	if op.Flat != nil {
		store = b.Type(in[0]).DType
		for _, i := range op.Alias(attrs, len(in)) {
			if inPlace[i] = true; b.Type(in[i]).DType.IsHalf() {
				return nil, store, fmt.Errorf("%s: operand %d is %v, updated in place: keep it in float32, and cast it where it is used", op.Name, i, b.Type(in[i]))
			}
		}
	} else {
		store = b.promoted(in)
	}
	compute := store
	if store.IsHalf() {
		compute = tensor.Float32
	}
	out = slices.Clone(in)
	for i, r := range in {
		if d := b.Type(r).DType; d.IsFloat() && !inPlace[i] {
			out[i] = b.cast(r, compute)
		}
	}
	return out, store, nil
}

// narrowed casts an op's float32 results to what they are stored in.
func (b builder) narrowed(op *kernels.Op, outs []kernels.Ref, store tensor.DType) []kernels.Ref {
	outs = slices.Clone(outs)
	for i, r := range outs {
		if wide := op.Out[min(i, len(op.Out)-1)].Wide; !wide && b.Type(r).DType == tensor.Float32 {
			outs[i] = b.cast(r, store)
			b.g.halved[r] = outs[i]
		}
	}
	return outs
}

// kept gives the values that an op's gradient sees: what stood in 16 bits, cast
// anew, so that nothing in float32 waits from the forward pass for the backward.
func (b builder) kept(refs []kernels.Ref) []kernels.Ref {
	g := b.g
	refs = slices.Clone(refs)
	for i, r := range refs {
		if r == kernels.NoRef {
			continue
		}
		half, is := g.halved[r]
		if n := g.maker[r]; !is && n.Op == kernels.Cast && b.Type(n.In[0]).DType.IsHalf() && b.Type(r).DType == tensor.Float32 {
			half, is = n.In[0], true
		}
		if !is {
			continue
		}
		if _, done := g.again[half]; !done {
			g.again[half] = b.apply(kernels.Cast, cpuref.CastAttrs{To: tensor.Float32}, []kernels.Ref{half}, " again")[0]
		}
		refs[i] = g.again[half]
	}
	return refs
}

// cast is r in a float type; a Scalar keeps all its places.
func (b builder) cast(r kernels.Ref, to tensor.DType) kernels.Ref {
	v, weak := b.g.weak[r]
	switch {
	case b.Type(r).DType == to:
		return r
	case weak && to == tensor.Float64:
		return b.g.scalar64(v).ref
	}
	return b.Apply(kernels.Cast, cpuref.CastAttrs{To: to}, r)[0]
}

func (g *Graph) scalar64(v float64) Value {
	key := fmt.Sprintf("const64 %x", v)
	if n := g.cse[key]; n != nil {
		return Value{g, n.Out[0]}
	}
	x := g.Const(tensor.FromF64([]float64{v}))
	g.cse[key] = g.maker[x.ref]
	return x
}

// promoted is the type of an op over these floats, the first of these classes
// that has a member deciding: values with dimensions, values of rank 0, Scalars.
func (b builder) promoted(in []kernels.Ref) tensor.DType {
	var classes [3]struct{ values, own tensor.DType }
	for _, r := range in {
		t := b.Type(r)
		if !t.DType.IsFloat() {
			continue
		}
		c := &classes[1]
		if len(t.Shape) > 0 {
			c = &classes[0]
		} else if _, weak := b.g.weak[r]; weak {
			c = &classes[2]
		}
		if t.DType == tensor.Float32 && b.g.own[r] {
			c.own = t.DType
		} else {
			c.values = wider(c.values, t.DType)
		}
	}
	for _, c := range classes {
		switch {
		case c.values.IsHalf():
			return c.values // whatever the model's own
		case c.values != tensor.Invalid || c.own != tensor.Invalid:
			return wider(c.values, c.own)
		}
	}
	return tensor.Float32
}

// ownBy tells whether a node's values are the model's own: variables, constants
// and what is computed from them alone, not what flows through.
func (g *Graph) ownBy(n *Node) bool {
	if n.Kind != OpNode {
		return n.Kind != InputNode
	}
	return !slices.ContainsFunc(n.In, func(r kernels.Ref) bool { return r != kernels.NoRef && !g.own[r] })
}

// wider is the least type that holds both.
func wider(a, b tensor.DType) tensor.DType {
	switch {
	case a == b || b == tensor.Invalid:
		return a
	case a == tensor.Invalid:
		return b
	case a == tensor.Float64 || b == tensor.Float64:
		return tensor.Float64
	}
	return tensor.Float32
}

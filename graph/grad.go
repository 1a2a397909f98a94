package graph

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Grad adds the gradient of loss (a float of one element) with respect to
// each of wrt, by reverse accumulation:
//
//	dL/dx = sum over the ops y = f(.., x, ..) of dL/dy · df/dx
//
// The result is made of ordinary values, so gradients of gradients work. A
// value the loss doesn't depend on has the gradient zero.
func Grad(loss Value, wrt ...Value) []Value {
	g := loss.g
	out := make([]Value, len(wrt))
	if g == nil || g.err != nil {
		return out
	}
	if !loss.Type().DType.IsFloat() || loss.Shape().Elems() != 1 {
		g.Fail(fmt.Errorf("grad: the loss is %v, wants one float", loss.Type()))
		return out
	}
	b := builder{g}
	needed := g.dependents(wrt)
	acc := make([]kernels.Ref, len(g.types))
	for i := range acc {
		acc[i] = kernels.NoRef
	}
	acc[loss.ref] = g.ones(loss.Type()).ref

	for i := len(g.Nodes) - 1; i >= 0 && g.err == nil; i-- {
		n := g.Nodes[i]
		if n.Kind != OpNode || !upstream(n, acc) {
			continue
		}
		g.backward(b, n, needed, acc)
	}
	for i, v := range wrt {
		switch {
		case g.err != nil || v.g != g:
		case int(v.ref) < len(acc) && acc[v.ref] != kernels.NoRef:
			out[i] = Value{g, acc[v.ref]}
		default:
			out[i] = g.Const(tensor.New(v.Type()))
		}
	}
	return out
}

// dependents marks the values that depend on one of wrt.
func (g *Graph) dependents(wrt []Value) []bool {
	needed := make([]bool, len(g.types))
	for _, v := range wrt {
		if v.g == g {
			needed[v.ref] = true
		}
	}
	for _, n := range g.Nodes {
		for _, r := range n.In {
			if r != kernels.NoRef && needed[r] {
				for _, o := range n.Out {
					needed[o] = needed[o] || g.types[o].DType.IsFloat()
				}
			}
		}
	}
	return needed
}

func upstream(n *Node, acc []kernels.Ref) bool {
	for _, o := range n.Out {
		if acc[o] != kernels.NoRef {
			return true
		}
	}
	return false
}

// backward adds node n's share to the gradients of its inputs.
func (g *Graph) backward(b builder, n *Node, needed []bool, acc []kernels.Ref) {
	want := make([]bool, len(n.In))
	some := false
	for i, r := range n.In {
		want[i] = r != kernels.NoRef && needed[r]
		some = some || want[i]
	}
	if !some {
		return
	}
	if n.Op.Grad == nil {
		g.Fail(fmt.Errorf("grad: %s (made at %s) has no gradient: %s", n.Op.Name, n.Pos, n.Op.NoGrad))
		return
	}
	dout := make([]kernels.Ref, len(n.Out))
	for i, o := range n.Out {
		dout[i] = acc[o]
	}
	din := n.Op.Grad(b, kernels.Grad{Attrs: n.Attrs, In: b.kept(n.In), Out: b.kept(n.Out), DOut: dout, Want: want})
	for i, r := range n.In {
		if !want[i] || i >= len(din) || din[i] == kernels.NoRef || g.err != nil {
			continue
		}
		if !g.types[din[i]].Equal(g.types[r]) {
			g.Fail(fmt.Errorf("grad: %s gave %v for an input of %v", n.Op.Name, g.types[din[i]], g.types[r]))
			return
		}
		if acc[r] == kernels.NoRef {
			acc[r] = din[i]
		} else {
			acc[r] = b.Apply(kernels.Lookup("add"), nil, acc[r], din[i])[0]
		}
	}
}

func (g *Graph) ones(ty tensor.Type) Value {
	if ty.Equal(tensor.F32()) {
		return g.Scalar(1)
	}
	t := tensor.New(ty)
	for i := range t.Elems() {
		t.Set(i, 1)
	}
	return g.Const(t)
}

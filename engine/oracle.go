package engine

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Oracle evaluates a graph in float64 with the plain bodies, node by node: no
// plan, no fusion, no shared memory. It is what every device is tested against.
// What is stored in 16 bits is rounded to them; the other floats are float64.
// Feeds give the inputs (float32 or float64), vars the variables' values, which
// default to their initial ones. It returns the outputs, and the assigned
// variables' new values.
func Oracle(g *graph.Graph, in Feeds, vars map[*graph.Variable]*tensor.Tensor) (out map[string]*tensor.Tensor, assigned map[*graph.Variable]*tensor.Tensor, err error) {
	if err := g.Err(); err != nil {
		return nil, nil, err
	}
	vals := make([]*tensor.Tensor, g.Values())
	for _, n := range g.Nodes {
		switch n.Kind {
		case graph.ConstNode:
			vals[n.Out[0]], err = wide(n.Const, n.Const.Type)
		case graph.ReadNode:
			t := vars[n.Var]
			if t == nil && n.Var.Init != nil {
				t = n.Var.Init()
			} else if t == nil {
				t = tensor.New(n.Var.Type)
			}
			vals[n.Out[0]], err = wide(t, n.Var.Stored())
		case graph.InputNode:
			t := in[n.Name]
			if t == nil {
				return nil, nil, fmt.Errorf("oracle: input %q is missing", n.Name)
			}
			vals[n.Out[0]], err = wide(t, g.ValueOf(n.Out[0]).Type())
		case graph.OpNode:
			evaluate(g, n, vals)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("oracle: %w", err)
		}
	}
	out, assigned = map[string]*tensor.Tensor{}, map[*graph.Variable]*tensor.Tensor{}
	for _, o := range g.Outputs {
		out[o.Name] = vals[o.Ref]
	}
	for _, a := range g.Assigns {
		assigned[a.Var] = vals[a.Ref]
	}
	return out, assigned, nil
}

func evaluate(g *graph.Graph, n *graph.Node, vals []*tensor.Tensor) {
	if n.Op.View {
		v := *vals[n.In[0]]
		v.Shape = g.ValueOf(n.Out[0]).Shape()
		vals[n.Out[0]] = &v
		return
	}
	args := &cpuref.Args[float64]{Attrs: n.Attrs}
	for _, r := range n.In {
		var t *tensor.Tensor
		if r != kernels.NoRef {
			t = vals[r]
		}
		args.In = append(args.In, argOf[float64](t))
	}
	for i, r := range n.Out {
		t := tensor.New(widened(g.ValueOf(r).Type()))
		if n.Op.Alias != nil {
			if from := n.Op.Alias(n.Attrs, len(n.In))[i]; from >= 0 {
				copy(t.F64, vals[n.In[from]].F64)
			}
		}
		vals[r] = t
		args.Out = append(args.Out, argOf[float64](t))
	}
	n.Op.CPU.F64(args)()
}

// argOf is a tensor as an operand of a body in float32 or float64.
func argOf[T cpuref.Float](t *tensor.Tensor) cpuref.Arg[T] {
	if t == nil {
		return cpuref.Arg[T]{}
	}
	a := cpuref.Arg[T]{Shape: t.Shape, I: t.I32, Data: t}
	switch f := any(&a.F).(type) {
	case *[]float32:
		*f = t.F32
	case *[]float64:
		*f = t.F64
	}
	return a
}

func widened(t tensor.Type) tensor.Type {
	if t.DType == tensor.Float32 {
		t.DType = tensor.Float64
	}
	return t
}

// wide copies a tensor to what the oracle holds for a value of type as.
func wide(t *tensor.Tensor, as tensor.Type) (*tensor.Tensor, error) {
	return t.To(widened(as).DType)
}

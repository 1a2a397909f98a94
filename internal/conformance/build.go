package conformance

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
)

// MissingError says what a case needs that vulgo, or this package's table of
// PyTorch's functions, doesn't have.
type MissingError struct{ What string }

func (e *MissingError) Error() string { return "missing: " + e.What }

// builder is a case being built: its tensors by name, parameters and buffers as
// variables, the others as inputs.
type builder struct {
	*graph.Graph
	c    *Case
	vars map[string]*graph.Variable
	in   map[string]graph.Value
	out  map[string]graph.Value
}

// at is a given tensor's value; the zero Value if the case has none.
func (b *builder) at(name string) graph.Value {
	if v, ok := b.in[name]; ok {
		return v
	}
	if v, ok := b.vars[name]; ok {
		b.in[name] = b.Read(v)
	}
	return b.in[name]
}

func (b *builder) x() graph.Value { return b.at("x") }

func (b *builder) miss(format string, a ...any) graph.Value {
	b.Fail(&MissingError{fmt.Sprintf(format, a...)})
	return graph.Value{}
}

// arg is an argument as PyTorch names it; def where it isn't there or null.
func arg[T any](b *builder, name string, def T) T {
	switch v := b.c.Args[name].(type) {
	case nil:
		return def
	case T:
		return v
	default:
		b.Fail(fmt.Errorf("%s: argument %s is %v, wants a %T", b.c.Name, name, v, def))
		return def
	}
}

func (b *builder) num(name string, def float64) float64 { return arg(b, name, def) }
func (b *builder) flag(name string) bool                { return arg(b, name, false) }

// ints is a list of numbers.
func (b *builder) ints(name string) (out []int) {
	for _, v := range arg(b, name, []any{}) {
		n, ok := v.(float64)
		if !ok {
			b.Fail(fmt.Errorf("%s: argument %s holds %v, wants numbers", b.c.Name, name, v))
		}
		out = append(out, int(n))
	}
	return out
}

// apply adds an op of the table.
func apply(name string, attrs any, in ...graph.Value) graph.Value {
	for _, v := range in {
		if g := v.Graph(); g != nil {
			op := kernels.Lookup(name)
			if op == nil {
				g.Fail(&MissingError{"op " + name})
				return graph.Value{}
			}
			return g.Apply(op, attrs, in...)[0]
		}
	}
	return graph.Value{}
}

// keep gives back the axes that a reduction took, with size 1.
func keep(y, x graph.Value, axes ...int) graph.Value {
	shape := append([]int{}, x.Shape()...)
	if len(axes) == 0 {
		for i := range shape {
			shape[i] = 1
		}
	}
	for _, a := range axes {
		shape[a] = 1
	}
	return y.Reshape(shape...)
}

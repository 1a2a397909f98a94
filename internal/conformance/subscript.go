package conformance

import (
	"math"
	"slices"

	"github.com/vulgo-ml/vulgo/graph"
)

// subscript is Python's x[..] with numbers, slices, None, an ellipsis and tensors
// of indexes, which must stand side by side.
func (e *evaluator) subscript(x graph.Value, parts []*node) graph.Value {
	named := 0
	for _, p := range parts {
		if p.text != "None" && p.text != "..." {
			named++
		}
	}
	axis, rank := 0, len(x.Shape())
	var idx []graph.Value
	first := 0
	for _, p := range parts {
		if e.Err() != nil {
			return graph.Value{}
		}
		if p.kind == "slice" {
			x = e.slice(x, axis, p)
			axis, named = axis+1, named-1
			continue
		}
		switch at := e.eval(p); {
		case at.text == "None":
			x = x.Unsqueeze(axis)
			axis, rank = axis+1, rank+1
		case at.text == "...":
			axis = rank - named
		case at.value.Valid():
			if at.value.Type().DType.IsFloat() || idx != nil && axis != first+len(idx) {
				return e.miss("%s: subscripts of %v", e.c.Torch, at.value.Type())
			}
			if idx == nil {
				first = axis
			}
			idx = append(idx, at.value)
			axis, named = axis+1, named-1
		default:
			n, ok := at.number()
			if !ok {
				return e.miss("%s: a subscript %q", e.c.Torch, at.text)
			}
			x = x.Select(axis, int(n))
			named, rank = named-1, rank-1
		}
	}
	if idx == nil {
		return x
	}
	// The indexed dimensions go first, and what they give back to their place.
	front := make([]int, 0, rank)
	for i := range rank {
		if i >= first && i < first+len(idx) {
			front = append(front, i)
		}
	}
	for i := range rank {
		if !slices.Contains(front, i) {
			front = append(front, i)
		}
	}
	y := x.Permute(front...).Index(idx...)
	more := len(y.Shape()) - (rank - len(idx))
	back := make([]int, 0, len(y.Shape()))
	for i := range first {
		back = append(back, more+i)
	}
	for i := range more {
		back = append(back, i)
	}
	for i := more + first; i < len(y.Shape()); i++ {
		back = append(back, i)
	}
	return y.Permute(back...)
}

func (e *evaluator) slice(x graph.Value, axis int, p *node) graph.Value {
	bound := func(i, def int) int {
		if p.sub[i] == nil {
			return def
		}
		at := e.eval(p.sub[i])
		n, ok := at.number()
		if !ok && at.text != "None" {
			e.miss("%s: a slice at %q", e.c.Torch, at.text)
		}
		if !ok {
			return def
		}
		return int(n)
	}
	step := bound(2, 1)
	if step < 0 {
		return x.Slice(axis, bound(0, graph.End), bound(1, math.MinInt), step)
	}
	return x.Slice(axis, bound(0, 0), bound(1, graph.End), step)
}

package plan

import (
	"fmt"
	"slices"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// build carries the passes' state.
type build struct {
	g *graph.Graph
	t *kernels.Target
	o Options
	p *Plan

	used   []int         // by Ref: readers, outputs and assignments that are live
	nodes  []*graph.Node // live ops in order
	steps  []*Step
	stepOf map[*graph.Node]*Step
	extra  map[*Step][]kernels.Ref
	result map[*Step]kernels.Ref // the value a fused step ends in, instead of its op's own output
}

// live counts the readers of every value that the outputs and assignments need.
func (b *build) live() {
	g := b.g
	b.used = make([]int, g.Values())
	mark := make([]bool, g.Values())
	for _, o := range g.Outputs {
		b.used[o.Ref]++
		mark[o.Ref] = true
	}
	for _, a := range g.Assigns {
		b.used[a.Ref]++
		mark[a.Ref] = true
	}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		alive := false
		for _, o := range n.Out {
			alive = alive || mark[o]
		}
		if !alive {
			continue
		}
		if n.Kind == graph.OpNode {
			b.nodes = append(b.nodes, n)
		}
		for _, r := range n.In {
			if r != kernels.NoRef {
				b.used[r]++
				mark[r] = true
			}
		}
	}
	for i, j := 0, len(b.nodes)-1; i < j; i, j = i+1, j-1 {
		b.nodes[i], b.nodes[j] = b.nodes[j], b.nodes[i]
	}
}

// dtypes refuses what the device can't compute, by the op or source that has it.
func (b *build) dtypes() error {
	if b.t.Kind == kernels.CPU {
		return nil
	}
	refuse := func(what string, r kernels.Ref) error {
		if t := b.typeOf(r); t.DType == tensor.Float64 {
			return fmt.Errorf("%s: %v is not supported on %s: use float32, or the CPU device", what, t.DType, b.t.Name)
		}
		return nil
	}
	for _, n := range b.nodes {
		for _, r := range append(slices.Clone(n.In), n.Out...) {
			if err := refuse(n.Pos+": "+n.Op.Name, r); err != nil {
				return err
			}
		}
	}
	for _, o := range b.g.Outputs {
		if err := refuse(fmt.Sprintf("output %q", o.Name), o.Ref); err != nil {
			return err
		}
	}
	for _, a := range b.g.Assigns {
		if err := refuse(fmt.Sprintf("variable %q", a.Var.Name), a.Ref); err != nil {
			return err
		}
	}
	return nil
}

// order keeps the order of building, but puts flat updates (and what depends on
// them) last: they overwrite parameters, which everything else reads.
func (b *build) order() {
	late := make([]bool, b.g.Values())
	var first, last []*graph.Node
	for _, n := range b.nodes {
		l := n.Op.Flat != nil
		for _, r := range n.In {
			l = l || r != kernels.NoRef && late[r]
		}
		for _, o := range n.Out {
			late[o] = l
		}
		if l {
			last = append(last, n)
		} else {
			first = append(first, n)
		}
	}
	b.nodes = append(first, last...)
	b.stepOf = map[*graph.Node]*Step{}
	b.extra = map[*Step][]kernels.Ref{}
	b.result = map[*Step]kernels.Ref{}
	for _, n := range b.nodes {
		s := &Step{Node: n}
		b.stepOf[n] = s
		b.steps = append(b.steps, s)
	}
}

func (b *build) typeOf(r kernels.Ref) tensor.Type {
	if r == kernels.NoRef {
		return tensor.Type{}
	}
	return b.g.ValueOf(r).Type()
}

// choose picks each step's variant. Optional outputs that nobody reads are
// absent from the call.
func (b *build) choose() error {
	for _, s := range b.steps {
		n := s.Node
		c := s.Call
		if c == nil {
			c = &kernels.Call{Op: n.Op, Attrs: n.Attrs}
			s.Call = c
		}
		for _, r := range n.In {
			c.In = append(c.In, b.typeOf(r))
		}
		for i, r := range b.outs(s) {
			t := b.typeOf(r)
			if b.used[r] == 0 && (i > 0 || len(n.Op.Out) > 0 && n.Op.Out[min(i, len(n.Op.Out)-1)].Optional) && n.Op.Flat == nil {
				t = tensor.Type{}
			}
			c.Out = append(c.Out, t)
		}
		for _, r := range b.extra[s] {
			c.Extra = append(c.Extra, b.typeOf(r))
		}
		if n.Op.View {
			continue
		}
		v, err := kernels.Choose(b.t, c, b.o.Choices)
		if err != nil {
			return fmt.Errorf("%s: %w", n.Pos, err)
		}
		s.Variant = v
		if c.Runs = nil; n.Op.Flat != nil {
			c.Runs = b.runs(n)
		}
		if v.Lower == nil {
			continue
		}
		if s.lowered, err = v.Lower(b.t, c); err != nil {
			return fmt.Errorf("%s: %s: %w", n.Pos, n.Op.Name, err)
		}
	}
	return nil
}

// runs finds the parameters of a flat update that the State keeps side by side.
func (b *build) runs(n *graph.Node) []kernels.Run {
	var runs []kernels.Run
	next, off := Place{}, 0
	for i := range n.Op.Flat(n.Attrs) {
		elems := kernels.FlatPad(b.typeOf(n.In[i]).Elems())
		pl := Place{}
		if m := b.g.Maker(n.In[i]); m.Kind == graph.ReadNode {
			pl = b.o.Layout(m.Var)
		}
		if k := len(runs) - 1; k >= 0 && pl.ID == next.ID && pl.Off == next.Off {
			runs[k].Count++
			runs[k].Elems += elems
		} else {
			runs = append(runs, kernels.Run{First: i, Count: 1, Offset: off, Elems: elems})
		}
		next = Place{ID: pl.ID, Off: pl.Off + b.typeOf(n.In[i]).DType.Size()*elems}
		off += elems
	}
	return runs
}

// outs are the values a step makes: its op's, or, after fusion, the last fused
// node's in place of the first.
func (b *build) outs(s *Step) []kernels.Ref {
	r, ok := b.result[s]
	if !ok {
		return s.Node.Out
	}
	return append([]kernels.Ref{r}, s.Node.Out[1:]...)
}

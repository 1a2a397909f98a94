package plan

import (
	"fmt"
	"sort"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
)

// storage is a stretch of memory that one value, its views and what is
// computed in place over it share, alive from step first to step last.
type storage struct {
	what        string
	bytes       int
	first, last int
	place       Place
	placed      bool
}

type placer struct {
	*build
	of     []*storage // by Ref
	all    []*storage
	work   map[*Step][]*storage
	copied map[*Step]*storage // what an added copy reads
	fixed  int
}

// place gives every operand its bytes.
//
// A view shares its input's storage. An op that updates in place (Alias) takes
// over its input's. A gradient that is packed into a flat operand is computed
// there at once. Everything else goes into the arena, greedily: the largest
// first, each at the lowest offset that is free during its life.
func (b *build) place() error {
	p := &placer{build: b, of: make([]*storage, b.g.Values()), work: map[*Step][]*storage{}, copied: map[*Step]*storage{}}
	p.sources()
	if err := p.assignInPlace(); err != nil {
		return err
	}
	p.outputsDirect()
	for i, s := range b.steps {
		p.step(i, s)
	}
	p.finish()
	p.copies()
	p.arena()
	b.p.FixedBytes = p.fixed
	for _, s := range b.steps {
		if s.Node == nil || !s.Node.Op.View {
			p.operands(s)
			b.p.Steps = append(b.p.Steps, s)
		}
	}
	return p.fits()
}

func (p *placer) new(what string, bytes int) *storage {
	s := &storage{what: what, bytes: bytes, first: 1 << 30, last: -1}
	p.all = append(p.all, s)
	return s
}

func (p *placer) at(what string, pl Place) *storage {
	s := p.new(what, pl.Bytes)
	s.place, s.placed = pl, true
	return s
}

// sources places variables, inputs and constants.
func (p *placer) sources() {
	p.p.Vars = Vars(p.g)
	for _, n := range p.g.Nodes {
		if n.Kind == graph.OpNode {
			continue
		}
		r := n.Out[0]
		bytes := p.typeOf(r).Bytes()
		switch n.Kind {
		case graph.ReadNode:
			p.of[r] = p.at(n.Var.Name, p.o.Layout(n.Var))
		case graph.InputNode:
			pl := Place{Input, 0, p.p.InBytes, bytes}
			p.p.InBytes += roundUp(bytes)
			p.p.Inputs = append(p.p.Inputs, IO{n.Name, p.typeOf(r), pl})
			p.of[r] = p.at(n.Name, pl)
		case graph.ConstNode:
			if p.used[r] == 0 {
				continue
			}
			pl := Place{Const, 0, p.p.ConstBytes, bytes}
			p.p.ConstBytes += roundUp(bytes)
			p.p.Consts = append(p.p.Consts, ConstData{n.Const, pl})
			p.of[r] = p.at("const", pl)
		}
	}
}

// assignInPlace lets an op that updates a variable write it where it lies.
func (p *placer) assignInPlace() error {
	lastRead := map[kernels.Ref]int{}
	for i, s := range p.steps {
		for _, r := range append(append([]kernels.Ref(nil), s.Node.In...), p.extra[s]...) {
			if r != kernels.NoRef {
				lastRead[root(p.g, r)] = i
			}
		}
	}
	assigned := map[kernels.Ref]*graph.Variable{}
	for _, a := range p.g.Assigns {
		assigned[a.Ref] = a.Var
		lastRead[root(p.g, a.Ref)] = len(p.steps)
	}
	for _, o := range p.g.Outputs {
		lastRead[root(p.g, o.Ref)] = len(p.steps)
	}
	for i, s := range p.steps {
		if s.Node.Op.Alias == nil || s.Node.Op.Flat == nil {
			continue
		}
		for o, in := range s.Node.Op.Alias(s.Node.Attrs, len(s.Node.In)) {
			if in < 0 {
				continue
			}
			r, src := s.Node.Out[o], s.Node.In[in]
			m := p.g.Maker(src)
			if m.Kind != graph.ReadNode {
				return fmt.Errorf("%s: %s: operand %d must be a variable, since it is updated in place", s.Node.Pos, s.Node.Op.Name, in)
			}
			if v := assigned[r]; v != m.Var {
				return fmt.Errorf("%s: %s: output %d must be assigned to variable %q, which it overwrites", s.Node.Pos, s.Node.Op.Name, o, m.Var.Name)
			}
			if lastRead[src] > i {
				return fmt.Errorf("%s: %s: variable %q is read by a step that depends on its update; read it through another variable",
					s.Node.Pos, s.Node.Op.Name, m.Var.Name)
			}
			p.of[r] = p.of[src]
		}
	}
	return nil
}

// root follows views back to the value that owns the memory.
func root(g *graph.Graph, r kernels.Ref) kernels.Ref {
	for {
		n := g.Maker(r)
		if n.Kind != graph.OpNode || !n.Op.View {
			return r
		}
		r = n.In[0]
	}
}

// outputsDirect computes an output where the host reads it, unless something
// else reads it too (host memory is slow for a GPU) or it isn't computed here.
// A packed value is copied: the zeros between its parts are Fixed memory's.
func (p *placer) outputsDirect() {
	for _, o := range p.g.Outputs {
		t := p.typeOf(o.Ref)
		pl := Place{Output, 0, p.p.OutBytes, t.Bytes()}
		p.p.OutBytes += roundUp(t.Bytes())
		p.p.Outputs = append(p.p.Outputs, IO{o.Name, t, pl})
		r := root(p.g, o.Ref)
		packed := p.g.Maker(r).Kind == graph.OpNode && p.g.Maker(r).Op.Name == kernels.PackName
		if p.used[o.Ref] == 1 && (r == o.Ref || p.used[r] == 1) && p.of[r] == nil && !packed {
			p.of[r] = p.at("output "+o.Name, pl)
		}
	}
}

// step gives storage to a step's outputs and extends its inputs' lives.
func (p *placer) step(i int, s *Step) {
	n := s.Node
	for _, r := range n.In {
		if r != kernels.NoRef {
			p.touch(p.of[r], i)
		}
	}
	for _, r := range p.extra[s] { // a view among them may stand further on
		p.touch(p.of[root(p.g, r)], i)
	}
	if n.Op.View {
		p.of[n.Out[0]] = p.of[n.In[0]]
		return
	}
	for k, r := range p.outs(s) {
		if !s.Call.Out[k].Present() {
			continue
		}
		if p.of[r] == nil {
			p.of[r] = p.new(fmt.Sprintf("%s %v", n.Op.Name, s.Call.Out[k]), s.Call.Out[k].Bytes())
			if n.Op.Name == kernels.PackName {
				p.pack(s, p.of[r])
			}
		}
		p.touch(p.of[r], i)
	}
}

func (p *placer) touch(s *storage, i int) {
	s.first, s.last = min(s.first, i), max(s.last, i)
}

// pack puts the packed values' storage inside the flat one, so that they are
// computed in place; those that have a place already are copied by the op.
func (p *placer) pack(s *Step, flat *storage) {
	flat.place = Place{Fixed, 0, p.fixed, flat.bytes}
	flat.placed = true
	p.fixed += roundUp(flat.bytes)
	off := flat.place.Off
	for _, r := range s.Node.In {
		bytes := p.typeOf(r).Bytes()
		if in := p.of[r]; !in.placed && in.bytes == bytes {
			in.place, in.placed = Place{Fixed, 0, off, bytes}, true
		}
		off += kernels.FlatPad(p.typeOf(r).Elems()) * p.typeOf(r).DType.Size()
	}
}

// finish keeps what is copied at the end alive until then.
func (p *placer) finish() {
	end := len(p.steps)
	for _, o := range p.g.Outputs {
		p.touch(p.of[o.Ref], end)
	}
	for _, a := range p.g.Assigns {
		p.touch(p.of[a.Ref], end)
	}
}

// copies adds the steps that end a run: outputs and assigned values that were
// not computed in place. What is copied out of a variable goes through the
// arena first, since the variable may itself be assigned.
func (p *placer) copies() {
	var late []*Step
	add := func(src *storage, dst Place) {
		if src.placed && src.place == dst || dst.Bytes == 0 {
			return
		}
		if src.placed && src.place.Slab == State && dst.Slab == State {
			tmp := p.new("copy of "+src.what, src.bytes)
			p.copyStep(src, tmp)
			src = tmp
		}
		s := &Step{Out: []Place{dst}}
		p.copied[s] = src
		late = append(late, s)
	}
	for i, o := range p.g.Outputs {
		add(p.of[o.Ref], p.p.Outputs[i].Place)
	}
	for _, a := range p.g.Assigns {
		add(p.of[a.Ref], p.o.Layout(a.Var))
	}
	for _, s := range late {
		p.touch(p.copied[s], len(p.steps))
		p.steps = append(p.steps, s)
	}
}

// copyStep adds a copy from one storage to another in the arena.
func (p *placer) copyStep(src, dst *storage) {
	s := &Step{}
	p.copied[s] = src
	p.work[s] = []*storage{dst}
	p.touch(src, len(p.steps))
	p.touch(dst, len(p.steps))
	p.steps = append(p.steps, s)
}

// arena places the rest, workspaces among it.
func (p *placer) arena() {
	for i, st := range p.steps {
		if st.Node == nil {
			continue
		}
		for k, bytes := range st.lowered.Work {
			w := p.new(fmt.Sprintf("%s workspace %d", st.Node.Op.Name, k), bytes)
			p.touch(w, i)
			p.work[st] = append(p.work[st], w)
		}
	}
	var left []*storage
	for _, s := range p.all {
		if !s.placed && s.last >= 0 {
			left = append(left, s)
		}
	}
	sort.SliceStable(left, func(i, j int) bool { return left[i].bytes > left[j].bytes })
	slab := 1 << 62
	if p.t.MaxAlloc > 0 {
		slab = p.t.MaxAlloc / Align * Align
	}
	var done []*storage
	for _, s := range left {
		s.place = p.lowest(s, done, slab)
		s.placed = true
		done = append(done, s)
		for len(p.p.ArenaBytes) <= s.place.ID {
			p.p.ArenaBytes = append(p.p.ArenaBytes, 0)
		}
		p.p.ArenaBytes[s.place.ID] = max(p.p.ArenaBytes[s.place.ID], s.place.Off+roundUp(s.bytes))
	}
	p.bound(done)
}

// lowest is the first free stretch in the first slab that has one.
func (p *placer) lowest(s *storage, done []*storage, slab int) Place {
	for id := 0; ; id++ {
		var busy []*storage
		for _, d := range done {
			if d.place.ID == id && d.first <= s.last && s.first <= d.last {
				busy = append(busy, d)
			}
		}
		sort.Slice(busy, func(i, j int) bool { return busy[i].place.Off < busy[j].place.Off })
		off := 0
		for _, d := range busy {
			if off+roundUp(s.bytes) <= d.place.Off {
				break
			}
			off = max(off, d.place.Off+roundUp(d.bytes))
		}
		if off+roundUp(s.bytes) <= slab || off == 0 {
			return Place{Arena, id, off, s.bytes}
		}
	}
}

package engine

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Func runs a computation over inputs whose shapes may change: it compiles one
// program for each combination of shapes met, over one State, and keeps the
// last few. A last, partial batch is a second program.
type Func struct {
	st    *State
	build func(g *graph.Graph, in map[string]tensor.Type)
	opts  []Option
	progs []compiled // most recently used first

	// Seed and the step count are shared by the programs; see Program.Seed.
	Seed uint32
	step uint32
	// Compiled counts the programs compiled; if it grows at every run, shapes
	// thrash: pad them to a few sizes.
	Compiled int
}

// funcCache is how many programs a Func keeps.
const funcCache = 8

// compiled is a program with the types of the feeds that its graph was built for.
type compiled struct {
	*Program
	fed map[string]tensor.Type
}

// NewFunc makes a Func. build adds the graph for inputs of the given types, which
// it declares by Graph.Input under the names they are fed by.
func NewFunc(st *State, build func(g *graph.Graph, in map[string]tensor.Type), opts ...Option) *Func {
	return &Func{st: st, build: build, opts: opts}
}

// Run starts a run of the program for these inputs' types, compiled if need be;
// see Program.Run.
func (f *Func) Run(in Feeds) (*Ticket, error) {
	p, err := f.Program(in)
	if err != nil {
		return nil, err
	}
	p.Seed, p.step = f.Seed, f.step
	t, err := p.Run(in)
	if err == nil {
		f.step++
	}
	return t, err
}

// Program is the program that Run would use.
func (f *Func) Program(in Feeds) (*Program, error) {
	for i, p := range f.progs {
		if p.takes(in) {
			copy(f.progs[1:i+1], f.progs[:i])
			f.progs[0] = p
			return p.Program, nil
		}
	}
	types := map[string]tensor.Type{}
	for name, t := range in {
		types[name] = t.Type
	}
	p, err := Compile(f.st, func(g *graph.Graph) { f.build(g, types) }, f.opts...)
	if err != nil {
		return nil, err
	}
	f.Compiled++
	c := compiled{p, types}
	if !c.takes(in) {
		p.Close()
		return nil, fmt.Errorf("engine: the inputs fed are not those of the graph, which wants %s", p.wants())
	}
	f.progs = append([]compiled{c}, f.progs...)
	if len(f.progs) > funcCache {
		last := f.progs[funcCache]
		f.progs = f.progs[:funcCache]
		return p, last.Close()
	}
	return p, nil
}

// takes reports whether every input is fed, with the type it was compiled for.
func (p *compiled) takes(in Feeds) bool {
	for i := range p.plan.Inputs {
		io := &p.plan.Inputs[i]
		t := in[io.Name]
		if t == nil && io.Name == graph.SeedInput {
			continue
		}
		if t == nil || !t.Type.Equal(p.fed[io.Name]) || !feedable(t.Type, io.Type) {
			return false
		}
	}
	return true
}

// Step is the number of runs so far.
func (f *Func) Step() int { return int(f.step) }

// Close closes the programs; the State stays open.
func (f *Func) Close() error {
	var err error
	for _, p := range f.progs {
		if e := p.Close(); err == nil {
			err = e
		}
	}
	f.progs = nil
	return err
}

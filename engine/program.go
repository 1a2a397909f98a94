package engine

import (
	"fmt"
	"sort"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/plan"
	"github.com/vulgo-ml/vulgo/tensor"
)

// slots is how many runs may be under way: while one computes, the next one's
// inputs are written and the last one's outputs read.
const slots = 2

// Program is a graph compiled for a device over a State. Use it from one
// goroutine at a time; several programs may share a State and a device.
type Program struct {
	dev  *Device
	st   *State
	plan *plan.Plan
	r    runner

	// Seed seeds the program's random draws: run k draws from (Seed, k).
	Seed uint32

	slot    int
	step    uint32
	tickets [slots]Ticket
	inputs  [slots][]*tensor.Tensor // by the plan's inputs: each slot's memory
	err     error                   // sticky: a lost device stays lost
	closed  bool

	profiled bool
	marks    [slots]Timeline // of each slot's last run, what the host knows
}

type options struct {
	choices kernels.Choices
	noFuse  bool
	train   bool
	profile bool
}

// Option changes how Compile works: Train, With, NoFusion, Profiled.
type Option func(*options)

// Train builds the graph in training mode, in which dropout drops.
func Train() Option { return func(o *options) { o.train = true } }

// With forces kernel variants by op name, for tests and tuning.
func With(c kernels.Choices) Option { return func(o *options) { o.choices = c } }

// NoFusion keeps one step an op, to see each alone in the plan or a profile.
func NoFusion() Option { return func(o *options) { o.noFuse = true } }

// Profiled records how long each step takes; see Program.Profile.
func Profiled() Option { return func(o *options) { o.profile = true } }

// Compile builds a graph, plans it for the State's device and makes it ready to
// run. All that is dear happens here: shape checks, planning, pipelines. The
// error names the op and the caller's line, or what doesn't fit the device.
func Compile(st *State, build func(g *graph.Graph), opts ...Option) (*Program, error) {
	var o options
	for _, f := range opts {
		f(&o)
	}
	g := graph.New()
	g.SetTrain(o.train)
	build(g)
	if err := g.Err(); err != nil {
		return nil, err
	}
	if err := st.bind(plan.Vars(g)); err != nil {
		return nil, err
	}
	p, err := plan.Build(g, st.dev.Target, plan.Options{Choices: o.choices, Layout: st.layout, NoFuse: o.noFuse})
	if err != nil {
		return nil, err
	}
	if err := st.hold(1); err != nil {
		return nil, err
	}
	r, err := st.dev.b.load(p, st, o)
	if err != nil {
		st.hold(-1)
		return nil, err
	}
	prog := &Program{dev: st.dev, st: st, plan: p, r: r, profiled: o.profile}
	for i := range prog.tickets {
		prog.tickets[i].init(prog, i)
		for _, io := range p.Inputs {
			prog.inputs[i] = append(prog.inputs[i], view(io.Type, r.in(i)[io.Place.Off:]))
		}
	}
	return prog, nil
}

// Plan is what the program runs; it prints.
func (p *Program) Plan() *plan.Plan { return p.plan }

// Device is where the program runs.
func (p *Program) Device() *Device { return p.dev }

// Feeds are a run's inputs by name.
type Feeds map[string]*tensor.Tensor

// Run starts a run and returns before it is done. Every input of the graph must be fed a tensor of its type,
// except the seed, which the program keeps itself. A narrower float type, and
// int64 for int32 where all values fit, will do as well. The tensors are copied
// before Run returns. The ticket is valid until Run has been called twice more.
func (p *Program) Run(in Feeds) (*Ticket, error) {
	if p.closed {
		return nil, ErrClosed
	}
	if p.err != nil {
		return nil, p.err
	}
	t := &p.tickets[p.slot]
	if err := t.Wait(); err != nil {
		return nil, err
	}
	m := &p.marks[p.slot]
	p.mark(&m.Called)
	if err := p.feed(p.inputs[p.slot], in); err != nil {
		return nil, err
	}
	p.mark(&m.Fed)
	if err := p.start(); err != nil {
		p.err = fmt.Errorf("engine: %s: run %d: %w", p.dev.Name, p.step, err)
		return nil, p.err
	}
	p.mark(&m.Submitted)
	t.pending = true
	p.step++
	p.slot = (p.slot + 1) % slots
	return t, nil
}

func (p *Program) start() error {
	p.st.mu.Lock()
	defer p.st.mu.Unlock()
	return p.r.start(p.slot)
}

func (p *Program) feed(dst []*tensor.Tensor, in Feeds) error {
	for i, to := range dst {
		io := &p.plan.Inputs[i]
		t := in[io.Name]
		switch {
		case t == nil && io.Name == graph.SeedInput:
			to.I32[0], to.I32[1] = int32(p.Seed), int32(p.step)
		case t == nil:
			return fmt.Errorf("engine: input %q is missing; the program wants %s", io.Name, p.wants())
		case !feedable(t.Type, io.Type):
			return fmt.Errorf("engine: input %q is %v, the program wants %v", io.Name, t.Type, io.Type)
		default:
			if err := feed(to, t); err != nil {
				return fmt.Errorf("engine: input %q: %w", io.Name, err)
			}
		}
	}
	return nil
}

func (p *Program) wants() string {
	var names []string
	for _, io := range p.plan.Inputs {
		if io.Name != graph.SeedInput {
			names = append(names, fmt.Sprintf("%s %v", io.Name, io.Type))
		}
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}

// Step is the number of runs started; a resumed training sets it back with SetStep.
func (p *Program) Step() int { return int(p.step) }

// SetStep sets the number that the next run's random draws are keyed with.
func (p *Program) SetStep(n int) { p.step = uint32(n) }

// Close frees what the program holds on the device, after its runs have ended.
func (p *Program) Close() error {
	if p.closed {
		return nil
	}
	var err error
	for i := range p.tickets {
		if e := p.tickets[i].Wait(); err == nil {
			err = e
		}
	}
	p.closed, p.err = true, ErrClosed
	p.r.free()
	p.st.hold(-1)
	return err
}

// Ticket is a run under way. What reads an output waits for the run first.
type Ticket struct {
	p       *Program
	slot    int
	pending bool
	out     map[string]*tensor.Tensor
}

func (t *Ticket) init(p *Program, slot int) {
	t.p, t.slot = p, slot
	t.out = map[string]*tensor.Tensor{}
	out := p.r.out(slot)
	for _, io := range p.plan.Outputs {
		t.out[io.Name] = view(io.Type, out[io.Place.Off:])
	}
}

// Wait returns when the run is done.
func (t *Ticket) Wait() error {
	if !t.pending {
		return t.p.err
	}
	t.pending = false
	m := &t.p.marks[t.slot]
	t.p.mark(&m.Waiting)
	if err := t.p.r.wait(t.slot); err != nil {
		t.p.err = fmt.Errorf("engine: %s: %w", t.p.dev.Name, err)
	}
	t.p.mark(&m.Done)
	return t.p.err
}

// view waits and gives an output in place; an empty tensor if there is none.
func (t *Ticket) view(name string) *tensor.Tensor {
	if x := t.out[name]; x != nil && t.Wait() == nil {
		return x
	}
	return &none
}

var none tensor.Tensor

// F32 waits and gives a float32 output's values, in place and row-major: they
// are valid until Run has been called twice more or the program is closed. It is
// nil if there is no such output or the run failed; Wait has the error.
func (t *Ticket) F32(name string) []float32 { return t.view(name).F32 }

// F64 is F32 for float64 outputs.
func (t *Ticket) F64(name string) []float64 { return t.view(name).F64 }

// I32 is F32 for int32 and bool outputs.
func (t *Ticket) I32(name string) []int32 { return t.view(name).I32 }

// Scalar is the first element of a float output, such as a loss; 0 and an
// error if the run failed or has no such output.
func (t *Ticket) Scalar(name string) (float32, error) {
	if err := t.Wait(); err != nil {
		return 0, err
	}
	x := t.out[name]
	if x == nil || !x.DType.IsFloat() || x.Elems() == 0 {
		return 0, fmt.Errorf("engine: the program has no float output %q", name)
	}
	return float32(x.At(0)), nil
}

// Tensor copies an output; the copy stays valid.
func (t *Ticket) Tensor(name string) (*tensor.Tensor, error) {
	if err := t.Wait(); err != nil {
		return nil, err
	}
	if x := t.out[name]; x != nil {
		return x.Clone(), nil
	}
	return nil, fmt.Errorf("engine: the program has no output %q", name)
}

package engine

import (
	"slices"
	"time"
	"unsafe"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/plan"
	"github.com/vulgo-ml/vulgo/tensor"
)

// cpuBackend runs plans with pure-Go kernels. A run is done when start returns.
type cpuBackend struct{}

type cpuMemory []byte

func newCPUMemory(bytes int) cpuMemory {
	w := make([]uint64, (bytes+7)/8+plan.Align/8)
	if len(w) == 0 {
		return nil
	}
	p := unsafe.Pointer(&w[0])
	skip := (64 - int(uintptr(p)&63)) & 63 // a cache line's and a vector's alignment
	return unsafe.Slice((*byte)(p), 8*len(w))[skip : skip+bytes]
}

func (cpuBackend) alloc(bytes int) (memory, error) { return newCPUMemory(bytes), nil }
func (cpuBackend) close() error                    { return nil }

func (m cpuMemory) read(off int, dst []byte) error  { copy(dst, m[off:]); return nil }
func (m cpuMemory) write(off int, src []byte) error { copy(m[off:], src); return nil }
func (m cpuMemory) free()                           {}

// cpuProgram has one list of bound steps for each slot: the slots differ in
// where inputs and outputs lie.
type cpuProgram struct {
	run   [slots][]func()
	ins   [slots]cpuMemory
	outs  [slots]cpuMemory
	arena []cpuMemory
	fixed cpuMemory
	konst cpuMemory
	st    *State
	took  [slots][]StepTime // with Profiled: filled by each run
}

func (cpuBackend) load(p *plan.Plan, st *State, o options) (runner, error) {
	c := &cpuProgram{st: st, fixed: newCPUMemory(p.FixedBytes), konst: newCPUMemory(p.ConstBytes)}
	for _, n := range p.ArenaBytes {
		c.arena = append(c.arena, newCPUMemory(n))
	}
	for _, k := range p.Consts {
		copy(c.konst[k.Place.Off:], bytesOf(k.Tensor))
	}
	for slot := range slots {
		c.ins[slot], c.outs[slot] = newCPUMemory(p.InBytes), newCPUMemory(p.OutBytes)
		for i, s := range p.Steps {
			c.run[slot] = append(c.run[slot], c.bind(s, slot))
			if o.profile {
				c.took[slot] = append(c.took[slot], StepTime{Step: i, Name: s.Name()})
			}
		}
	}
	return c, nil
}

func (c *cpuProgram) at(pl plan.Place, slot int) []byte {
	var m cpuMemory
	switch pl.Slab {
	case plan.Arena:
		m = c.arena[pl.ID]
	case plan.Fixed:
		m = c.fixed
	case plan.State:
		m = c.st.blocks[pl.ID].(cpuMemory)
	case plan.Input:
		m = c.ins[slot]
	case plan.Output:
		m = c.outs[slot]
	case plan.Const:
		m = c.konst
	}
	return m[pl.Off : pl.Off+pl.Bytes : pl.Off+pl.Bytes]
}

// bind prepares one step over its memory.
func (c *cpuProgram) bind(s *plan.Step, slot int) func() {
	if s.Node == nil {
		src, dst := c.at(s.In[0], slot), c.at(s.Out[0], slot)
		return func() { copy(dst, src) }
	}
	if s.Variant.Prepare64 != nil {
		return s.Variant.Prepare64(argsOf[float64](c, s, slot))
	}
	args := argsOf[float32](c, s, slot)
	run := s.Variant.Prepare(args)
	if s.Finish == nil {
		return run
	}
	finish := s.Finish(args.Out[0], operands[float32](c, s.Call.Extra, s.Extra, slot))
	return func() { run(); finish() }
}

func argsOf[T cpuref.Float](c *cpuProgram, s *plan.Step, slot int) *cpuref.Args[T] {
	return &cpuref.Args[T]{
		Attrs: s.Call.Attrs,
		In:    operands[T](c, s.Call.In, s.In, slot),
		Out:   operands[T](c, s.Call.Out, s.Out, slot),
	}
}

func operands[T cpuref.Float](c *cpuProgram, types []tensor.Type, places []plan.Place, slot int) []cpuref.Arg[T] {
	args := make([]cpuref.Arg[T], len(types))
	for i, t := range types {
		if t.Present() {
			args[i] = argOf[T](view(t, c.at(places[i], slot)))
		}
	}
	return args
}

func (c *cpuProgram) start(slot int) error {
	took := c.took[slot]
	for i, f := range c.run[slot] {
		if took == nil {
			f()
			continue
		}
		took[i].Begin = time.Now()
		f()
		took[i].Seconds = time.Since(took[i].Begin).Seconds()
	}
	return nil
}

func (c *cpuProgram) times(slot int, t *Timeline) error {
	t.Kernels, t.Clock = slices.Clone(c.took[slot]), "the host's clock"
	return nil
}

func (c *cpuProgram) wait(int) error      { return nil }
func (c *cpuProgram) in(slot int) []byte  { return c.ins[slot] }
func (c *cpuProgram) out(slot int) []byte { return c.outs[slot] }
func (c *cpuProgram) free()               { *c = cpuProgram{} }

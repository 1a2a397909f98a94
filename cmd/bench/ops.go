package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// opBench is one op over one case. Its operands are variables, so that nothing
// is uploaded while it is timed.
type opBench struct {
	op   *kernels.Op
	c    kernels.Case
	vars []*graph.Variable // by operand; nil: absent
	ref  *reference        // made when the first device is to be verified
}

func opRow(name string, op *kernels.Op, c kernels.Case) row {
	return row{name: name, large: c.Large, op: op, c: c, begin: func(o setup) preparer {
		b := &opBench{op: op, c: c}
		some := b.stored(o.dtype)
		return func(ctx context.Context, dev *engine.Device) ([]*job, error) {
			if !some || o.dtype != tensor.Float32 && !op.Accepts(o.dtype, dev.Kind) {
				return nil, errNoForm
			}
			return b.jobs(ctx, dev, o)
		}
	}}
}

// stored puts the case's floats into a dtype; it tells whether there are any, or
// nothing had to be done.
func (b *opBench) stored(d tensor.DType) (some bool) {
	if d == tensor.Float32 {
		return true
	}
	b.c.In = append([]tensor.Type(nil), b.c.In...)
	for i, t := range b.c.In {
		if t.Present() && t.DType == tensor.Float32 {
			b.c.In[i].DType, some = d, true
		}
	}
	_, _, err := b.op.Infer(b.c.Attrs, b.c.In)
	return some && err == nil
}

// drawnAtMost is how many normal draws a large operand is filled with; they
// repeat.
const drawnAtMost = 1 << 22

// draw makes the operands by the case's fillers, the same at every call.
func (b *opBench) draw() {
	for i, ty := range b.c.In {
		if !ty.Present() {
			b.vars = append(b.vars, nil)
			continue
		}
		wide := ty
		if ty.DType.IsFloat() {
			wide.DType = tensor.Float32
		}
		x, rng := tensor.New(wide), &tensor.Philox{Seed: 1, Stream: uint64(i)}
		switch {
		case i < len(b.c.Fill) && b.c.Fill[i] != nil:
			b.c.Fill[i](rng, x)
		case len(x.F32) > drawnAtMost:
			part := tensor.New(tensor.F32(drawnAtMost))
			kernels.FillDefault(rng, part)
			for at := 0; at < len(x.F32); {
				at += copy(x.F32[at:], part.F32)
			}
		default:
			kernels.FillDefault(rng, x)
		}
		if ty.DType != wide.DType {
			x, _ = x.To(ty.DType) // floats always convert
		}
		b.vars = append(b.vars, &graph.Variable{Name: fmt.Sprintf("in%d", i), Type: ty, Init: func() *tensor.Tensor { return x }})
	}
}

// apply adds the op to a graph over values of its operands. Outputs that take the
// place of an operand go to assign, the others to use; optional ones, unless they
// are assigned, to neither: without a reader they aren't computed.
func (b *opBench) apply(g *graph.Graph, in []graph.Value, assign, use func(i int, out graph.Value)) {
	out := g.Apply(b.op, b.c.Attrs, in...)
	if g.Err() != nil {
		return
	}
	for i, o := range out {
		switch {
		case b.overwrites(i) >= 0:
			assign(b.overwrites(i), o)
		case !b.op.Out[min(i, len(b.op.Out)-1)].Optional:
			use(i, o)
		}
	}
}

func (b *opBench) read(g *graph.Graph) (in []graph.Value) {
	for _, v := range b.vars {
		if v == nil {
			in = append(in, graph.Value{})
		} else {
			in = append(in, g.Read(v))
		}
	}
	return in
}

// overwrites is the operand that an output takes the place of, or -1.
func (b *opBench) overwrites(out int) int {
	if b.op.Alias == nil || b.op.Flat == nil {
		return -1
	}
	return b.op.Alias(b.c.Attrs, len(b.c.In))[out]
}

func outName(i int) string { return fmt.Sprintf("out%d", i) }

// whole gives every output to the host, to be verified.
func (b *opBench) whole(g *graph.Graph) {
	b.apply(g, b.read(g), func(i int, out graph.Value) { g.Assign(b.vars[i], out) },
		func(i int, out graph.Value) { g.Output(outName(i), out) })
}

// tapped gives the host one element of each output. The op has to compute all
// of it, where its results belong, and nothing large is copied.
func (b *opBench) tapped(g *graph.Graph) {
	b.apply(g, b.read(g), func(i int, out graph.Value) { g.Assign(b.vars[i], out) }, func(i int, out graph.Value) {
		if out.Shape().Elems() > 1 {
			out = out.Reshape(-1).Narrow(0, 0, 1)
		}
		g.Output(outName(i), out)
	})
}

// kernels are the variants to time on a device: "" is the one that is chosen.
func (b *opBench) kernels(dev *engine.Device, o setup) []string {
	if !o.variants || o.dtype == tensor.Float64 {
		return []string{""}
	}
	in := append([]tensor.Type(nil), b.c.In...)
	for i := range in {
		if in[i].DType.IsHalf() {
			in[i].DType = tensor.Float32 // which kernels compute in
		}
	}
	attrs, out, err := b.op.Infer(b.c.Attrs, in)
	if err != nil {
		return []string{""}
	}
	var names []string
	call := &kernels.Call{Op: b.op, Attrs: attrs, In: in, Out: out}
	for _, v := range b.op.Variants {
		if v.Kind == dev.Kind && (v.When == nil || v.When(dev.Target, call)) {
			names = append(names, v.Name)
		}
	}
	if dev.Kind == kernels.CPU && b.op.Cost(call).Flops <= oracleFlops {
		names = append(names, kernels.PlainName)
	}
	if len(names) == 0 {
		return []string{""}
	}
	return names
}

// jobs verifies and makes ready each kernel to be timed on a device.
func (b *opBench) jobs(ctx context.Context, dev *engine.Device, o setup) ([]*job, error) {
	var jobs []*job
	var errs []error
	for _, kernel := range b.kernels(dev, o) {
		j, err := b.one(ctx, dev, o, kernel)
		if err != nil {
			errs = append(errs, err)
			if ctx.Err() != nil || errors.Is(err, engine.ErrDeviceLost) {
				break
			}
			continue
		}
		jobs = append(jobs, j)
	}
	return jobs, errors.Join(errs...)
}

// compile takes a kernel by name, "" for the chosen one.
func (b *opBench) compile(st *engine.State, build func(*graph.Graph), kernel string, more ...engine.Option) (*engine.Program, error) {
	more = append(more, engine.NoFusion())
	if kernel != "" {
		more = append(more, engine.With(kernels.Choices{b.op.Name: kernel}))
	}
	return engine.Compile(st, build, more...)
}

func (b *opBench) one(ctx context.Context, dev *engine.Device, o setup, kernel string) (*job, error) {
	if b.vars == nil {
		b.draw()
	}
	relErr, verified, err := b.verify(ctx, dev, kernel)
	if err != nil {
		return nil, err
	}
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	p, err := b.compile(st, b.tapped, kernel)
	if err != nil {
		st.Close()
		return nil, err
	}
	j := programJob(st, p, func(int) engine.Feeds { return nil })
	j.relErr, j.check = relErr, b.ref.check
	if j.cost, j.variant = b.step(p); j.variant != verified {
		j.close()
		return nil, fmt.Errorf("kernel %s was verified, but kernel %s would be timed", verified, j.variant)
	}
	j.profiled = func() (*engine.Program, error) { return b.compile(st, b.tapped, kernel, engine.Profiled()) }
	j.kernel = func(ctx context.Context) (float64, error) {
		p, err := j.profiled()
		if err != nil {
			return 0, err
		}
		defer p.Close()
		return kernelTime(ctx, p, nil, b.op)
	}
	return j, nil
}

// step is what the plan made of the op: what it costs and the kernel's name.
func (b *opBench) step(p *engine.Program) (kernels.Cost, string) {
	for _, s := range p.Plan().Steps {
		if s.Node != nil && s.Call.Op == b.op {
			return b.op.Cost(s.Call), s.Variant.Name
		}
	}
	return kernels.Cost{}, ""
}

// programJob runs a program again and again; feeds gives run i its inputs.
func programJob(st *engine.State, p *engine.Program, feeds func(i int) engine.Feeds) *job {
	var last *engine.Ticket
	n := 0
	start := func() (err error) {
		last, err = p.Run(feeds(n))
		n++
		return err
	}
	return &job{
		set:    touched(p),
		feeds:  feeds,
		sample: inRow(start, func() error { return last.Wait() }),
		close: func() {
			p.Close()
			st.Close()
		},
	}
}

// profiledRuns are timed by the device's clock, unless they take longer than
// profiledTime.
const (
	profiledRuns = 7
	profiledTime = 200 * time.Millisecond
)

// kernelTime is the median time, in nanoseconds, that the kernels of a profiled
// program take: those of one op, or with nil all.
func kernelTime(ctx context.Context, p *engine.Program, in engine.Feeds, op *kernels.Op) (float64, error) {
	var ns []float64
	for began := time.Now(); len(ns) == 0 || len(ns) <= profiledRuns && time.Since(began) < profiledTime; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if _, err := p.Run(in); err != nil {
			return 0, err
		}
		times, err := p.Profile()
		if err != nil {
			return 0, err
		}
		sum := 0.0
		for _, t := range times {
			if s := p.Plan().Steps[t.Step]; op == nil || s.Node != nil && s.Call.Op == op {
				sum += t.Seconds
			}
		}
		ns = append(ns, 1e9*sum)
	}
	if len(ns) > 1 {
		ns = ns[1:] // the first one warms up
	}
	return median(ns), nil
}

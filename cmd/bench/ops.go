package main

import (
	"context"
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// opBench is one op over one case. Its operands are variables, so that nothing
// is uploaded while it is timed.
type opBench struct {
	name string
	op   *kernels.Op
	c    kernels.Case
	vars []*graph.Variable // by operand; nil: absent
}

func opRow(name string, op *kernels.Op, c kernels.Case) row {
	return row{name: name, prepare: func(ctx context.Context, dev *engine.Device) (*job, error) {
		b := &opBench{name: name, op: op, c: c}
		b.draw()
		relErr, verified, err := b.verify(ctx, dev)
		if err != nil {
			return nil, err
		}
		return b.job(dev, relErr, verified)
	}}
}

// draw makes the operands by the case's fillers, the same at every call.
func (b *opBench) draw() {
	for i, ty := range b.c.In {
		if !ty.Present() {
			b.vars = append(b.vars, nil)
			continue
		}
		x, rng := tensor.New(ty), &tensor.Philox{Seed: 1, Stream: uint64(i)}
		if i < len(b.c.Fill) && b.c.Fill[i] != nil {
			b.c.Fill[i](rng, x)
		} else {
			kernels.FillDefault(rng, x)
		}
		b.vars = append(b.vars, &graph.Variable{Name: fmt.Sprintf("in%d", i), Type: ty, Init: func() *tensor.Tensor { return x }})
	}
}

// apply adds the op to a graph. What it overwrites in place is assigned; its
// other outputs go to use, optional ones excepted: without a reader they aren't
// computed.
func (b *opBench) apply(g *graph.Graph, use func(i int, out graph.Value)) {
	var in []graph.Value
	for _, v := range b.vars {
		if v == nil {
			in = append(in, graph.Value{})
		} else {
			in = append(in, g.Read(v))
		}
	}
	out := g.Apply(b.op, b.c.Attrs, in...)
	if g.Err() != nil {
		return
	}
	for i, o := range out {
		switch from := b.overwrites(i); {
		case from >= 0:
			g.Assign(b.vars[from], o)
		case !b.op.Out[min(i, len(b.op.Out)-1)].Optional:
			use(i, o)
		}
	}
}

// overwrites is the operand that an output takes the place of, or -1.
func (b *opBench) overwrites(out int) int {
	if b.op.Alias == nil || b.op.Flat == nil {
		return -1
	}
	return b.op.Alias(b.c.Attrs, len(b.vars))[out]
}

func outName(i int) string { return fmt.Sprintf("out%d", i) }

// whole gives every output to the host, to be verified.
func (b *opBench) whole(g *graph.Graph) {
	b.apply(g, func(i int, out graph.Value) { g.Output(outName(i), out) })
}

// tapped gives the host one element of each output. The op has to compute all
// of it, where its results belong, and nothing large is copied.
func (b *opBench) tapped(g *graph.Graph) {
	b.apply(g, func(i int, out graph.Value) {
		if out.Shape().Elems() > 1 {
			out = out.Reshape(-1).Narrow(0, 0, 1)
		}
		g.Output(outName(i), out)
	})
}

// oracle evaluates the op in float64, on operands that change has gone over.
func (b *opBench) oracle(change func(*tensor.Tensor)) (map[string]*tensor.Tensor, error) {
	g := graph.New()
	b.whole(g)
	vals := map[*graph.Variable]*tensor.Tensor{}
	for _, v := range b.vars {
		if v != nil {
			vals[v] = v.Init().Clone()
			change(vals[v])
		}
	}
	out, assigned, err := engine.Oracle(g, nil, vals)
	for v, x := range assigned {
		out[v.Name] = x
	}
	return out, err
}

// expected is the oracle's result with the scale that its tolerance refers to.
func (b *opBench) expected() (want, scale map[string]*tensor.Tensor, err error) {
	if want, err = b.oracle(func(*tensor.Tensor) {}); err != nil || b.op.Tol.Kind != "sum" {
		return want, want, err
	}
	scale, err = b.oracle(func(x *tensor.Tensor) {
		for i, v := range x.F32 {
			x.F32[i] = float32(math.Abs(float64(v)))
		}
	})
	return want, scale, err
}

// verify runs the op once and holds every output to the op's tolerance.
func (b *opBench) verify(ctx context.Context, dev *engine.Device) (relErr float64, variant string, err error) {
	got, variant, err := b.result(dev)
	if err != nil {
		return 0, "", err
	}
	var want, scale map[string]*tensor.Tensor
	err = interruptible(ctx, func() (err error) {
		want, scale, err = b.expected()
		return err
	})
	if err != nil {
		return 0, "", err
	}
	for name, w := range want {
		if _, err := b.op.Tol.Compare(got[name], w, scale[name]); err != nil {
			return 0, "", fmt.Errorf("output %s of kernel %s is wrong: %w", name, variant, err)
		}
		relErr = max(relErr, relMax(got[name], w))
	}
	return relErr, variant, nil
}

// result is what the device computes, with the kernel it took.
func (b *opBench) result(dev *engine.Device) (map[string]*tensor.Tensor, string, error) {
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, "", err
	}
	defer st.Close()
	p, err := engine.Compile(st, b.whole, engine.NoFusion())
	if err != nil {
		return nil, "", err
	}
	defer p.Close()
	t, err := p.Run(nil)
	if err != nil {
		return nil, "", err
	}
	if err := t.Wait(); err != nil {
		return nil, "", err
	}
	out := map[string]*tensor.Tensor{}
	for _, io := range p.Plan().Outputs {
		if out[io.Name], err = t.Tensor(io.Name); err != nil {
			return nil, "", err
		}
	}
	for i, v := range b.vars {
		if v != nil && b.isOverwritten(i) {
			if out[v.Name], err = st.Get(v); err != nil {
				return nil, "", err
			}
		}
	}
	_, variant := b.step(p)
	return out, variant, nil
}

func (b *opBench) isOverwritten(in int) bool {
	if b.op.Alias == nil || b.op.Flat == nil {
		return false
	}
	for _, from := range b.op.Alias(b.c.Attrs, len(b.vars)) {
		if from == in {
			return true
		}
	}
	return false
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

// job compiles what is timed, which must take the kernel that was verified.
func (b *opBench) job(dev *engine.Device, relErr float64, verified string) (*job, error) {
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	p, err := engine.Compile(st, b.tapped, engine.NoFusion())
	if err != nil {
		st.Close()
		return nil, err
	}
	j := programJob(st, p, func(int) engine.Feeds { return nil })
	j.relErr = relErr
	if j.cost, j.variant = b.step(p); j.variant != verified {
		j.close()
		return nil, fmt.Errorf("kernel %s was verified, but kernel %s would be timed", verified, j.variant)
	}
	return j, nil
}

// programJob runs a program again and again; feeds gives run i its inputs.
func programJob(st *engine.State, p *engine.Program, feeds func(i int) engine.Feeds) *job {
	var last *engine.Ticket
	n := 0
	return &job{
		start: func() (err error) {
			last, err = p.Run(feeds(n))
			n++
			return err
		},
		wait: func() error { return last.Wait() },
		close: func() {
			p.Close()
			st.Close()
		},
	}
}

// interruptible runs a long computation that can't be stopped; a cancelled
// context leaves it behind.
func interruptible(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

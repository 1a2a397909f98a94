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

// The float64 oracle does about as much in a second; what takes longer is
// verified by a sample, or against the float32 plain kernel.
const (
	oracleFlops = 5e8
	oracleElems = 1 << 22 // of an optimizer
)

// reference is what a row's results are held to.
type reference struct {
	want, scale map[string]*tensor.Tensor // by output; scale is what the tolerance refers to
	tol         kernels.Tol
	check       string
	parts       map[string][]part // of each output, what want is of; nil: all
}

// part is some indexes of an axis.
type part struct {
	axis int
	idx  []int
}

// refer makes the reference, once for all devices and kernels of a row.
func (b *opBench) refer(ctx context.Context) (*reference, error) {
	if b.ref != nil {
		return b.ref, nil
	}
	ref := &reference{tol: b.op.Tol, check: "float64"}
	in := make([]*tensor.Tensor, len(b.vars))
	for i, v := range b.vars {
		if v != nil {
			in[i] = v.Init()
		}
	}
	if b.slow() {
		if cuts := cutsOf(b.op, b.c); cuts != nil {
			ref.check = "float64 sample"
			in, ref.parts = b.sample(cuts, in)
		} else {
			ref.check = "float32 plain"
			ref.tol.K *= 2
		}
	}
	err := interruptible(ctx, func() (err error) {
		ref.want, err = b.expected(ref, in)
		if ref.scale = ref.want; err == nil && ref.tol.Kind == "sum" {
			ref.scale, err = b.expected(ref, magnitudes(in))
		}
		return err
	})
	if err == nil {
		b.ref = ref
	}
	return ref, err
}

// slow tells whether the oracle would take over a second.
func (b *opBench) slow() bool {
	attrs, out, err := b.op.Infer(b.c.Attrs, b.c.In)
	if err != nil {
		return false
	}
	if b.op.Flat != nil {
		return b.c.In[0].Elems() > oracleElems
	}
	return b.op.Cost(&kernels.Call{Op: b.op, Attrs: attrs, In: b.c.In, Out: out}).Flops > oracleFlops
}

func (b *opBench) expected(ref *reference, in []*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	if ref.check == "float32 plain" {
		return b.plain(in)
	}
	return b.oracle(in)
}

// oracle evaluates the op in float64.
func (b *opBench) oracle(in []*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	g := graph.New()
	vals := map[*graph.Variable]*tensor.Tensor{}
	var read []graph.Value
	for i, x := range in {
		if x == nil {
			read = append(read, graph.Value{})
			continue
		}
		v := &graph.Variable{Name: b.vars[i].Name, Type: x.Type}
		vals[v] = x
		read = append(read, g.Read(v))
	}
	output := func(name func(int) string) func(int, graph.Value) {
		return func(i int, out graph.Value) { g.Output(name(i), out) }
	}
	b.apply(g, read, output(func(i int) string { return b.vars[i].Name }), output(outName))
	out, _, err := engine.Oracle(g, nil, vals)
	return out, err
}

// plain runs the op's plain kernel on the CPU device.
func (b *opBench) plain(in []*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	dev, err := engine.Open("cpu")
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	other := &opBench{op: b.op, c: b.c}
	for i, v := range b.vars {
		if v != nil {
			x := in[i]
			v = &graph.Variable{Name: v.Name, Type: v.Type, Init: func() *tensor.Tensor { return x }}
		}
		other.vars = append(other.vars, v)
	}
	out, _, err := other.result(dev, kernels.PlainName)
	return out, err
}

// magnitudes takes the floats' absolute values.
func magnitudes(in []*tensor.Tensor) []*tensor.Tensor {
	out := make([]*tensor.Tensor, len(in))
	for i, x := range in {
		if out[i] = x; x != nil && x.DType.IsFloat() {
			x = x.Clone()
			for k := range x.Elems() {
				x.Set(k, math.Abs(x.At(k)))
			}
			out[i] = x
		}
	}
	return out
}

// verify runs the op once and holds every output to the op's tolerance.
func (b *opBench) verify(ctx context.Context, dev *engine.Device, kernel string) (relErr float64, variant string, err error) {
	got, variant, err := b.result(dev, kernel)
	if err != nil {
		return 0, "", err
	}
	ref, err := b.refer(ctx)
	if err != nil {
		return 0, "", err
	}
	for name, want := range ref.want {
		x := got[name]
		for _, p := range ref.parts[name] {
			x = take(x, p)
		}
		if err := within(ref, x, want, ref.scale[name]); err != nil {
			return 0, "", fmt.Errorf("output %s of kernel %s is wrong: %w", name, variant, err)
		}
		relErr = max(relErr, relMax(x, want))
	}
	return relErr, variant, nil
}

// within is the tolerance's Compare. What is stored in 16 bits may be two of their
// units besides.
func within(ref *reference, got, want, scale *tensor.Tensor) error {
	if unit := halfUnit(want.DType); unit > 0 && got != nil && got.Shape.Equal(want.Shape) {
		got = got.Clone()
		for i := range got.Elems() {
			if w := want.At(i); math.Abs(got.At(i)-w) <= 4*unit*math.Abs(w)+0x1p-24 {
				got.Set(i, w)
			}
		}
	}
	_, err := ref.tol.Compare(got, want, scale)
	return err
}

// halfUnit is the unit roundoff of a 16-bit float; 0 for others.
func halfUnit(d tensor.DType) float64 {
	switch d {
	case tensor.Float16:
		return 0x1p-11
	case tensor.BFloat16:
		return 0x1p-8
	}
	return 0
}

// result is what the device computes, with the kernel it took.
func (b *opBench) result(dev *engine.Device, kernel string) (map[string]*tensor.Tensor, string, error) {
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, "", err
	}
	defer st.Close()
	p, err := b.compile(st, b.whole, kernel)
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

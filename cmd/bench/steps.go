package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// stepBench is a net in a dtype, with what its devices share.
type stepBench struct {
	net
	dtype tensor.DType

	step    *step
	checked *step  // what is verified: the step, or a smaller one
	parts   []part // of the step's output, what checked gives
	check   string

	// The oracle's results for checked, and the CPU's loss of the step.
	out      map[string]*tensor.Tensor
	assigned map[*graph.Variable]*tensor.Tensor
	loss     *tensor.Tensor
}

// prepare compiles the step, and compares what it or a smaller one gives and
// assigns with the oracle's.
func (b *stepBench) prepare(ctx context.Context, dev *engine.Device) ([]*job, error) {
	if b.dtype == tensor.Float64 && dev.Kind != kernels.CPU {
		return nil, errNoForm
	}
	if b.step == nil {
		var err error
		if b.step, err = b.net.step(b.dtype); err != nil {
			return nil, err
		}
	}
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	p, err := b.step.compile(st)
	if err != nil {
		st.Close()
		return nil, err
	}
	feeds := b.step.feeds
	j := programJob(st, p, func(i int) engine.Feeds { return feeds[(i+1)%batches] })
	for _, s := range p.Plan().Steps {
		if s.Node != nil {
			k := s.Call.Op.Cost(s.Call)
			j.cost.Flops += k.Flops
			j.cost.Bytes += k.Bytes
		}
	}
	if j.relErr, err = b.verify(ctx, st, p, j.cost); err != nil {
		j.close()
		return nil, err
	}
	j.check = b.check
	j.profiled = func() (*engine.Program, error) { return b.step.compile(st, engine.Profiled()) }
	j.kernel = func(ctx context.Context) (float64, error) {
		p, err := j.profiled()
		if err != nil {
			return 0, err
		}
		defer p.Close()
		return kernelTime(ctx, p, feeds[0], nil)
	}
	return []*job{j}, nil
}

// stepFlops is what a step may cost for the oracle to make all of it: a second or
// two of its time.
const stepFlops = 1e9

// plan says, once, what is to be verified, and has the oracle do it.
func (b *stepBench) plan(ctx context.Context, cost kernels.Cost) error {
	if b.out != nil {
		return nil
	}
	b.checked, b.check = b.step, "float64"
	if cost.Flops > stepFlops {
		small := b.net
		keep := max(1, int(float64(b.x.Shape[b.batch])*stepFlops/2/cost.Flops))
		if b.train {
			b.check, keep = "float64 small", max(2, keep)
		} else {
			b.check = "float64 sample"
		}
		few := func(t tensor.Type) tensor.Type {
			t.Shape = slices.Clone(t.Shape)
			t.Shape[b.batch] = keep
			return t
		}
		if b.train && b.small != nil {
			small.x.Shape, keep = b.small, b.small[b.batch]
		} else {
			small.x = few(b.x)
		}
		small.y = few(b.y)
		var err error
		if b.checked, err = small.step(b.dtype); err != nil {
			return err
		}
		if !b.train { // the same examples
			p := part{b.batch, spread(b.x.Shape[b.batch], keep)}
			b.parts = []part{p}
			b.checked.feeds[0]["x"] = take(b.step.feeds[0]["x"], p)
		}
	}
	return interruptible(ctx, func() (err error) {
		g := graph.New()
		g.SetTrain(b.train)
		b.checked.build(g)
		b.out, b.assigned, err = engine.Oracle(g, b.checked.feeds[0], nil)
		return err
	})
}

func (b *stepBench) verify(ctx context.Context, st *engine.State, p *engine.Program, cost kernels.Cost) (float64, error) {
	if err := b.plan(ctx, cost); err != nil {
		return 0, err
	}
	got, err := output(p, b.step.feeds[0], b.train)
	if err != nil {
		return 0, err
	}
	worst := 0.0
	if b.check == "float64 small" {
		if worst, err = b.likeTheCPU(ctx, got); err != nil {
			return 0, err
		}
		if st, err = engine.NewState(p.Device()); err != nil {
			return 0, err
		}
		defer st.Close()
		if p, err = b.checked.compile(st); err != nil {
			return 0, err
		}
		defer p.Close()
		if got, err = output(p, b.checked.feeds[0], b.train); err != nil {
			return 0, err
		}
	}
	for _, p := range b.parts {
		got = take(got, p)
	}
	r, err := b.held(got, st)
	return max(r, worst), err
}

// output runs a step once.
func output(p *engine.Program, in engine.Feeds, train bool) (*tensor.Tensor, error) {
	t, err := p.Run(in)
	if err != nil {
		return nil, err
	}
	name := "y"
	if train {
		name = "loss"
	}
	return t.Tensor(name)
}

// likeTheCPU holds a loss to the CPU's.
func (b *stepBench) likeTheCPU(ctx context.Context, loss *tensor.Tensor) (float64, error) {
	if b.loss == nil {
		err := interruptible(ctx, func() error {
			dev, err := engine.Open("cpu")
			if err != nil {
				return err
			}
			defer dev.Close()
			st, err := engine.NewState(dev)
			if err != nil {
				return err
			}
			defer st.Close()
			p, err := b.step.compile(st, engine.NoFusion())
			if err != nil {
				return err
			}
			defer p.Close()
			b.loss, err = output(p, b.step.feeds[0], b.train)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return near("the loss, by the CPU's,", relNorm(loss, b.loss, nil), max(10*valueTol, 64*halfUnit(b.dtype)))
}

// How far one step may be from the oracle's: the output, and moments, statistics
// and counts by their own size, parameters by the size of their change, all in the
// 2-norm.
// Adam's first update is lr·g/(|g| + eps), so a gradient that is mostly
// rounding gives a change of any sign; hence the wider bound there, and moved. The
// moments hold the gradients to a narrow one. Right devices were seen to stay below
// 3e-6, 2e-5 and 1e-2.
const (
	valueTol  = 1e-5
	momentTol = 1e-4
	changeTol = 2e-2
)

// held compares what a step gave, and what it assigned, with the oracle's.
func (b *stepBench) held(got *tensor.Tensor, st *engine.State) (float64, error) {
	valueTol, momentTol, changeTol := valueTol, momentTol, changeTol
	if b.small != nil {
		momentTol *= 100 // a ReLU or a maximum that rounds the other way changes a deep net's gradients
	}
	if u := halfUnit(b.dtype); u > 0 {
		valueTol, momentTol, changeTol = 64*u, math.Inf(1), math.Inf(1) // in 16 bits many gradients are mostly rounding
	}
	what, want := "the output", b.out["y"]
	if b.train {
		what, want = "the loss", b.out["loss"]
	}
	worst, err := near(what, relNorm(got, want, nil), valueTol)
	if err != nil {
		return 0, fmt.Errorf("%w: it begins with %v, the float64 oracle's with %v", err, got.At(0), want.At(0))
	}
	off, all := 0.0, 0.0
	for _, v := range slices.SortedFunc(maps.Keys(b.assigned), func(x, y *graph.Variable) int { return compareNames(x, y) }) {
		want := b.assigned[v]
		got, err := st.Get(v)
		if err != nil {
			return 0, err
		}
		what, from, tol := v.Name, (*tensor.Tensor)(nil), momentTol
		if v.Trainable {
			what, from, tol = "the update of "+v.Name, v.Init(), changeTol
		}
		r := relNorm(got, want, from)
		if v.Trainable {
			r = relNorm(moved(got, want, from), moved(want, want, from), moved(from, want, from))
			if b.small != nil {
				// A deep net's gradients have more rounding: of all its parameters
				// one in 100 may go the other way.
				off, all = math.Hypot(off, r*norm(want, from)), math.Hypot(all, norm(want, from))
				continue
			}
		}
		if math.IsInf(tol, 1) && !math.IsNaN(r) {
			continue
		}
		if r, err = near(what, r, tol); err != nil {
			return 0, err
		}
		worst = max(worst, r)
	}
	if _, err := near("the update", quotient(off, all), 10*changeTol); err != nil {
		return 0, err
	}
	if b.train && len(b.assigned) == 0 {
		return 0, fmt.Errorf("the step assigns nothing")
	}
	return worst, nil
}

// moved are the elements of x that the oracle moves by about the rate. The others'
// gradients are about Adam's eps or none at all, as an attention's key biases have.
func moved(x, want, from *tensor.Tensor) *tensor.Tensor {
	most := 0.0
	for i := range want.Elems() {
		most = max(most, math.Abs(want.At(i)-from.At(i)))
	}
	var some []float64
	for i := range want.Elems() {
		if math.Abs(want.At(i)-from.At(i)) >= 0.9*most {
			some = append(some, x.At(i))
		}
	}
	return tensor.FromF64(some, len(some))
}

// norm is |x - from| over what moved takes.
func norm(x, from *tensor.Tensor) float64 {
	x, from = moved(x, x, from), moved(from, x, from)
	sum := 0.0
	for i := range x.Elems() {
		d := x.At(i) - from.At(i)
		sum += d * d
	}
	return math.Sqrt(sum)
}

func compareNames(x, y *graph.Variable) int {
	switch {
	case x.Name < y.Name:
		return -1
	case x.Name > y.Name:
		return 1
	}
	return 0
}

// near refuses a relative error above its bound, NaN included.
func near(what string, relErr, tol float64) (float64, error) {
	if !(relErr <= tol) || math.IsInf(relErr, 0) {
		return 0, fmt.Errorf("%s is wrong: relative error %.3g from the float64 oracle, at most %g is right", what, relErr, tol)
	}
	return relErr, nil
}

// Package opcheck runs the op table on a device: each op over its listed cases,
// in each variant that serves the case, against the float64 oracle at the op's
// tolerance. `vulgo devices --check` finds drivers that compute wrongly by it.
package opcheck

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Result is what came of one op.
type Result struct {
	Op    string
	Runs  int     // cases, each in every variant
	Worst float64 // of the tolerance used
	Wrong []string
}

// Ops checks the whole table, and reports each op when it is done. It stops
// early only if the context ends or the device is lost.
func Ops(ctx context.Context, dev *engine.Device, report func(Result)) error {
	for _, op := range kernels.All() {
		if op.View {
			continue
		}
		res, err := Op(ctx, dev, op)
		if err != nil {
			return fmt.Errorf("%s: %w", op.Name, err)
		}
		report(res)
	}
	return nil
}

// Op checks one op.
func Op(ctx context.Context, dev *engine.Device, op *kernels.Op) (Result, error) {
	res := Result{Op: op.Name}
	for i, c := range op.Cases {
		if err := ctx.Err(); err != nil {
			return res, err
		}
		f := newFixture(op, c, uint64(i))
		want, err := f.oracle(f.in)
		if err != nil {
			return res, err
		}
		scale := want
		if op.Tol.Kind == "sum" {
			if scale, err = f.oracle(absolute(f.in)); err != nil {
				return res, err
			}
		}
		variants, err := f.variants(dev.Target)
		if err != nil {
			return res, err
		}
		if len(variants) == 0 {
			res.Wrong = append(res.Wrong, fmt.Sprintf("no variant serves %v", c.In))
		}
		for _, v := range variants {
			res.Runs++
			where := fmt.Sprintf("%s, case %d %v%v", v, i, c.Attrs, c.In)
			got, err := f.run(dev, v)
			if errors.Is(err, engine.ErrDeviceLost) {
				return res, err
			} else if err != nil {
				res.Wrong = append(res.Wrong, fmt.Sprintf("%s: %v", where, err))
				continue
			}
			for name := range want {
				used, err := op.Tol.Compare(got[name], want[name], scale[name])
				if res.Worst = math.Max(res.Worst, used); err != nil {
					res.Wrong = append(res.Wrong, fmt.Sprintf("%s: %v", where, err))
				}
			}
		}
	}
	return res, nil
}

// fixture is a case with its values drawn.
type fixture struct {
	op *kernels.Op
	c  kernels.Case
	in []*tensor.Tensor
}

func newFixture(op *kernels.Op, c kernels.Case, seed uint64) *fixture {
	f := &fixture{op: op, c: c, in: make([]*tensor.Tensor, len(c.In))}
	for i, ty := range c.In {
		if !ty.Present() {
			continue
		}
		fill := kernels.FillDefault
		if i < len(c.Fill) && c.Fill[i] != nil {
			fill = c.Fill[i]
		}
		f.in[i] = tensor.New(ty)
		fill(&tensor.Philox{Seed: seed, Stream: uint64(i)}, f.in[i])
	}
	return f
}

// aliases says which input each output overwrites; only flat ops assign.
func (f *fixture) aliases() []int {
	if f.op.Alias == nil || f.op.Flat == nil {
		return nil
	}
	return f.op.Alias(f.c.Attrs, len(f.in))
}

// variables stand for the inputs that the op overwrites.
func (f *fixture) variables() map[int]*graph.Variable {
	vars := map[int]*graph.Variable{}
	for _, from := range f.aliases() {
		if from >= 0 {
			x := f.in[from]
			vars[from] = &graph.Variable{Name: fmt.Sprintf("var%d", from), Type: x.Type, Init: func() *tensor.Tensor { return x }}
		}
	}
	return vars
}

// build adds the op to a graph, all its outputs wanted.
func (f *fixture) build(g *graph.Graph, vars map[int]*graph.Variable) {
	in := make([]graph.Value, len(f.in))
	for i, x := range f.in {
		if vars[i] != nil {
			in[i] = g.Read(vars[i])
		} else if x != nil {
			in[i] = g.Input(fmt.Sprintf("in%d", i), x.Type)
		}
	}
	out := g.Apply(f.op, f.c.Attrs, in...)
	if g.Err() != nil {
		return
	}
	aliases := f.aliases()
	for i, o := range out {
		if aliases != nil && aliases[i] >= 0 {
			g.Assign(vars[aliases[i]], o)
		} else {
			g.Output(fmt.Sprintf("out%d", i), o)
		}
	}
}

func (f *fixture) feeds(in []*tensor.Tensor) engine.Feeds {
	feeds := engine.Feeds{}
	for i, x := range in {
		if x != nil {
			feeds[fmt.Sprintf("in%d", i)] = x
		}
	}
	return feeds
}

// oracle is the float64 result, assigned variables under their names.
func (f *fixture) oracle(in []*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	g, vars := graph.New(), f.variables()
	f.build(g, vars)
	values := map[*graph.Variable]*tensor.Tensor{}
	for i, v := range vars {
		values[v] = in[i]
	}
	out, assigned, err := engine.Oracle(g, f.feeds(in), values)
	for v, x := range assigned {
		out[v.Name] = x
	}
	return out, err
}

// variants are the names of those that serve the case.
func (f *fixture) variants(target *kernels.Target) ([]string, error) {
	g := graph.New()
	f.build(g, f.variables())
	if err := g.Err(); err != nil {
		return nil, err
	}
	c := &kernels.Call{Op: f.op, Attrs: f.c.Attrs, In: f.c.In}
	for _, n := range g.Nodes {
		if n.Kind == graph.OpNode {
			c.Attrs = n.Attrs
			for _, r := range n.Out {
				c.Out = append(c.Out, g.ValueOf(r).Type())
			}
		}
	}
	var names []string
	for _, v := range f.op.Variants {
		if v.Kind == target.Kind && (v.When == nil || v.When(target, c)) {
			names = append(names, v.Name)
		}
	}
	if target.Kind == kernels.CPU {
		names = append(names, kernels.PlainName)
	}
	return names, nil
}

func (f *fixture) run(dev *engine.Device, variant string) (out map[string]*tensor.Tensor, err error) {
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	vars := f.variables()
	p, err := engine.Compile(st, func(g *graph.Graph) { f.build(g, vars) }, engine.With(kernels.Choices{f.op.Name: variant}), engine.NoFusion())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	t, err := p.Run(f.feeds(f.in))
	if err != nil {
		return nil, err
	}
	out = map[string]*tensor.Tensor{}
	for _, o := range p.Plan().Outputs {
		if out[o.Name], err = t.Tensor(o.Name); err != nil {
			return nil, err
		}
	}
	for _, v := range vars {
		if out[v.Name], err = st.Get(v); err != nil {
			return nil, err
		}
	}
	return out, t.Wait()
}

func absolute(in []*tensor.Tensor) []*tensor.Tensor {
	abs := make([]*tensor.Tensor, len(in))
	for i, x := range in {
		if x == nil {
			continue
		}
		abs[i] = x.Clone()
		for k, v := range abs[i].F32 {
			abs[i].F32[k] = float32(math.Abs(float64(v)))
		}
	}
	return abs
}

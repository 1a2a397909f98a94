package engine_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestTheTableIsComplete(t *testing.T) {
	require.NotEmpty(t, kernels.All())
	for _, op := range kernels.All() {
		require.NoError(t, op.Check())
	}
}

// Every op, over its listed cases, on every device in every variant that
// serves the case, against the float64 oracle at the op's tolerance.
func TestOpsAgreeWithTheOracle(t *testing.T) {
	defer worst.print()
	for _, op := range kernels.All() {
		t.Run(op.Name, func(t *testing.T) {
			for i, c := range op.Cases {
				for _, all := range []bool{true, false} {
					if !all && !hasOptional(op) {
						continue
					}
					testCase(t, op, i, c, all)
				}
			}
		})
	}
}

func hasOptional(op *kernels.Op) bool {
	for _, o := range op.Out {
		if o.Optional {
			return true
		}
	}
	return false
}

func testCase(t *testing.T, op *kernels.Op, i int, c kernels.Case, all bool) {
	f := newFixture(op, c, uint64(i))
	want, err := f.oracle(f.in, all)
	require.NoError(t, err, "%s case %d", op.Name, i)
	scale := want
	if op.Tol.Kind == "sum" {
		scale, err = f.oracle(absolute(f.in), all)
		require.NoError(t, err)
	}
	for _, d := range devtest.Devices() {
		for _, v := range f.variants(t, d, all) {
			name := fmt.Sprintf("%s/%s case %d %v%v", d.Name, v, i, c.Attrs, c.In)
			got, err := f.run(d.Device, v, all)
			if op.View {
				continue
			}
			require.NoError(t, err, name)
			for k := range want {
				if used, err := op.Tol.Compare(got[k], want[k], scale[k]); err != nil {
					t.Errorf("%s: output %s: %v (%.3g times it)", name, k, err, used)
				} else {
					worst.note(op.Name, d.Name, used)
				}
			}
		}
	}
}

// fixture is a case with its values drawn.
type fixture struct {
	op *kernels.Op
	c  kernels.Case
	in []*tensor.Tensor
}

func newFixture(op *kernels.Op, c kernels.Case, seed uint64) *fixture {
	f := &fixture{op: op, c: c}
	for i, ty := range c.In {
		if !ty.Present() {
			f.in = append(f.in, nil)
			continue
		}
		rng := &tensor.Philox{Seed: seed, Stream: uint64(i)}
		x := tensor.New(ty)
		if i < len(c.Fill) && c.Fill[i] != nil {
			c.Fill[i](rng, x)
		} else {
			kernels.FillDefault(rng, x)
		}
		f.in = append(f.in, x)
	}
	return f
}

// build adds the op to a graph: operands that it overwrites are variables, the
// others inputs. Outputs are named out0, out1, ...
func (f *fixture) build(g *graph.Graph, vars map[int]*graph.Variable, all bool) {
	var in []graph.Value
	for i, x := range f.in {
		switch {
		case x == nil:
			in = append(in, graph.Value{})
		case vars[i] != nil:
			in = append(in, g.Read(vars[i]))
		default:
			in = append(in, g.Input(fmt.Sprintf("in%d", i), x.Type))
		}
	}
	out := g.Apply(f.op, f.c.Attrs, in...)
	for i, o := range out {
		if g.Err() != nil {
			return
		}
		if from := f.aliased(i, len(in)); from >= 0 {
			g.Assign(vars[from], o)
			continue
		}
		if all || !f.op.Out[min(i, len(f.op.Out)-1)].Optional {
			g.Output(fmt.Sprintf("out%d", i), o)
		}
	}
}

func (f *fixture) aliased(out, nin int) int {
	if f.op.Alias == nil || f.op.Flat == nil {
		return -1
	}
	return f.op.Alias(f.c.Attrs, nin)[out]
}

// variables are those that the op overwrites, by input.
func (f *fixture) variables() map[int]*graph.Variable {
	vars := map[int]*graph.Variable{}
	if f.op.Alias == nil || f.op.Flat == nil {
		return vars
	}
	for _, from := range f.op.Alias(f.c.Attrs, len(f.in)) {
		if from >= 0 {
			x := f.in[from]
			vars[from] = &graph.Variable{Name: fmt.Sprintf("var%d", from), Type: x.Type, Init: func() *tensor.Tensor { return x }}
		}
	}
	return vars
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

func (f *fixture) oracle(in []*tensor.Tensor, all bool) (map[string]*tensor.Tensor, error) {
	g, vars := graph.New(), f.variables()
	f.build(g, vars, all)
	values := map[*graph.Variable]*tensor.Tensor{}
	for i, v := range vars {
		values[v] = in[i]
	}
	out, assigned, err := engine.Oracle(g, f.feeds(in), values)
	if err != nil {
		return nil, err
	}
	for v, x := range assigned {
		out[v.Name] = x
	}
	return out, nil
}

// variants are the names of those that serve the case on a device.
func (f *fixture) variants(t *testing.T, d devtest.Dev, all bool) []string {
	g := graph.New()
	f.build(g, f.variables(), all)
	require.NoError(t, g.Err())
	c := &kernels.Call{Op: f.op, Attrs: f.c.Attrs}
	for _, n := range g.Nodes {
		if n.Kind == graph.OpNode {
			c.Attrs = n.Attrs
			for _, r := range n.Out {
				c.Out = append(c.Out, g.ValueOf(r).Type())
			}
		}
	}
	for _, x := range f.in {
		if x == nil {
			c.In = append(c.In, tensor.Type{})
		} else {
			c.In = append(c.In, x.Type)
		}
	}
	var names []string
	for _, v := range f.op.Variants {
		if v.Kind == d.Target.Kind && (v.When == nil || v.When(d.Target, c)) {
			names = append(names, v.Name)
		}
	}
	if d.Target.Kind == kernels.CPU {
		names = append(names, kernels.PlainName)
	}
	if len(names) == 0 && !f.op.View {
		t.Errorf("%s: no variant serves %v %v on %s", f.op.Name, f.c.Attrs, f.c.In, d.Name)
	}
	return names
}

func (f *fixture) run(d *engine.Device, variant string, all bool) (map[string]*tensor.Tensor, error) {
	st, err := engine.NewState(d)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	vars := f.variables()
	p, err := engine.Compile(st, func(g *graph.Graph) { f.build(g, vars, all) }, engine.With(kernels.Choices{f.op.Name: variant}), engine.NoFusion())
	if err != nil {
		return nil, err
	}
	defer p.Close()
	tk, err := p.Run(f.feeds(f.in))
	if err != nil {
		return nil, err
	}
	out := map[string]*tensor.Tensor{}
	for _, io := range p.Plan().Outputs {
		if out[io.Name], err = tk.Tensor(io.Name); err != nil {
			return nil, err
		}
	}
	if err := tk.Wait(); err != nil {
		return nil, err
	}
	for _, v := range vars {
		if out[v.Name], err = st.Get(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func absolute(in []*tensor.Tensor) []*tensor.Tensor {
	abs := make([]*tensor.Tensor, len(in))
	for i, x := range in {
		if x != nil {
			abs[i] = x.Clone()
			for k, v := range abs[i].F32 {
				abs[i].F32[k] = float32(math.Abs(float64(v)))
			}
		}
	}
	return abs
}

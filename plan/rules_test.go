package plan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// use is an operand of a dispatch under test: bytes [lo, hi) of the arena.
type use struct {
	a                kernels.Access
	lo, hi           int
	touchLo, touchHi int
}

func dispatch(uses ...use) Dispatch {
	var d Dispatch
	for _, u := range uses {
		if u.touchHi == 0 {
			u.touchLo, u.touchHi = u.lo, u.hi
		}
		d.Bound = append(d.Bound, Bound{Place: Place{Arena, 0, u.lo, u.hi - u.lo}, Access: u.a, TouchLo: u.touchLo, TouchHi: u.touchHi})
	}
	return d
}

func TestBarriers(t *testing.T) {
	const r, w, rw = kernels.Read, kernels.Write, kernels.Read | kernels.Write
	a := func(acc kernels.Access) use { return use{a: acc, lo: 0, hi: 256} }
	b := func(acc kernels.Access) use { return use{a: acc, lo: 256, hi: 512} }
	part := func(acc kernels.Access, i int) use {
		return use{a: acc, lo: 0, hi: 256, touchLo: 64 * i, touchHi: 64 * (i + 1)}
	}
	for _, c := range []struct {
		name  string
		steps [][]Dispatch
		want  []bool
	}{
		{"read after write", [][]Dispatch{{dispatch(a(w))}, {dispatch(a(r), b(w))}}, []bool{false, true}},
		{"write after read", [][]Dispatch{{dispatch(a(r))}, {dispatch(a(w))}}, []bool{false, true}},
		{"write after write", [][]Dispatch{{dispatch(a(w))}, {dispatch(a(w))}}, []bool{false, true}},
		{"read after read", [][]Dispatch{{dispatch(a(r))}, {dispatch(a(r))}}, []bool{false, false}},
		{"other bytes", [][]Dispatch{{dispatch(a(w))}, {dispatch(b(w))}}, []bool{false, false}},
		{"one barrier serves all before it", [][]Dispatch{{dispatch(a(w))}, {dispatch(b(w))}, {dispatch(a(r))}, {dispatch(b(r))}}, []bool{false, false, true, false}},
		{"a read before a barrier is done", [][]Dispatch{{dispatch(a(r))}, {dispatch(b(w))}, {dispatch(b(r))}, {dispatch(a(w))}}, []bool{false, false, true, false}},
		{"update in place", [][]Dispatch{{dispatch(a(rw))}, {dispatch(a(rw))}}, []bool{false, true}},
		{"in a dispatch nothing waits", [][]Dispatch{{dispatch(a(r), a(w))}}, []bool{false}},
		{"bound and unread", [][]Dispatch{{dispatch(a(0))}, {dispatch(a(w))}}, []bool{false, false}},
		{"overlap by a byte", [][]Dispatch{{dispatch(use{a: w, lo: 0, hi: 257})}, {dispatch(b(r))}}, []bool{false, true}},
		{"other bytes touched, one step", [][]Dispatch{{dispatch(part(w, 0)), dispatch(part(w, 1)), dispatch(part(r, 1))}}, []bool{false, false, true}},
		{"other bytes touched, two steps", [][]Dispatch{{dispatch(part(r, 0))}, {dispatch(part(w, 1))}}, []bool{false, true}},
	} {
		var steps []*Step
		for _, s := range c.steps {
			steps = append(steps, &Step{Dispatches: s})
		}
		count := barriers(steps)
		var got []bool
		for _, s := range steps {
			for _, d := range s.Dispatches {
				got = append(got, d.Barrier)
				if d.Barrier {
					count--
				}
			}
		}
		require.Equal(t, c.want, got, c.name)
		require.Zero(t, count, c.name)
	}
	other := dispatch(a(r))
	other.Bound[0].ID = 1
	require.Zero(t, barriers([]*Step{{Dispatches: []Dispatch{dispatch(a(w)), other}}}), "another allocation")
}

// sgdGraph updates one parameter, as the arguments say.
func sgdGraph(param func(g *graph.Graph, v *graph.Variable) graph.Value, after func(g *graph.Graph, v *graph.Variable, old, updated graph.Value)) *graph.Graph {
	g := graph.New()
	v := &graph.Variable{Name: "w", Type: tensor.F32(64)}
	p := param(g, v)
	flat := graph.Pack(g.Read(v).MulScalar(2))
	out := g.Apply(kernels.SGD, cpuref.SGDAttrs{N: 1}, p, flat, g.Input("lr", tensor.F32()), g.Scalar(1))
	if g.Err() == nil {
		after(g, v, p, out[0])
	}
	return g
}

func TestInPlaceRules(t *testing.T) {
	read := func(g *graph.Graph, v *graph.Variable) graph.Value { return g.Read(v) }
	assign := func(g *graph.Graph, v *graph.Variable, _, updated graph.Value) { g.Assign(v, updated) }
	for name, target := range targets() {
		build := func(g *graph.Graph) (*Plan, error) {
			require.NoError(t, g.Err())
			return Build(g, target, Options{})
		}
		p, err := build(sgdGraph(read, assign))
		require.NoError(t, err)
		last := p.Steps[len(p.Steps)-1]
		require.Equal(t, "sgd", last.Node.Op.Name, name)
		require.Equal(t, last.In[0], last.Out[0], "updated where it lies")

		_, err = build(sgdGraph(func(g *graph.Graph, v *graph.Variable) graph.Value { return g.Read(v).AddScalar(1) }, assign))
		require.ErrorContains(t, err, "sgd: operand 0 must be a variable, since it is updated in place")

		_, err = build(sgdGraph(read, func(g *graph.Graph, _ *graph.Variable, _, updated graph.Value) { g.Output("y", updated) }))
		require.ErrorContains(t, err, `sgd: output 0 must be assigned to variable "w", which it overwrites`)

		_, err = build(sgdGraph(read, func(g *graph.Graph, v *graph.Variable, old, updated graph.Value) {
			g.Assign(v, updated)
			g.Output("sum", old.Add(updated))
		}))
		require.ErrorContains(t, err, `variable "w" is read by a step that depends on its update`)

		// What reads the old value, and doesn't depend on the new, comes first.
		g := sgdGraph(read, func(g *graph.Graph, v *graph.Variable, old, updated graph.Value) {
			g.Assign(v, updated)
			g.Output("twice", old.Exp())
			g.Output("new", updated)
		})
		p, err = build(g)
		require.NoError(t, err)
		require.NoError(t, simulate(g, p, SideBySide(Vars(g))))
	}
}

// Parameters side by side are updated by one dispatch, however the State lies.
func TestRuns(t *testing.T) {
	var vars []*graph.Variable
	g := graph.New()
	var in, grads []graph.Value
	for _, n := range []int{64, 5, 100, 7} {
		v := &graph.Variable{Name: "v", Type: tensor.F32(n)}
		vars = append(vars, v)
		in = append(in, g.Read(v))
		grads = append(grads, g.Read(v).MulScalar(3))
	}
	in = append(in, graph.Pack(grads...), g.Input("lr", tensor.F32()), g.Scalar(1))
	for i, o := range g.Apply(kernels.SGD, cpuref.SGDAttrs{N: 4}, in...) {
		g.Assign(vars[i], o)
	}
	require.NoError(t, g.Err())
	require.Equal(t, vars, Vars(g))
	runs := func(layout Layout) []kernels.Run {
		p, err := Build(g, software(), Options{Layout: layout})
		require.NoError(t, err)
		require.NoError(t, simulate(g, p, layout))
		s := p.Steps[len(p.Steps)-1]
		require.Len(t, s.Dispatches, len(s.Call.Runs))
		return s.Call.Runs
	}
	require.Equal(t, []kernels.Run{{First: 0, Count: 4, Offset: 0, Elems: 320}}, runs(SideBySide(vars)))

	moved := func(off, id int) Layout {
		return func(v *graph.Variable) Place {
			pl := SideBySide(vars)(v)
			if v == vars[2] || v == vars[3] {
				pl.Off, pl.ID = pl.Off+off, id
			}
			return pl
		}
	}
	two := []kernels.Run{{First: 0, Count: 2, Offset: 0, Elems: 128}, {First: 2, Count: 2, Offset: 128, Elems: 192}}
	require.Equal(t, two, runs(moved(256, 0)), "a gap between them")
	require.Equal(t, two, runs(moved(0, 1)), "another allocation")

	reversed := []*graph.Variable{vars[3], vars[2], vars[1], vars[0]}
	require.Len(t, runs(SideBySide(reversed)), 4)
}

// An output is computed where the host reads it, unless it is read again or was
// there before.
func TestOutputs(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.F32(8))
	y := x.Exp()
	z := y.Tanh()
	g.Output("direct", z.Reshape(2, 4))
	g.Output("read again", y)
	g.Output("given", x)
	g.Output("packed", graph.Pack(x.Log()))
	for name, target := range targets() {
		layout := SideBySide(nil)
		p, err := Build(g, target, Options{Layout: layout})
		require.NoError(t, err)
		require.NoError(t, simulate(g, p, layout), name)
		var copied []Place
		for _, s := range p.Steps {
			if s.Node == nil {
				copied = append(copied, s.Out[0])
			}
		}
		require.Equal(t, []Place{p.Outputs[1].Place, p.Outputs[2].Place, p.Outputs[3].Place}, copied, name)
	}
}

// A step's error names the user's line, the op and what the device lacks.
func TestForcedVariantThatDoesNotServe(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.F32(8, 8))
	g.Output("y", x.MatMul(x))
	_, err := Build(g, kernels.MinimalVulkan(), Options{Choices: kernels.Choices{"matmul": "subgroup"}})
	require.ErrorContains(t, err, "rules_test.go:")
	require.ErrorContains(t, err, `matmul: variant "subgroup" doesn't serve`)
}

package plan

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

// simulator runs a plan on memory whose words say which value they belong to:
// an operand that was overwritten too early, or computed too late, shows.
type simulator struct {
	g   *graph.Graph
	p   *Plan
	mem map[string]word // by "slab id word"
	err error
}

// word is whose a word is: value·2^32 + index. What is packed where it was
// computed is a word of two values.
type word struct{ owner, part int64 }

const junk = -1

func (s *simulator) words(pl Place, f func(key string, i int)) {
	for i := range pl.Bytes / 4 {
		f(fmt.Sprint(pl.Slab, pl.ID, pl.Off/4+i), i)
	}
}

func token(r kernels.Ref, i int) int64 { return int64(r)<<32 + int64(i) }

func (s *simulator) write(pl Place, r kernels.Ref) {
	s.words(pl, func(key string, i int) {
		s.mem[key] = word{junk, junk}
		if r >= 0 {
			s.mem[key] = word{token(r, i), junk}
		}
	})
}

func (s *simulator) check(what string, pl Place, r kernels.Ref) {
	if want := s.g.ValueOf(r).Type().Bytes(); pl.Bytes != want && s.err == nil {
		s.err = fmt.Errorf("%s: value %d has %d bytes, its place %v", what, r, want, pl)
	}
	r = root(s.g, r)
	s.words(pl, func(key string, i int) {
		got, ok := s.mem[key]
		if want := token(r, i); (!ok || got.owner != want && got.part != want) && s.err == nil {
			s.err = fmt.Errorf("%s: word %d of value %d at %v is %d of value %d", what, i, r, pl, got.owner&0xffffffff, got.owner>>32)
		}
	})
}

// result is the value a step ends in, after fusion.
func result(s *Step) kernels.Ref {
	if k := len(s.Fused); k > 0 {
		return s.Fused[k-1].Out[0]
	}
	return s.Node.Out[0]
}

// extras are the values that a step's fused ops read besides its own.
func extras(g *graph.Graph, s *Step) []kernels.Ref {
	var refs []kernels.Ref
	value := s.Node.Out[0]
	for _, f := range s.Fused {
		for _, r := range f.In {
			m := g.Maker(root(g, r))
			if r != value && !(m.Kind == graph.ConstNode && g.ValueOf(r).Type().Elems() == 1) {
				refs = append(refs, r)
			}
		}
		value = f.Out[0]
	}
	return refs
}

func overlap(a, b Place) bool {
	return a.Bytes > 0 && b.Bytes > 0 && a.Slab == b.Slab && a.ID == b.ID && a.Off < b.Off+b.Bytes && b.Off < a.Off+a.Bytes
}

func (s *simulator) step(i int, st *Step) {
	if st.Node == nil {
		src := map[int]word{}
		s.words(st.In[0], func(key string, i int) { src[i] = s.mem[key] })
		s.words(st.Out[0], func(key string, i int) { s.mem[key] = src[i] })
		return
	}
	what := fmt.Sprintf("step %d %s", i, st.Node.Op.Name)
	for k, r := range st.Node.In {
		if r != kernels.NoRef {
			s.check(what, st.In[k], r)
		}
	}
	for k, r := range extras(s.g, st) {
		s.check(what+" epilogue", st.Extra[k], r)
	}
	inPlace := st.Node.Op.Flat != nil || st.Node.Op.Name == kernels.PackName
	reads := append(append([]Place{}, st.In...), st.Extra...)
	for k, w := range st.Work {
		for _, o := range append(append(reads[:len(reads):len(reads)], st.Out...), st.Work[:k]...) {
			if overlap(w, o) && s.err == nil {
				s.err = fmt.Errorf("%s: workspace %v overlaps %v", what, w, o)
			}
		}
		s.write(w, junk)
	}
	for k, o := range st.Out {
		for _, in := range reads {
			if overlap(o, in) && !inPlace && s.err == nil {
				s.err = fmt.Errorf("%s: output %v overlaps input %v", what, o, in)
			}
		}
		r := st.Node.Out[k]
		if k == 0 {
			r = result(st)
		}
		kept := map[string]int64{}
		for _, in := range st.In {
			if st.Node.Op.Name == kernels.PackName && overlap(in, o) {
				s.words(in, func(key string, _ int) { kept[key] = s.mem[key].owner })
			}
		}
		s.write(o, r)
		for key, part := range kept {
			s.mem[key] = word{s.mem[key].owner, part}
		}
	}
}

// simulate says what is wrong with a plan's memory.
func simulate(g *graph.Graph, p *Plan, layout Layout) error {
	s := &simulator{g: g, p: p, mem: map[string]word{}}
	consts, inputs := map[*tensor.Tensor]Place{}, map[string]Place{}
	for _, c := range p.Consts {
		consts[c.Tensor] = c.Place
	}
	for _, in := range p.Inputs {
		inputs[in.Name] = in.Place
	}
	for _, n := range g.Nodes {
		switch n.Kind {
		case graph.InputNode:
			s.write(inputs[n.Name], n.Out[0])
		case graph.ConstNode:
			if pl, ok := consts[n.Const]; ok {
				s.write(pl, n.Out[0])
			}
		case graph.ReadNode:
			s.write(layout(n.Var), n.Out[0])
		}
	}
	for i, st := range p.Steps {
		s.step(i, st)
		for _, pl := range append(append([]Place{}, st.Out...), st.Work...) {
			if pl.Slab == Arena && pl.Bytes > 0 && (pl.ID >= len(p.ArenaBytes) || pl.Off+pl.Bytes > p.ArenaBytes[pl.ID]) {
				return fmt.Errorf("step %d writes %v of an arena of %v bytes", i, pl, p.ArenaBytes)
			}
			if pl.Off%Align != 0 {
				return fmt.Errorf("step %d: %v is not aligned", i, pl)
			}
		}
	}
	for i, o := range g.Outputs {
		s.check("output "+o.Name, p.Outputs[i].Place, o.Ref)
	}
	for _, a := range g.Assigns {
		s.check("variable "+a.Var.Name, layout(a.Var), a.Ref)
	}
	return s.err
}

// randomGraph mixes ops of several shapes, views, fusible chains, outputs read
// elsewhere, and variables that are assigned each other's values.
func randomGraph(rng *tensor.Philox) *graph.Graph {
	g := graph.New()
	n := 4 + 4*rng.Intn(3)
	a := &graph.Variable{Name: "a", Type: tensor.F32(n, n)}
	b := &graph.Variable{Name: "b", Type: tensor.F32(n, n)}
	bias := &graph.Variable{Name: "bias", Type: tensor.F32(n)}
	vals := []graph.Value{g.Read(a), g.Read(b), g.Input("x", tensor.F32(n, n)), g.Const(tensor.New(tensor.F32(n, n)))}
	pick := func() graph.Value { return vals[len(vals)-1-rng.Intn(min(len(vals), 6))] }
	for range 5 + rng.Intn(30) {
		v := pick()
		switch rng.Intn(9) {
		case 0:
			v = v.MatMul(pick())
		case 1:
			v = v.MatMulT(pick()).Add(g.Read(bias)).Relu()
		case 2:
			v = v.Add(pick())
		case 3:
			v = v.Reshape(n*n).Mul(pick().Reshape(n*n)).Reshape(n, n)
		case 4:
			v = v.Transpose(0, 1)
		case 5:
			v = v.Softmax(1)
		case 6:
			v = v.MatMul(pick()).Mul(pick()).Tanh()
		case 7:
			v = v.SumKeep(1).Add(pick())
		case 8:
			v = graph.Concat(0, v, pick()).Narrow(0, rng.Intn(n), n)
		}
		vals = append(vals, v)
	}
	for i := range 1 + rng.Intn(3) {
		g.Output(fmt.Sprint("y", i), pick())
	}
	g.Output("flat", graph.Pack(pick(), pick().Exp(), pick().Sum()))
	g.Assign(a, pick())
	if rng.Intn(2) == 0 {
		g.Assign(b, g.Read(a))
	} else {
		g.Assign(b, pick().Reshape(n, n))
	}
	return g
}

// No value is overwritten while something still reads it, workspaces included,
// whatever the graph, the device, fusion, and the size of an allocation.
func TestMemoryIsNeverSharedByTheLiving(t *testing.T) {
	for seed := range 25 {
		for name, target := range targets() {
			for _, maxAlloc := range []int{target.MaxAlloc, 2048} {
				for _, noFuse := range []bool{false, true} {
					g := randomGraph(&tensor.Philox{Seed: uint64(seed)})
					require.NoError(t, g.Err())
					tt := *target
					tt.MaxAlloc = maxAlloc
					layout := SideBySide(Vars(g))
					p, err := Build(g, &tt, Options{Layout: layout, NoFuse: noFuse})
					require.NoError(t, err)
					require.NoError(t, simulate(g, p, layout), "seed %d on %s, fusion off: %v, allocations of %d\n%v", seed, name, noFuse, maxAlloc, p)
					require.NoError(t, hazards(p), "seed %d on %s\n%v", seed, name, p)
				}
			}
		}
	}
}

// hazards looks for two dispatches without a barrier between them, of different
// steps, one of which writes what the other has bound.
func hazards(p *Plan) error {
	type use struct {
		step int
		d    *Dispatch
	}
	var since []use
	for i, s := range p.Steps {
		for k := range s.Dispatches {
			d := &s.Dispatches[k]
			if d.Barrier {
				since = nil
			}
			for _, u := range since {
				for _, x := range u.d.Bound {
					for _, y := range d.Bound {
						if u.step != i && x.Access != 0 && y.Access != 0 && (x.Access|y.Access)&kernels.Write != 0 && overlap(x.Place, y.Place) {
							return fmt.Errorf("steps %d and %d meet at %v and %v without a barrier", u.step, i, x.Place, y.Place)
						}
					}
				}
			}
			since = append(since, use{step: i, d: d})
		}
	}
	return nil
}

func TestTrainingStepsMemory(t *testing.T) {
	for name, target := range targets() {
		g := mlpStep(t)
		layout := SideBySide(Vars(g))
		p, err := Build(g, target, Options{Layout: layout})
		require.NoError(t, err)
		require.NoError(t, simulate(g, p, layout), name)
		require.NoError(t, hazards(p), name)
		for _, s := range p.Steps {
			if s.Node != nil && s.Node.Op.Name == kernels.PackName {
				require.Empty(t, s.Dispatches, "gradients are computed in place")
			}
		}
	}
}

// A gradient that two parameters share is computed in one's place and copied to
// the other's; one of an LSTM's biases is such.
func TestSharedGradientIsCopied(t *testing.T) {
	var m struct{ L nn.LSTM }
	m.L = nn.LSTM{In: 3, Hidden: 4}
	vars, err := nn.Init(&m, 1)
	require.NoError(t, err)
	g := graph.New()
	y, _, _ := m.L.Forward(g.Input("x", tensor.F32(5, 2, 3)), graph.Value{}, graph.Value{})
	loss := y.Square().Mean()
	optim.SGD{LR: 1}.For(vars).Apply(graph.Grad(loss, reads(g, vars)...), 0)
	for name, target := range targets() {
		layout := SideBySide(Vars(g))
		p, err := Build(g, target, Options{Layout: layout})
		require.NoError(t, err)
		require.NoError(t, simulate(g, p, layout), name)
		for _, s := range p.Steps {
			if s.Node != nil && s.Node.Op.Name == kernels.PackName && target.Kind == kernels.Vulkan {
				require.Len(t, s.Dispatches, 1)
			}
		}
	}
}

func TestMemoryError(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.F32(1024, 1024))
	g.Output("y", x.Exp().MatMul(x).Sum())
	tt := software()
	tt.Memory = 6 << 20
	_, err := Build(g, tt, Options{})
	var me *MemoryError
	require.True(t, errors.As(err, &me))
	require.Equal(t, 6<<20, me.Have)
	require.Greater(t, me.Need, 12<<20)
	require.ErrorContains(t, err, "MiB, the device has 6.0 MiB; the largest buffers: exp float32[1024 1024] 4.0 MiB; matmul float32[1024 1024] 4.0 MiB;")
	require.ErrorContains(t, err, "a batch 0.50 times this size would fit")
	tt.Memory = 2 * me.Need
	_, err = Build(g, tt, Options{})
	require.NoError(t, err)
}

// The lower bound is what one step needs at once, and knows which part of it is
// workspace.
func TestTheLowerBoundKnowsItsWorkspaces(t *testing.T) {
	g := graph.New()
	index, dy := g.Input("index", tensor.I32(30)), g.Input("dy", tensor.F32(30, 8))
	g.Output("sum", g.Apply(kernels.EmbeddingGrad, cpuref.EmbeddingGradAttrs{Rows: 50}, index, dy)[0].Sum())
	p, err := Build(g, software(), Options{NoFuse: true})
	require.NoError(t, err)
	work := 0
	for _, w := range p.Steps[0].Work {
		work += roundUp(w.Bytes)
	}
	require.Positive(t, work)
	require.Equal(t, work, p.BoundWork)
	require.Equal(t, work+roundUp(4*50*8), p.LowerBound, "the gradient and its workspaces are alive at once")

	mlp, err := Build(mlpStep(t), software(), Options{})
	require.NoError(t, err)
	require.LessOrEqual(t, mlp.BoundWork, mlp.LowerBound)
	require.LessOrEqual(t, mlp.LowerBound, sum(mlp.ArenaBytes))
}

func sum(x []int) (total int) {
	for _, v := range x {
		total += v
	}
	return total
}

package nn_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

// onCPU compiles a graph over a model's variables on the CPU.
func onCPU(t *testing.T, model any, build func(g *graph.Graph)) (*engine.State, *engine.Program, []*graph.Variable) {
	t.Helper()
	vars, err := nn.Init(model, 1)
	require.NoError(t, err)
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	t.Cleanup(func() { dev.Close() })
	st, err := engine.NewState(dev)
	require.NoError(t, err)
	t.Cleanup(func() { st.Close() })
	for _, v := range vars {
		require.NoError(t, st.Bind(v))
	}
	p, err := engine.Compile(st, build)
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return st, p, vars
}

func run(t *testing.T, p *engine.Program, in engine.Feeds, name string) *tensor.Tensor {
	t.Helper()
	tk, err := p.Run(in)
	require.NoError(t, err)
	y, err := tk.Tensor(name)
	require.NoError(t, err)
	return y
}

// Two channels of values 1 3 and 10 30 in the first, 5 7 and 50 70 in the second:
// means 4 and 40, squared deviations 9 1 1 9 and 900 100 100 900.
func TestBatchNormAgainstNumbersByHand(t *testing.T) {
	m := &struct{ BN nn.BatchNorm1d }{nn.BatchNorm1d{Features: 2}}
	x := tensor.FromF32([]float32{1, 3, 10, 30, 5, 7, 50, 70}, 2, 2, 2)
	st, p, vars := onCPU(t, m, func(g *graph.Graph) {
		g.SetTrain(true)
		g.Output("y", m.BN.Forward(g.Input("x", x.Type)))
	})
	names := make([]string, len(vars))
	for i, v := range vars {
		names[i] = v.Name
	}
	require.Equal(t, []string{"bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "bn.num_batches_tracked"}, names)
	y := run(t, p, engine.Feeds{"x": x}, "y")
	a, b := math.Sqrt(5+1e-5), math.Sqrt(500+1e-5)
	for i, want := range []float64{-3 / a, -1 / a, -30 / b, -10 / b, 1 / a, 3 / a, 10 / b, 30 / b} {
		require.InDelta(t, want, y.At(i), 1e-6)
	}
	get := func(i int) *tensor.Tensor {
		v, err := st.Get(vars[i])
		require.NoError(t, err)
		return v
	}
	require.InDeltaSlice(t, []float32{0.4, 4}, get(2).F32, 1e-6)
	require.InDeltaSlice(t, []float32{0.9 + 0.1*20/3, 0.9 + 0.1*2000/3}, get(3).F32, 1e-4) // by 3, not 4
	require.Equal(t, []int32{1}, get(4).I32)
}

// Evaluation takes the running statistics, so that an example by itself has a result.
func TestBatchNormInEvaluation(t *testing.T) {
	m := &struct{ BN nn.BatchNorm2d }{nn.BatchNorm2d{Features: 1, Eps: 3}}
	x := tensor.FromF32([]float32{6}, 1, 1, 1, 1)
	_, p, _ := onCPU(t, m, func(g *graph.Graph) { g.Output("y", m.BN.Forward(g.Input("x", x.Type))) })
	require.InDelta(t, 3, run(t, p, engine.Feeds{"x": x}, "y").At(0), 1e-6) // (6 - 0)/sqrt(1 + 3)
}

func TestABatchNormUsedTwiceTracksTwoBatches(t *testing.T) {
	m := &struct{ BN nn.BatchNorm1d }{nn.BatchNorm1d{Features: 1, Cumulative: true}}
	x, z := tensor.FromF32([]float32{1, 3}, 2, 1), tensor.FromF32([]float32{10, 20}, 2, 1)
	st, p, vars := onCPU(t, m, func(g *graph.Graph) {
		g.SetTrain(true)
		g.Output("y", m.BN.Forward(g.Input("x", x.Type)).Add(m.BN.Forward(g.Input("z", z.Type))))
	})
	run(t, p, engine.Feeds{"x": x, "z": z}, "y")
	for i, want := range map[int]float64{2: (2 + 15) / 2.0, 3: (2 + 50) / 2.0, 4: 2} {
		v, err := st.Get(vars[i])
		require.NoError(t, err)
		require.InDelta(t, want, v.At(0), 1e-5)
	}
}

// Values far from 0 keep what they differ by: 1e4 ± 1 in float32.
func TestNormalisationFarFromZero(t *testing.T) {
	m := &struct{ LN nn.LayerNorm }{nn.LayerNorm{Shape: []int{4}}}
	x := tensor.FromF32([]float32{10001, 9999, 10001, 9999}, 1, 4)
	_, p, _ := onCPU(t, m, func(g *graph.Graph) { g.Output("y", m.LN.Forward(g.Input("x", x.Type))) })
	require.InDeltaSlice(t, []float32{1, -1, 1, -1}, run(t, p, engine.Feeds{"x": x}, "y").F32, 1e-5)
}

func TestNormsAgainstNumbersByHand(t *testing.T) {
	x := tensor.FromF32([]float32{1, 2, 3, 4, 5, 6, 7, 8}, 1, 4, 2)
	third := math.Sqrt(7.5) // root of the mean of 1 4 9 16
	m := &struct {
		Group    nn.GroupNorm
		Instance nn.InstanceNorm1d
		RMS      nn.RMSNorm
		LRN      nn.LocalResponseNorm
	}{nn.GroupNorm{Groups: 2, Channels: 4}, nn.InstanceNorm1d{Features: 4}, nn.RMSNorm{Shape: []int{4}}, nn.LocalResponseNorm{Size: 2, Alpha: 2, Beta: 1, K: 1}}
	_, p, _ := onCPU(t, m, func(g *graph.Graph) {
		v := g.Input("x", x.Type)
		g.Output("group", m.Group.Forward(v))
		g.Output("instance", m.Instance.Forward(v))
		g.Output("rms", m.RMS.Forward(v.Reshape(2, 4)))
		g.Output("lrn", m.LRN.Forward(v))
	})
	tk, err := p.Run(engine.Feeds{"x": x})
	require.NoError(t, err)
	g, h := math.Sqrt(1.25+1e-5), math.Sqrt(0.25+1e-5)
	for name, want := range map[string][]float64{
		"group":    {-1.5 / g, -0.5 / g, 0.5 / g, 1.5 / g, -1.5 / g, -0.5 / g, 0.5 / g, 1.5 / g},
		"instance": {-0.5 / h, 0.5 / h, -0.5 / h, 0.5 / h, -0.5 / h, 0.5 / h, -0.5 / h, 0.5 / h},
		"rms":      {1 / third, 2 / third, 3 / third, 4 / third},
		// the channel and the one before it: 1 + x² + before²
		"lrn": {1 / 2.0, 2 / 5.0, 3 / 11.0, 4 / 21.0, 5 / 35.0, 6 / 53.0, 7 / 75.0, 8 / 101.0},
	} {
		y, err := tk.Tensor(name)
		require.NoError(t, err)
		for i, w := range want {
			require.InDelta(t, w, y.At(i), 1e-6, "%s %d", name, i)
		}
	}
}

func TestNormsNameShapesThatDontFit(t *testing.T) {
	m := &struct {
		BN nn.BatchNorm2d
		LN nn.LayerNorm
	}{nn.BatchNorm2d{Features: 3}, nn.LayerNorm{Shape: []int{4}}}
	_, err := nn.Init(m, 1)
	require.NoError(t, err)
	for want, add := range map[string]func(g *graph.Graph) graph.Value{
		"BatchNorm2d: x is [2 4 1 1], wants [B 3 ..]":      func(g *graph.Graph) graph.Value { return m.BN.Forward(g.Zeros(2, 4, 1, 1)) },
		"BatchNorm2d: x [1 3 1 1] has one value for each":  func(g *graph.Graph) graph.Value { return m.BN.Forward(g.Zeros(1, 3, 1, 1)) },
		"LayerNorm: x is [2 5], wants the last dimensions": func(g *graph.Graph) graph.Value { return m.LN.Forward(g.Zeros(2, 5)) },
		"group_norm: 5 channels of [1 5 2] don't make 2": func(g *graph.Graph) graph.Value {
			return g.Zeros(1, 5, 2).GroupNorm(2, graph.Value{}, graph.Value{}, 1e-5)
		},
		"local_response_norm: [2 3] over 2 channels: wants ": func(g *graph.Graph) graph.Value { return g.Zeros(2, 3).LocalResponseNorm(2, 1, 1, 1) },
	} {
		g := graph.New()
		g.SetTrain(true)
		add(g)
		require.ErrorContains(t, g.Err(), want)
	}
}

// The statistics can be differentiated too: as what ordinary ops make of them.
func TestTheStatisticsHaveGradients(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.F32(3, 2, 4))
	_, mean, variance := x.BatchNorm(graph.Value{}, graph.Value{}, 1e-5)
	m := x.MeanKeep(0, 2)
	v := x.Sub(m).Square().Mean(0, 2)
	for name, stats := range map[string][2]graph.Value{"fused": {mean, variance}, "ops": {m.Reshape(2), v}} {
		loss := stats[0].Exp().Sum().Add(stats[1].Square().Sum())
		g.Output(name, graph.Grad(loss, x)[0])
	}
	out, _, err := engine.Oracle(g, engine.Feeds{"x": gauss(6, 3, 2, 4)}, nil)
	require.NoError(t, err)
	require.InDeltaSlice(t, out["ops"].F64, out["fused"].F64, 1e-7)
}

// Running statistics of instances follow the average of the examples, and serve
// evaluation; an example without a batch is a batch of one.
func TestInstanceNormWithRunningStatistics(t *testing.T) {
	m := &struct{ IN nn.InstanceNorm1d }{nn.InstanceNorm1d{Features: 1, Running: true, Momentum: 0.5}}
	x := tensor.FromF32([]float32{1, 3, 10, 20}, 2, 1, 2)
	st, p, vars := onCPU(t, m, func(g *graph.Graph) {
		g.SetTrain(true)
		g.Output("y", m.IN.Forward(g.Input("x", x.Type)))
	})
	y := run(t, p, engine.Feeds{"x": x}, "y")
	require.InDeltaSlice(t, []float32{-1, 1, -1, 1}, y.F32, 1e-4)
	for i, want := range []float64{0.5 * (2 + 15) / 2, 0.5 + 0.5*(2+50)/2} {
		v, err := st.Get(vars[i])
		require.NoError(t, err)
		require.InDelta(t, want, v.At(0), 1e-5)
	}
	eval, err := engine.Compile(st, func(g *graph.Graph) { g.Output("y", m.IN.Forward(g.Input("x", tensor.F32(1, 2)))) })
	require.NoError(t, err)
	defer eval.Close()
	y = run(t, eval, engine.Feeds{"x": tensor.FromF32([]float32{4.25, 5.25}, 1, 2)}, "y")
	require.InDeltaSlice(t, []float32{0, float32(1 / math.Sqrt(13.5))}, y.F32, 1e-6)
}

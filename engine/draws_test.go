package engine_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/tensor"
)

// draws runs a training graph that names its outputs, steps times.
func draws(t *testing.T, d *engine.Device, seed uint32, steps int, build func(g *graph.Graph)) []map[string]*tensor.Tensor {
	t.Helper()
	st, err := engine.NewState(d)
	require.NoError(t, err)
	defer st.Close()
	p, err := engine.Compile(st, func(g *graph.Graph) {
		g.SetTrain(true)
		build(g)
	})
	require.NoError(t, err)
	defer p.Close()
	p.Seed = seed
	var all []map[string]*tensor.Tensor
	for range steps {
		tk, err := p.Run(engine.Feeds{})
		require.NoError(t, err)
		out := map[string]*tensor.Tensor{}
		for _, io := range p.Plan().Outputs {
			y, err := tk.Tensor(io.Name)
			require.NoError(t, err)
			out[io.Name] = y.Clone()
		}
		require.NoError(t, tk.Wait())
		all = append(all, out)
	}
	return all
}

// ramp is 1/n, 2/n, .. 1, reshaped.
func ramp(g *graph.Graph, shape ...int) graph.Value {
	t := tensor.New(tensor.F32(shape...))
	for i := range t.F32 {
		t.F32[i] = float32(i+1) / float32(len(t.F32))
	}
	return g.Const(t)
}

// Numbers are drawn without rounding, so that every device has the same bits; for
// normal numbers, which take functions, the op's tolerance is 4 ulp.
func TestDrawsAreTheSameBitsOnEveryDevice(t *testing.T) {
	build := func(g *graph.Graph) {
		g.Output("uniform", g.Uniform(3, 1031))
		g.Output("bernoulli", g.Bernoulli(0.3, 2053))
		g.Output("bernoulli of each", ramp(g, 2053).Bernoulli())
		g.Output("permutation", g.Permutation(1031))
		g.Output("dropout", ramp(g, 7, 150).Dropout(0.3))
		g.Output("dropout1d", ramp(g, 6, 5, 7).Dropout1d(0.3))
		g.Output("dropout2d", ramp(g, 6, 5, 3, 4).Dropout2d(0.3))
		g.Output("normal", g.Normal(2053))
	}
	var want []map[string]*tensor.Tensor
	for i, d := range devtest.Devices() {
		got := draws(t, d.Device, 5, 2, build)
		if i == 0 {
			want = got
			continue
		}
		for step := range got {
			for name, y := range want[step] {
				if name != "normal" {
					require.Equal(t, y, got[step][name], "%s, step %d on %s and %s", name, step, devtest.Devices()[0].Name, d.Name)
					continue
				}
				for k, v := range y.F32 {
					require.InEpsilon(t, v, got[step][name].F32[k], 8/float64(1<<23), "normal %d on %s", k, d.Name)
				}
			}
		}
	}
}

func TestDropoutAllocatesNothing(t *testing.T) {
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	defer dev.Close()
	st, err := engine.NewState(dev)
	require.NoError(t, err)
	defer st.Close()
	p, err := engine.Compile(st, func(g *graph.Graph) {
		g.SetTrain(true)
		g.Output("y", g.Normal(1<<16).Dropout(0.5).Mean())
	})
	require.NoError(t, err)
	defer p.Close()
	require.Zero(t, testing.AllocsPerRun(5, func() {
		tk, err := p.Run(engine.Feeds{})
		if err == nil {
			err = tk.Wait()
		}
		if err != nil {
			t.Error(err)
		}
	}))
}

// moments are the mean and the central moments of order 2 to 4.
func moments(x []float32) (m [5]float64) {
	n := float64(len(x))
	for _, v := range x {
		m[1] += float64(v) / n
	}
	for _, v := range x {
		d := float64(v) - m[1]
		for k, p := 2, d*d; k < 5; k, p = k+1, p*d {
			m[k] += p / n
		}
	}
	return m
}

// correlation of two draws of the same length.
func correlation(x, y []float32) float64 {
	a, b, sum := moments(x), moments(y), 0.0
	for i := range x {
		sum += (float64(x[i]) - a[1]) * (float64(y[i]) - b[1])
	}
	return sum / float64(len(x)) / math.Sqrt(a[2]*b[2])
}

// Within five standard errors of what the distributions promise.
func TestDrawsHaveTheirDistributions(t *testing.T) {
	const n = 1 << 16
	build := func(g *graph.Graph) {
		one := g.Scalar(1).Expand(n)
		g.Output("uniform", g.Uniform(n))
		g.Output("normal", g.Normal(n))
		g.Output("another", g.Normal(n))
		g.Output("bernoulli", g.Bernoulli(0.3, n))
		g.Output("dropout", one.Dropout(0.3))
		g.Output("alpha", g.Normal(n).AlphaDropout(0.3))
		g.Output("permutation", g.Permutation(n).Float())
	}
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	defer dev.Close()
	got := draws(t, dev, 1, 2, build)
	other := draws(t, dev, 2, 1, build)[0]
	se := 5 / math.Sqrt(n)
	for _, c := range []struct {
		name                         string
		mean, variance, skew, fourth float64
	}{
		{"uniform", 0.5, 1. / 12, 0, 1. / 80}, {"normal", 0, 1, 0, 3}, {"another", 0, 1, 0, 3},
		{"bernoulli", 0.3, 0.21, 0.3 * 0.7 * 0.4, 0.21 * (1 - 3*0.21)}, {"dropout", 1, 0.3 / 0.7, 0, 0}, {"alpha", 0, 1, 0, 0},
	} {
		m := moments(got[0][c.name].F32)
		require.InDelta(t, c.mean, m[1], se*math.Sqrt(c.variance), "mean of %s", c.name)
		require.InDelta(t, c.variance, m[2], se*2*c.variance, "variance of %s", c.name)
		if c.fourth > 0 {
			require.InDelta(t, c.skew, m[3], se*4, "third moment of %s", c.name)
			require.InDelta(t, c.fourth, m[4], se*10, "fourth moment of %s", c.name)
		}
	}
	for name, y := range got[0] {
		require.Less(t, math.Abs(correlation(y.F32[1:], y.F32[:n-1])), se, "%s, neighbours", name)
		require.Less(t, math.Abs(correlation(y.F32, got[1][name].F32)), se, "%s, next step", name)
		require.Less(t, math.Abs(correlation(y.F32, other[name].F32)), se, "%s, another seed", name)
	}
	require.Less(t, math.Abs(correlation(got[0]["normal"].F32, got[0]["another"].F32)), se, "draws of a step")
	seen := make([]bool, n)
	for _, v := range got[0]["permutation"].F32 {
		require.False(t, seen[int(v)])
		seen[int(v)] = true
	}
}

// Every order of three comes equally often.
func TestPermutationsAreFair(t *testing.T) {
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	defer dev.Close()
	const steps = 6000
	count := map[[3]int32]int{}
	for _, out := range draws(t, dev, 3, steps, func(g *graph.Graph) { g.Output("p", g.Permutation(3)) }) {
		count[[3]int32(out["p"].I32)]++
	}
	require.Len(t, count, 6)
	for p, k := range count {
		require.InDelta(t, steps/6, k, 5*math.Sqrt(steps*5./36), "%v", p)
	}
}

// The gradient is the mask that the forward pass drew, scaled; NaN isn't dropped.
func TestDropoutsGradientIsItsMask(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		for i, out := range draws(t, d.Device, 9, 2, func(g *graph.Graph) {
			x := g.Scalar(1).Expand(5, 207)
			y := x.Dropout(0.25)
			dx := graph.Grad(y.Sum(), x)[0]
			g.Output("y", y)
			g.Output("dx", dx)
			g.Output("nan", x.MulScalar(math.NaN()).Dropout(0.5))
			g.Output("all", x.Dropout(1))
		}) {
			y := out["y"].F32
			require.Equal(t, y, out["dx"].F32)
			kept := 0
			for k, v := range y {
				if v != 0 {
					require.Equal(t, float32(1/0.75), v)
					kept++
				}
				require.True(t, math.IsNaN(out["nan"].At(k)))
				require.Zero(t, out["all"].At(k))
			}
			require.InDelta(t, 0.75, float64(kept)/1035, 5*math.Sqrt(0.75*0.25/1035), "step %d", i)
		}
	})
}

// Whole channels are dropped, and kept whole.
func TestChannelDropoutsDropWholeChannels(t *testing.T) {
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	defer dev.Close()
	out := draws(t, dev, 4, 1, func(g *graph.Graph) {
		one := func(shape ...int) graph.Value { return g.Scalar(1).Expand(shape...) }
		g.Output("1d", one(20, 10, 12).Dropout1d(0.5))
		g.Output("1d without a batch", one(200, 12).Dropout1d(0.5))
		g.Output("2d", one(20, 10, 3, 4).Dropout2d(0.5))
		g.Output("3d", one(20, 10, 2, 2, 3).Dropout3d(0.5))
		g.Output("alpha", one(20, 10, 12).FeatureAlphaDropout(0.5))
	})[0]
	for name, y := range out {
		kept := 0
		for c := range 200 {
			channel := y.F32[12*c : 12*c+12]
			for _, v := range channel {
				require.Equal(t, channel[0], v, name)
			}
			if channel[0] > 0 {
				kept++
			}
		}
		require.InDelta(t, 100, kept, 36, name)
	}
}

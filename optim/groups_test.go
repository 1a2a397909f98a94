package optim_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

func names(vars []*graph.Variable) (ns []string) {
	for _, v := range vars {
		ns = append(ns, v.Name)
	}
	return ns
}

func TestGroupsHaveOptionsOfTheirOwnAndWhatNonePicksStays(t *testing.T) {
	gs := optim.Groups{
		{Match: optim.Named("b", "d"), Optimizer: optim.SGD{LR: 0.5, Momentum: 0.5}},
		{Name: "head", Match: optim.Named("a", "b"), Optimizer: optim.SGD{LR: 0.25, WeightDecay: 0.5, Maximize: true}},
		{Match: optim.Named("nobody"), Optimizer: optim.Adam{}},
	}
	ps := params(3, 66, 2, 5)
	r := gs.For(ps)
	require.Equal(t, []string{"b", "d", "a"}, names(r.Params))
	require.Equal(t, []string{"optim.0.momentum_buffer", "optim.0.step", "optim.head.step"}, names(r.State))
	require.Equal(t, []optim.Rate{{Input: "lr", Base: 0.5}, {Input: "lr.head", Base: 0.25}}, r.Rates)
	require.Equal(t, 0.5, gs.Rate())
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		got := train(t, d.Device, gs.For(params(3, 66, 2, 5)), 2, 0)
		for k, stream := range []int{1, 3, 0} {
			start, grads := drawn(stream, got[k].Elems())
			for i, p := range start {
				if stream == 0 {
					for s := range 2 {
						p += 0.25 * (grads[s][i] - 0.5*p)
					}
				} else {
					p -= 0.5*grads[0][i] + 0.5*(0.5*grads[0][i]+grads[1][i])
				}
				require.InDelta(t, p, got[k].At(i), 1e-6)
			}
		}
	})
}

// The norm is that of all groups together.
func TestClippingByEveryNormOverAllGroups(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		for _, p := range []float64{0, 1, 2, 3, math.Inf(1)} {
			for _, value := range []float64{0, 1} {
				gs := optim.Groups{{Match: optim.Named("a"), Optimizer: optim.SGD{LR: 1}}, {Optimizer: optim.SGD{LR: 1, Maximize: true}}}
				r := gs.For(params(5, 70))
				r.NormType, r.ClipValue = p, value
				got := train(t, d.Device, r, 1, 0.75)
				norm, clip := 0.0, func(g float64) float64 { return g }
				if value > 0 {
					clip = func(g float64) float64 { return min(max(g, -1), 1) }
				}
				power := p
				if p == 0 {
					power = 2
				}
				for k, n := range []int{5, 70} {
					_, grads := drawn(k, n)
					for _, g := range grads[0] {
						if math.IsInf(p, 1) {
							norm = max(norm, math.Abs(clip(g)))
						} else {
							norm += math.Pow(math.Abs(clip(g)), power)
						}
					}
				}
				if !math.IsInf(p, 1) {
					norm = math.Pow(norm, 1/power)
				}
				for k, n := range []int{5, 70} {
					start, grads := drawn(k, n)
					for i, w := range start {
						want := w + float64(2*k-1)*clip(grads[0][i])*0.75/(norm+1e-6)
						require.InDelta(t, want, got[k].At(i), 2e-6, "norm %v value %v", p, value)
					}
				}
			}
		}
	})
}

// ClipGradNorm of (3, 4) and (0) to 1 by the 2-norm divides by 5; what is small
// enough stays.
func TestClipGradsAsFunctions(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		defer st.Close()
		p, err := engine.Compile(st, func(g *graph.Graph) {
			grads := []graph.Value{g.Input("a", tensor.F32(2)), g.Input("b", tensor.F32(1))}
			clipped, norm := optim.ClipGradNorm(grads, 1, 2)
			g.Output("norm", norm)
			g.Output("small", clipped[0])
			same, _ := optim.ClipGradNorm(grads, 10, 1)
			g.Output("same", same[0])
			g.Output("value", optim.ClipGradValue(grads, 3.5)[0])
		})
		require.NoError(t, err)
		defer p.Close()
		tk, err := p.Run(engine.Feeds{"a": tensor.FromF32([]float32{3, -4}, 2), "b": tensor.New(tensor.F32(1))})
		require.NoError(t, err)
		for name, want := range map[string][]float64{"norm": {5}, "small": {0.6, -0.8}, "same": {3, -4}, "value": {3, -3.5}} {
			got, err := tk.Tensor(name)
			require.NoError(t, err)
			for i, w := range want {
				require.InDelta(t, w, got.At(i), 1e-6, name)
			}
		}
	})
}

// Three steps of -0.5 on a weight that begins at 0: -0.5, -1, -1.5.
func TestAveragesFollowTheWeightsAndSwap(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		for _, c := range []struct {
			how  optim.Averaging
			want []float64
		}{
			{optim.Averaging{}, []float64{-0.5, -0.75, -1, -1.25}},
			{optim.Averaging{Decay: 0.75}, []float64{-0.5, -0.625, -0.84375, -1.1328125}},
			{optim.Averaging{Start: 2, Every: 2}, []float64{0, -1, -1, -1.5}},
		} {
			w := &graph.Variable{Name: "w", Type: tensor.F32(3), Trainable: true}
			rule, avg := optim.SGD{LR: 0.5}.For([]*graph.Variable{w}), c.how.For([]*graph.Variable{w})
			require.Equal(t, []string{"average.w", "average.n_averaged", "average.step"}, names(append(avg.Averages, avg.State...)))
			st, err := engine.NewState(d.Device)
			require.NoError(t, err)
			p, err := engine.Compile(st, func(g *graph.Graph) {
				rule.Apply([]graph.Value{g.Input("g", w.Type)}, 0)
				avg.Update(g)
			})
			require.NoError(t, err)
			for step, want := range c.want {
				_, err := p.Run(engine.Feeds{"lr": tensor.Scalar(0.5), "g": tensor.FromF32([]float32{1, 1, 1}, 3)})
				require.NoError(t, err)
				got, err := st.Get(avg.Averages[0])
				require.NoError(t, err)
				require.InDelta(t, want, got.At(2), 1e-6, "%+v after step %d", c.how, step+1)
			}
			require.NoError(t, avg.Swap(st))
			now, err := st.Get(w)
			require.NoError(t, err)
			require.InDelta(t, c.want[3], now.At(0), 1e-6)
			kept, err := st.Get(avg.Averages[0])
			require.NoError(t, err)
			require.Equal(t, -2.0, kept.At(0))
			require.NoError(t, p.Close())
			require.NoError(t, st.Close())
			require.Error(t, avg.Swap(st))
		}
	})
}

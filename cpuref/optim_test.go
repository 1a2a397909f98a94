package cpuref

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func scalar(v float64) Arg[float64] { return Arg[float64]{Shape: []int{}, F: []float64{v}} }

// flat lays parameters out as the flat operands do.
func flat(params ...[]float64) Arg[float64] {
	var f []float64
	for _, p := range params {
		f = append(f, p...)
		f = append(f, make([]float64, flatNext(0, len(p))-len(p))...)
	}
	return Arg[float64]{Shape: []int{len(f)}, F: f}
}

func vec(v ...float64) Arg[float64] { return Arg[float64]{Shape: []int{len(v)}, F: v} }

// p = 1, g = 2 each step, lr 0.1, momentum 0.5, dampening 0.25: the buffer is 2
// at first, then 0.5·2 + 0.75·2 = 2.5, in place.
func TestSGDsFirstStepTakesTheGradientAsItsBuffer(t *testing.T) {
	p, q := vec(1), vec(1, -1)
	g, buf := flat([]float64{2}, []float64{2, 0}), flat([]float64{9}, []float64{9, 9})
	for step := 1; step <= 2; step++ {
		a := &Args[float64]{Attrs: SGDAttrs{N: 2, Momentum: .5, Dampening: .25},
			In:  []Arg[float64]{p, q, g, buf, scalar(.1), scalar(float64(step))},
			Out: []Arg[float64]{p, q, buf}}
		SGD(a)
	}
	require.InDelta(t, 1-.2-.25, p.F[0], 1e-15)
	require.InDeltaSlice(t, []float64{1 - .2 - .25, -1}, q.F, 1e-15)
	require.InDelta(t, 2.5, buf.F[0], 1e-15)
	require.InDelta(t, 2.5, buf.F[64], 1e-15)
	require.Zero(t, buf.F[1])
}

// Nesterov with decay: g = 0.5·4 + 0.1·1 = 2.1 (gscale 0.5), buf = g,
// p = 1 - 0.1·(2.1 + 0.9·2.1).
func TestSGDNesterovDecaysAndScalesTheGradient(t *testing.T) {
	p := vec(1)
	SGD(&Args[float64]{Attrs: SGDAttrs{N: 1, Momentum: .9, WeightDecay: .1, Nesterov: true},
		In:  []Arg[float64]{p, flat([]float64{4}), flat([]float64{0}), scalar(.1), scalar(1), scalar(.5)},
		Out: []Arg[float64]{p, flat([]float64{0})}})
	require.InDelta(t, 1-.1*(2.1*1.9), p.F[0], 1e-15)
}

// The first step of Adam is lr·g/(|g| + eps) whatever the betas; AdamW takes
// lr·decay·p besides, Adam puts the decay into g.
func TestAdamsFirstStepIsTheSignOfTheGradient(t *testing.T) {
	for _, c := range []struct {
		at   AdamAttrs
		want float64
	}{
		{AdamAttrs{N: 1, Beta1: .9, Beta2: .999, Eps: 1e-8}, 2 - .01*3/(3+1e-8)},
		{AdamAttrs{N: 1, Beta1: 0, Beta2: .999, Eps: 1e-8}, 2 - .01*3/(3+1e-8)},
		{AdamAttrs{N: 1, Beta1: .9, Beta2: .999, Eps: .5, WeightDecay: .1}, 2 - .01*3.2/(3.2+.5)},
		{AdamAttrs{N: 1, Beta1: .9, Beta2: .999, Eps: 1e-8, WeightDecay: .1, Decoupled: true}, 2 - .01*.1*2 - .01*3/(3+1e-8)},
	} {
		p, m, v := vec(2), flat([]float64{0}), flat([]float64{0})
		Adam(&Args[float64]{Attrs: c.at,
			In:  []Arg[float64]{p, flat([]float64{3}), m, v, scalar(.01), scalar(1)},
			Out: []Arg[float64]{p, m, v}})
		require.InDelta(t, c.want, p.F[0], 1e-14, "%+v", c.at)
	}
}

func TestAMSGradKeepsTheLargestSecondMomentAndNaN(t *testing.T) {
	p, m, v := vec(0, 0), flat([]float64{0, 0}), flat([]float64{1, 1})
	vmax := flat([]float64{5, math.NaN()})
	Adam(&Args[float64]{Attrs: AdamAttrs{N: 1, Beta1: .9, Beta2: .5, AMSGrad: true},
		In:  []Arg[float64]{p, flat([]float64{1, 1}), m, v, vmax, scalar(.1), scalar(1)},
		Out: []Arg[float64]{p, m, v, vmax}})
	require.InDelta(t, 1, v.F[0], 1e-15)
	require.InDelta(t, 5, vmax.F[0], 0)
	require.InDelta(t, -.1/math.Sqrt(5/.5), p.F[0], 1e-15) // m/(1-beta1) = g = 1
	require.True(t, math.IsNaN(p.F[1]))
}

func TestEmbeddingAndItsGradient(t *testing.T) {
	table := Arg[float64]{Shape: []int{3, 2}, F: []float64{1, 2, 3, 4, 5, 6}}
	idx := Arg[float64]{Shape: []int{5}, I: []int32{2, 0, 2, -1, 3}}
	y := zeros(5, 2)
	Embedding(&Args[float64]{In: []Arg[float64]{table, idx}, Out: []Arg[float64]{y}})
	require.Equal(t, []float64{5, 6, 1, 2, 5, 6, 0, 0, 0, 0}, y.F)

	dy := Arg[float64]{Shape: []int{5, 2}, F: []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}
	dt := zeros(3, 2)
	EmbeddingGrad(&Args[float64]{Attrs: EmbeddingGradAttrs{Rows: 3}, In: []Arg[float64]{idx, dy}, Out: []Arg[float64]{dt}})
	require.Equal(t, []float64{3, 4, 0, 0, 6, 8}, dt.F)
}

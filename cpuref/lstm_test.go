package cpuref

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vulgo-ml/vulgo/tensor"
)

func drawn(rng *tensor.Philox, shape ...int) Arg[float64] {
	a := Arg[float64]{Shape: shape, F: make([]float64, tensor.Shape(shape).Elems())}
	for i := range a.F {
		a.F[i] = rng.Uniform(-1, 1)
	}
	return a
}

func zeros(shape ...int) Arg[float64] {
	return Arg[float64]{Shape: shape, F: make([]float64, tensor.Shape(shape).Elems())}
}

// One unit, one step, worked by hand: z = gx + h·whh = (0, 0, 0, 0) gives
// i = f = o = 1/2, g = 0, so c = c0/2 = 1 and y = tanh(1)/2.
func TestLSTMOfOneUnitByHand(t *testing.T) {
	gx := Arg[float64]{Shape: []int{1, 1, 4}, F: []float64{-1, -2, -3, -4}}
	whh := Arg[float64]{Shape: []int{4, 1}, F: []float64{1, 2, 3, 4}}
	h0, c0 := Arg[float64]{Shape: []int{1, 1}, F: []float64{1}}, Arg[float64]{Shape: []int{1, 1}, F: []float64{2}}
	out := []Arg[float64]{zeros(1, 1, 1), zeros(1, 1), zeros(1, 1), zeros(1, 1, 4), {}}
	LSTM(&Args[float64]{Attrs: LSTMAttrs{}, In: []Arg[float64]{gx, whh, h0, c0}, Out: out})
	require.InDelta(t, math.Tanh(1)/2, out[0].F[0], 1e-15)
	require.Equal(t, out[0].F, out[1].F)
	require.InDelta(t, 1, out[2].F[0], 1e-15)
	require.InDeltaSlice(t, []float64{.5, .5, 0, .5}, out[3].F, 1e-15)
}

// L = sum of (y, hN, cN) times fixed weights; every gradient against central
// differences.
func TestLSTMGradIsTheFiniteDifference(t *testing.T) {
	const steps, n, h = 3, 2, 5
	for _, at := range []LSTMAttrs{{}, {Reverse: true}} {
		rng := &tensor.Philox{Seed: 7}
		in := []Arg[float64]{drawn(rng, steps, n, 4*h), drawn(rng, 4*h, h), drawn(rng, n, h), drawn(rng, n, h)}
		up := []Arg[float64]{drawn(rng, steps, n, h), drawn(rng, n, h), drawn(rng, n, h)}
		var gates, cs Arg[float64]
		loss := func() float64 {
			out := []Arg[float64]{zeros(steps, n, h), zeros(n, h), zeros(n, h), zeros(steps, n, 4*h), zeros(steps, n, h)}
			LSTM(&Args[float64]{Attrs: at, In: in, Out: out})
			gates, cs = out[3], out[4]
			l := 0.0
			for i, u := range up {
				for k, w := range u.F {
					l += w * out[i].F[k]
				}
			}
			return l
		}
		loss()
		got := []Arg[float64]{zeros(steps, n, 4*h), zeros(n, h), zeros(n, h)}
		LSTMGrad(&Args[float64]{Attrs: at, Out: got,
			In: []Arg[float64]{in[1], in[3], gates, cs, up[0], up[1], up[2], {}}})
		const eps = 1e-6
		for i, x := range []Arg[float64]{in[0], in[2], in[3]} {
			for k := range x.F {
				old := x.F[k]
				x.F[k] = old + eps
				hi := loss()
				x.F[k] = old - eps
				lo := loss()
				x.F[k] = old
				require.InDelta(t, (hi-lo)/(2*eps), got[i].F[k], 1e-8, "%+v: gradient %d, element %d", at, i, k)
			}
		}
	}
}

func TestLSTMGradTakesAbsentUpstreamGradientsAsZero(t *testing.T) {
	const steps, n, h = 2, 1, 3
	rng := &tensor.Philox{Seed: 3}
	whh, c0, gates, cs := drawn(rng, 4*h, h), drawn(rng, n, h), drawn(rng, steps, n, 4*h), drawn(rng, steps, n, h)
	run := func(dy, dhN, dcN Arg[float64]) []Arg[float64] {
		out := []Arg[float64]{zeros(steps, n, 4*h), zeros(n, h), zeros(n, h)}
		LSTMGrad(&Args[float64]{Attrs: LSTMAttrs{}, In: []Arg[float64]{whh, c0, gates, cs, dy, dhN, dcN, {}}, Out: out})
		return out
	}
	var no Arg[float64]
	dy, dh, dc := drawn(rng, steps, n, h), drawn(rng, n, h), drawn(rng, n, h)
	zy, z := zeros(steps, n, h), zeros(n, h)
	require.Equal(t, run(zy, dh, z), run(no, dh, no))
	require.Equal(t, run(dy, z, z), run(dy, no, no))
	require.Equal(t, run(zy, z, dc), run(no, no, dc))
}

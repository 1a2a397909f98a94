package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

type cpuArgs = cpuref.Args[float32]

func TestWithinHoldsEachTolerance(t *testing.T) {
	nan := math.NaN()
	want := tensor.FromF64([]float64{100, 1, 0, nan, math.Inf(1)}, 5)
	scale := tensor.FromF64([]float64{100, 1000, 1, 1, 1}, 5)
	got := func(change func(x []float64)) *tensor.Tensor {
		x := append([]float64(nil), want.F64...)
		change(x)
		return tensor.FromF64(x, 5)
	}
	step := 8 * unit // of 1
	for _, c := range []struct {
		tol    kernels.Tol
		change func(x []float64)
		ok     bool
	}{
		{kernels.Exact(), func([]float64) {}, true},
		{kernels.Exact(), func(x []float64) { x[1] += step }, false},
		{kernels.ULP(4), func(x []float64) { x[1] += step }, true},
		{kernels.ULP(3), func(x []float64) { x[1] += step }, false},
		{kernels.Sum(1), func(x []float64) { x[1] += step }, true},
		{kernels.Sum(1), func(x []float64) { x[1] += 1001 * unit }, false},
		{kernels.Max(1), func(x []float64) { x[2] += 99 * unit }, true},
		{kernels.Max(1), func(x []float64) { x[2] += 101 * unit }, false},
		{kernels.ULP(1), func(x []float64) { x[2] = normal / 2 }, true},
		{kernels.Max(1e9), func(x []float64) { x[0] = nan }, false},
		{kernels.Max(1e9), func(x []float64) { x[3] = 1 }, false},
		{kernels.Max(1e9), func(x []float64) { x[4] = 1 }, false},
		{kernels.Max(1e9), func(x []float64) { x[0] = math.Inf(1) }, false},
	} {
		err := within(c.tol, got(c.change), want, scale)
		require.Equal(t, c.ok, err == nil, "%v: %v", c.tol, err)
	}
	require.Error(t, within(kernels.Exact(), nil, want, scale))
	require.Error(t, within(kernels.Exact(), tensor.FromF64(want.F64, 5, 1), want, scale))
}

func TestRelativeErrors(t *testing.T) {
	want, from := tensor.FromF64([]float64{3, 4}, 2), tensor.FromF64([]float64{0, 4}, 2)
	got := tensor.FromF32([]float32{3, 4.5}, 2)
	require.Equal(t, 0.125, relMax(got, want))
	require.Equal(t, 0.1, relNorm(got, want, nil))
	require.InDelta(t, 0.5/3, relNorm(got, want, from), 1e-15)
	require.Zero(t, relNorm(want, want, want), "nothing changed and nothing should")
	_, err := near("x", relNorm(got, want, want), 1)
	require.Error(t, err, "something changed and nothing should")
	_, err = near("x", math.NaN(), 1)
	require.Error(t, err)
}

// drifting is a model whose output is another each time a graph is built: the
// device's differs from the oracle's.
type drifting struct {
	Net   mlp
	built int
}

func (m *drifting) Forward(x graph.Value) graph.Value {
	m.built++
	return m.Net.Forward(x).MulScalar(1 + float64(m.built)/100)
}

func TestAWrongTrainingStepIsRefused(t *testing.T) {
	n := net{"train/drifting", func() nn.Module {
		return &drifting{Net: mlp{Hidden: nn.Linear{In: 5, Out: 7}, Out: nn.Linear{In: 7, Out: 3}}}
	}, tensor.F32(4, 5), tensor.I32(4), kernels.FillDefault, 3}
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	_, err = n.prepare(t.Context(), dev)
	require.ErrorContains(t, err, "the loss is wrong: relative error")
	require.NoError(t, dev.Close(), "nothing is left open")
}

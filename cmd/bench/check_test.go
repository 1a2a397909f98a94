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
	n := net{name: "train/drifting", model: func(tensor.DType) nn.Module {
		return &drifting{Net: mlp{Hidden: nn.Linear{In: 5, Out: 7}, Out: nn.Linear{In: 7, Out: 3}}}
	}, x: tensor.F32(4, 5), y: tensor.I32(4), fill: kernels.FillDefault, classes: 3, train: true}
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	_, err = n.row().begin(setup{dtype: tensor.Float32})(t.Context(), dev)
	require.ErrorContains(t, err, "the loss is wrong: relative error")
	require.NoError(t, dev.Close(), "nothing is left open")
}

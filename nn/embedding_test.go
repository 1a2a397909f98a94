package nn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestAnEmbeddingsFillerIsZeroAndHasNoGradient(t *testing.T) {
	e := &nn.Embedding{Num: 3, Dim: 2, Padded: true, PaddingIdx: -2}
	_, err := nn.Init(e, 1)
	require.NoError(t, err)
	start := e.Weight.Init()
	require.Equal(t, []float32{0, 0}, start.F32[2:4])
	require.NotContains(t, append(append([]float32{}, start.F32[:2]...), start.F32[4:]...), float32(0))

	g := graph.New()
	y := e.Forward(g.Const(tensor.FromI32([]int32{0, 1, 2, 1}, 2, 2)))
	g.Output("dw", graph.Grad(y.Sum(), g.Read(e.Weight))[0])
	require.NoError(t, g.Err())
	out, _, err := engine.Oracle(g, nil, map[*graph.Variable]*tensor.Tensor{e.Weight: start})
	require.NoError(t, err)
	for i, want := range []float64{1, 1, 0, 0, 1, 1} {
		require.Equal(t, want, out["dw"].At(i))
	}
	_, err = nn.Init(&nn.Embedding{Num: 3, Dim: 2, Padded: true, PaddingIdx: 3}, 1)
	require.ErrorContains(t, err, "PaddingIdx 3 is none of 3 rows")
}

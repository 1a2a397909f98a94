package nn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestBilinearHasPyTorchsVariablesAndFormula(t *testing.T) {
	l := &nn.Bilinear{In1: 2, In2: 3, Out: 1}
	model := &struct{ B *nn.Bilinear }{l}
	vars, err := nn.Init(model, 1)
	require.NoError(t, err)
	require.Equal(t, "b.weight", vars[0].Name)
	require.Equal(t, tensor.F32(1, 2, 3), vars[0].Type)
	require.Equal(t, "b.bias", vars[1].Name)

	g := graph.New()
	x1, x2 := g.Const(tensor.FromF32([]float32{1, 2}, 1, 2)), g.Const(tensor.FromF32([]float32{3, 4, 5}, 1, 3))
	g.Output("y", l.Forward(x1, x2))
	require.NoError(t, g.Err())
	w, b := tensor.FromF32([]float32{1, 0, 0, 0, 1, 2}, 1, 2, 3), tensor.FromF32([]float32{0.5}, 1)
	out, _, err := engine.Oracle(g, nil, map[*graph.Variable]*tensor.Tensor{l.Weight: w, l.Bias: b})
	require.NoError(t, err)
	require.Equal(t, 1*3+2*(4+2*5)+0.5, out["y"].At(0))

	_, err = nn.Init(&struct{ B nn.Bilinear }{}, 1)
	require.ErrorContains(t, err, "Bilinear b: In1 0, In2 0 and Out 0 must be positive")
}

func TestPadAndUpsampleLayers(t *testing.T) {
	g := graph.New()
	x := g.Input("x", tensor.F32(1, 4, 2, 3))
	for _, k := range []struct {
		layer nn.Module
		want  tensor.Shape
	}{
		{&nn.Pad{By: []int{1, 2, 0, 1}}, tensor.Shape{1, 4, 3, 6}},
		{&nn.Pad{By: []int{1, 1}, Mode: graph.PadReflect}, tensor.Shape{1, 4, 2, 5}},
		{&nn.Upsample{Scale: []float64{2, 3}}, tensor.Shape{1, 4, 4, 9}},
		{&nn.Upsample{Size: []int{5}, Mode: "bilinear", AlignCorners: true}, tensor.Shape{1, 4, 5, 5}},
		{&nn.PixelShuffle{Factor: 2}, tensor.Shape{1, 1, 4, 6}},
	} {
		require.Equal(t, k.want, k.layer.Forward(x).Shape())
	}
	require.NoError(t, g.Err())
	(&nn.Pad{By: []int{3, 0}, Mode: graph.PadReflect}).Forward(x)
	require.ErrorContains(t, g.Err(), "pad: [1 4 2 3] along axis 3 by 3 and 0: mode reflect has at most 2 elements to add")
}

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

// Each activation at -2, 0.25 and 4 with PyTorch's default options, and with others.
func TestActivationsAgainstNumbersByHand(t *testing.T) {
	e := math.Exp
	sig := func(x float64) float64 { return 1 / (1 + e(-x)) }
	phi := func(x float64) float64 { return 0.5 * (1 + math.Erf(x/math.Sqrt2)) }
	soft := func(x float64) float64 { return math.Log1p(e(x)) }
	sum := e(-2) + e(0.25) + e(4)
	x := floats([]int{1, 3}, -2, 0.25, 4)
	for _, c := range []struct {
		name string
		m    nn.Module
		want [3]float64
	}{
		{"ReLU", nn.ReLU{}, [3]float64{0, 0.25, 4}},
		{"ReLU6", nn.Sequential{nn.Func(func(x graph.Value) graph.Value { return x.MulScalar(2) }), nn.ReLU6{}}, [3]float64{0, 0.5, 6}},
		{"LeakyReLU", nn.LeakyReLU{}, [3]float64{-0.02, 0.25, 4}},
		{"LeakyReLU 0.5", nn.LeakyReLU{NegativeSlope: 0.5}, [3]float64{-1, 0.25, 4}},
		{"RReLU", nn.RReLU{}, [3]float64{-2 * (1./8 + 1./3) / 2, 0.25, 4}},
		{"ELU", nn.ELU{}, [3]float64{e(-2) - 1, 0.25, 4}},
		{"ELU 3", nn.ELU{Alpha: 3}, [3]float64{3 * (e(-2) - 1), 0.25, 4}},
		{"CELU 2", nn.CELU{Alpha: 2}, [3]float64{2 * (e(-1) - 1), 0.25, 4}},
		{"SELU", nn.SELU{}, [3]float64{1.0507009873554805 * 1.6732632423543772 * (e(-2) - 1), 1.0507009873554805 * 0.25, 1.0507009873554805 * 4}},
		{"GELU", nn.GELU{}, [3]float64{-2 * phi(-2), 0.25 * phi(0.25), 4 * phi(4)}},
		{"SiLU", nn.SiLU{}, [3]float64{-2 * sig(-2), 0.25 * sig(0.25), 4 * sig(4)}},
		{"Mish", nn.Mish{}, [3]float64{-2 * math.Tanh(soft(-2)), 0.25 * math.Tanh(soft(0.25)), 4 * math.Tanh(soft(4))}},
		{"Sigmoid", nn.Sigmoid{}, [3]float64{sig(-2), sig(0.25), sig(4)}},
		{"LogSigmoid", nn.LogSigmoid{}, [3]float64{-soft(2), -soft(-0.25), -soft(-4)}},
		{"Tanh", nn.Tanh{}, [3]float64{math.Tanh(-2), math.Tanh(0.25), math.Tanh(4)}},
		{"Softplus", nn.Softplus{}, [3]float64{soft(-2), soft(0.25), soft(4)}},
		{"Softplus 2, 3", nn.Softplus{Beta: 2, Threshold: 3}, [3]float64{soft(-4) / 2, soft(0.5) / 2, 4}},
		{"Softsign", nn.Softsign{}, [3]float64{-2. / 3, 0.2, 0.8}},
		{"Hardtanh", nn.Hardtanh{}, [3]float64{-1, 0.25, 1}},
		{"Hardtanh 0, 2", nn.Hardtanh{Max: 2}, [3]float64{0, 0.25, 2}},
		{"Hardsigmoid", nn.Hardsigmoid{}, [3]float64{1. / 6, 3.25 / 6, 1}},
		{"Hardswish", nn.Hardswish{}, [3]float64{-2. / 6, 0.25 * 3.25 / 6, 4}},
		{"Hardshrink", nn.Hardshrink{}, [3]float64{-2, 0, 4}},
		{"Softshrink", nn.Softshrink{}, [3]float64{-1.5, 0, 3.5}},
		{"Tanhshrink", nn.Tanhshrink{}, [3]float64{-2 - math.Tanh(-2), 0.25 - math.Tanh(0.25), 4 - math.Tanh(4)}},
		{"Threshold", nn.Threshold{Threshold: 1, Value: 9}, [3]float64{9, 9, 4}},
		{"Softmax", nn.Softmax{Dim: -1}, [3]float64{e(-2) / sum, e(0.25) / sum, e(4) / sum}},
		{"Softmin", nn.Sequential{nn.Func(graph.Value.Neg), nn.Softmin{Dim: 1}}, [3]float64{e(-2) / sum, e(0.25) / sum, e(4) / sum}},
		{"LogSoftmax", nn.LogSoftmax{Dim: 1}, [3]float64{-2 - math.Log(sum), 0.25 - math.Log(sum), 4 - math.Log(sum)}},
		{"Identity, and dropouts in evaluation", nn.Sequential{nn.Identity{}, nn.Dropout{P: 0.5}, nn.AlphaDropout{P: 0.5}, nn.Dropout2d{P: 1}}, [3]float64{-2, 0.25, 4}},
	} {
		y, _ := evaluated(t, []*tensor.Tensor{x}, func(v []graph.Value) graph.Value { return c.m.Forward(v[0]) })
		for i, w := range c.want {
			require.InDelta(t, w, y.At(i), 1e-6, "%s of %v", c.name, x.F32[i])
		}
	}
	tanh, _ := evaluated(t, []*tensor.Tensor{x}, func(v []graph.Value) graph.Value { return nn.GELU{Approximate: "tanh"}.Forward(v[0]) })
	require.InDelta(t, 4*phi(4), tanh.At(2), 1e-3)
	glu, _ := evaluated(t, []*tensor.Tensor{floats([]int{1, 4}, 1, 2, 0, -1)}, func(v []graph.Value) graph.Value { return nn.GLU{}.Forward(v[0]) })
	require.InDelta(t, 0.5, glu.At(0), 1e-6)
	require.InDelta(t, 2*sig(-1), glu.At(1), 1e-6)
}

// A weight a channel, and names and shapes as in a torch.nn.Sequential.
func TestSequentialNamesItsVariablesAsPyTorch(t *testing.T) {
	m := nn.Sequential{&nn.PReLU{NumParameters: 2}, nn.Flatten{}, &nn.Linear{In: 6, Out: 1}, nn.Unflatten{Dim: 1, Sizes: []int{1, -1}}, &nn.PReLU{Init: 0.5}}
	x := floats([]int{1, 2, 3}, -1, 2, 3, -4, 5, 6)
	st, p, vars := onCPU(t, &m, func(g *graph.Graph) {
		v := g.Input("x", x.Type)
		g.Output("first", m[0].Forward(v))
		g.Output("y", m.Forward(v))
	})
	var names []string
	for _, v := range vars {
		names = append(names, v.Name)
	}
	require.Equal(t, []string{"0.weight", "2.weight", "2.bias", "4.weight"}, names)
	w, err := st.Get(vars[0])
	require.NoError(t, err)
	require.Equal(t, []float32{0.25, 0.25}, w.F32)
	require.NoError(t, st.Set(vars[0], tensor.FromF32([]float32{0.5, 2}, 2)))
	require.Equal(t, []float32{-0.5, 2, 3, -8, 5, 6}, run(t, p, engine.Feeds{"x": x}, "first").F32)
	require.Equal(t, tensor.Shape{1, 1, 1}, run(t, p, engine.Feeds{"x": x}, "y").Shape)

	g := graph.New()
	(&nn.PReLU{Weight: vars[0]}).Forward(g.Input("x", tensor.F32(4, 3)))
	require.ErrorContains(t, g.Err(), "PReLU: float32[4 3] has not the 2 channels of the weight")
	g = graph.New()
	nn.Flatten{StartDim: 3}.Forward(g.Input("x", tensor.F32(4, 3)))
	require.ErrorContains(t, g.Err(), "Flatten: [4 3] has no dimensions 3 to 1")
}

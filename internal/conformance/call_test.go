package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// The same function in the spellings that a case may use.
func TestCallsAreReadAsPyTorchWritesThem(t *testing.T) {
	given := map[string]*tensor.Tensor{
		"x": tensor.FromF32([]float32{-2, 0.5, 3}, 3), "b": tensor.FromF32([]float32{2, 2, 2}, 3), "m": tensor.FromI32([]int32{1, 0, 1}, 3),
	}
	for _, c := range []struct {
		torch string
		args  map[string]any
		want  []float64
	}{
		{"torch.nn.LeakyReLU", map[string]any{"negative_slope": 0.5}, []float64{-1, 0.5, 3}},
		{"F.leaky_relu(x, negative_slope=0.5)", nil, []float64{-1, 0.5, 3}},
		{"torch.nn.functional.leaky_relu(x, 0.5)", nil, []float64{-1, 0.5, 3}},
		{"torch.clamp(x,-0.5,0.8)", nil, []float64{-0.5, 0.5, 0.8}},
		{"x.clamp(min=0)", nil, []float64{0, 0.5, 3}},
		{"torch.clamp", map[string]any{"max": 1.0}, []float64{-2, 0.5, 1}},
		{"torch.pow(x,2)", nil, []float64{4, 0.25, 9}},
		{"torch.pow", map[string]any{"exponent": 3.0}, []float64{-8, 0.125, 27}},
		{"torch.pow(x, b)", nil, []float64{4, 0.25, 9}},
		{"torch.maximum(x, torch.neg(x))", nil, []float64{2, 0.5, 3}},
		{"torch.add(x, b, alpha=10)", nil, []float64{18, 20.5, 23}},
		{"torch.div(x, b, rounding_mode='floor')", nil, []float64{-1, 0, 1}},
		{"x.masked_fill(m != 0, -7)", nil, []float64{-7, 0.5, -7}},
		{"torch.where(m!=0, x, b)", nil, []float64{-2, 2, 3}},
		{"torch.nn.Softshrink", nil, []float64{-1.5, 0, 2.5}},
		{"torch.gt(x, 0)", nil, []float64{0, 1, 1}},
		{"F.l1_loss(x, b, reduction='sum')", nil, []float64{4 + 1.5 + 1}},
		{"torch.nn.L1Loss", map[string]any{"reduction": "none"}, []float64{4, 1.5, 1}},
	} {
		cs := &Case{Torch: c.torch, Args: c.args, Given: []Given{{Kind: "input", Name: "x"}, {Kind: "input", Name: "b"}, {Kind: "index", Name: "m"}}}
		f, err := find(cs)
		require.NoError(t, err, c.torch)
		b := &builder{Graph: graph.New(), c: cs, in: map[string]graph.Value{}}
		feeds := engine.Feeds{}
		for name, v := range given {
			feeds[name], b.in[name] = v, b.Input(name, v.Type)
		}
		b.Output("y", f(b))
		require.NoError(t, b.Err(), c.torch)
		out, _, err := engine.Oracle(b.Graph, feeds, nil)
		require.NoError(t, err, c.torch)
		require.Equal(t, len(c.want), out["y"].Elems(), c.torch)
		for i, w := range c.want {
			require.InDelta(t, w, out["y"].At(i), 1e-6, c.torch)
		}
	}
	_, err := find(&Case{Torch: "torch.no_such_function(x)"})
	require.ErrorContains(t, err, "torch.no_such_function(x)")
}

package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestProgramsAreReadAsPythonHasThem(t *testing.T) {
	given := engine.Feeds{
		"x":   tensor.FromF32([]float32{1, 2, 3, 4, 5, 6}, 2, 3),
		"w":   tensor.FromF32([]float32{1, -1, 2}, 3),
		"idx": tensor.FromI32([]int32{2, 0}, 2),
	}
	for torch, want := range map[string][]float64{
		"-x[0] + 2*w":                              {1, -4, 1},
		"x ** 2 / 2":                               {0.5, 2, 4.5, 8, 12.5, 18},
		"2 ** -w":                                  {0.5, 2, 0.25},
		"-w ** 2":                                  {-1, -1, -4},
		"x @ w":                                    {5, 11},
		"w*w @ x.T":                                {1 + 2 + 12, 4 + 5 + 24},
		"h = x.sum(0); y = h / h.size(0)":          {5. / 3, 7. / 3, 3},
		"3 times x = x + w":                        {4, -1, 9, 7, 2, 12},
		"a, b = x.chunk(2, 0); y = a*b":            {4, 10, 18},
		"y = x.sum(1); z = y*y":                    {6, 15},
		"h = x*w, y = h.sum(1)":                    {5, 11},
		"(x*2).sum(1, keepdim=True)":               {12, 30},
		"x.max(1).values - x.min(dim=1)[0]":        {2, 2},
		"x[:, idx]":                                {3, 1, 6, 4},
		"x[1, ::2]":                                {4, 6},
		"x[..., None, -1]":                         {3, 6},
		"torch.where(x > 3, x, 0*x).sum()":         {15},
		"x.reshape(x.shape[1], -1).sum(1)":         {3, 7, 11},
		"F.layer_norm(0*x, x.shape[1:]) + 1":       {1, 1, 1, 1, 1, 1},
		"x.sum(1) / math.sqrt(4)":                  {3, 7.5},
		"softmax(0*x, -1).mean() + relu(w)":        {1 + 1./3, 1. / 3, 2 + 1./3},
		"torch.tril(torch.ones(2, 2)) @ x":         {1, 2, 3, 5, 7, 9},
		"x.reshape(3, -1).permute(1, 0).flatten()": {1, 3, 5, 2, 4, 6},
		"torch.nn.Softplus(beta=1000)(x)":          {1, 2, 3, 4, 5, 6},
		"torch.clamp(x, max=w + 2)":                {1, 1, 3, 3, 1, 4},
	} {
		cs := &Case{Torch: torch, Given: []Given{{Kind: "input", Name: "x"}, {Kind: "input", Name: "w"}, {Kind: "index", Name: "idx"}},
			Expect: []Expect{{Kind: "output", Name: "y"}}}
		f, err := find(cs)
		require.NoError(t, err, torch)
		b := &builder{Graph: graph.New(), c: cs, in: map[string]graph.Value{}, out: map[string]graph.Value{}}
		for _, name := range []string{"x", "w", "idx"} {
			b.in[name] = b.Input(name, given[name].Type)
		}
		b.Output("y", f(b))
		require.NoError(t, b.Err(), torch)
		out, _, err := engine.Oracle(b.Graph, given, nil)
		require.NoError(t, err, torch)
		require.Equal(t, len(want), out["y"].Elems(), torch)
		for i, w := range want {
			require.InDelta(t, w, out["y"].At(i), 1e-5, torch)
		}
	}
	for _, torch := range []string{"x +", "x[1", "f(x) + 1", "x $ 2", "torch.exp(x) torch.exp(x)", "a, b = ", "'x", "x.", "x[]"} {
		if f, ok := expression(torch); ok {
			b := &builder{Graph: graph.New(), c: &Case{Torch: torch}, in: map[string]graph.Value{}, out: map[string]graph.Value{}}
			b.in["x"] = b.Input("x", given["x"].Type)
			f(b)
			require.Error(t, b.Err(), torch)
		}
	}
}

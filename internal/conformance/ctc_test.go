package conformance

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// "a" in two steps of two equally likely classes, one of them the blank, is three
// ways of four; labels may stand in rows or one after the other.
func TestCTCIsReadAsPyTorchWritesIt(t *testing.T) {
	half := float32(math.Log(0.5))
	x := tensor.FromF32([]float32{half, half, half, half, half, half, half, half}, 2, 2, 2)
	list := func(v ...float64) (out []any) {
		for _, x := range v {
			out = append(out, x)
		}
		return out
	}
	for _, torch := range []string{"F.ctc_loss", "torch.nn.CTCLoss", "F.ctc_loss(log_softmax(x,2), targets, input_lengths, target_lengths)"} {
		cs := &Case{Torch: torch, Given: []Given{{Kind: "input", Name: "x"}}, Args: map[string]any{
			"reduction": "none", "targets": list(1), "input_lengths": list(2, 1), "target_lengths": list(1, 0)}}
		f, err := find(cs)
		require.NoError(t, err, torch)
		b := &builder{Graph: graph.New(), c: cs, in: map[string]graph.Value{}}
		b.in["x"] = b.Input("x", x.Type)
		b.Output("y", f(b))
		require.NoError(t, b.Err(), torch)
		out, _, err := engine.Oracle(b.Graph, engine.Feeds{"x": x}, nil)
		require.NoError(t, err, torch)
		require.InDelta(t, -math.Log(0.75), out["y"].At(0), 1e-7)
		require.InDelta(t, -math.Log(0.5), out["y"].At(1), 1e-7)
	}
}

// PyTorch's gradient by log probabilities that no log_softmax gives is e^x minus
// the probability that the path is there: here 1/2 - 2/3 and 1/2 - 1/3.
func TestCTCHasPyTorchsGradientByLogProbabilities(t *testing.T) {
	half := float32(math.Log(0.5))
	x := tensor.FromF32([]float32{half, half, half, half}, 2, 1, 2)
	cs := &Case{Torch: "torch.nn.CTCLoss", Given: []Given{{Kind: "input", Name: "x"}}, Args: map[string]any{
		"reduction": "sum", "targets": []any{1.}, "input_lengths": []any{2.}, "target_lengths": []any{1.}}}
	f, err := find(cs)
	require.NoError(t, err)
	b := &builder{Graph: graph.New(), c: cs, in: map[string]graph.Value{}}
	b.in["x"] = b.Input("x", x.Type)
	b.Output("dx", graph.Grad(f(b), b.in["x"])[0])
	out, _, err := engine.Oracle(b.Graph, engine.Feeds{"x": x}, nil)
	require.NoError(t, err)
	for i, want := range []float64{0.5 - 1./3, 0.5 - 2./3, 0.5 - 1./3, 0.5 - 2./3} {
		require.InDelta(t, want, out["dx"].At(i), 1e-7)
	}
}

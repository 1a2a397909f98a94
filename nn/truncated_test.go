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

// charNet guesses the next of three characters.
type charNet struct {
	Embed nn.Embedding
	RNN   nn.RNN
	Out   nn.Linear
}

// Truncated back-propagation: a text goes through the net in windows, the state
// is carried from run to run in a variable, and the gradient stops there. By
// hand, for one unit with weights w and u, of the embeddings 1, 2, 3:
//
//	h1 = tanh(w·e1)  h2 = tanh(w·e2 + u·h1)   first window
//	h3 = tanh(w·e3 + u·h2)  h4 = tanh(w·e4 + u·h3)   second
//	dh4/du = (1-h4²)·(h3 + u·(1-h3²)·h2)      h2 counts as given
func TestTruncatedBackPropagationByHand(t *testing.T) {
	const w, u = 0.5, -0.75
	net := &charNet{
		Embed: nn.Embedding{Num: 3, Dim: 1},
		RNN:   nn.RNN{In: 1, Hidden: 1, NoBias: true},
		Out:   nn.Linear{In: 1, Out: 3},
	}
	carried := &graph.Variable{Name: "h", Type: tensor.F32(1, 1, 1)}
	p := program(t, net, map[string][]float32{
		"embed.weight": {1, 2, 3}, "rnn.weight_ih_l0": {w}, "rnn.weight_hh_l0": {u},
	}, carried, func(g *graph.Graph) {
		y, h := net.RNN.Forward(net.Embed.Forward(g.Input("text", tensor.I32(2, 1))), g.Read(carried))
		g.Assign(carried, h)
		last := y.Narrow(0, 1, 1).Sum()
		g.Output("h", last)
		g.Output("du", graph.Grad(last, g.Read(net.RNN.Cells[0].Whh))[0])
		g.Output("logits", net.Out.Forward(y))
	})
	h1 := math.Tanh(w * 1)
	h2 := math.Tanh(w*2 + u*h1)
	h3 := math.Tanh(w*3 + u*h2)
	h4 := math.Tanh(w*1 + u*h3)
	slope := func(h float64) float64 { return 1 - h*h }

	window := func(text ...int32) (h, du float64) {
		tk, err := p.Run(engine.Feeds{"text": tensor.FromI32(text, 2, 1)})
		require.NoError(t, err)
		a, err := tk.Tensor("h")
		require.NoError(t, err)
		b, err := tk.Tensor("du")
		require.NoError(t, err)
		return a.At(0), b.At(0)
	}
	h, du := window(0, 1)
	require.InDelta(t, h2, h, 1e-6)
	require.InDelta(t, slope(h2)*h1, du, 1e-6)
	h, du = window(2, 0)
	require.InDelta(t, h4, h, 1e-6)
	require.InDelta(t, slope(h4)*(h3+u*slope(h3)*h2), du, 1e-6)
}

// program compiles a graph on the CPU over a model's variables, some of them with
// given values, and one more.
func program(t *testing.T, model any, values map[string][]float32, more *graph.Variable, build func(g *graph.Graph)) *engine.Program {
	vars, err := nn.Init(model, 1)
	require.NoError(t, err)
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	t.Cleanup(func() { dev.Close() })
	st, err := engine.NewState(dev)
	require.NoError(t, err)
	t.Cleanup(func() { st.Close() })
	for _, v := range append(vars, more) {
		if x := values[v.Name]; x != nil {
			v.Init = func() *tensor.Tensor { return tensor.FromF32(x, v.Type.Shape...) }
		}
		require.NoError(t, st.Bind(v))
	}
	p, err := engine.Compile(st, build)
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

// In one graph, Detach stops the gradient at the same place: windows side by side
// give what windows in turn do.
func TestDetachedStatesAreTruncation(t *testing.T) {
	l := &nn.GRU{In: 3, Hidden: 4}
	_, err := nn.Init(l, 1)
	require.NoError(t, err)
	x := normal(1, 6, 2, 3)
	grad := func(build func(g *graph.Graph) graph.Value, in engine.Feeds) []float64 {
		return exact(t, func(g *graph.Graph) {
			g.Output("d", graph.Grad(build(g), g.Read(l.Cells[0].Whh))[0])
		}, in)["d"].F64
	}
	windows := func(detach bool) []float64 {
		return grad(func(g *graph.Graph) graph.Value {
			in := g.Input("x", x.Type)
			a, h := l.Forward(in.Narrow(0, 0, 3), graph.Value{})
			if detach {
				h = h.Detach()
			}
			b, _ := l.Forward(in.Narrow(0, 3, 3), h)
			return a.Square().Sum().Add(b.Square().Sum())
		}, engine.Feeds{"x": x})
	}
	first := func(g *graph.Graph) (y, h graph.Value) {
		return l.Forward(g.Input("x", x.Type).Narrow(0, 0, 3), graph.Value{})
	}
	state := exact(t, func(g *graph.Graph) {
		_, h := first(g)
		g.Output("h", h)
	}, engine.Feeds{"x": x})["h"]
	a := grad(func(g *graph.Graph) graph.Value {
		y, _ := first(g)
		return y.Square().Sum()
	}, engine.Feeds{"x": x})
	b := grad(func(g *graph.Graph) graph.Value {
		y, _ := l.Forward(g.Input("x", x.Type).Narrow(0, 3, 3), g.Input("h", tensor.F32(1, 2, 4)))
		return y.Square().Sum()
	}, engine.Feeds{"x": x, "h": state})
	for i := range a {
		a[i] += b[i]
	}
	require.InDeltaSlice(t, a, windows(true), 1e-12)
	require.Greater(t, math.Abs(windows(false)[0]-a[0]), 1e-6, "without Detach the gradient goes on")
}

// Dropout falls between the layers, in training only.
func TestRecurrentDropout(t *testing.T) {
	l := &nn.GRU{In: 3, Hidden: 4, Layers: 2, Dropout: 1}
	_, err := nn.Init(l, 1)
	require.NoError(t, err)
	y := func(train bool, x *tensor.Tensor) []float64 {
		return exact(t, func(g *graph.Graph) {
			g.SetTrain(train)
			y, _ := l.Forward(g.Input("x", x.Type), graph.Value{})
			g.Output("y", y)
		}, engine.Feeds{"x": x, graph.SeedInput: tensor.FromI32([]int32{1, 2}, 2)})["y"].F64
	}
	a, b := normal(1, 3, 2, 3), normal(2, 3, 2, 3)
	require.NotEqual(t, y(false, a), y(false, b))
	require.Equal(t, y(true, a), y(true, b), "everything between the layers is dropped")
}

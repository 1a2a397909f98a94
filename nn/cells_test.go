package nn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

// exact evaluates a graph in float64.
func exact(t *testing.T, build func(g *graph.Graph), in engine.Feeds) map[string]*tensor.Tensor {
	t.Helper()
	g := graph.New()
	build(g)
	require.NoError(t, g.Err())
	out, _, err := engine.Oracle(g, in, nil)
	require.NoError(t, err)
	return out
}

// A cell's steps are the layer's.
func TestCellsAreLayersOfOneStep(t *testing.T) {
	const T, N = 3, 2
	m := &struct {
		RNN      nn.RNN
		RNNCell  nn.RNNCell
		GRU      nn.GRU
		GRUCell  nn.GRUCell
		LSTM     nn.LSTM
		LSTMCell nn.LSTMCell
	}{
		nn.RNN{In: 3, Hidden: 4, Nonlinearity: "relu"}, nn.RNNCell{In: 3, Hidden: 4, Nonlinearity: "relu"},
		nn.GRU{In: 3, Hidden: 4}, nn.GRUCell{In: 3, Hidden: 4},
		nn.LSTM{In: 3, Hidden: 4, NoBias: true}, nn.LSTMCell{In: 3, Hidden: 4, NoBias: true},
	}
	_, err := nn.Init(m, 1)
	require.NoError(t, err)
	m.RNNCell.Weights, m.GRUCell.Weights, m.LSTMCell.Weights = m.RNN.Cells[0], m.GRU.Cells[0], m.LSTM.Cells[0]
	x := normal(1, T, N, 3)
	out := exact(t, func(g *graph.Graph) {
		in := g.Input("x", x.Type)
		y1, _ := m.RNN.Forward(in, graph.Value{})
		y2, _ := m.GRU.Forward(in, graph.Value{})
		y3, _, c3 := m.LSTM.Forward(in, graph.Value{}, graph.Value{})
		var h1, h2, h3, c graph.Value
		for s := range T {
			one := in.Narrow(0, s, 1).Squeeze(0)
			h1, h2 = m.RNNCell.Forward(one, h1), m.GRUCell.Forward(one, h2)
			h3, c = m.LSTMCell.Forward(one, h3, c)
		}
		for name, v := range map[string]graph.Value{"h1": h1, "h2": h2, "h3": h3, "c": c} {
			g.Output(name, v)
		}
		for name, v := range map[string]graph.Value{"y1": y1, "y2": y2, "y3": y3} {
			g.Output(name, v.Narrow(0, T-1, 1).Squeeze(0))
		}
		g.Output("c3", c3.Squeeze(0))
		g.Output("single", m.GRUCell.Forward(in.Narrow(0, 0, 1).Narrow(1, 0, 1).Reshape(3), graph.Value{}))
	}, engine.Feeds{"x": x})
	for name, want := range map[string]string{"h1": "y1", "h2": "y2", "h3": "y3", "c": "c3"} {
		require.InDeltaSlice(t, out[want].F64, out[name].F64, 1e-14, name)
	}
	require.Equal(t, tensor.Shape{4}, out["single"].Shape)
}

// Names and shapes as in a PyTorch state_dict.
func TestRecurrentVariables(t *testing.T) {
	m := &struct {
		LSTM nn.LSTM
		Cell nn.GRUCell
	}{nn.LSTM{In: 3, Hidden: 5, Proj: 2, Layers: 2, Bidirectional: true, NoBias: true}, nn.GRUCell{In: 3, Hidden: 4}}
	vars, err := nn.Init(m, 1)
	require.NoError(t, err)
	var got []string
	for _, v := range vars {
		got = append(got, v.Name+" "+v.Type.Shape.String())
	}
	require.Equal(t, []string{
		"lstm.weight_ih_l0 [20 3]", "lstm.weight_hh_l0 [20 2]", "lstm.weight_hr_l0 [2 5]",
		"lstm.weight_ih_l0_reverse [20 3]", "lstm.weight_hh_l0_reverse [20 2]", "lstm.weight_hr_l0_reverse [2 5]",
		"lstm.weight_ih_l1 [20 4]", "lstm.weight_hh_l1 [20 2]", "lstm.weight_hr_l1 [2 5]",
		"lstm.weight_ih_l1_reverse [20 4]", "lstm.weight_hh_l1_reverse [20 2]", "lstm.weight_hr_l1_reverse [2 5]",
		"cell.weight_ih [12 3]", "cell.weight_hh [12 4]", "cell.bias_ih [12]", "cell.bias_hh [12]",
	}, got)
}

// A projected LSTM, written out step by step.
func TestLSTMProjectsItsState(t *testing.T) {
	const T, N, H, P = 4, 2, 5, 2
	l := &nn.LSTM{In: 3, Hidden: H, Proj: P, BatchFirst: true}
	_, err := nn.Init(l, 2)
	require.NoError(t, err)
	in := engine.Feeds{"x": normal(1, N, T, 3), "h": normal(2, 1, N, P), "c": normal(3, 1, N, H)}
	for _, given := range []bool{true, false} {
		out := exact(t, func(g *graph.Graph) {
			x, h0, c0 := g.Input("x", in["x"].Type), g.Input("h", in["h"].Type), g.Input("c", in["c"].Type)
			w := l.Cells[0]
			h, c := h0.Squeeze(0), c0.Squeeze(0)
			if !given {
				h0, c0, h, c = graph.Value{}, graph.Value{}, g.Zeros(N, P), g.Zeros(N, H)
			}
			y, hN, cN := l.Forward(x, h0, c0)
			var ys []graph.Value
			for s := range T {
				z := x.Narrow(1, s, 1).Squeeze(1).MatMulT(g.Read(w.Wih)).Add(g.Read(w.Bih)).Add(g.Read(w.Bhh)).Add(h.MatMulT(g.Read(w.Whh)))
				gate := func(i int) graph.Value { return z.Narrow(1, i*H, H) }
				c = gate(1).Sigmoid().Mul(c).Add(gate(0).Sigmoid().Mul(gate(2).Tanh()))
				h = gate(3).Sigmoid().Mul(c.Tanh()).MatMulT(g.Read(w.Whr))
				ys = append(ys, h)
			}
			g.Output("y", y)
			g.Output("hN", hN.Squeeze(0))
			g.Output("cN", cN.Squeeze(0))
			g.Output("want y", graph.Stack(1, ys...))
			g.Output("want hN", h)
			g.Output("want cN", c)
		}, in)
		for _, k := range []string{"y", "hN", "cN"} {
			require.Equal(t, out["want "+k].Shape, out[k].Shape)
			require.InDeltaSlice(t, out["want "+k].F64, out[k].F64, 1e-13, k)
		}
	}
}

// One sequence without a batch is a batch of one; a sequence without steps
// leaves the states as they were.
func TestRecurrentShapes(t *testing.T) {
	for _, l := range recurrentLayers(true) {
		_, err := nn.Init(l.model, 3)
		require.NoError(t, err)
		in := l.feed(3, 1)
		want := l.oracle(t, in)
		single := engine.Feeds{}
		for k, x := range in {
			single[k] = &tensor.Tensor{Type: tensor.F32(x.Shape[0], x.Shape[2]), F32: x.F32}
		}
		got := l.oracle(t, single)
		for k, w := range want {
			require.Equal(t, tensor.Shape{w.Shape[0], w.Shape[2]}, got[k].Shape)
			require.Equal(t, w.F64, got[k].F64, "%s: %s", l.name, k)
		}
		none := l.oracle(t, l.feed(0, 2))
		require.Empty(t, none["y"].F64)
		for i, v := range none["h"].F64 {
			require.EqualValues(t, l.feed(0, 2)["h"].F32[i], v, l.name)
		}
		require.Empty(t, l.oracle(t, l.feed(2, 0))["h"].F64, l.name)
	}
}

func TestWrongRecurrentLayers(t *testing.T) {
	for want, m := range map[string]any{
		`nn: RNN: Nonlinearity "elu", wants tanh or relu`: &nn.RNN{In: 1, Hidden: 1, Nonlinearity: "elu"},
		"nn: GRU l: In 0 and Hidden 3 must be positive":   &nn.GRU{Hidden: 3},
		"nn: LSTM l: Proj 3 must be smaller than":         &nn.LSTM{In: 1, Hidden: 3, Proj: 3},
		"nn: LSTM l: Dropout 2 must be from 0 to 1":       &nn.LSTM{In: 1, Hidden: 3, Dropout: 2},
		"nn: LSTMCell l: In 1 and Hidden 0 must":          &nn.LSTMCell{In: 1},
	} {
		_, err := nn.Init(&struct{ L any }{m}, 1)
		require.ErrorContains(t, err, want)
	}
	l := &nn.GRU{In: 3, Hidden: 4, BatchFirst: true}
	_, err := nn.Init(l, 1)
	require.NoError(t, err)
	for _, c := range []struct {
		x, h []int
		want string
	}{
		{[]int{2, 5, 4}, nil, "nn: GRU: x is [2 5 4], wants [N T 3], or [T 3] for one sequence"},
		{[]int{2, 5, 3}, []int{1, 5, 4}, "nn: GRU: h0 is [1 5 4]; with x [2 5 3] it must be [1 2 4]"},
		{[]int{5, 3}, []int{1, 1, 4}, "nn: GRU: h0 is [1 1 4]; with x [5 3] it must be [1 4]"},
	} {
		g := graph.New()
		var h graph.Value
		if c.h != nil {
			h = g.Input("h", tensor.F32(c.h...))
		}
		l.Forward(g.Input("x", tensor.F32(c.x...)), h)
		require.ErrorContains(t, g.Err(), c.want)
	}
	g := graph.New()
	l.ForwardLengths(g.Input("x", tensor.F32(2, 5, 3)), g.Input("n", tensor.I32(5)), graph.Value{})
	require.ErrorContains(t, g.Err(), "nn: GRU: lengths are int32[5], wants int32[2]")
}

// The cells within an LSTM may be a loss's, its gates may not.
func TestGradientsOfWhatAnLSTMKeeps(t *testing.T) {
	in := engine.Feeds{"gx": normal(1, 3, 2, 8), "c": normal(3, 2, 2)}
	whh, h := normal(2, 8, 2), normal(4, 2, 2)
	kept := func(g *graph.Graph, out int) (loss graph.Value, wrt []graph.Value) {
		gx, c := g.Input("gx", tensor.F32(3, 2, 8)), g.Input("c", tensor.F32(2, 2))
		return g.Apply(kernels.LSTM, cpuref.LSTMAttrs{}, gx, g.Const(whh), g.Const(h), c)[out].Mul(g.Const(normal(7, 3, 2, 2))).Sum(), []graph.Value{gx, c}
	}
	value := func() float64 {
		return exact(t, func(g *graph.Graph) {
			loss, _ := kept(g, 4)
			g.Output("l", loss)
		}, in)["l"].At(0)
	}
	out := exact(t, func(g *graph.Graph) {
		loss, wrt := kept(g, 4)
		for i, d := range graph.Grad(loss, wrt...) {
			g.Output([]string{"gx", "c"}[i], d)
		}
	}, in)
	for name, d := range out {
		x := widen(t, in[name])
		in[name] = x
		for i := range x.F64 {
			was := x.F64[i]
			x.F64[i] = was + 1e-5
			hi := value()
			x.F64[i] = was - 1e-5
			lo := value()
			x.F64[i] = was
			require.InDelta(t, (hi-lo)/2e-5, d.F64[i], 1e-8, name)
		}
	}
	g := graph.New()
	gates := g.Input("gx", tensor.F32(3, 2, 8))
	o := g.Apply(kernels.LSTM, cpuref.LSTMAttrs{}, gates, g.Const(whh), g.Const(h), g.Const(h))
	graph.Grad(o[3].Sum(), gates)
	require.ErrorContains(t, g.Err(), "grad: lstm: the loss depends on its gates")
}

// Weights put in by hand must be whole: what is missing is said, not read.
func TestRecurrentWeightsMustBeWhole(t *testing.T) {
	m := &struct{ L nn.LSTM }{nn.LSTM{In: 2, Hidden: 3}}
	_, err := nn.Init(m, 1)
	require.NoError(t, err)
	m.L.Cells[0].Bhh = nil
	g := graph.New()
	m.L.Forward(g.Input("x", tensor.F32(4, 1, 2)), graph.Value{}, graph.Value{})
	require.ErrorContains(t, g.Err(), "Cells[0] wants")
	g = graph.New()
	(&nn.GRUCell{In: 2, Hidden: 3}).Forward(g.Input("x", tensor.F32(4, 2)), graph.Value{})
	require.ErrorContains(t, g.Err(), "variables made by nn.Init")

	m.L.Cells[0].Bhh, m.L.Cells[0].Whh = m.L.Cells[0].Bih, &graph.Variable{Type: tensor.F32(5, 5)}
	g = graph.New()
	m.L.Forward(g.Input("x", tensor.F32(4, 1, 2)), graph.Value{}, graph.Value{})
	require.Error(t, g.Err())
}

package nn_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestTransformersNameTheirVariablesAsPyTorch(t *testing.T) {
	o := nn.TransformerOptions{Embed: 4, Heads: 2, Hidden: 8}
	m := &struct {
		Encoder nn.TransformerEncoder
		Layer   nn.TransformerDecoderLayer
	}{nn.TransformerEncoder{TransformerOptions: o, Num: 2, Norm: true}, nn.TransformerDecoderLayer{TransformerOptions: o}}
	vars, err := nn.Init(m, 1)
	require.NoError(t, err)
	names := map[string]tensor.Shape{}
	for _, v := range vars {
		names[v.Name] = v.Type.Shape
	}
	for name, shape := range map[string]tensor.Shape{
		"encoder.layers.0.self_attn.in_proj_weight": {12, 4}, "encoder.layers.1.self_attn.out_proj.bias": {4},
		"encoder.layers.1.linear1.weight": {8, 4}, "encoder.layers.1.norm2.bias": {4}, "encoder.norm.weight": {4},
		"layer.self_attn.in_proj_bias": {12}, "layer.multihead_attn.out_proj.weight": {4, 4}, "layer.linear2.bias": {4}, "layer.norm3.weight": {4},
	} {
		require.True(t, shape.Equal(names[name]), name)
	}
	require.Len(t, vars, 2*12+2+18)
}

// The encoder layer, its norm before or behind, is what its parts make of it.
func TestTransformerEncoderLayerIsItsParts(t *testing.T) {
	for _, first := range []bool{false, true} {
		m := &struct{ L nn.TransformerEncoderLayer }{nn.TransformerEncoderLayer{TransformerOptions: nn.TransformerOptions{
			Embed: 4, Heads: 2, Hidden: 3, NormFirst: first, BatchFirst: true, Activation: graph.Value.Gelu}}}
		vars, err := nn.Init(m, 1)
		require.NoError(t, err)
		values(vars)
		g, x := graph.New(), gauss(9, 2, 3, 4)
		v := g.Input("x", x.Type)
		g.Output("y", m.L.Forward(v, nn.MultiheadOptions{}))
		attn := func(v graph.Value) graph.Value {
			y, _ := m.L.SelfAttn.Forward(v, v, v, nn.MultiheadOptions{})
			return y
		}
		feed := func(v graph.Value) graph.Value {
			return m.L.Linear2.Forward(m.L.Linear1.Forward(v).Gelu())
		}
		if first {
			v = v.Add(attn(m.L.Norm1.Forward(v)))
			v = v.Add(feed(m.L.Norm2.Forward(v)))
		} else {
			v = m.L.Norm1.Forward(v.Add(attn(v)))
			v = m.L.Norm2.Forward(v.Add(feed(v)))
		}
		g.Output("parts", v)
		out, _, err := engine.Oracle(g, engine.Feeds{"x": x}, nil)
		require.NoError(t, err)
		require.InDeltaSlice(t, out["parts"].F64, out["y"].F64, 1e-12)
	}
}

// What comes later changes nothing before it.
func TestCausalLayersDontLookAhead(t *testing.T) {
	o := nn.TransformerOptions{Embed: 4, Heads: 2, Hidden: 5}
	m := &struct {
		Encoder nn.TransformerEncoder
		Decoder nn.TransformerDecoder
	}{nn.TransformerEncoder{TransformerOptions: o, Num: 2}, nn.TransformerDecoder{TransformerOptions: o, Num: 2, Norm: true}}
	const l, n, changed = 5, 2, 3
	x, memory := gauss(3, l, n, 4), gauss(4, 3, n, 4)
	causal := nn.MultiheadOptions{Causal: true}
	_, p, _ := onCPU(t, m, func(g *graph.Graph) {
		v := g.Input("x", x.Type)
		g.Output("encoded", m.Encoder.Forward(v, causal))
		g.Output("decoded", m.Decoder.Forward(v, g.Const(memory), causal, nn.MultiheadOptions{}))
	})
	for _, name := range []string{"encoded", "decoded"} {
		before := run(t, p, engine.Feeds{"x": x}, name).Clone()
		other := x.Clone()
		for i := changed * n * 4; i < (changed+1)*n*4; i++ {
			other.F32[i] += 1
		}
		after := run(t, p, engine.Feeds{"x": other}, name)
		require.Equal(t, before.F32[:changed*n*4], after.F32[:changed*n*4], name)
		require.NotEqual(t, before.F32[changed*n*4:], after.F32[changed*n*4:], name)
	}
}

// Gradients of a decoder layer by its inputs and by every variable, against
// finite differences in float64.
func TestTransformerGradientsAreTheFiniteDifferences(t *testing.T) {
	m := &struct{ L nn.TransformerDecoderLayer }{nn.TransformerDecoderLayer{TransformerOptions: nn.TransformerOptions{
		Embed: 4, Heads: 2, Hidden: 3, BatchFirst: true, Activation: graph.Value.Tanh}}}
	vars, err := nn.Init(m, 1)
	require.NoError(t, err)
	values(vars)
	x, memory := gauss(7, 2, 3, 4), gauss(8, 2, 2, 4)
	feeds := engine.Feeds{"x": widen(t, x), "memory": widen(t, memory)}
	g := graph.New()
	in := []graph.Value{g.Input("x", x.Type), g.Input("memory", memory.Type)}
	y := m.L.Forward(in[0], in[1], nn.MultiheadOptions{Causal: true}, nn.MultiheadOptions{})
	loss := y.Mul(g.Const(gauss(11, 2, 3, 4))).Sum()
	g.Output("loss", loss)
	held := map[*graph.Variable]*tensor.Tensor{}
	moves := []*tensor.Tensor{feeds["x"], feeds["memory"]}
	for _, v := range vars {
		held[v] = widen(t, v.Init())
		in, moves = append(in, g.Read(v)), append(moves, held[v])
	}
	for i, d := range graph.Grad(loss, in...) {
		g.Output(fmt.Sprint("d", i), d)
	}
	at := func() map[string]*tensor.Tensor {
		out, _, err := engine.Oracle(g, feeds, held)
		require.NoError(t, err)
		return out
	}
	grads := at()
	for i, x := range moves {
		k := x.Elems() / 2
		const h = 1e-5
		was := x.F64[k]
		x.F64[k] = was + h
		up := at()["loss"].At(0)
		x.F64[k] = was - h
		down := at()["loss"].At(0)
		x.F64[k] = was
		want := grads[fmt.Sprint("d", i)].At(k)
		require.InDelta(t, want, (up-down)/(2*h), 1e-6*math.Max(1, math.Abs(want)), "operand %d", i)
	}
}

// A decoder with masks of all kinds, forward and backward on every device, is what
// the oracle computes.
func TestTransformersOnEveryDevice(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		m := &struct{ D nn.TransformerDecoder }{nn.TransformerDecoder{
			TransformerOptions: nn.TransformerOptions{Embed: 12, Heads: 3, Hidden: 20, NormFirst: true}, Num: 2, Norm: true}}
		vars, err := nn.Init(m, 4)
		require.NoError(t, err)
		in := engine.Feeds{"x": gauss(1, 7, 3, 12), "memory": gauss(2, 5, 3, 12), "padding": tensor.New(tensor.Type{DType: tensor.Bool, Shape: tensor.Shape{3, 5}})}
		copy(in["padding"].I32, []int32{0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1}) // the third: nothing to look at
		build := func(g *graph.Graph) {
			x, memory := g.Input("x", in["x"].Type), g.Input("memory", in["memory"].Type)
			y := m.D.Forward(x, memory, nn.MultiheadOptions{Causal: true}, nn.MultiheadOptions{KeyPadding: g.Input("padding", in["padding"].Type)})
			g.Output("y", y)
			for i, dv := range graph.Grad(y.Mul(g.Const(gauss(5, 7, 3, 12))).Sum(), x, memory, g.Read(vars[0])) {
				g.Output(fmt.Sprint("d", i), dv)
			}
		}
		g := graph.New()
		build(g)
		want, _, err := engine.Oracle(g, in, nil)
		require.NoError(t, err)
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		defer st.Close()
		p, err := engine.Compile(st, build)
		require.NoError(t, err)
		defer p.Close()
		for name, w := range want {
			for i, v := range run(t, p, in, name).F32 {
				require.InDelta(t, w.At(i), v, 2e-5, "%s[%d]", name, i)
			}
		}
	})
}

package conformance

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

// give adds a tensor of random values to a case; whole ones are 0 and 1.
func (c *Case) give(name, kind, dtype string, shape ...int) *tensor.Tensor {
	g := Given{Name: name, Kind: kind, Shape: shape, part: part{DType: dtype, Offset: len(c.data)}}
	t := tensor.New(tensor.F32(shape...))
	kernels.FillDefault(&tensor.Philox{Seed: uint64(len(c.data))}, t)
	for i, v := range t.F32 {
		if dtype == "u8" {
			t.F32[i] = float32(i % 2)
			c.data = append(c.data, byte(i%2))
		} else {
			c.data = binary.LittleEndian.AppendUint32(c.data, math.Float32bits(v))
		}
	}
	g.Nbytes = len(c.data) - g.Offset
	c.data = append(c.data, make([]byte, -len(c.data)&7)...)
	c.Given = append(c.Given, g)
	return t
}

// Modules of several layers get the case's parameters by PyTorch's names, masks in
// any dtype, and gradients for all of it.
func TestAttentionModulesTakePyTorchsNames(t *testing.T) {
	o := nn.TransformerOptions{Embed: 4, Heads: 2, Hidden: 6, NormFirst: true, Activation: graph.Value.Gelu}
	args := map[string]any{"d_model": 4.0, "nhead": 2.0, "dim_feedforward": 6.0, "activation": "gelu", "norm_first": true, "num_layers": 2.0,
		"embed_dim": 4.0, "num_heads": 2.0, "kdim": 3.0, "num_encoder_layers": 1.0, "num_decoder_layers": 1.0}
	none := nn.MultiheadOptions{}
	for torch, m := range map[string]struct {
		layer   nn.Layer
		inputs  map[string][]int
		forward func(l nn.Layer, in map[string]graph.Value) graph.Value
	}{
		"torch.nn.TransformerEncoderLayer": {&nn.TransformerEncoderLayer{TransformerOptions: o}, map[string][]int{"src": {3, 2, 4}, "src_mask": {3, 3}},
			func(l nn.Layer, in map[string]graph.Value) graph.Value {
				return l.(*nn.TransformerEncoderLayer).Forward(in["src"], nn.MultiheadOptions{Mask: in["src_mask"].Bool()})
			}},
		"torch.nn.TransformerDecoder": {&nn.TransformerDecoder{TransformerOptions: o, Num: 2, Norm: true}, map[string][]int{"tgt": {3, 2, 4}, "memory": {2, 2, 4}},
			func(l nn.Layer, in map[string]graph.Value) graph.Value {
				return l.(*nn.TransformerDecoder).Forward(in["tgt"], in["memory"], none, none)
			}},
		"torch.nn.Transformer": {&nn.Transformer{TransformerOptions: o, EncoderLayers: 1, DecoderLayers: 1}, map[string][]int{"src": {2, 1, 4}, "tgt": {3, 1, 4}},
			func(l nn.Layer, in map[string]graph.Value) graph.Value {
				return l.(*nn.Transformer).Forward(in["src"], in["tgt"], none, none, none)
			}},
		"torch.nn.MultiheadAttention": {&nn.MultiheadAttention{Embed: 4, Heads: 2, KDim: 3}, map[string][]int{"query": {3, 2, 4}, "key": {5, 2, 3}, "value": {5, 2, 4}, "key_padding_mask": {2, 5}},
			func(l nn.Layer, in map[string]graph.Value) graph.Value {
				y, _ := l.(*nn.MultiheadAttention).Forward(in["query"], in["key"], in["value"], nn.MultiheadOptions{KeyPadding: in["key_padding_mask"].Bool(), Weights: true})
				return y
			}},
	} {
		t.Run(torch, func(t *testing.T) {
			vars, err := nn.Init(&struct {
				L nn.Layer `vulgo:""`
			}{m.layer}, 1)
			require.NoError(t, err)
			c := &Case{Name: torch, Kind: "op", Torch: torch, Args: args, Expect: []Expect{{Name: "y", Kind: "output"}}}
			for _, v := range vars {
				x := c.give(v.Name, "param", "f32", v.Type.Shape...)
				v.Init = func() *tensor.Tensor { return x }
				c.Expect = append(c.Expect, Expect{Name: v.Name, Kind: "grad"})
			}
			g, feeds, in := graph.New(), engine.Feeds{}, map[string]graph.Value{}
			for _, name := range []string{"src", "tgt", "memory", "query", "key", "value", "src_mask", "key_padding_mask"} {
				shape, ok := m.inputs[name]
				if !ok {
					continue
				}
				dtype := "f32"
				if name == "src_mask" || name == "key_padding_mask" {
					dtype = "u8"
				}
				feeds[name] = c.give(name, "input", dtype, shape...)
				in[name] = g.Input(name, feeds[name].Type)
			}
			y := m.forward(m.layer, in)
			g.Output("y", y)
			require.NoError(t, g.Err())
			up := c.give("y", "grad_out", "f32", y.Shape()...)
			for _, v := range vars {
				g.Output(v.Name, graph.Grad(y.Mul(g.Const(up)).Sum(), g.Read(v))[0])
			}
			want, _, err := engine.Oracle(g, feeds, nil)
			require.NoError(t, err)

			dev, err := engine.Open("cpu")
			require.NoError(t, err)
			defer dev.Close()
			got, err := runOp(dev, c)
			require.NoError(t, err)
			for name, w := range want {
				key := "grad " + name
				if name == "y" {
					key = "output y"
				}
				for i, v := range got[key].F32 {
					require.InDelta(t, w.At(i), v, 1e-5*math.Max(1, math.Abs(w.At(i))), "%s[%d]", key, i)
				}
			}
		})
	}
}

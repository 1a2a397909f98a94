package conformance

import (
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
)

var _ = register(map[string]build{
	"torch.nn.MultiheadAttention":      multihead,
	"torch.nn.TransformerEncoderLayer": encoder,
	"torch.nn.TransformerEncoder":      encoder,
	"torch.nn.TransformerDecoderLayer": decoder,
	"torch.nn.TransformerDecoder":      decoder,
	"torch.nn.Transformer":             transformer,

	"F.scaled_dot_product_attention":                   dotProduct,
	"torch.nn.functional.scaled_dot_product_attention": dotProduct,
})

// maskAt is a mask: whole numbers are bools.
func (b *builder) maskAt(names ...string) graph.Value {
	m := b.given(names...)
	if m.Valid() && !m.Type().DType.IsFloat() {
		return m.Bool()
	}
	return m
}

func dotProduct(b *builder) graph.Value {
	return nn.ScaledDotProductAttention(b.given("query", "q", "x"), b.given("key", "k", "x"), b.given("value", "v", "x"),
		nn.AttentionOptions{Mask: b.maskAt("attn_mask", "mask"), Causal: b.flag("is_causal"), Scale: b.num("scale", 0)})
}

// adopt builds a model's variables and puts them in place of the case's, by name.
func (b *builder) adopt(layer nn.Layer) bool {
	model := &struct{ Layer nn.Layer }{layer}
	vars, err := nn.Init(model, 1)
	if err != nil {
		b.Fail(err)
		return false
	}
	for _, v := range vars {
		name := strings.TrimPrefix(v.Name, "layer.")
		given := b.vars[name]
		if given == nil || !given.Type.Equal(v.Type) {
			b.miss("%s: a parameter %s of %v", b.c.Torch, name, v.Type)
			return false
		}
		v.Init = given.Init
		b.vars[name] = v
		delete(b.in, name)
	}
	return true
}

func (b *builder) masks(attn, padding string) nn.MultiheadOptions {
	return nn.MultiheadOptions{Mask: b.maskAt(attn), KeyPadding: b.maskAt(padding)}
}

func multihead(b *builder) graph.Value {
	m := &nn.MultiheadAttention{
		Embed: int(b.num("embed_dim", 0)), Heads: int(b.num("num_heads", 1)), KDim: int(b.num("kdim", 0)), VDim: int(b.num("vdim", 0)),
		NoBias: !arg(b, "bias", true), BiasKV: b.flag("add_bias_kv"), ZeroAttn: b.flag("add_zero_attn"), BatchFirst: b.flag("batch_first"),
	}
	if !b.adopt(m) {
		return graph.Value{}
	}
	o := b.masks("attn_mask", "key_padding_mask")
	o.Causal = b.flag("is_causal") && !o.Mask.Valid()
	o.Weights, o.EachHead = arg(b, "need_weights", true), !arg(b, "average_attn_weights", true)
	q := b.given("query", "q", "x")
	k := b.given("key", "k", "query", "q", "x")
	y, weights := m.Forward(q, k, b.given("value", "v", "key", "k", "query", "q", "x"), o)
	for _, name := range []string{"output", "attn_output", "out"} {
		b.out[name] = y
	}
	for _, name := range []string{"w", "weights", "attn_weights", "attn_output_weights"} {
		b.out[name] = weights
	}
	return y
}

func (b *builder) transformerOptions() nn.TransformerOptions {
	o := nn.TransformerOptions{
		Embed: int(b.num("d_model", 512)), Heads: int(b.num("nhead", 8)), Hidden: int(b.num("dim_feedforward", 2048)),
		Eps: b.num("layer_norm_eps", 1e-5), NormFirst: b.flag("norm_first"), BatchFirst: b.flag("batch_first"), NoBias: !arg(b, "bias", true),
	}
	switch a := arg(b, "activation", "relu"); a {
	case "relu":
	case "gelu":
		o.Activation = graph.Value.Gelu
	default:
		b.miss("activation %s", a)
	}
	return o
}

// stacked tells whether the case is of several layers, and whether of a norm behind.
func (b *builder) stacked() (layers int, norm bool) {
	return int(b.num("num_layers", 1)), b.vars["norm.weight"] != nil
}

func encoder(b *builder) graph.Value {
	x, o := b.given("src", "x", "input"), b.masks("src_mask", "src_key_padding_mask")
	if !o.Mask.Valid() {
		o.Mask = b.maskAt("mask")
	}
	o.Causal = b.flag("is_causal") && !o.Mask.Valid()
	if strings.HasSuffix(b.c.Torch, "Layer") {
		l := &nn.TransformerEncoderLayer{TransformerOptions: b.transformerOptions()}
		if !b.adopt(l) {
			return graph.Value{}
		}
		return l.Forward(x, o)
	}
	l := &nn.TransformerEncoder{TransformerOptions: b.transformerOptions()}
	if l.Num, l.Norm = b.stacked(); !b.adopt(l) {
		return graph.Value{}
	}
	return l.Forward(x, o)
}

func decoder(b *builder) graph.Value {
	x, memory := b.given("tgt", "x", "input"), b.given("memory", "mem")
	self, cross := b.masks("tgt_mask", "tgt_key_padding_mask"), b.masks("memory_mask", "memory_key_padding_mask")
	self.Causal = b.flag("tgt_is_causal") && !self.Mask.Valid()
	cross.Causal = b.flag("memory_is_causal") && !cross.Mask.Valid()
	if strings.HasSuffix(b.c.Torch, "Layer") {
		l := &nn.TransformerDecoderLayer{TransformerOptions: b.transformerOptions()}
		if !b.adopt(l) {
			return graph.Value{}
		}
		return l.Forward(x, memory, self, cross)
	}
	l := &nn.TransformerDecoder{TransformerOptions: b.transformerOptions()}
	if l.Num, l.Norm = b.stacked(); !b.adopt(l) {
		return graph.Value{}
	}
	return l.Forward(x, memory, self, cross)
}

func transformer(b *builder) graph.Value {
	l := &nn.Transformer{TransformerOptions: b.transformerOptions(),
		EncoderLayers: int(b.num("num_encoder_layers", 6)), DecoderLayers: int(b.num("num_decoder_layers", 6))}
	if !b.adopt(l) {
		return graph.Value{}
	}
	return l.Forward(b.at("src"), b.at("tgt"), b.masks("src_mask", "src_key_padding_mask"),
		b.masks("tgt_mask", "tgt_key_padding_mask"), b.masks("memory_mask", "memory_key_padding_mask"))
}

package nn

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
)

// TransformerOptions are what the layers of a Transformer share: x is [L, N, Embed],
// or [N, L, Embed] with BatchFirst.
type TransformerOptions struct {
	Embed, Heads int
	Hidden       int                           // of the feed-forward part; 0 means 2048
	Dropout      float64                       // in training; 0 is none (PyTorch's default is 0.1)
	Activation   func(graph.Value) graph.Value // of the feed-forward part; nil means ReLU
	Eps          float64                       // of the LayerNorms; 0 means 1e-5
	NormFirst    bool                          // x + f(norm(x)) in place of norm(x + f(x))
	BatchFirst   bool
	NoBias       bool
}

func (o *TransformerOptions) attention() MultiheadAttention {
	return MultiheadAttention{Embed: o.Embed, Heads: o.Heads, Dropout: o.Dropout, BatchFirst: o.BatchFirst, NoBias: o.NoBias}
}

func (o *TransformerOptions) norm() LayerNorm {
	return LayerNorm{Shape: []int{o.Embed}, Eps: o.Eps, NoBias: o.NoBias}
}

// feed is the feed-forward part: linear2(dropout(activation(linear1(x)))).
func (o *TransformerOptions) feed(x graph.Value, linear1, linear2 *Linear) graph.Value {
	x = linear1.Forward(x)
	if o.Activation == nil {
		x = x.Relu()
	} else {
		x = o.Activation(x)
	}
	return linear2.Forward(x.Dropout(o.Dropout)).Dropout(o.Dropout)
}

// around is x + f(norm(x)), or norm(x + f(x)).
func (o *TransformerOptions) around(x graph.Value, norm *LayerNorm, f func(graph.Value) graph.Value) graph.Value {
	if o.NormFirst {
		return x.Add(f(norm.Forward(x)))
	}
	return norm.Forward(x.Add(f(x)))
}

func (o *TransformerOptions) linears() (linear1, linear2 Linear) {
	hidden := or(o.Hidden, 2048)
	return Linear{In: o.Embed, Out: hidden, NoBias: o.NoBias}, Linear{In: hidden, Out: o.Embed, NoBias: o.NoBias}
}

// TransformerEncoderLayer is self-attention and a feed-forward part, each added to
// what it is given and normalised, as torch.nn.TransformerEncoderLayer.
type TransformerEncoderLayer struct {
	TransformerOptions

	SelfAttn         MultiheadAttention `vulgo:"-"`
	Linear1, Linear2 Linear             `vulgo:"-"`
	Norm1, Norm2     LayerNorm          `vulgo:"-"`
}

// Build makes the variables of the parts; Init calls it.
func (t *TransformerEncoderLayer) Build(s *Scope) error {
	t.SelfAttn, t.Norm1, t.Norm2 = t.attention(), t.norm(), t.norm()
	t.Linear1, t.Linear2 = t.linears()
	return s.Parts(Part{"self_attn", &t.SelfAttn}, Part{"linear1", &t.Linear1}, Part{"linear2", &t.Linear2},
		Part{"norm1", &t.Norm1}, Part{"norm2", &t.Norm2})
}

// Forward adds the layer; o's masks are those of its self-attention.
func (t *TransformerEncoderLayer) Forward(x graph.Value, o MultiheadOptions) graph.Value {
	o.Weights = false
	x = t.around(x, &t.Norm1, func(x graph.Value) graph.Value {
		y, _ := t.SelfAttn.Forward(x, x, x, o)
		return y.Dropout(t.Dropout)
	})
	return t.around(x, &t.Norm2, func(x graph.Value) graph.Value { return t.feed(x, &t.Linear1, &t.Linear2) })
}

// TransformerDecoderLayer is self-attention, attention to a memory and a
// feed-forward part, as torch.nn.TransformerDecoderLayer.
type TransformerDecoderLayer struct {
	TransformerOptions

	SelfAttn, MultiheadAttn MultiheadAttention `vulgo:"-"`
	Linear1, Linear2        Linear             `vulgo:"-"`
	Norm1, Norm2, Norm3     LayerNorm          `vulgo:"-"`
}

// Build makes the variables of the parts; Init calls it.
func (t *TransformerDecoderLayer) Build(s *Scope) error {
	t.SelfAttn, t.MultiheadAttn = t.attention(), t.attention()
	t.Norm1, t.Norm2, t.Norm3 = t.norm(), t.norm(), t.norm()
	t.Linear1, t.Linear2 = t.linears()
	return s.Parts(Part{"self_attn", &t.SelfAttn}, Part{"multihead_attn", &t.MultiheadAttn}, Part{"linear1", &t.Linear1},
		Part{"linear2", &t.Linear2}, Part{"norm1", &t.Norm1}, Part{"norm2", &t.Norm2}, Part{"norm3", &t.Norm3})
}

// Forward adds the layer; self are the masks of its self-attention, which is
// mostly Causal, cross those of its attention to memory, the encoder's result.
func (t *TransformerDecoderLayer) Forward(x, memory graph.Value, self, cross MultiheadOptions) graph.Value {
	self.Weights, cross.Weights = false, false
	x = t.around(x, &t.Norm1, func(x graph.Value) graph.Value {
		y, _ := t.SelfAttn.Forward(x, x, x, self)
		return y.Dropout(t.Dropout)
	})
	x = t.around(x, &t.Norm2, func(x graph.Value) graph.Value {
		y, _ := t.MultiheadAttn.Forward(x, memory, memory, cross)
		return y.Dropout(t.Dropout)
	})
	return t.around(x, &t.Norm3, func(x graph.Value) graph.Value { return t.feed(x, &t.Linear1, &t.Linear2) })
}

// TransformerEncoder is Num TransformerEncoderLayers one after the other, each with
// its own first values, and with Norm a LayerNorm behind: torch.nn.TransformerEncoder.
type TransformerEncoder struct {
	TransformerOptions
	Num  int
	Norm bool

	Layers    []TransformerEncoderLayer `vulgo:"-"`
	FinalNorm LayerNorm                 `vulgo:"-"`
}

// Build makes the layers' variables, layers.0. and so on; Init calls it.
func (t *TransformerEncoder) Build(s *Scope) error {
	if t.Num < 1 {
		return fmt.Errorf("nn: TransformerEncoder %s: Num %d must be positive", s.prefix, t.Num)
	}
	t.Layers = make([]TransformerEncoderLayer, t.Num)
	for i := range t.Layers {
		t.Layers[i].TransformerOptions = t.TransformerOptions
		if err := s.Parts(Part{fmt.Sprintf("layers.%d", i), &t.Layers[i]}); err != nil {
			return err
		}
	}
	return t.finalNorm(s, t.Norm, &t.FinalNorm)
}

func (o *TransformerOptions) finalNorm(s *Scope, wanted bool, norm *LayerNorm) error {
	if !wanted {
		return nil
	}
	*norm = o.norm()
	return s.Parts(Part{"norm", norm})
}

// Forward adds the layers; o's masks are those of every self-attention.
func (t *TransformerEncoder) Forward(x graph.Value, o MultiheadOptions) graph.Value {
	for i := range t.Layers {
		x = t.Layers[i].Forward(x, o)
	}
	if t.Norm {
		x = t.FinalNorm.Forward(x)
	}
	return x
}

// TransformerDecoder is Num TransformerDecoderLayers one after the other, each with
// its own first values, and with Norm a LayerNorm behind: torch.nn.TransformerDecoder.
type TransformerDecoder struct {
	TransformerOptions
	Num  int
	Norm bool

	Layers    []TransformerDecoderLayer `vulgo:"-"`
	FinalNorm LayerNorm                 `vulgo:"-"`
}

// Build makes the layers' variables, layers.0. and so on; Init calls it.
func (t *TransformerDecoder) Build(s *Scope) error {
	if t.Num < 1 {
		return fmt.Errorf("nn: TransformerDecoder %s: Num %d must be positive", s.prefix, t.Num)
	}
	t.Layers = make([]TransformerDecoderLayer, t.Num)
	for i := range t.Layers {
		t.Layers[i].TransformerOptions = t.TransformerOptions
		if err := s.Parts(Part{fmt.Sprintf("layers.%d", i), &t.Layers[i]}); err != nil {
			return err
		}
	}
	return t.finalNorm(s, t.Norm, &t.FinalNorm)
}

// Forward adds the layers; see TransformerDecoderLayer.Forward.
func (t *TransformerDecoder) Forward(x, memory graph.Value, self, cross MultiheadOptions) graph.Value {
	for i := range t.Layers {
		x = t.Layers[i].Forward(x, memory, self, cross)
	}
	if t.Norm {
		x = t.FinalNorm.Forward(x)
	}
	return x
}

// Transformer is an encoder and a decoder that looks at its result, each with a
// LayerNorm behind: torch.nn.Transformer.
type Transformer struct {
	TransformerOptions
	EncoderLayers, DecoderLayers int // 0 means 6

	Encoder TransformerEncoder `vulgo:"-"`
	Decoder TransformerDecoder `vulgo:"-"`
}

// Build makes the variables of both; Init calls it.
func (t *Transformer) Build(s *Scope) error {
	t.Encoder = TransformerEncoder{TransformerOptions: t.TransformerOptions, Num: or(t.EncoderLayers, 6), Norm: true}
	t.Decoder = TransformerDecoder{TransformerOptions: t.TransformerOptions, Num: or(t.DecoderLayers, 6), Norm: true}
	return s.Parts(Part{"encoder", &t.Encoder}, Part{"decoder", &t.Decoder})
}

// Forward gives, for what is read, src, and what is written so far, tgt, a value of
// tgt's shape. encoder, self and cross are the masks of the three attentions.
func (t *Transformer) Forward(src, tgt graph.Value, encoder, self, cross MultiheadOptions) graph.Value {
	return t.Decoder.Forward(tgt, t.Encoder.Forward(src, encoder), self, cross)
}

package main

import (
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

type mlp struct{ Hidden, Out nn.Linear }

func (m *mlp) Forward(x graph.Value) graph.Value {
	return m.Out.Forward(m.Hidden.Forward(x).Relu())
}

type cnn struct {
	Conv1, Conv2 nn.Conv2d
	Hidden, Out  nn.Linear
}

func (m *cnn) Forward(x graph.Value) graph.Value {
	x = m.Conv1.Forward(x).Relu().MaxPool2d(2)
	x = m.Conv2.Forward(x).Relu().MaxPool2d(2)
	return m.Out.Forward(m.Hidden.Forward(x.Flatten(1)).Relu())
}

// resnet is ResNet-18: a stem, and four stages of two blocks.
type resnet struct {
	Conv   nn.Conv2d
	Norm   nn.BatchNorm2d
	Blocks nn.Sequential
	Out    nn.Linear

	image bool // of 224x224, which the stem takes down to a quarter
}

func resnet18(image bool, classes int) *resnet {
	m := &resnet{Conv: nn.Conv2d{In: 3, Out: 64, Kernel: 3, Padding: 1, NoBias: true}, image: image}
	if image {
		m.Conv.Kernel, m.Conv.Stride, m.Conv.Padding = 7, 2, 3
	}
	m.Norm = nn.BatchNorm2d{Features: 64}
	in := 64
	for _, out := range []int{64, 128, 256, 512} {
		m.Blocks = append(m.Blocks, newBlock(in, out), newBlock(out, out))
		in = out
	}
	m.Out = nn.Linear{In: 512, Out: classes}
	return m
}

func (m *resnet) Forward(x graph.Value) graph.Value {
	x = m.Norm.Forward(m.Conv.Forward(x)).Relu()
	if m.image {
		x = nn.MaxPool2d{Kernel: 3, Stride: 2, Padding: 1}.Forward(x)
	}
	return m.Out.Forward(m.Blocks.Forward(x).AdaptiveAvgPool(1, 1).Flatten(1))
}

// block is relu(x + norm(conv(relu(norm(conv(x)))))); where it changes the shape,
// x goes through a convolution of one pixel.
type block struct {
	Conv1, Conv2 nn.Conv2d
	Norm1, Norm2 nn.BatchNorm2d
	Down         nn.Sequential
}

func newBlock(in, out int) *block {
	b := &block{
		Conv1: nn.Conv2d{In: in, Out: out, Kernel: 3, Padding: 1, NoBias: true}, Norm1: nn.BatchNorm2d{Features: out},
		Conv2: nn.Conv2d{In: out, Out: out, Kernel: 3, Padding: 1, NoBias: true}, Norm2: nn.BatchNorm2d{Features: out},
	}
	if in != out {
		b.Conv1.Stride = 2
		b.Down = nn.Sequential{&nn.Conv2d{In: in, Out: out, Kernel: 1, Stride: 2, NoBias: true}, &nn.BatchNorm2d{Features: out}}
	}
	return b
}

func (b *block) Forward(x graph.Value) graph.Value {
	y := b.Norm1.Forward(b.Conv1.Forward(x)).Relu()
	return b.Norm2.Forward(b.Conv2.Forward(y)).Add(b.Down.Forward(x)).Relu()
}

// words looks up embeddings, and goes on in a dtype.
type words struct {
	Table nn.Embedding
	dtype tensor.DType
}

func (w *words) Forward(x graph.Value) graph.Value { return w.Table.Forward(x).Cast(w.dtype) }

// charLSTM takes characters [T, N].
type charLSTM struct {
	Embed words
	LSTM  nn.LSTM
	Out   nn.Linear
}

func (m *charLSTM) Forward(x graph.Value) graph.Value {
	y, _, _ := m.LSTM.Forward(m.Embed.Forward(x), graph.Value{}, graph.Value{})
	return m.Out.Forward(y)
}

// seq2seq is an encoder and a decoder that looks back at it by attention. x is
// [from + to, N]: the sentence, and the words before those to be told.
type seq2seq struct {
	Source, Target   words
	Encoder, Decoder nn.LSTM
	Join, Out        nn.Linear

	from int
}

func (m *seq2seq) Forward(x graph.Value) graph.Value {
	source, target := x.Narrow(0, 0, m.from), x.Narrow(0, m.from, x.Dim(0)-m.from)
	keys, h, c := m.Encoder.Forward(m.Source.Forward(source), graph.Value{}, graph.Value{})
	y, _, _ := m.Decoder.Forward(m.Target.Forward(target), h, c)
	q, k := y.Permute(1, 0, 2), keys.Permute(1, 0, 2)
	seen := nn.ScaledDotProductAttention(q, k, k, nn.AttentionOptions{}).Permute(1, 0, 2)
	return m.Out.Forward(m.Join.Forward(graph.Concat(2, y, seen)).Tanh())
}

// transformer tells the next of tokens [N, L].
type transformer struct {
	Embed  words
	Places nn.LearnedPositions
	Blocks []nn.TransformerEncoderLayer
	Norm   nn.LayerNorm
	Out    nn.Linear
}

func (m *transformer) Forward(x graph.Value) graph.Value {
	x = m.Places.Forward(m.Embed.Forward(x))
	for i := range m.Blocks {
		x = m.Blocks[i].Forward(x, nn.MultiheadOptions{Causal: true})
	}
	return m.Out.Forward(m.Norm.Forward(x))
}

package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
)

// layerText is a layer as an arch describes it.
type layerText struct {
	c             *Case
	name, kind    string
	options       string
	positional    []string
	wasPositional bool
}

// shape is that of the layer's parameter of this name; nil where there is none.
func (l *layerText) shape(param string) []int {
	g, ok := l.c.given(l.name+"."+param, "param")
	if !ok {
		return nil
	}
	return g.Shape
}

// args are the options, those without a name at their place.
func (l *layerText) args() []string {
	if !l.wasPositional {
		l.wasPositional = true
		for _, arg := range splitArgs(l.options) {
			if _, err := strconv.ParseFloat(arg, 64); err == nil || len(l.positional) < 2 && !strings.ContainsAny(arg, " _") {
				l.positional = append(l.positional, arg)
			}
		}
	}
	return l.positional
}

// number is an option: "pad 1", "padding=1", "2 layers", or the one at place i.
func (l *layerText) number(def float64, i int, names ...string) float64 {
	for _, arg := range splitArgs(l.options) {
		words := strings.FieldsFunc(strings.ToLower(arg), func(r rune) bool { return r == ' ' || r == '=' || r == ':' })
		if len(words) != 2 {
			continue
		}
		for k, word := range words {
			if v, err := strconv.ParseFloat(words[1-k], 64); err == nil && slices.Contains(names, word) {
				return v
			}
		}
	}
	if v, err := strconv.ParseFloat(at(l.args(), i), 64); err == nil {
		return v
	}
	return def
}

func (l *layerText) int(def, i int, names ...string) int {
	return int(l.number(float64(def), i, names...))
}

func (l *layerText) has(words ...string) bool {
	for _, w := range words {
		if strings.Contains(strings.ToLower(l.options), w) {
			return true
		}
	}
	return false
}

func linearLayer(_ *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value) {
	w := l.shape("weight")
	if len(w) != 2 {
		return nil, nil
	}
	y := &nn.Linear{In: w[1], Out: w[0], NoBias: l.shape("bias") == nil}
	return y, y.Forward
}

func convLayer(_ *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value) {
	w := l.shape("weight")
	stride, groups := l.int(1, 3, "stride", "s"), l.int(1, 6, "groups", "g")
	padding, dilation := l.int(0, 4, "padding", "pad", "p"), l.int(1, 5, "dilation", "d")
	same, none := l.has("same"), l.shape("bias") == nil
	switch {
	case len(w) == 3 && l.kind == "conv1d":
		y := &nn.Conv1d{In: w[1] * groups, Out: w[0], Kernel: w[2], Stride: stride, Padding: padding, Dilation: dilation, Groups: groups, Same: same, NoBias: none}
		return y, y.Forward
	case len(w) == 4 && l.kind == "conv2d":
		y := &nn.Conv2d{In: w[1] * groups, Out: w[0], Kernels: pair(w[2:]), Stride: stride, Padding: padding, Dilation: dilation, Groups: groups, Same: same, NoBias: none}
		return y, y.Forward
	case len(w) == 5:
		y := &nn.Conv3d{In: w[1] * groups, Out: w[0], Kernels: triple(w[2:]), Stride: stride, Padding: padding, Dilation: dilation, Groups: groups, Same: same, NoBias: none}
		return y, y.Forward
	}
	return nil, nil
}

func transposeLayer(_ *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value) {
	w := l.shape("weight")
	if len(w) != 4 {
		return nil, nil
	}
	groups := l.int(1, 6, "groups", "g")
	y := &nn.ConvTranspose2d{In: w[0], Out: w[1] * groups, Kernels: pair(w[2:]), Stride: l.int(1, 3, "stride", "s"), Padding: l.int(0, 4, "padding", "pad", "p"),
		OutputPadding: l.int(0, 5, "output_padding"), Groups: groups, NoBias: l.shape("bias") == nil}
	return y, y.Forward
}

func batchNormLayer(_ *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value) {
	n := l.int(0, 0)
	switch w := l.shape("weight"); {
	case len(w) == 1:
		n = w[0]
	case w != nil:
		return nil, nil
	}
	y := &nn.BatchNorm{Features: n, Eps: l.number(0, 1, "eps"), Momentum: l.number(0, 2, "momentum"),
		NoAffine: l.shape("weight") == nil, NoRunning: l.has("no running", "track_running_stats=false")}
	return y, y.Forward
}

func layerNormLayer(_ *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value) {
	shape := l.shape("weight")
	if shape == nil {
		shape = []int{l.int(0, 0)}
	}
	y := &nn.LayerNorm{Shape: shape, Eps: l.number(0, -1, "eps"), NoAffine: l.shape("weight") == nil}
	return y, y.Forward
}

func rmsNormLayer(_ *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value) {
	y := &nn.RMSNorm{Shape: l.shape("weight"), Eps: l.number(0, -1, "eps")}
	return y, y.Forward
}

func groupNormLayer(_ *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value) {
	w := l.shape("weight")
	if len(w) != 1 {
		return nil, nil
	}
	y := &nn.GroupNorm{Groups: l.int(1, 0, "groups", "num_groups"), Channels: w[0], Eps: l.number(0, -1, "eps")}
	return y, y.Forward
}

func preluLayer(_ *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value) {
	w := l.shape("weight")
	if len(w) != 1 {
		return nil, nil
	}
	y := &nn.PReLU{NumParameters: w[0]}
	return y, y.Forward
}

func embeddingLayer(_ *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value) {
	w := l.shape("weight")
	if len(w) != 2 {
		return nil, nil
	}
	y := &nn.Embedding{Num: w[0], Dim: w[1]}
	if pad := l.int(-1<<31, -1, "padding_idx"); pad != -1<<31 {
		y.Padded, y.PaddingIdx = true, pad
	}
	return y, y.Forward
}

// recurrentLayer is from zero states; what goes on is the output at every step.
func recurrentLayer(m *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value) {
	ih, hh := l.shape("weight_ih_l0"), l.shape("weight_hh_l0")
	if len(ih) != 2 || len(hh) != 2 || l.has("dropout 0.", "dropout=0.") {
		return nil, nil
	}
	n := 1
	for l.shape(fmt.Sprintf("weight_ih_l%d", n)) != nil {
		n++
	}
	both, none, first := l.shape("weight_ih_l0_reverse") != nil, l.shape("bias_ih_l0") == nil, l.has("batch_first", "batch first")
	if m.time = 0; first {
		m.time = 1
	}
	var zero graph.Value
	switch l.kind {
	case "lstm":
		y := &nn.LSTM{In: ih[1], Hidden: hh[0] / 4, Layers: n, Bidirectional: both, BatchFirst: first, NoBias: none}
		if hr := l.shape("weight_hr_l0"); len(hr) == 2 {
			y.Proj = hr[0]
		}
		return y, func(x graph.Value) graph.Value { out, _, _ := y.Forward(x, zero, zero); return out }
	case "gru":
		y := &nn.GRU{In: ih[1], Hidden: hh[1], Layers: n, Bidirectional: both, BatchFirst: first, NoBias: none}
		return y, func(x graph.Value) graph.Value { out, _ := y.Forward(x, zero); return out }
	}
	y := &nn.RNN{In: ih[1], Hidden: hh[1], Layers: n, Bidirectional: both, BatchFirst: first, NoBias: none}
	if l.has("relu") {
		y.Nonlinearity = "relu"
	}
	return y, func(x graph.Value) graph.Value { out, _ := y.Forward(x, zero); return out }
}

func encoderLayer(m *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value) {
	prefix, stack := "", l.kind == "transformerencoder"
	if stack {
		prefix = "layers.0."
	}
	w := l.shape(prefix + "linear1.weight")
	if len(w) != 2 || l.has("dropout 0.", "dropout=0.") {
		return nil, nil
	}
	o := nn.TransformerOptions{Embed: w[1], Heads: l.int(1, 1, "heads", "nhead", "head"), Hidden: w[0], NormFirst: l.has("norm_first", "norm first", "pre-norm"),
		BatchFirst: l.has("batch_first", "batch first"), NoBias: l.shape(prefix+"linear1.bias") == nil}
	if l.has("gelu") {
		o.Activation = graph.Value.Gelu
	}
	if m.time = 0; o.BatchFirst {
		m.time = 1
	}
	options := nn.MultiheadOptions{Causal: l.has("causal")}
	if !stack {
		y := &nn.TransformerEncoderLayer{TransformerOptions: o}
		return y, func(x graph.Value) graph.Value { return y.Forward(x, options) }
	}
	y := &nn.TransformerEncoder{TransformerOptions: o, Num: 1, Norm: l.shape("norm.weight") != nil}
	for l.shape(fmt.Sprintf("layers.%d.linear1.weight", y.Num)) != nil {
		y.Num++
	}
	return y, func(x graph.Value) graph.Value { return y.Forward(x, options) }
}

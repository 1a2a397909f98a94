package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
)

// network is the model of a training case: the steps of its arch, one after the
// other. Sizes are those of the case's parameters, options the text's.
type network struct {
	c     *Case
	parts []nn.Part
	steps []func(x graph.Value) graph.Value
	time  int // the axis of the steps that a recurrent layer gave
}

// Build makes the layers' variables; nn.Init calls it.
func (m *network) Build(s *nn.Scope) error { return s.Parts(m.parts...) }

func (m *network) Forward(x graph.Value) graph.Value {
	for _, step := range m.steps {
		x = step(x)
	}
	return x
}

// stepText is a step of an arch: "conv1 Conv2d(1,8,3,pad 1, no bias)", "ReLU",
// "flatten(108)", "last step".
var stepText = regexp.MustCompile(`^(?:(\w[\w.]*)[ :=]+)?([A-Za-z]\w*)\s*(?:\((.*)\))?(.*)$`)

// layers has the types with parameters; each is found by the name of its own.
var layers = map[string]func(m *network, l *layerText) (nn.Layer, func(x graph.Value) graph.Value){
	"linear": linearLayer, "conv1d": convLayer, "conv2d": convLayer, "conv3d": convLayer, "convtranspose2d": transposeLayer,
	"batchnorm1d": batchNormLayer, "batchnorm2d": batchNormLayer, "batchnorm3d": batchNormLayer,
	"layernorm": layerNormLayer, "groupnorm": groupNormLayer, "rmsnorm": rmsNormLayer, "prelu": preluLayer,
	"embedding": embeddingLayer, "lstm": recurrentLayer, "gru": recurrentLayer, "rnn": recurrentLayer,
	"transformerencoderlayer": encoderLayer, "transformerencoder": encoderLayer,
}

// modelOf makes the model that a training case describes.
func modelOf(c *Case) (nn.Module, error) {
	m := &network{c: c, time: 1}
	text := strings.NewReplacer("→", "->", "=>", "->", "\n", " ").Replace(c.Arch)
	if head, rest, ok := strings.Cut(text, ":"); ok && !strings.Contains(head, "->") && !strings.Contains(head, "(") {
		text = rest // "Sequential: .."
	}
	for _, part := range strings.Split(text, "->") {
		if err := m.add(strings.TrimSpace(part)); err != nil {
			return nil, err
		}
	}
	if len(m.steps) == 0 {
		return nil, &MissingError{"a model without arch: " + c.Name}
	}
	return m, nil
}

func (m *network) add(text string) error {
	missing := &MissingError{fmt.Sprintf("%s of the model %q", text, m.c.Arch)}
	if m.words(strings.ToLower(text)) {
		return nil
	}
	t := stepText.FindStringSubmatch(text)
	if t == nil {
		return missing
	}
	l := &layerText{c: m.c, name: t[1], kind: strings.ToLower(strings.TrimPrefix(t[2], "nn.")), options: t[3] + "," + t[4]}
	if make := layers[l.kind]; make != nil {
		layer, step := m.own(l, make)
		if layer == nil {
			return missing
		}
		m.parts, m.steps = append(m.parts, nn.Part{Name: l.name, Layer: layer}), append(m.steps, step)
		return nil
	}
	if n := pooling.FindStringSubmatch(l.kind); n != nil {
		l.kind, t[3] = n[1]+"pool", n[2]
		if t[3] == "" {
			return missing
		}
	}
	if strings.Contains(l.kind, "dropout") && l.number(0.5, 0, "p") != 0 {
		return &MissingError{"PyTorch's random numbers, for " + text}
	}
	m.steps = append(m.steps, func(x graph.Value) graph.Value {
		if l.kind == "maxpool" || l.kind == "avgpool" { // along the sizes behind the channels
			l.kind += strconv.Itoa(len(x.Shape())-2) + "d"
		}
		return called(m.c, l.kind, t[3], x)
	})
	if calls[plain(l.kind)] == nil && l.kind != "maxpool" && l.kind != "avgpool" {
		return missing
	}
	return nil
}

// own makes a layer of the parameters of its name, or of the first ones that no
// layer has yet and that fit.
func (m *network) own(l *layerText, make func(*network, *layerText) (nn.Layer, func(x graph.Value) graph.Value)) (nn.Layer, func(x graph.Value) graph.Value) {
	if layer, step := make(m, l); l.name != "" && layer != nil {
		return layer, step
	}
	for _, g := range m.c.Given {
		for at, r := range g.Name {
			name := g.Name[:at]
			if g.Kind != "param" || r != '.' || slices.ContainsFunc(m.parts, func(p nn.Part) bool { return p.Name == name }) {
				continue
			}
			l.name = name
			if layer, step := make(m, l); layer != nil {
				return layer, step
			}
		}
	}
	return nil, nil
}

var pooling = regexp.MustCompile(`^(max|avg)_?pool(\d*)$`)

// words adds the steps that stand in plain words.
func (m *network) words(text string) bool {
	is := func(parts ...string) bool {
		for _, p := range parts {
			if strings.HasPrefix(text, p) {
				return true
			}
		}
		return false
	}
	var step func(x graph.Value) graph.Value
	switch {
	case is("logits", "output", "input", "x "), text == "", text == "x":
		return true
	case is("flatten"):
		step = func(x graph.Value) graph.Value { return x.Flatten(1) }
	case is("last step", "last time", "last output", "last hidden", "last position", "y[:,-1]"):
		step = func(x graph.Value) graph.Value { return x.Select(m.time, -1) }
	case is("first step", "first time", "first position"):
		step = func(x graph.Value) graph.Value { return x.Select(m.time, 0) }
	case is("mean over time", "mean over step", "mean over pos", "mean over seq", "mean over t", "mean over dim 1", "mean(1)"):
		step = func(x graph.Value) graph.Value { return x.Mean(m.time) }
	case is("global average", "global avg", "globalavg", "gap", "mean over h", "mean over space", "mean over pixels", "mean over (2,3)"):
		step = func(x graph.Value) graph.Value {
			for len(x.Shape()) > 2 {
				x = x.Mean(-1)
			}
			return x
		}
	case is("log_softmax", "logsoftmax", "log softmax"):
		step = func(x graph.Value) graph.Value { return x.LogSoftmax(-1) }
	default:
		return false
	}
	m.steps = append(m.steps, step)
	return true
}

// called is a function of the table with a text's arguments behind x.
func called(c *Case, name, args string, x graph.Value) graph.Value {
	cs := *c
	cs.Torch, cs.Args, cs.Given, cs.Expect = "F."+name, nil, nil, []Expect{{Name: "y", Kind: "output"}}
	b := &builder{Graph: x.Graph(), c: &cs, in: map[string]graph.Value{"x": x}, out: map[string]graph.Value{}}
	in := &call{builder: b, f: calls[plain(name)], pos: []string{"x"}, kw: map[string]string{}}
	for _, arg := range splitArgs(args) {
		if name, v, ok := strings.Cut(arg, "="); ok {
			in.kw[strings.TrimSpace(name)] = strings.TrimSpace(v)
		} else {
			in.pos = append(in.pos, arg)
		}
	}
	return in.f(in)
}

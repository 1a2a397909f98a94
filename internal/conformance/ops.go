package conformance

import (
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
)

// build computes a case's outputs; most have one, which is returned, named y.
type build func(b *builder) graph.Value

// table maps PyTorch's functions, as meta.json names them, to graphs; each
// family's file adds its own.
var table = map[string]build{}

func register(family map[string]build) map[string]build {
	for name, f := range family {
		if table[name] != nil {
			panic("conformance: " + name + " is registered twice")
		}
		table[name] = f
	}
	return family
}

var _ = register(map[string]build{
	"a + b": two("add"),
	"a - b": two("sub"),
	"a * b": two("mul"),
	"a / b": two("div"),

	"y = (x*w).detach()*w + x": func(b *builder) graph.Value {
		return b.x().Mul(b.at("w")).Detach().Mul(b.at("w")).Add(b.x())
	},
	"50 times x = tanh(x*w + b)": func(b *builder) graph.Value {
		x := b.x()
		for range 50 {
			x = x.Mul(b.at("w")).Add(b.at("b")).Tanh()
		}
		return x
	},
	"h=layer_norm(x)*g+b; y = x + gelu(h@w1)@w2": func(b *builder) graph.Value {
		h := b.x().LayerNorm(1, b.at("g"), b.at("b"), 1e-5)
		return b.x().Add(h.MatMul(b.at("w1")).Gelu().MatMul(b.at("w2")))
	},
})

// find is the build for a case.
func find(c *Case) (build, error) {
	if f, ok := table[c.Torch]; ok {
		return f, nil
	}
	if strings.HasPrefix(c.Torch, "see case name") {
		if f := named(c); f != nil {
			return f, nil
		}
		return nil, &MissingError{c.Name}
	}
	if name, ok := strings.CutPrefix(c.Torch, "torch.addmm("); ok && name != "" {
		return addmm, nil
	}
	if m := subscript.FindStringSubmatch(c.Torch); m != nil {
		return func(b *builder) graph.Value { return subscripted(b, m) }, nil
	}
	if parseCall(c.Torch, &builder{c: c}) != nil {
		return func(b *builder) graph.Value {
			in := parseCall(c.Torch, b)
			return in.f(in)
		}, nil
	}
	return nil, &MissingError{c.Torch}
}

func two(op string) build {
	return func(b *builder) graph.Value { return b.at("a").Op(op, b.at("b")) }
}

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

// find is the build for a case.
func find(c *Case) (build, error) {
	if f, ok := table[c.Torch]; ok {
		return f, nil
	}
	if strings.HasPrefix(c.Torch, "see case name") {
		if f := named(c); f != nil {
			return f, nil
		}
		if in := byName(c); in != nil {
			return func(b *builder) graph.Value { in.builder = b; return in.f(in) }, nil
		}
		return nil, &MissingError{c.Name}
	}
	if in := parseCall(c.Torch, &builder{c: c}); in != nil && in.plain() {
		return func(b *builder) graph.Value {
			in := parseCall(c.Torch, b)
			return in.f(in)
		}, nil
	}
	if f, ok := expression(c.Torch); ok && strings.ContainsAny(c.Torch, "(=[+-*/@ ") {
		return f, nil
	}
	return nil, &MissingError{c.Torch}
}

// byName is the function that a case's name says behind its group, ew_sqrt.
func byName(c *Case) *call {
	group, name, _ := strings.Cut(c.Name, "_")
	if group == "shape" || group == "reduce" {
		return nil // they have arguments
	}
	for ; name != ""; name = name[:max(0, strings.LastIndex(name, "_"))] {
		if in := parseCall(name, &builder{c: c}); in != nil {
			return in
		}
	}
	return nil
}

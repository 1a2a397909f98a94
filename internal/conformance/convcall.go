package conformance

import (
	"maps"
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
)

// Convolutions and pools as calls, "F.max_pool2d(x, 2, stride=1)": the order of
// their arguments. Tensors stand by the names that the builds ask for.
var _ = func() bool {
	for axes := 1; axes <= 3; axes++ {
		d := strconv.Itoa(axes) + "d"
		for name, order := range map[string]string{
			"conv":              "x weight bias stride padding dilation groups",
			"conv_transpose":    "x weight bias stride padding output_padding groups dilation",
			"max_pool":          "x kernel_size stride padding dilation ceil_mode return_indices",
			"avg_pool":          "x kernel_size stride padding ceil_mode count_include_pad divisor_override",
			"lp_pool":           "x norm_type kernel_size stride ceil_mode",
			"max_unpool":        "x indices kernel_size stride padding output_size",
			"adaptive_max_pool": "x output_size return_indices",
			"adaptive_avg_pool": "x output_size",
		} {
			calls[plain(name+d)] = spelled("F."+name+d, order)
		}
	}
	calls["unfold"] = spelled("F.unfold", "x kernel_size dilation padding stride")
	calls["fold"] = spelled("F.fold", "x output_size kernel_size dilation padding stride")
	return true
}()

// spelled is a build of the table as a call: what its text says joins the case's
// arguments.
func spelled(name, order string) func(*call) graph.Value {
	names := strings.Fields(order)
	return func(c *call) graph.Value {
		b, cs := *c.builder, *c.c
		cs.Args, b.in, b.c = maps.Clone(cs.Args), maps.Clone(b.in), &cs
		if cs.Args == nil {
			cs.Args = map[string]any{}
		}
		set := func(name, text string) {
			if v, ok := literal(text); ok {
				cs.Args[name] = v
			} else if v := c.value(text); v.Valid() {
				b.in[name] = v
			}
		}
		for i, text := range c.pos {
			if i < len(names) {
				set(names[i], text)
			}
		}
		for name, text := range c.kw {
			if name == "input" || name == "self" {
				name = "x"
			}
			set(name, text)
		}
		return table[name](&b)
	}
}

// literal is a number, a name such as 'same', True, False, None or a list as JSON
// would have it.
func literal(text string) (v any, ok bool) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n, true
	}
	switch first := text[:min(1, len(text))]; {
	case text == "True" || text == "False":
		return text == "True", true
	case text == "None":
		return nil, true
	case first == "'" || first == `"`:
		return strings.Trim(text, `'"`), true
	case first == "(" || first == "[":
		list := []any{}
		for _, part := range splitArgs(strings.Trim(text, "()[]")) {
			if v, ok = literal(part); !ok {
				return nil, false
			}
			list = append(list, v)
		}
		return list, true
	}
	return nil, false
}

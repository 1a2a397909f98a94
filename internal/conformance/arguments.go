package conformance

import (
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
)

// numbers are those of a text such as "[1, -2]", "(3,)" or "4".
func numbers(text string) (out []int) {
	for _, s := range strings.Split(strings.Trim(strings.TrimSpace(text), "()[]"), ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// ints are the whole numbers of an argument: of the case's arguments, or of the
// call's by name, or from place i on; nil where there are none.
func (c *call) ints(i int, names ...string) []int {
	for _, name := range names {
		switch v := c.c.Args[name].(type) {
		case float64:
			return []int{int(v)}
		case []any:
			if len(v) > 0 {
				if _, ok := v[0].(float64); ok {
					return c.builder.ints(name)
				}
			}
			return []int{}
		}
		if text, ok := c.kw[name]; ok && text != "None" {
			return numbers(text)
		}
	}
	if i < 0 || i >= len(c.pos) {
		return nil
	}
	if strings.ContainsAny(c.pos[i], "([") {
		return append([]int{}, numbers(c.pos[i])...)
	}
	var out []int
	for _, text := range c.pos[i:] {
		n, err := strconv.Atoi(text)
		if err != nil {
			break
		}
		out = append(out, n)
	}
	return out
}

// int is one whole number, as ints has them.
func (c *call) int(i, def int, names ...string) int {
	for _, name := range names {
		if v := c.ints(-1, name); len(v) > 0 {
			return v[0]
		}
	}
	if v, err := strconv.Atoi(at(c.pos, i)); err == nil {
		return v
	}
	return def
}

// floats are the numbers of an argument by name.
func (c *call) floats(name string) (out []float64) {
	switch v := c.c.Args[name].(type) {
	case float64:
		return []float64{v}
	case []any:
		for _, x := range v {
			f, _ := x.(float64)
			out = append(out, f)
		}
		return out
	}
	for _, s := range strings.Split(strings.Trim(c.kw[name], "()[]"), ",") {
		if f, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
			out = append(out, f)
		}
	}
	return out
}

// text is an argument as it stands, by name or at place i.
func (c *call) text(name string, i int) string {
	if v, ok := c.kw[name]; ok {
		return v
	}
	return at(c.pos, i)
}

// list are operands: those in brackets at place i, those from there on, or all
// of the case's tensors.
func (c *call) list(i int) (vs []graph.Value) {
	if i < len(c.pos) {
		items := c.pos[i:]
		if strings.ContainsAny(items[0][:1], "([") {
			items = splitArgs(strings.Trim(items[0], "()[]"))
		}
		for _, item := range items {
			if v := c.value(item); v.Valid() {
				vs = append(vs, v)
			}
		}
	}
	if len(vs) == 0 {
		return c.inputs()
	}
	return vs
}

// many gives the case's outputs in their order; of a case with one output the
// piece that it names, or the first, is meant.
func (c *call) many(vs []graph.Value) graph.Value {
	var names []string
	for _, e := range c.c.Expect {
		if e.Kind == "output" {
			names = append(names, e.Name)
		}
	}
	if len(names) == 1 && len(vs) > 0 {
		i := 0
		if n := numbers(c.part); len(n) == 1 {
			i = (n[0]%len(vs) + len(vs)) % len(vs)
		}
		return vs[i]
	}
	for i, name := range names {
		if i < len(vs) {
			c.out[name] = vs[i]
		}
	}
	return graph.Value{}
}

// module tells whether the case names a module rather than a function.
func (c *call) module() bool {
	name, ok := strings.CutPrefix(strings.TrimPrefix(c.c.Torch, "torch."), "nn.")
	return ok && !strings.HasPrefix(name, "functional.")
}

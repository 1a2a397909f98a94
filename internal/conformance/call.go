package conformance

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// call is a PyTorch function as a case writes it, "torch.clamp(x,-0.5,0.8)",
// "F.kl_div(log_softmax(x,1), target)", "x.tan()" or "torch.nn.GELU" alone.
type call struct {
	*builder
	f    func(*call) graph.Value
	pos  []string          // positional arguments
	kw   map[string]string // those by name
	bare bool              // there are no arguments: operands are the case's tensors
	part string            // of several outputs: .values, .indices, [0], [1]
}

// calls are the functions of elementwise ops, activations and losses, by their name
// in lower case without underscores and the ending loss.
var calls = map[string]func(*call) graph.Value{}

var prefix = regexp.MustCompile(`^(torch\.nn\.functional|torchvision\.ops|torch\.special|torch\.nn|nn\.functional|torch|nn|F|Tensor)\.`)

var output = regexp.MustCompile(`(\.values|\.indices|\[-?\d+\])$`)

func plain(name string) string {
	return strings.TrimSuffix(strings.ReplaceAll(strings.ToLower(name), "_", ""), "loss")
}

// parseCall reads a call; nil if there is no such function.
func parseCall(text string, b *builder) *call {
	part := output.FindString(text)
	head, args, open := strings.Cut(strings.TrimSpace(strings.TrimSuffix(text, part)), "(")
	c := &call{builder: b, kw: map[string]string{}, bare: !open, part: part}
	if rest := prefix.ReplaceAllString(head, ""); rest != head {
		head = rest
	} else if self, method, ok := strings.Cut(head, "."); ok {
		head, c.pos = method, []string{self}
	}
	if c.f = calls[plain(head)]; c.f == nil || open && !strings.HasSuffix(args, ")") {
		return nil
	}
	if open && !closed(args) {
		return nil
	}
	for _, arg := range splitArgs(strings.TrimSuffix(args, ")")) {
		if name, v, ok := strings.Cut(arg, "="); ok && !strings.ContainsAny(name, "!<>( ") && !strings.HasPrefix(v, "=") {
			c.kw[name] = v
		} else {
			c.pos = append(c.pos, arg)
		}
	}
	return c
}

// closed tells whether the last bracket of a call's text is the one that closes it.
func closed(args string) bool {
	depth := 1
	for i, r := range args {
		switch r {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		}
		if depth == 0 {
			return i == len(args)-1
		}
	}
	return false
}

var name = regexp.MustCompile(`^\w*$|^\w+ *[!=]= *\d+$`)

// plain tells whether every argument is a literal, a name or a comparison such as
// m!=0; anything else is an expression.
func (c *call) plain() bool {
	for _, list := range [][]string{c.pos, slices.Collect(maps.Values(c.kw))} {
		for _, arg := range list {
			if _, ok := literal(arg); ok || name.MatchString(arg) {
				continue
			}
			if strings.ContainsAny(arg[:1], "([") {
				in := &call{pos: splitArgs(strings.Trim(arg, "()[]"))}
				if in.plain() {
					continue
				}
			}
			if !order.MatchString(arg) {
				return false
			}
		}
	}
	return true
}

// order are the infinite norms, as Python writes infinity.
var order = regexp.MustCompile(`inf|^\[.*\[`)

// splitArgs splits at the commas outside of brackets and quotes.
func splitArgs(s string) []string {
	var out []string
	depth, from, quoted := 0, 0, false
	for i, r := range s + "," {
		switch {
		case r == '\'' || r == '"':
			quoted = !quoted
		case quoted && i < len(s):
		case strings.ContainsRune("([{", r):
			depth++
		case strings.ContainsRune(")]}", r):
			depth--
		case r == ',' && depth == 0:
			if arg := strings.TrimSpace(s[from:i]); arg != "" {
				out = append(out, arg)
			}
			from = i + 1
		}
	}
	return out
}

// value is an argument as a value: a tensor of the case, a number, m != 0, or a
// call; the zero Value for anything else.
func (c *call) value(arg string) graph.Value {
	if v := c.given(arg, map[string]string{"t": "target"}[arg]); v.Valid() {
		return v
	}
	if n, ok := c.c.Args[arg].(float64); ok && len(arg) > 1 { // the p of a norm is no operand
		return c.Scalar(n)
	}
	if n, err := strconv.ParseFloat(arg, 64); err == nil {
		return c.Scalar(n)
	}
	for _, op := range []string{"!=", "=="} {
		if left, right, ok := strings.Cut(arg, op); ok {
			v, w := c.value(strings.TrimSpace(left)), c.value(strings.TrimSpace(right))
			if v.Type().DType == tensor.Int32 {
				v = v.Float()
			}
			return v.Op(map[string]string{"!=": "ne", "==": "eq"}[op], w)
		}
	}
	if in := parseCall(arg, c.builder); in != nil && !in.bare {
		return in.f(in)
	}
	return graph.Value{}
}

// v is operand i: the argument there, or the tensor or number of one of these
// names, or else the case's tensor at that place.
func (c *call) v(i int, names ...string) graph.Value {
	if i < len(c.pos) {
		if v := c.value(c.pos[i]); v.Valid() {
			return v
		}
	}
	for _, n := range names {
		if arg, ok := c.kw[n]; ok {
			if v := c.value(arg); v.Valid() {
				return v
			}
		}
		if v := c.value(n); v.Valid() {
			return v
		}
	}
	for _, g := range c.c.Given {
		if g.Kind == "input" || g.Kind == "index" || g.Kind == "param" {
			if i == 0 {
				return c.at(g.Name)
			}
			i--
		}
	}
	return graph.Value{}
}

func (c *call) x() graph.Value { return c.v(0, "x", "input", "a") }

// n is a number: of the case's arguments, or the call's by name or at place i.
func (c *call) n(name string, i int, def float64) float64 {
	if _, there := c.c.Args[name]; there {
		return c.num(name, def)
	}
	for _, text := range []string{c.kw[name], at(c.pos, i)} {
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			return v
		}
	}
	return def
}

func at(list []string, i int) string {
	if i < 0 || i >= len(list) {
		return ""
	}
	return list[i]
}

// is tells whether a flag is set.
func (c *call) is(name string) bool {
	return c.flag(name) || c.kw[name] == "True"
}

// word is a text argument.
func (c *call) word(name, def string) string {
	if _, there := c.c.Args[name]; there {
		return arg(c.builder, name, def)
	}
	if s := strings.Trim(c.kw[name], `'"`); s != "" && s != "None" {
		return s
	}
	return def
}

// tensor is a constant operand, such as a loss's weights; nil where there is none.
func (c *call) tensor(name string) *tensor.Tensor {
	g, ok := c.c.given(name, "input", "param", "buffer", "index")
	if !ok {
		var v []float32
		list, _ := c.c.Args[name].([]any)
		for _, x := range list {
			f, _ := x.(float64)
			v = append(v, float32(f))
		}
		if v == nil {
			return nil
		}
		return tensor.FromF32(v, len(v))
	}
	t, err := c.c.Tensor(g)
	c.Fail(err)
	return t
}

package conformance

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
)

// item is what an expression stands for: a tensor, a list, or a literal as Python
// writes it.
type item struct {
	value graph.Value
	list  []item
	text  string
	named map[string]graph.Value // a call's further results: values, indices
}

func (i item) number() (float64, bool) {
	n, err := strconv.ParseFloat(i.text, 64)
	return n, err == nil && !i.value.Valid()
}

func number(n float64) item { return item{text: strconv.FormatFloat(n, 'g', -1, 64)} }

// evaluator computes a case's program.
type evaluator struct {
	*builder
	vars map[string]item
	root *node // the call that the case's arguments are of
}

// expression is the build of a case whose function is a program.
func expression(text string) (build, bool) {
	p, err := parseProgram(text)
	if err != nil {
		return nil, false
	}
	for _, s := range p.statements {
		if !known(s.value) {
			return nil, false
		}
	}
	last := p.statements[len(p.statements)-1].value
	return func(b *builder) graph.Value {
		e := &evaluator{builder: b, vars: map[string]item{}, root: last}
		var y item
		for range p.times {
			for _, s := range p.statements {
				y = e.run(s)
			}
		}
		for _, out := range b.c.Expect {
			if v, ok := e.vars[out.Name]; ok && out.Kind == "output" {
				b.out[out.Name] = e.tensor(v)
			}
		}
		for i, v := range y.list {
			if i == 0 {
				y = v
			}
			if names := b.outputs(); i < len(names) {
				b.out[names[i]] = e.tensor(v)
			}
		}
		if v, ok := e.vars["y"]; ok { // whatever is computed behind it
			y = v
		}
		if names := b.outputs(); len(names) == 1 && !b.out[names[0]].Valid() {
			b.out[names[0]] = e.tensor(y)
		}
		return e.tensor(y)
	}, true
}

// outputs are the names of the case's outputs.
func (b *builder) outputs() (names []string) {
	for _, e := range b.c.Expect {
		if e.Kind == "output" {
			names = append(names, e.Name)
		}
	}
	return names
}

func (e *evaluator) run(s statement) item {
	if len(s.targets) < 2 {
		v := e.eval(s.value)
		for _, t := range s.targets {
			e.vars[t] = v
		}
		return v
	}
	var list item
	for i, t := range s.targets {
		part := &node{kind: "index", sub: []*node{s.value, {kind: "number", text: strconv.Itoa(i)}}}
		e.vars[t] = e.eval(part)
		list.list = append(list.list, e.vars[t])
	}
	return list
}

// tensor is an item as a tensor: numbers become scalars.
func (e *evaluator) tensor(i item) graph.Value {
	if n, ok := i.number(); ok {
		return e.Scalar(n)
	}
	if !i.value.Valid() && e.Err() == nil {
		return e.miss("%s: %q is no tensor", e.c.Torch, i.text)
	}
	return i.value
}

func (e *evaluator) missing(format string, a ...any) item {
	e.miss("%s: %s", e.c.Torch, fmt.Sprintf(format, a...))
	return item{}
}

var constants = map[string]float64{"pi": math.Pi, "e": math.E, "inf": math.Inf(1)}

func (e *evaluator) eval(n *node) item {
	if e.Err() != nil {
		return item{}
	}
	switch n.kind {
	case "number", "text":
		return item{text: n.text}
	case "list":
		var l item
		for _, s := range n.sub {
			l.list = append(l.list, e.eval(s))
		}
		return l
	case "name":
		return e.name(n.text)
	case "unary":
		return e.unary(n.text, e.eval(n.sub[0]))
	case "op":
		return e.infix(n.text, e.eval(n.sub[0]), e.eval(n.sub[1]))
	case "attr":
		return e.attribute(n)
	case "call":
		return e.call(n, "")
	case "index":
		if k, ok := e.part(n); ok {
			return e.call(n.sub[0], k)
		}
		base := e.eval(n.sub[0])
		if base.list != nil && len(n.sub) == 2 {
			return e.of(base.list, n.sub[1])
		}
		return item{value: e.subscript(e.tensor(base), n.sub[1:])}
	}
	return e.missing("a %s", n.kind)
}

// of is a list's part, x.shape[0] or x.shape[1:].
func (e *evaluator) of(list []item, n *node) item {
	at := func(n *node, def int) int {
		if n == nil {
			return def
		}
		k, ok := e.eval(n).number()
		if ok && k < 0 {
			k += float64(len(list))
		}
		if !ok || k < 0 || int(k) > len(list) {
			e.missing("a place in a list of %d", len(list))
			return def
		}
		return int(k)
	}
	if n.kind == "slice" {
		from, to := at(n.sub[0], 0), at(n.sub[1], len(list))
		return item{list: list[min(from, to):to]}
	}
	if k := at(n, 0); k < len(list) {
		return list[k]
	}
	return e.missing("a place in a list of %d", len(list))
}

func (e *evaluator) name(name string) item {
	if v, ok := e.vars[name]; ok {
		return v
	}
	if v := e.given(name, map[string]string{"t": "target"}[name]); v.Valid() {
		return item{value: v}
	}
	switch v := e.c.Args[name].(type) {
	case float64:
		return number(v)
	case string:
		return item{text: v}
	case bool:
		return item{text: map[bool]string{true: "True", false: "False"}[v]}
	case []any:
		if n := e.builder.ints(name); n != nil {
			var l item
			for _, k := range n {
				l.list = append(l.list, number(float64(k)))
			}
			return l
		}
	}
	if n, ok := constants[name]; ok {
		return number(n)
	}
	if name == "True" || name == "False" || name == "None" || name == "..." {
		return item{text: name}
	}
	return e.missing("%s is not given", name)
}

func (e *evaluator) unary(op string, a item) item {
	if n, ok := a.number(); ok {
		return number(map[string]float64{"-": -n, "+": n}[op])
	}
	switch v := e.tensor(a); op {
	case "-":
		return item{value: v.Neg()}
	case "+":
		return item{value: v}
	default:
		return item{value: v.Bool().Not()}
	}
}

var binaries = map[string]string{
	"+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floor_divide", "%": "remainder", "**": "pow",
	"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne",
}

func (e *evaluator) infix(op string, a, b item) item {
	x, isX := a.number()
	y, isY := b.number()
	if isX && isY {
		if op == "**" {
			return number(math.Pow(x, y))
		}
		for _, level := range infixes {
			if f := level[op]; f != nil {
				return number(f(x, y))
			}
		}
		return e.missing("%v %s %v", x, op, y)
	}
	v, w := e.tensor(a), e.tensor(b)
	if !v.Valid() || !w.Valid() {
		return item{}
	}
	switch {
	case op == "@":
		return item{value: v.MatMul(w)}
	case op == "&" || op == "and":
		return item{value: v.Bool().And(w.Bool())}
	case op == "|" || op == "or":
		return item{value: v.Bool().Or(w.Bool())}
	case op == "**" && isY:
		return item{value: v.PowScalar(y)}
	}
	return item{value: floating(v).Op(binaries[op], floating(w))}
}

// floating is a tensor for arithmetic, where masks and indexes count as numbers.
func floating(v graph.Value) graph.Value {
	if v.Valid() && !v.Type().DType.IsFloat() {
		return v.Float()
	}
	return v
}

func (e *evaluator) attribute(n *node) item {
	if path := e.path(n); path != "" {
		return e.name(path[strings.LastIndex(path, ".")+1:])
	}
	base := e.eval(n.sub[0])
	if v, ok := base.named[n.text]; ok {
		return item{value: v}
	}
	v := e.tensor(base)
	switch n.text {
	case "T", "mT", "H", "mH":
		return item{value: turned(v, "T")}
	case "data":
		return item{value: v.Detach()}
	case "ndim":
		return number(float64(len(v.Shape())))
	case "shape":
		var l item
		for _, d := range v.Shape() {
			l.list = append(l.list, number(float64(d)))
		}
		return l
	case "values", "output":
		return base
	}
	return e.missing("attribute %s", n.text)
}

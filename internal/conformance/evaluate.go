package conformance

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
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
		if names := b.outputs(); len(names) == 1 {
			b.out[names[0]] = e.tensor(y)
		}
		return e.tensor(y)
	}, true
}

// known tells whether every function of an expression is there.
func known(n *node) bool {
	if n == nil {
		return true
	}
	if n.kind == "call" && n.sub[0].kind != "call" {
		name, self := (&evaluator{builder: &builder{c: &Case{}}}).function(n)
		if !methods[name] && calls[plain(name)] == nil && (self != nil || functions1[name] == nil && functions2[name] == nil) {
			return false
		}
	}
	for _, s := range n.sub {
		if !known(s) {
			return false
		}
	}
	return true
}

// methods are the functions that only programs have.
var methods = map[string]bool{
	"contiguous": true, "clone": true, "requires_grad_": true, "to": true, "cpu": true, "double": true, "type_as": true,
	"float": true, "bool": true, "long": true, "int": true, "dim": true, "ndimension": true, "numel": true, "size": true,
	"ones_like": true, "zeros_like": true, "ones": true, "zeros": true, "eye": true, "arange": true,
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
		if i, err := strconv.Atoi(n.sub[1].text); err == nil && len(base.list) > 0 && i < len(base.list) && i >= 0 {
			return base.list[i]
		}
		return item{value: e.subscript(e.tensor(base), n.sub[1:])}
	}
	return e.missing("a %s", n.kind)
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

// path is a function's name with its modules, "torch.linalg.norm"; "" for what
// hangs on a value.
func (e *evaluator) path(n *node) string {
	switch n.kind {
	case "name":
		_, own := e.vars[n.text]
		if _, given := e.c.given(n.text, "input", "index", "param", "buffer"); own || given || !modules[n.text] {
			return ""
		}
		return n.text
	case "attr":
		if base := e.path(n.sub[0]); base != "" {
			return base + "." + n.text
		}
	}
	return ""
}

var modules = map[string]bool{"torch": true, "F": true, "nn": true, "math": true, "np": true, "functional": true, "torchvision": true}

// function is what a call calls: its name, and the operand that a method hangs on.
func (e *evaluator) function(n *node) (name string, self *node) {
	callee := n.sub[0]
	path := e.path(callee)
	switch {
	case path != "":
		return prefix.ReplaceAllString(strings.TrimPrefix(strings.TrimPrefix(path, "math."), "np."), ""), nil
	case callee.kind == "attr":
		return callee.text, callee.sub[0]
	}
	return callee.text, nil
}

// several are the functions with more results than one.
var several = regexp.MustCompile(`^(split|chunk|unbind|tensor_split|meshgrid|max|min|sort|topk|kthvalue|median|mode|cummax|cummin|std_mean|var_mean|aminmax|broadcast_tensors)$`)

// part tells whether a subscript takes one of a call's results, and which.
func (e *evaluator) part(n *node) (string, bool) {
	if n.sub[0].kind != "call" || len(n.sub) != 2 {
		return "", false
	}
	i := n.sub[1]
	sign := ""
	if i.kind == "unary" && i.text == "-" {
		i, sign = i.sub[0], "-"
	}
	name, _ := e.function(n.sub[0])
	whole := (name == "max" || name == "min" || name == "median") && len(n.sub[0].sub) < 2 && n.sub[0].kw["dim"] == nil
	if i.kind != "number" || !several.MatchString(name) || whole {
		return "", false
	}
	return "[" + sign + i.text + "]", true
}

func (e *evaluator) call(n *node, part string) item {
	if n.sub[0].kind == "call" { // torch.nn.Softmax(dim=1)(x)
		module := n.sub[0]
		name, _ := e.function(module)
		kw := maps.Clone(module.kw)
		maps.Copy(kw, n.kw)
		return e.apply(n, name, e.evals(append(slices.Clone(n.sub[1:]), module.sub[1:]...)), e.evalMap(kw), part)
	}
	name, self := e.function(n)
	args, kw := e.evals(n.sub[1:]), e.evalMap(n.kw)
	if self == nil {
		if v, ok := numeric(name, args); ok {
			return v
		}
		if v, ok := e.create(name, args); ok {
			return v
		}
		return e.apply(n, name, args, kw, part)
	}
	base := e.eval(self)
	if v, ok := e.method(base, name, args); ok {
		return v
	}
	return e.apply(n, name, append([]item{base}, args...), kw, part)
}

func (e *evaluator) evals(ns []*node) (out []item) {
	for _, n := range ns {
		out = append(out, e.eval(n))
	}
	return out
}

func (e *evaluator) evalMap(ns map[string]*node) map[string]item {
	out := map[string]item{}
	for _, name := range slices.Sorted(maps.Keys(ns)) {
		out[name] = e.eval(ns[name])
	}
	return out
}

// numeric is a function of numbers, sqrt(8).
func numeric(name string, args []item) (item, bool) {
	var n []float64
	for _, a := range args {
		if x, ok := a.number(); ok {
			n = append(n, x)
		}
	}
	switch {
	case len(n) != len(args):
	case len(n) == 1 && functions1[name] != nil:
		return number(functions1[name](n[0])), true
	case len(n) == 2 && functions2[name] != nil:
		return number(functions2[name](n[0], n[1])), true
	}
	return item{}, false
}

// create are the functions that make tensors.
func (e *evaluator) create(name string, args []item) (item, bool) {
	var n []int
	for _, a := range args {
		for _, d := range append(a.list, a) {
			if x, ok := d.number(); ok {
				n = append(n, int(x))
			}
		}
	}
	switch {
	case (name == "ones_like" || name == "zeros_like") && len(args) == 1:
		return item{value: e.tensor(args[0]).FullLike(truth(name == "ones_like"))}, true
	case name == "ones" || name == "zeros":
		return item{value: e.Scalar(truth(name == "ones")).Expand(n...)}, true
	case name == "eye" && len(n) == 1:
		return item{value: e.Scalar(1).Expand(n[0]).DiagEmbed(0)}, true
	case name == "arange" && len(n) == 1:
		t := tensor.New(tensor.I32(n[0]))
		for i := range t.I32 {
			t.I32[i] = int32(i)
		}
		return item{value: e.Const(t)}, true
	}
	return item{}, false
}

// method are those that change no number, and those that give sizes.
func (e *evaluator) method(base item, name string, args []item) (item, bool) {
	switch name {
	case "contiguous", "clone", "requires_grad_", "to", "cpu", "double", "type_as":
		return base, true
	case "float":
		return item{value: floating(e.tensor(base))}, true
	case "bool":
		return item{value: e.tensor(base).Bool()}, true
	case "long", "int":
		return item{value: e.tensor(base).Int()}, true
	case "dim", "ndimension":
		return number(float64(len(e.tensor(base).Shape()))), true
	case "numel":
		return number(float64(e.tensor(base).Type().Elems())), true
	case "size":
		if len(args) == 1 {
			d, _ := args[0].number()
			return number(float64(e.tensor(base).Dim(int(d)))), true
		}
	}
	return item{}, false
}

// apply calls a function of the table. The case's own arguments and tensors are
// for the outermost call alone: others see their operands only.
func (e *evaluator) apply(n *node, name string, args []item, kw map[string]item, part string) item {
	f := calls[plain(name)]
	if f == nil {
		return e.missing("%s", name)
	}
	if e.Err() != nil {
		return item{}
	}
	cs, sub := *e.c, *e.builder
	sub.c, sub.in, sub.out = &cs, map[string]graph.Value{}, map[string]graph.Value{}
	if n == e.root || e.root.kind == "attr" && n == e.root.sub[0] {
		sub.in = maps.Clone(e.in)
	} else {
		cs.Args, cs.Given, sub.vars = nil, nil, nil
	}
	if len(e.outputs()) == 1 || n != e.root {
		cs.Expect = []Expect{{Name: "y", Kind: "output", Shape: e.outShape()}}
	}
	c := &call{builder: &sub, f: f, kw: map[string]string{}, part: part}
	for _, a := range args {
		c.pos = append(c.pos, sub.operand(a))
	}
	for name, a := range kw {
		c.kw[name] = sub.operand(a)
	}
	y := f(c)
	maps.Copy(e.out, sub.out)
	if !y.Valid() && len(sub.out) == 0 && e.Err() == nil {
		return e.missing("%s of %v", name, c.pos)
	}
	return item{value: y, named: sub.out}
}

// operand is an item as a call's text: a literal, or the name of a tensor.
func (b *builder) operand(i item) string {
	switch {
	case i.value.Valid():
		name := "_" + strconv.Itoa(len(b.in))
		b.in[name] = i.value
		return name
	case i.text != "":
		return i.text
	}
	var parts []string
	for _, p := range i.list {
		parts = append(parts, b.operand(p))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

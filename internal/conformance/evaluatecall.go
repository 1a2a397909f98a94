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

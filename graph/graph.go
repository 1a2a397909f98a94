// Package graph builds a computation once: symbolic values, variables, shape
// checks at the moment an op is added, and gradients as more ops of the same
// graph. It runs nothing; package engine compiles and runs it.
//
//	x := g.Input("x", tensor.F32(32, 784))
//	loss := x.MatMulT(g.Read(w)).Square().Mean() // w is a *graph.Variable
//	dw := graph.Grad(loss, g.Read(w))[0]
//
// Operands broadcast by NumPy's rule; an axis of -1 is the last one. Errors are sticky: the first one (with the user's own file and line) is kept,
// later ops return the zero Value, and Err and engine.Compile report it.
package graph

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// NodeKind tells a node's source: an op, the host, a constant, a variable.
type NodeKind uint8

// The kinds of node.
const (
	OpNode    NodeKind = iota
	InputNode          // given by the host at each run
	ConstNode          // known when the graph is built
	ReadNode           // a variable's value at the run's start
)

// Node is one op or source. Its outputs are the values Out[0], Out[1], ...
type Node struct {
	Kind  NodeKind
	Op    *kernels.Op // OpNode
	Attrs any
	In    []kernels.Ref // kernels.NoRef: absent
	Out   []kernels.Ref
	Name  string         // InputNode
	Const *tensor.Tensor // ConstNode
	Var   *Variable      // ReadNode
	Pos   string         // the user's file:line
}

// Named is an output of the graph.
type Named struct {
	Name string
	Ref  kernels.Ref
}

// Assignment gives a variable its value for the next run.
type Assignment struct {
	Var *Variable
	Ref kernels.Ref
}

// Variable is state that outlives a run: a parameter, a moment, a running mean.
// It is an identity with a name and an initial value; an engine.State binds it
// to a device's memory. Int64 is the host's view: a device keeps int32.
type Variable struct {
	Name      string
	Type      tensor.Type
	Init      func() *tensor.Tensor // nil: zeros
	Trainable bool                  // a parameter, as opposed to a buffer or a moment
}

// Graph is a computation under construction. Use it from one goroutine.
type Graph struct {
	Nodes   []*Node
	Outputs []Named
	Assigns []Assignment

	types  []tensor.Type // by Ref
	maker  []*Node       // by Ref
	own    []bool        // by Ref: see ownBy
	cse    map[string]*Node
	reads  map[*Variable]kernels.Ref
	inputs map[string]kernels.Ref
	weak   map[kernels.Ref]float64     // constants that Scalar made
	halved map[kernels.Ref]kernels.Ref // an op's float32 result -> what of it is stored in 16 bits
	again  map[kernels.Ref]kernels.Ref // what is stored in 16 bits -> in float32, for gradients
	seq    int
	train  bool
	err    error
}

// New is an empty graph in evaluation mode.
func New() *Graph {
	return &Graph{cse: map[string]*Node{}, reads: map[*Variable]kernels.Ref{}, inputs: map[string]kernels.Ref{}, weak: map[kernels.Ref]float64{},
		halved: map[kernels.Ref]kernels.Ref{}, again: map[kernels.Ref]kernels.Ref{}}
}

// Value is a value of a graph: the result of an op or a source. The zero Value
// is absent; ops on it record an error.
type Value struct {
	g   *Graph
	ref kernels.Ref
}

// Err is the first error met while building.
func (g *Graph) Err() error { return g.err }

// Fail records an error found by a layer or a loss, with the user's position.
func (g *Graph) Fail(err error) {
	if g.err == nil && err != nil {
		g.err = fmt.Errorf("%s: %w", userPos(), err)
	}
}

// SetTrain puts the graph in training or evaluation mode; layers ask Train.
func (g *Graph) SetTrain(on bool) { g.train = on }

// Train reports whether layers should behave as in training.
func (g *Graph) Train() bool { return g.train }

// Graph is the graph the value belongs to; nil for the zero Value.
func (v Value) Graph() *Graph { return v.g }

// Valid is false for the zero Value.
func (v Value) Valid() bool { return v.g != nil }

// Ref is the value's number in its graph.
func (v Value) Ref() kernels.Ref {
	if v.g == nil {
		return kernels.NoRef
	}
	return v.ref
}

// Type is the value's dtype and shape.
func (v Value) Type() tensor.Type {
	if v.g == nil {
		return tensor.Type{}
	}
	return v.g.types[v.ref]
}

// Shape is the value's shape.
func (v Value) Shape() tensor.Shape { return v.Type().Shape }

// Dim is the size of dimension i, counted from the end if negative; 0, with an
// error recorded, if there is no such dimension.
func (v Value) Dim(i int) int {
	s := v.Shape()
	if i < 0 {
		i += len(s)
	}
	if i < 0 || i >= len(s) {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("dim: %v has no dimension %d", s, i))
		}
		return 0
	}
	return s[i]
}

func (v Value) String() string {
	if v.g == nil {
		return "absent"
	}
	return fmt.Sprintf("%%%d %v", v.ref, v.Type())
}

// ValueOf wraps a Ref of this graph; NoRef gives the zero Value.
func (g *Graph) ValueOf(r kernels.Ref) Value {
	if r == kernels.NoRef {
		return Value{}
	}
	return Value{g, r}
}

// Maker is the node that makes a value.
func (g *Graph) Maker(r kernels.Ref) *Node { return g.maker[r] }

// Values is the number of values; Refs count from 0.
func (g *Graph) Values() int { return len(g.types) }

func (g *Graph) add(n *Node, types ...tensor.Type) {
	n.Pos = userPos()
	own := g.ownBy(n)
	for _, t := range types {
		n.Out = append(n.Out, kernels.Ref(len(g.types)))
		g.types = append(g.types, t)
		g.maker = append(g.maker, n)
		g.own = append(g.own, own)
	}
	g.Nodes = append(g.Nodes, n)
}

// Input is a value the host gives at each run. The same name with the same
// type is the same input. An int64 input is an int32 value; a run checks that
// what it is fed fits.
func (g *Graph) Input(name string, t tensor.Type) Value {
	t = stored(t)
	if r, ok := g.inputs[name]; ok {
		if !g.types[r].Equal(t) {
			g.Fail(fmt.Errorf("input %q is %v and %v", name, g.types[r], t))
			return Value{}
		}
		return Value{g, r}
	}
	n := &Node{Kind: InputNode, Name: name}
	g.add(n, t)
	g.inputs[name] = n.Out[0]
	return Value{g, n.Out[0]}
}

// Const is a value known now. Int64 data becomes int32, if it fits.
func (g *Graph) Const(t *tensor.Tensor) Value {
	if t.DType == tensor.Int64 {
		narrow, err := t.To(tensor.Int32)
		if err != nil {
			g.Fail(fmt.Errorf("const: %w", err))
			return Value{}
		}
		t = narrow
	}
	n := &Node{Kind: ConstNode, Const: t}
	g.add(n, t.Type)
	return Value{g, n.Out[0]}
}

// Scalar is a float32 constant of rank 0; equal ones are one value. It takes the
// float type of what it is computed with, as a number of Python's does in PyTorch.
func (g *Graph) Scalar(v float64) Value {
	key := fmt.Sprintf("const %x", v)
	if n := g.cse[key]; n != nil {
		return Value{g, n.Out[0]}
	}
	x := g.Const(tensor.Scalar(float32(v)))
	g.cse[key] = g.maker[x.ref]
	g.weak[x.ref] = v
	return x
}

// Seed is the run's seed: int32[2] of the program's seed and the step number.
func (g *Graph) Seed() Value { return g.Input(SeedInput, tensor.I32(2)) }

// SeedInput is the name of the input that Seed makes; a program fills it.
const SeedInput = "seed"

// NextSeq numbers the graph's random draws, so that each is a stream of its own
// wherever it is computed.
func (g *Graph) NextSeq() int { g.seq++; return g.seq }

// Read is a variable's value at the run's start.
func (g *Graph) Read(v *Variable) Value {
	if r, ok := g.reads[v]; ok {
		return Value{g, r}
	}
	n := &Node{Kind: ReadNode, Var: v}
	g.add(n, v.Stored())
	g.reads[v] = n.Out[0]
	return Value{g, n.Out[0]}
}

// Assign makes x the variable's value from the run's end on. A variable is
// assigned at most once a run. Floats are cast to the variable's type.
func (g *Graph) Assign(v *Variable, x Value) {
	if g.err != nil {
		return
	}
	for _, a := range g.Assigns {
		if a.Var == v {
			g.Fail(fmt.Errorf("assign: variable %q is assigned twice", v.Name))
			return
		}
	}
	if x.Type().DType.IsFloat() && v.Type.DType.IsFloat() {
		x = x.Cast(v.Type.DType)
	}
	if !x.Type().Equal(v.Stored()) {
		g.Fail(fmt.Errorf("assign: variable %q is %v, the value %v", v.Name, v.Type, x.Type()))
		return
	}
	g.Assigns = append(g.Assigns, Assignment{v, x.ref})
}

// Output names a value that the host reads after a run.
func (g *Graph) Output(name string, x Value) {
	if g.err != nil {
		return
	}
	if !x.Valid() {
		g.Fail(fmt.Errorf("output %q is absent", name))
		return
	}
	for _, o := range g.Outputs {
		if o.Name == name {
			g.Fail(fmt.Errorf("output %q is named twice", name))
			return
		}
	}
	g.Outputs = append(g.Outputs, Named{name, x.ref})
}

// Apply adds an op; attrs is its Attrs struct. It returns all outputs, optional
// ones included, or zero Values after an error. The methods on Value are the
// comfortable form.
func (g *Graph) Apply(op *kernels.Op, attrs any, in ...Value) []Value {
	refs := make([]kernels.Ref, len(in))
	for i, v := range in {
		refs[i] = v.Ref()
		if v.g != nil && v.g != g {
			g.Fail(fmt.Errorf("%s: operand %d belongs to another graph", op.Name, i))
		}
	}
	outs := builder{g}.Apply(op, attrs, refs...)
	vals := make([]Value, len(outs))
	for i, r := range outs {
		vals[i] = g.ValueOf(r)
	}
	return vals
}

// builder is the kernels.Builder over a graph.
type builder struct{ g *Graph }

func (b builder) Type(r kernels.Ref) tensor.Type {
	if r == kernels.NoRef {
		return tensor.Type{}
	}
	return b.g.types[r]
}

func (b builder) Scalar(v float64) kernels.Ref { return b.g.Scalar(v).ref }

func (b builder) Fail(err error) { b.g.Fail(err) }

func (b builder) Apply(op *kernels.Op, attrs any, in ...kernels.Ref) []kernels.Ref {
	g := b.g
	if op == nil {
		g.Fail(fmt.Errorf("an op that the table doesn't have"))
	}
	if g.err != nil {
		return absent(op)
	}
	in, store, err := b.alike(op, attrs, in)
	if err != nil {
		g.Fail(err)
		return absent(op)
	}
	outs := b.apply(op, attrs, in, "")
	if g.err != nil || !store.IsHalf() {
		return outs
	}
	return b.narrowed(op, outs, store)
}

// apply adds the op over operands as they are. Equal calls are one node, if their
// marks are equal too.
func (b builder) apply(op *kernels.Op, attrs any, in []kernels.Ref, mark string) []kernels.Ref {
	g := b.g
	types := make([]tensor.Type, len(in))
	for i, r := range in {
		types[i] = b.Type(r)
	}
	attrs, outs, err := op.Infer(attrs, types)
	if err != nil {
		g.Fail(err)
		return absent(op)
	}
	if kernels.Tangled(op, attrs, types, outs[0].Shape) {
		wide := make([]kernels.Ref, len(in))
		for i, r := range in {
			wide[i] = Value{g, r}.expandTo(outs[0].Shape).ref
		}
		return b.apply(op, attrs, wide, mark)
	}
	key := fmt.Sprintf("%s %+v %v%s", op.Name, attrs, in, mark)
	if n := g.cse[key]; n != nil && !op.Random {
		return n.Out
	}
	n := &Node{Op: op, Attrs: attrs, In: append([]kernels.Ref(nil), in...)}
	g.add(n, outs...)
	g.cse[key] = n
	return n.Out
}

// absent keeps a builder going after an error: nothing it returns is used, for
// Err stops the compile.
func absent(op *kernels.Op) []kernels.Ref {
	n := 8
	if op != nil {
		n = max(n, len(op.Out))
	}
	out := make([]kernels.Ref, n)
	for i := range out {
		out[i] = kernels.NoRef
	}
	return out
}

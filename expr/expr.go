// Package expr holds elementwise formulas as trees. One formula serves every
// back end: it runs over blocks on the CPU (Compile), prints GLSL (Func.GLSL),
// becomes the body of a function in a SPIR-V module (Patch), and differentiates
// itself (Func.Grad), so that an elementwise op is declared in one line:
//
//	f, err := expr.Parse("x, slope:attr -> where(x > 0, x, slope*x)")
//
// Expressions are interned: equal formulas are the same pointer.
package expr

import (
	"fmt"
	"math"
	"sync"
)

// Type is what an expression's value is. Float is the float type the back end
// computes in, Int is int32, Bool is true or false (in memory a 32-bit 1 or 0).
type Type uint8

// The types.
const (
	Float Type = iota
	Int
	Bool
)

func (t Type) String() string { return [...]string{"float", "int", "bool"}[t] }

// Expr is one node of a formula. It is immutable and interned.
type Expr struct {
	op  Op
	typ Type
	idx int     // number of an argument or attribute
	num float64 // value of a constant
	in  [3]*Expr
}

// Type is the type of the value.
func (e *Expr) Type() Type { return e.typ }

// Op is the operation at the root.
func (e *Expr) Op() Op { return e.op }

// Inputs are the operands of the root operation.
func (e *Expr) Inputs() []*Expr { return e.in[:ops[e.op].arity] }

type nodeKey struct {
	op  Op
	typ Type
	idx int
	num uint64
	in  [3]*Expr
}

var interned = struct {
	sync.Mutex
	nodes map[nodeKey]*Expr
}{nodes: map[nodeKey]*Expr{}}

func intern(e Expr) *Expr {
	k := nodeKey{e.op, e.typ, e.idx, math.Float64bits(e.num), e.in}
	interned.Lock()
	defer interned.Unlock()
	if n, ok := interned.nodes[k]; ok {
		return n
	}
	interned.nodes[k] = &e
	return &e
}

// Arg is argument i of a function.
func Arg(i int, t Type) *Expr { return intern(Expr{op: OpArg, typ: t, idx: i}) }

// Attr is float parameter i, given when the function is called.
func Attr(i int) *Expr { return intern(Expr{op: OpAttr, typ: Float, idx: i}) }

// Const is a float constant.
func Const(v float64) *Expr { return constant(v, Float) }

func constant(v float64, t Type) *Expr {
	if math.IsNaN(v) {
		v = math.NaN() // one NaN, so that equal formulas stay equal
	}
	return intern(Expr{op: OpConst, typ: t, num: v})
}

func boolean(b bool) *Expr {
	if b {
		return constant(1, Bool)
	}
	return constant(0, Bool)
}

// Build applies op, simplified where the result is the same: constants folded,
// x*1, x+0, --x and the like. The error names a wrong number or type of operands.
func Build(op Op, in ...*Expr) (*Expr, error) {
	if op <= OpAttr || op >= numOps {
		return nil, fmt.Errorf("expr: no operation %d", op)
	}
	d := &ops[op]
	if len(in) != d.arity {
		return nil, fmt.Errorf("expr: %s takes %d operands, not %d", d.name, d.arity, len(in))
	}
	t, ok := d.result(in)
	if !ok {
		return nil, fmt.Errorf("expr: %s doesn't take %s", d.name, types(in))
	}
	e := Expr{op: op, typ: t}
	copy(e.in[:], in)
	if s := simplify(&e); s != nil {
		return s, nil
	}
	return intern(e), nil
}

func types(in []*Expr) string {
	s := ""
	for i, e := range in {
		if i > 0 {
			s += ", "
		}
		s += e.typ.String()
	}
	return "(" + s + ")"
}

// build is Build for the formulas of this package, whose types are right.
func build(op Op, in ...*Expr) *Expr {
	e, err := Build(op, in...)
	if err != nil {
		panic(err)
	}
	return e
}

// walk visits each distinct node under roots once, operands first.
func walk(visit func(*Expr), roots ...*Expr) {
	seen := map[*Expr]bool{}
	var rec func(*Expr)
	rec = func(e *Expr) {
		if seen[e] {
			return
		}
		seen[e] = true
		for _, a := range e.Inputs() {
			rec(a)
		}
		visit(e)
	}
	for _, r := range roots {
		rec(r)
	}
}

// rewrite rebuilds e from the leaves; leaf gives what stands for a node, or nil
// to keep it (with its operands rewritten).
func rewrite(e *Expr, leaf func(*Expr) *Expr) *Expr {
	memo := map[*Expr]*Expr{}
	var rec func(*Expr) *Expr
	rec = func(e *Expr) *Expr {
		if r, ok := memo[e]; ok {
			return r
		}
		r := leaf(e)
		if r == nil {
			r = e
			if n := ops[e.op].arity; n > 0 {
				var in [3]*Expr
				for i, a := range e.Inputs() {
					in[i] = rec(a)
				}
				r = build(e.op, in[:n]...)
			}
		}
		memo[e] = r
		return r
	}
	return rec(e)
}

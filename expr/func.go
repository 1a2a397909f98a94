package expr

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// Func is a formula of typed arguments and float attributes. The zero Func is
// not valid; Parse and New make one.
type Func struct {
	Args  []Type // type of each argument
	Attrs int    // number of float parameters given at call time
	Body  *Expr
}

// New is the function with that body; the error names an argument or attribute
// of the body that isn't there or has another type.
func New(args []Type, attrs int, body *Expr) (Func, error) {
	var err error
	walk(func(e *Expr) {
		switch {
		case e.op == OpArg && (e.idx < 0 || e.idx >= len(args)):
			err = fmt.Errorf("expr: argument %d of %d", e.idx, len(args))
		case e.op == OpArg && args[e.idx] != e.typ:
			err = fmt.Errorf("expr: argument %d is %s, the formula takes %s", e.idx, args[e.idx], e.typ)
		case e.op == OpAttr && (e.idx < 0 || e.idx >= attrs):
			err = fmt.Errorf("expr: attribute %d of %d", e.idx, attrs)
		}
	}, body)
	return Func{args, attrs, body}, err
}

// Result is the type of the value.
func (f Func) Result() Type { return f.Body.typ }

// Apply is f's body over other expressions: how functions are composed and
// fused. A nil attrs keeps the attributes; the types must be f's.
func (f Func) Apply(args, attrs []*Expr) *Expr {
	return rewrite(f.Body, func(e *Expr) *Expr {
		switch {
		case e.op == OpArg:
			return args[e.idx]
		case e.op == OpAttr && attrs != nil:
			return attrs[e.idx]
		}
		return nil
	})
}

// Replace is f's body with every expression of old as that of new instead.
func (f Func) Replace(old, new []*Expr) *Expr {
	return rewrite(f.Body, func(e *Expr) *Expr {
		if i := slices.Index(old, e); i >= 0 {
			return new[i]
		}
		return nil
	})
}

// WithAttrs is f with its attributes fixed.
func (f Func) WithAttrs(values ...float64) Func {
	attrs := make([]*Expr, len(values))
	for i, v := range values {
		attrs[i] = Const(v)
	}
	args := make([]*Expr, len(f.Args))
	for i, t := range f.Args {
		args[i] = Arg(i, t)
	}
	return Func{Args: f.Args, Body: f.Apply(args, attrs)}
}

// Compact is f without the arguments that its body doesn't use, and which of
// f's arguments the remaining ones are, in order.
func (f Func) Compact() (Func, []int) {
	used := make([]bool, len(f.Args))
	walk(func(e *Expr) {
		if e.op == OpArg {
			used[e.idx] = true
		}
	}, f.Body)
	args := make([]*Expr, len(f.Args))
	var kept []int
	var ts []Type
	for i, u := range used {
		if u {
			args[i] = Arg(len(kept), f.Args[i])
			kept = append(kept, i)
			ts = append(ts, f.Args[i])
		}
	}
	return Func{ts, f.Attrs, f.Apply(args, nil)}, kept
}

// Key is text that tells functions apart: equal keys are equal formulas over
// equal types. Parse reads it back. Shared parts are written once.
func (f Func) Key() string {
	var b strings.Builder
	sep := ""
	for i, t := range f.Args {
		fmt.Fprintf(&b, "%sx%d", sep, i)
		if t != Float {
			b.WriteString(":" + t.String())
		}
		sep = ", "
	}
	for i := range f.Attrs {
		fmt.Fprintf(&b, "%sa%d:attr", sep, i)
		sep = ", "
	}
	b.WriteString(" -> ")
	p := printer{name: map[*Expr]string{}}
	uses := map[*Expr]int{}
	walk(func(e *Expr) {
		for _, a := range e.Inputs() {
			uses[a]++
		}
	}, f.Body)
	walk(func(e *Expr) {
		if ops[e.op].arity > 0 && uses[e] > 1 {
			text := p.print(e, 0)
			p.name[e] = "t" + strconv.Itoa(len(p.name))
			fmt.Fprintf(&b, "%s = %s; ", p.name[e], text)
		}
	}, f.Body)
	b.WriteString(p.print(f.Body, 0))
	return b.String()
}

func (f Func) String() string { return f.Key() }

// Hash is 64 bits of Key, the same on every machine.
func (f Func) Hash() uint64 {
	h := fnv.New64a()
	h.Write([]byte(f.Key()))
	return h.Sum64()
}

// String is the formula in the syntax of Parse, arguments as x0, x1, ... and
// attributes as a0, a1, ...
func (e *Expr) String() string { return (&printer{}).print(e, 0) }

type printer struct {
	name map[*Expr]string
	glsl bool
}

// print writes e to stand beside an operator that binds as strongly as prec.
func (p *printer) print(e *Expr, prec int) string {
	if s, ok := p.name[e]; ok {
		return s
	}
	d := &ops[e.op]
	switch e.op {
	case OpArg:
		return "x" + strconv.Itoa(e.idx)
	case OpAttr:
		return "a" + strconv.Itoa(e.idx)
	case OpConst:
		return p.constant(e, prec)
	case Neg, Not:
		op := "-"
		if e.op == Not {
			op = "!"
		}
		return paren(op+p.print(e.in[0], d.prec+1), d.prec < prec)
	}
	if d.prec > 0 {
		// Operators group to the left, so the right operand must bind tighter.
		s := p.print(e.in[0], d.prec) + " " + d.name + " " + p.print(e.in[1], d.prec+1)
		return paren(s, d.prec < prec)
	}
	if p.glsl && e.op == Where {
		return "(" + p.print(e.in[0], 1) + " ? " + p.print(e.in[1], 1) + " : " + p.print(e.in[2], 1) + ")"
	}
	name := d.name
	if p.glsl && d.glsl != "" {
		name = d.glsl
	}
	args := make([]string, d.arity)
	for i, a := range e.Inputs() {
		args[i] = p.print(a, 0)
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

func paren(s string, yes bool) string {
	if yes {
		return "(" + s + ")"
	}
	return s
}

func (p *printer) constant(e *Expr, prec int) string {
	v := strconv.FormatFloat(e.num, 'g', -1, 64)
	switch {
	case e.typ == Bool && e.num != 0:
		return "true"
	case e.typ == Bool:
		return "false"
	case p.glsl && e.typ == Float:
		return fmt.Sprintf("uintBitsToFloat(0x%08xu)", bits32(e.num))
	case e.typ == Int:
		return "int(" + v + ")"
	}
	switch v {
	case "NaN":
		return "nan"
	case "+Inf":
		return "inf"
	case "-Inf":
		v = "-inf"
	}
	return paren(v, v[0] == '-' && prec > 6)
}

// Cost is about how many nanoseconds an element takes on a CPU thread: for
// deciding whether to split the work, not for timing it.
func (f Func) Cost() float64 {
	ns := 0.3
	walk(func(e *Expr) {
		switch d := &ops[e.op]; {
		case d.arity == 0:
		case e.op >= Exp && e.op <= Pow:
			ns += 2
		default:
			ns += 0.2
		}
	}, f.Body)
	return ns
}

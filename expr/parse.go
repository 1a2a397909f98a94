package expr

import (
	"fmt"
	"strconv"
	"strings"
)

// Parse reads a function:
//
//	x, y, slope:attr -> t = exp(x); where(x > y, t, slope*t)
//
// Names before the arrow are the arguments in order, float unless followed by
// :int or :bool; those followed by :attr are the attributes. Statements end in
// semicolons, the last expression is the value. Operators are those of C, a
// whole number beside an int is an int, and the functions are those of the
// operations (exp, where, min, ...) and sign, square, clamp(x, lo, hi). The
// constants are numbers, inf, nan, pi, true, false. A text may have 16 KiB.
func Parse(text string) (f Func, err error) {
	if len(text) > maxText {
		return f, fmt.Errorf("expr: a formula of %d bytes, wants at most %d: split it in two", len(text), maxText)
	}
	head, body, ok := strings.Cut(text, "->")
	if !ok {
		return f, fmt.Errorf("expr: %q: no -> after the arguments", text)
	}
	p := &parser{text: body, vars: map[string]*Expr{
		"inf": Const(inf), "nan": Const(nan), "pi": Const(pi), "true": boolean(true), "false": boolean(false),
	}}
	for _, name := range strings.Split(head, ",") {
		name, typ, _ := strings.Cut(strings.TrimSpace(name), ":")
		if name == "" && strings.TrimSpace(head) == "" {
			break
		}
		if !isName(name) || p.vars[name] != nil {
			return f, fmt.Errorf("expr: %q: %q can't name an argument", text, name)
		}
		if typ == "attr" {
			p.vars[name] = Attr(f.Attrs)
			f.Attrs++
			continue
		}
		t, ok := map[string]Type{"": Float, "float": Float, "int": Int, "bool": Bool}[typ]
		if !ok {
			return f, fmt.Errorf("expr: %q: no type %q", text, typ)
		}
		p.vars[name] = Arg(len(f.Args), t)
		f.Args = append(f.Args, t)
	}
	p.next()
	f.Body = p.statements()
	if p.err != nil {
		return Func{}, fmt.Errorf("expr: %q: %w", text, p.err)
	}
	return f, nil
}

const maxText = 16 << 10

type parser struct {
	text string // what follows tok
	tok  string // "" at the end
	vars map[string]*Expr
	err  error // the first
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func (p *parser) fail(format string, args ...any) *Expr {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.tok, p.text = "", ""
	return Const(0)
}

// next moves to the next token: a name, a number or an operator.
func (p *parser) next() {
	p.text = strings.TrimLeft(p.text, " \t\n")
	s := p.text
	n := 0
	switch {
	case s == "":
	case s[0] >= '0' && s[0] <= '9' || s[0] == '.':
		for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.' || s[n] == 'e' ||
			(s[n] == '-' || s[n] == '+') && s[n-1] == 'e') {
			n++
		}
	case isName(s[:1]):
		for n < len(s) && isName("_"+s[n:n+1]) {
			n++
		}
	default:
		n = 1
		if len(s) > 1 {
			switch s[:2] {
			case "<=", ">=", "==", "!=", "&&", "||":
				n = 2
			}
		}
	}
	p.tok, p.text = s[:n], s[n:]
}

func (p *parser) expect(tok string) {
	if p.tok != tok {
		p.fail("%q where %q should be", p.tok, tok)
		return
	}
	p.next()
}

func (p *parser) statements() *Expr {
	for {
		name := p.tok
		rest := strings.TrimLeft(p.text, " ")
		if !isName(name) || !strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, "==") {
			break
		}
		if p.vars[name] != nil {
			return p.fail("%s is set twice", name)
		}
		p.next()
		p.next()
		v := p.infix(1)
		p.expect(";")
		p.vars[name] = v
	}
	e := p.infix(1)
	if p.tok != "" {
		p.fail("%q after the end", p.tok)
	}
	return e
}

var infixOps = func() map[string]Op {
	m := map[string]Op{}
	for op, d := range ops {
		if d.arity == 2 && d.prec > 0 {
			m[d.name] = Op(op)
		}
	}
	return m
}()

var functions = func() map[string]Op {
	m := map[string]Op{}
	for op, d := range ops {
		if d.arity > 0 && d.prec == 0 {
			m[d.name] = Op(op)
		}
	}
	return m
}()

// infix reads operators that bind at least as strongly as prec.
func (p *parser) infix(prec int) *Expr {
	e := p.prefix()
	for {
		op, ok := infixOps[p.tok]
		if !ok || ops[op].prec < prec {
			return e
		}
		p.next()
		e = p.apply(op, e, p.infix(ops[op].prec+1))
	}
}

func (p *parser) prefix() *Expr {
	tok := p.tok
	switch {
	case tok == "-":
		p.next()
		return p.apply(Neg, p.infix(ops[Neg].prec))
	case tok == "!":
		p.next()
		return p.apply(Not, p.infix(ops[Not].prec))
	case tok == "(":
		p.next()
		e := p.infix(1)
		p.expect(")")
		return e
	case isName(tok):
		p.next()
		if p.tok == "(" {
			return p.call(tok)
		}
		if e := p.vars[tok]; e != nil {
			return e
		}
		return p.fail("no %q", tok)
	}
	v, err := strconv.ParseFloat(tok, 64)
	if err != nil {
		return p.fail("%q where a value should be", tok)
	}
	p.next()
	return Const(v)
}

func (p *parser) call(name string) *Expr {
	p.next()
	var in []*Expr
	for p.tok != ")" {
		in = append(in, p.infix(1))
		if p.tok != "," {
			break
		}
		p.next()
	}
	p.expect(")")
	if p.err != nil {
		return Const(0)
	}
	switch {
	case name == "sign" && len(in) == 1: // 0 for NaN, as PyTorch's
		x, zero := in[0], Const(0)
		return p.apply(Sub, p.apply(ToFloat, p.apply(GT, x, zero)), p.apply(ToFloat, p.apply(LT, x, zero)))
	case name == "square" && len(in) == 1:
		return p.apply(Mul, in[0], in[0])
	case name == "clamp" && len(in) == 3:
		return p.apply(Min, p.apply(Max, in[0], in[1]), in[2])
	}
	op, ok := functions[name]
	if !ok {
		return p.fail("no function %s of %d operands", name, len(in))
	}
	return p.apply(op, in...)
}

// apply builds an operation; a whole constant beside an int becomes an int.
func (p *parser) apply(op Op, in ...*Expr) *Expr {
	if p.err != nil {
		return Const(0)
	}
	if d := &ops[op]; d.sig != convert {
		ints := false
		for _, e := range in {
			ints = ints || e.typ == Int
		}
		for i, e := range in {
			if ints && e.op == OpConst && e.typ == Float && e.num == float64(int32(e.num)) {
				in[i] = constant(e.num, Int)
			}
		}
	}
	e, err := Build(op, in...)
	if err != nil {
		return p.fail("%w", err)
	}
	return e
}

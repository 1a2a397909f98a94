package conformance

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// parseFormula reads a function of the step as schedules' cases write it:
//
//	s<10: (s+1)/10; else 0.5*(1+cos(pi*(s-10)/30))
//	lambda epoch: 0.95 ** epoch
//	1 if s < 3 else 0.5
//
// in Python's arithmetic; any name that is no function or constant is the step.
func parseFormula(text string) (func(step int) float64, error) {
	if _, after, ok := strings.Cut(text, "lambda"); ok {
		if _, text, ok = strings.Cut(after, ":"); !ok {
			return nil, fmt.Errorf("no : after lambda")
		}
	}
	p := &stepFormula{}
	p.split(text)
	f := p.pieces()
	if p.err == nil && p.at < len(p.tok) {
		p.fail()
	}
	if p.err != nil {
		return nil, p.err
	}
	return func(step int) float64 { return f(float64(step)) }, nil
}

type term func(s float64) float64

type stepFormula struct {
	tok []string
	at  int
	err error
}

func (p *stepFormula) split(text string) {
	for i := 0; i < len(text); {
		n := 1
		digit := func(c byte) bool { return c >= '0' && c <= '9' || c == '.' }
		letter := func(c byte) bool { return c|32 >= 'a' && c|32 <= 'z' || c == '_' }
		switch c := text[i]; {
		case c == ' ':
			i++
			continue
		case digit(c):
			for i+n < len(text) && (digit(text[i+n]) || text[i+n] == 'e' || text[i+n-1] == 'e' && (text[i+n] == '-' || text[i+n] == '+')) {
				n++
			}
		case letter(c):
			for i+n < len(text) && (letter(text[i+n]) || digit(text[i+n])) {
				n++
			}
		case i+1 < len(text) && strings.Contains("** // <= >= == !=", text[i:i+2]) && text[i+1] != ' ':
			n = 2
		}
		p.tok = append(p.tok, text[i:i+n])
		i += n
	}
}

func (p *stepFormula) peek() string {
	if p.at < len(p.tok) {
		return p.tok[p.at]
	}
	return ""
}

func (p *stepFormula) take(tok string) bool {
	if p.peek() != tok || tok == "" {
		return false
	}
	p.at++
	return true
}

func (p *stepFormula) fail() term {
	if p.err == nil {
		p.err = fmt.Errorf("%q isn't expected", p.peek())
	}
	p.at = len(p.tok)
	return func(float64) float64 { return math.NaN() }
}

// pieces is "condition: value; condition: value; else value".
func (p *stepFormula) pieces() term {
	if p.take("else") {
		p.take(":")
		return p.choice()
	}
	v := p.choice()
	if !p.take(":") {
		return v
	}
	then := p.choice()
	if !p.take(";") {
		return p.fail()
	}
	other := p.pieces()
	return pick3(v, then, other)
}

func pick3(cond, a, b term) term {
	return func(s float64) float64 {
		if cond(s) != 0 {
			return a(s)
		}
		return b(s)
	}
}

// choice is "a if c else b".
func (p *stepFormula) choice() term {
	a := p.infix(0)
	if !p.take("if") {
		return a
	}
	cond := p.infix(0)
	if !p.take("else") {
		return p.fail()
	}
	return pick3(cond, a, p.choice())
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

var infixes = []map[string]func(a, b float64) float64{
	{
		"<": func(a, b float64) float64 { return truth(a < b) }, "<=": func(a, b float64) float64 { return truth(a <= b) },
		">": func(a, b float64) float64 { return truth(a > b) }, ">=": func(a, b float64) float64 { return truth(a >= b) },
		"==": func(a, b float64) float64 { return truth(a == b) }, "!=": func(a, b float64) float64 { return truth(a != b) },
	},
	{"+": func(a, b float64) float64 { return a + b }, "-": func(a, b float64) float64 { return a - b }},
	{
		"*": func(a, b float64) float64 { return a * b }, "/": func(a, b float64) float64 { return a / b },
		"//": func(a, b float64) float64 { return math.Floor(a / b) },
		"%":  func(a, b float64) float64 { return a - b*math.Floor(a/b) },
	},
}

func (p *stepFormula) infix(level int) term {
	if level == len(infixes) {
		return p.prefix()
	}
	a := p.infix(level + 1)
	for {
		op, ok := infixes[level][p.peek()]
		if !ok {
			return a
		}
		p.at++
		x, y := a, p.infix(level+1)
		a = func(s float64) float64 { return op(x(s), y(s)) }
	}
}

func (p *stepFormula) prefix() term {
	if p.take("-") {
		x := p.prefix()
		return func(s float64) float64 { return -x(s) }
	}
	x := p.value()
	if p.take("**") || p.take("^") {
		y := p.prefix()
		return func(s float64) float64 { return math.Pow(x(s), y(s)) }
	}
	return x
}

var functions1 = map[string]func(float64) float64{
	"cos": math.Cos, "sin": math.Sin, "exp": math.Exp, "log": math.Log, "sqrt": math.Sqrt, "abs": math.Abs,
	"floor": math.Floor, "ceil": math.Ceil, "int": math.Trunc, "float": func(x float64) float64 { return x },
}

var functions2 = map[string]func(a, b float64) float64{"min": math.Min, "max": math.Max, "pow": math.Pow}

func (p *stepFormula) value() term {
	tok := p.peek()
	if tok == "" {
		return p.fail()
	}
	p.at++
	name := strings.TrimPrefix(strings.TrimPrefix(tok, "math."), "np.")
	switch v, err := strconv.ParseFloat(tok, 64); {
	case err == nil:
		return func(float64) float64 { return v }
	case tok == "(":
		x := p.choice()
		if !p.take(")") {
			return p.fail()
		}
		return x
	case name == "pi":
		return func(float64) float64 { return math.Pi }
	case tok[0]|32 < 'a' || tok[0]|32 > 'z':
		p.at--
		return p.fail()
	}
	if !p.take("(") {
		return func(s float64) float64 { return s }
	}
	x := p.choice()
	if f, ok := functions2[name]; ok && p.take(",") {
		y := p.choice()
		if p.take(")") {
			return func(s float64) float64 { return f(x(s), y(s)) }
		}
	} else if f, ok := functions1[name]; ok && p.take(")") {
		return func(s float64) float64 { return f(x(s)) }
	}
	return p.fail()
}

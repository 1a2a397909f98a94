package conformance

import (
	"fmt"
	"strconv"
	"strings"
)

// node is an expression as Python has them: a name, number or text (leaf), or an
// operator, call, attribute, subscript, slice or list with its parts.
type node struct {
	kind string // name, number, text, op, unary, call, attr, index, slice, list
	text string // the name, number, operator or attribute
	sub  []*node
	kw   map[string]*node
}

// statement is "a, b = expression"; without targets it is an expression alone.
type statement struct {
	targets []string
	value   *node
}

// program is what a case writes as its function: statements between semicolons,
// the last of them any number of times.
type program struct {
	times      int
	statements []statement
}

// parseProgram reads "h = relu(x@w1 + b1); y = h@w2" or "50 times x = tanh(x*w)".
func parseProgram(text string) (*program, error) {
	p := &program{times: 1}
	if n, rest, ok := strings.Cut(text, " times "); ok {
		if times, err := strconv.Atoi(strings.TrimSpace(n)); err == nil {
			p.times, text = times, rest
		}
	}
	all, err := tokens(strings.NewReplacer("\n", ";").Replace(text))
	if err != nil {
		return nil, err
	}
	for _, tok := range statements(all) {
		if tok[0] == "return" {
			tok = tok[1:]
		}
		s := statement{}
		for i := 1; i < len(tok); i += 2 { // names and commas up to =
			if !isName(tok[i-1]) || tok[i] != "," && tok[i] != "=" {
				break
			}
			if tok[i] == "=" {
				for j := 0; j < i; j += 2 {
					s.targets = append(s.targets, tok[j])
				}
				tok = tok[i+1:]
				break
			}
		}
		e := &parser{tok: tok}
		s.value = e.tuple()
		if e.err == nil && e.at < len(tok) {
			e.fail()
		}
		if e.err != nil {
			return nil, e.err
		}
		p.statements = append(p.statements, s)
	}
	if len(p.statements) == 0 {
		return nil, fmt.Errorf("no expression")
	}
	return p, nil
}

// statements are split at semicolons, and at the comma of "y = x*w, z = x+w".
func statements(all []string) (out [][]string) {
	depth, from, assigned := 0, 0, false
	for i, tok := range append(all, ";") {
		switch {
		case tok == "(" || tok == "[":
			depth++
		case tok == ")" || tok == "]":
			depth--
		case tok == "=" && depth == 0:
			assigned = true
		case tok == ";" || tok == "," && depth == 0 && assigned && i+2 < len(all) && isName(all[i+1]) && all[i+2] == "=":
			if i > from {
				out = append(out, all[from:i])
			}
			from, assigned = i+1, false
		}
	}
	return out
}

func isName(tok string) bool {
	c := tok[0]
	return c|32 >= 'a' && c|32 <= 'z' || c == '_'
}

// tokens splits a text into names, numbers, quoted texts and operators.
func tokens(text string) (tok []string, err error) {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	for i := 0; i < len(text); {
		c, n := text[i], 1
		switch {
		case c == ' ' || c == '\t':
			i++
			continue
		case isName(text[i:]):
			for i+n < len(text) && (isName(text[i+n:]) || digit(text[i+n])) {
				n++
			}
		case digit(c) || c == '.' && i+1 < len(text) && digit(text[i+1]):
			for i+n < len(text) && (digit(text[i+n]) || text[i+n] == '.' || text[i+n]|32 == 'e' ||
				text[i+n-1]|32 == 'e' && (text[i+n] == '-' || text[i+n] == '+')) {
				n++
			}
		case c == '\'' || c == '"':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return nil, fmt.Errorf("%q doesn't end", text[i:])
			}
			n = end + 2
		case strings.HasPrefix(text[i:], "..."):
			n = 3
		case i+1 < len(text) && strings.Contains(" ** // <= >= == != ", " "+text[i:i+2]+" "):
			n = 2
		case !strings.ContainsRune("+-*/%@()[]{},:;=<>.&|~^", rune(c)):
			return nil, fmt.Errorf("%q isn't expected", c)
		}
		tok = append(tok, text[i:i+n])
		i += n
	}
	return tok, nil
}

type parser struct {
	tok []string
	at  int
	err error
}

func (p *parser) peek() string {
	if p.at < len(p.tok) {
		return p.tok[p.at]
	}
	return ""
}

func (p *parser) take(tok string) bool {
	if p.peek() != tok {
		return false
	}
	p.at++
	return true
}

func (p *parser) fail() *node {
	if p.err == nil {
		p.err = fmt.Errorf("%q isn't expected", p.peek())
	}
	p.at = len(p.tok)
	return &node{kind: "number", text: "0"}
}

func (p *parser) want(tok string) {
	if !p.take(tok) {
		p.fail()
	}
}

// tuple is one expression, or several with commas between them as a list.
func (p *parser) tuple() *node {
	first := p.infix(0)
	if p.peek() != "," {
		return first
	}
	list := &node{kind: "list", sub: []*node{first}}
	for p.take(",") && p.at < len(p.tok) && p.peek() != ")" && p.peek() != "]" {
		list.sub = append(list.sub, p.infix(0))
	}
	return list
}

// precedence of binary operators, the loosest first.
var precedence = []string{" or | ", " and & ", " < <= > >= == != ", " + - ", " * / // % @ "}

func (p *parser) infix(level int) *node {
	if level == len(precedence) {
		return p.prefix()
	}
	a := p.infix(level + 1)
	for p.peek() != "" && strings.Contains(precedence[level], " "+p.peek()+" ") {
		op := p.peek()
		p.at++
		a = &node{kind: "op", text: op, sub: []*node{a, p.infix(level + 1)}}
	}
	return a
}

func (p *parser) prefix() *node {
	for _, op := range []string{"-", "+", "~", "not"} {
		if p.take(op) {
			return &node{kind: "unary", text: op, sub: []*node{p.prefix()}}
		}
	}
	a := p.postfix(p.atom())
	if p.take("**") {
		return &node{kind: "op", text: "**", sub: []*node{a, p.prefix()}}
	}
	return a
}

func (p *parser) atom() *node {
	tok := p.peek()
	switch {
	case tok == "":
		return p.fail()
	case p.take("("):
		if p.take(")") {
			return &node{kind: "list"}
		}
		a := p.tuple()
		p.want(")")
		return a
	case p.take("["):
		list := &node{kind: "list"}
		for p.err == nil && !p.take("]") {
			if list.sub = append(list.sub, p.infix(0)); p.peek() != "]" {
				p.want(",")
			}
		}
		return list
	}
	p.at++
	switch c := tok[0]; {
	case tok == "...":
		return &node{kind: "name", text: tok}
	case c == '\'' || c == '"':
		return &node{kind: "text", text: strings.Trim(tok, `'"`)}
	case isName(tok):
		return &node{kind: "name", text: tok}
	case c >= '0' && c <= '9' || c == '.' && len(tok) > 1:
		return &node{kind: "number", text: tok}
	}
	p.at--
	return p.fail()
}

// postfix are attributes, calls and subscripts behind an expression.
func (p *parser) postfix(a *node) *node {
	for p.err == nil {
		switch {
		case p.take("."):
			if p.peek() == "" || !isName(p.peek()) {
				return p.fail()
			}
			a = &node{kind: "attr", text: p.peek(), sub: []*node{a}}
			p.at++
		case p.take("("):
			call := &node{kind: "call", sub: []*node{a}, kw: map[string]*node{}}
			for p.err == nil && !p.take(")") {
				if p.at+1 < len(p.tok) && isName(p.peek()) && p.tok[p.at+1] == "=" {
					name := p.peek()
					p.at += 2
					call.kw[name] = p.infix(0)
				} else {
					call.sub = append(call.sub, p.infix(0))
				}
				if p.peek() != ")" {
					p.want(",")
				}
			}
			a = call
		case p.take("["):
			at := &node{kind: "index", sub: []*node{a}}
			for p.err == nil && !p.take("]") {
				if at.sub = append(at.sub, p.slice()); p.peek() != "]" {
					p.want(",")
				}
			}
			if a = at; len(at.sub) < 2 {
				p.fail()
			}
		default:
			return a
		}
	}
	return a
}

// slice is one part of a subscript: an expression, or start:stop:step, where what
// is left out is nil.
func (p *parser) slice() *node {
	var part [3]*node
	n, colons := 0, 0
	for ; n < 3 && p.err == nil; n++ {
		if t := p.peek(); t != ":" && t != "," && t != "]" {
			part[n] = p.infix(0)
		}
		if !p.take(":") {
			break
		}
		colons++
	}
	if colons == 0 && part[0] != nil {
		return part[0]
	}
	if colons == 0 {
		return p.fail()
	}
	return &node{kind: "slice", sub: part[:]}
}

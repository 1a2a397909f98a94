package expr

import (
	"fmt"
	"math"
	"strings"
)

func bits32(v float64) uint32 { return math.Float32bits(float32(v)) }

// GLSL is f as a GLSL function of that name, over the functions of
// shaders/formulas.glsl: arguments x0, x1, ..., then attributes a0, a1, ...
func (f Func) GLSL(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s(", f.Result(), name)
	sep := ""
	for i, t := range f.Args {
		fmt.Fprintf(&b, "%s%s x%d", sep, t, i)
		sep = ", "
	}
	for i := range f.Attrs {
		fmt.Fprintf(&b, "%sfloat a%d", sep, i)
		sep = ", "
	}
	b.WriteString(") {\n")
	p := printer{name: map[*Expr]string{}, glsl: true}
	walk(func(e *Expr) {
		if ops[e.op].arity == 0 || e == f.Body {
			return
		}
		text := p.print(e, 0)
		p.name[e] = fmt.Sprintf("t%d", len(p.name))
		fmt.Fprintf(&b, "    precise %s %s = %s;\n", e.typ, p.name[e], text)
	}, f.Body)
	fmt.Fprintf(&b, "    precise %s y = %s;\n    return y;\n}\n", f.Result(), p.print(f.Body, 0))
	return b.String()
}

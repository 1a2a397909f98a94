package expr

import "math"

const pi = math.Pi

var inf, nan = math.Inf(1), math.NaN()

// Grad is the gradient with respect to argument i: dy · df/dx_i as one formula.
// g's arguments are those of uses, in order: 0..n-1 mean f's arguments, n its
// output y, n+1 the upstream gradient dy. The output is used where that saves an
// operand or is as cheap: (1-y)·(1+y) for tanh. Attributes keep their numbers.
//
// Where f has corners it follows PyTorch: |x|' is 0 at 0, a tie of min or max
// gives half to each side. ok is false where the derivative is zero everywhere
// or the argument isn't a float.
func (f Func) Grad(i int) (g Func, uses []int, ok bool) {
	n := len(f.Args)
	if f.Result() != Float || f.Args[i] != Float {
		return Func{}, nil, false
	}
	d := reverse(f.Body, Arg(i, Float), Arg(n+1, Float))
	if d == nil {
		return Func{}, nil, false
	}
	full := Func{append(append([]Type(nil), f.Args...), Float, Float), f.Attrs, d}
	g, uses = full.Compact()
	if ops[f.Body.op].arity > 0 {
		y := Arg(n, Float)
		full.Body = rewrite(d, func(e *Expr) *Expr {
			if e == f.Body {
				return y
			}
			return nil
		})
		if h, u := full.Compact(); full.Body != d && len(u) <= len(uses) {
			return h, u, true
		}
	}
	return g, uses, true
}

// reverse carries the upstream gradient dy from the root to leaf x; nil is zero.
func reverse(root, x, dy *Expr) *Expr {
	var order []*Expr
	depends := map[*Expr]bool{x: true}
	walk(func(e *Expr) {
		for _, a := range e.Inputs() {
			depends[e] = depends[e] || depends[a]
		}
		order = append(order, e)
	}, root)
	grad := map[*Expr]*Expr{root: dy}
	for k := len(order) - 1; k >= 0; k-- {
		e := order[k]
		up := grad[e]
		if up == nil || e.typ != Float {
			continue
		}
		for i, d := range derivative(e, up) {
			a := e.in[i]
			if d == nil || !depends[a] || a.typ != Float {
				continue
			}
			if grad[a] != nil {
				d = build(Add, grad[a], d)
			}
			grad[a] = d
		}
	}
	return grad[x]
}

// derivative gives, for each operand of e, g times the derivative of e with
// respect to it; nil where that is zero.
func derivative(e, g *Expr) [3]*Expr {
	a, b := e.in[0], e.in[1]
	mul := func(x, y *Expr) *Expr { return build(Mul, x, y) }
	neg := func(x *Expr) *Expr { return build(Neg, x) }
	zero, one, half := Const(0), Const(1), Const(0.5)
	switch e.op {
	case Add:
		return [3]*Expr{g, g}
	case Sub:
		return [3]*Expr{g, neg(g)}
	case Mul:
		return [3]*Expr{mul(g, b), mul(g, a)}
	case Div:
		return [3]*Expr{build(Div, g, b), neg(build(Div, mul(g, e), b))}
	case Neg:
		return [3]*Expr{neg(g)}
	case FMA:
		return [3]*Expr{mul(g, b), mul(g, a), g}
	case Where:
		return [3]*Expr{nil, build(Where, a, g, zero), build(Where, a, zero, g)}
	case Min, Max:
		loses := LT // a loses a maximum where it is less; NaN passes to both
		if e.op == Min {
			loses = GT
		}
		share := build(Where, build(EQ, a, b), mul(g, half), g)
		return [3]*Expr{
			build(Where, build(loses, a, b), zero, share),
			build(Where, build(loses, b, a), zero, share),
		}
	case Abs:
		return [3]*Expr{build(Where, build(EQ, a, zero), zero, build(Where, build(LT, a, zero), neg(g), g))}
	case Sqrt:
		return [3]*Expr{build(Div, mul(g, half), e)}
	case Rsqrt:
		return [3]*Expr{mul(mul(g, Const(-0.5)), mul(e, mul(e, e)))}
	case Exp:
		return [3]*Expr{mul(g, e)}
	case Log:
		return [3]*Expr{build(Div, g, a)}
	case Log1p:
		return [3]*Expr{build(Div, g, build(Add, a, one))}
	case Expm1:
		return [3]*Expr{mul(g, build(Add, e, one))}
	case Sin:
		return [3]*Expr{mul(g, build(Cos, a))}
	case Cos:
		return [3]*Expr{neg(mul(g, build(Sin, a)))}
	case Tanh:
		return [3]*Expr{mul(g, mul(build(Sub, one, e), build(Add, one, e)))} // keeps its digits near ±1
	case Sigmoid:
		return [3]*Expr{mul(g, mul(build(Sub, one, e), e))}
	case Erf, Erfc:
		k := 2 / math.Sqrt(pi)
		if e.op == Erfc {
			k = -k
		}
		return [3]*Expr{mul(mul(g, Const(k)), build(Exp, neg(mul(a, a))))}
	case Atan:
		return [3]*Expr{build(Div, g, build(Add, mul(a, a), one))}
	case Fmod: // a - b·(a - fmod)/b: the quotient is whole
		return [3]*Expr{g, neg(mul(g, build(Round, build(Div, build(Sub, a, e), b))))}
	case Pow:
		// At x = 0, where log has no value, y·x^(y-1) and x^y·log x have limits.
		dx := mul(g, mul(b, build(Pow, a, build(Sub, b, one))))
		dy := mul(g, mul(e, build(Log, a)))
		flat := build(And, build(EQ, a, zero), build(GE, b, zero))
		return [3]*Expr{build(Where, build(EQ, b, zero), zero, dx), build(Where, flat, zero, dy)}
	}
	return [3]*Expr{}
}

package expr

import "math"

// simplify returns what e, not yet interned, is equal to, or nil. It keeps
// values to the bit, NaN and infinities among them, except the sign of a zero
// in x+0, and takes pow with a small constant exponent apart as PyTorch does.
func simplify(e *Expr) *Expr {
	a, b, c := e.in[0], e.in[1], e.in[2]
	if v, ok := fold(e); ok {
		return constant(v, e.typ)
	}
	if (e.op == Add || e.op == Mul) && a.op == OpArg && b.op == OpArg && a.idx > b.idx {
		return build(e.op, b, a) // one order, so that equal formulas are the same
	}
	switch e.op {
	case Add:
		switch {
		case isConst(a, 0):
			return b
		case isConst(b, 0):
			return a
		case b.op == Neg:
			return build(Sub, a, b.in[0])
		case a.op == Neg:
			return build(Sub, b, a.in[0])
		}
	case Sub:
		switch {
		case isConst(b, 0):
			return a
		case isConst(a, 0):
			return build(Neg, b)
		case b.op == Neg:
			return build(Add, a, b.in[0])
		}
	case Mul:
		switch {
		case isConst(a, 1):
			return b
		case isConst(b, 1):
			return a
		case isConst(a, -1):
			return build(Neg, b)
		case isConst(b, -1):
			return build(Neg, a)
		case b.op == Neg && a.op == Neg:
			return build(Mul, a.in[0], b.in[0])
		}
	case Div:
		if isConst(b, 1) {
			return a
		}
	case Neg:
		if a.op == Neg {
			return a.in[0]
		}
	case Not:
		if a.op == Not {
			return a.in[0]
		}
	case And, Or:
		unit := e.op == And // true && x = x, false || x = x
		for i, x := range [2]*Expr{a, b} {
			if x.op == OpConst {
				if (x.num != 0) == unit {
					return [2]*Expr{b, a}[i]
				}
				return x
			}
		}
	case Where:
		switch {
		case b == c:
			return b
		case a.op == OpConst && a.num != 0:
			return b
		case a.op == OpConst:
			return c
		case a.op == Not:
			return build(Where, a.in[0], c, b)
		}
	case ToFloat, ToInt, ToBool:
		if a.typ == e.typ {
			return a
		}
	case Pow:
		if b.op == OpConst {
			return powConst(a, b.num)
		}
	}
	return nil
}

// powConst is x^y for the exponents that need no logarithm, or nil.
func powConst(x *Expr, y float64) *Expr {
	switch y {
	case 0:
		return Const(1)
	case 1:
		return x
	case 2:
		return build(Mul, x, x)
	case 3:
		return build(Mul, build(Mul, x, x), x)
	case 0.5:
		return build(Sqrt, x)
	case -0.5:
		return build(Rsqrt, x)
	case -1:
		return build(Div, Const(1), x)
	}
	return nil
}

func isConst(e *Expr, v float64) bool { return e.op == OpConst && e.num == v }

// fold computes an operation whose operands are all constants.
func fold(e *Expr) (float64, bool) {
	for _, a := range e.Inputs() {
		if a.op != OpConst {
			return 0, false
		}
	}
	var x, y, z float64
	switch ops[e.op].arity {
	case 3:
		z = e.in[2].num
		fallthrough
	case 2:
		y = e.in[1].num
		fallthrough
	case 1:
		x = e.in[0].num
	default:
		return 0, false
	}
	v := scalar(e.op, x, y, z)
	if e.typ == Int {
		v = float64(int32(int64(v)))
	}
	return v, true
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// scalar is one operation in float64; Bool is 0 or 1, Int a whole number.
func scalar(op Op, x, y, z float64) float64 {
	switch op {
	case Add:
		return x + y
	case Sub:
		return x - y
	case Mul:
		return x * y
	case Div:
		return x / y
	case Neg:
		return -x
	case FMA:
		return math.FMA(x, y, z)
	case LT:
		return truth(x < y)
	case LE:
		return truth(x <= y)
	case GT:
		return truth(x > y)
	case GE:
		return truth(x >= y)
	case EQ:
		return truth(x == y)
	case NE:
		return truth(x != y)
	case And:
		return truth(x != 0 && y != 0)
	case Or:
		return truth(x != 0 || y != 0)
	case Not:
		return truth(x == 0)
	case Where:
		if x != 0 {
			return y
		}
		return z
	case Min:
		return min(x, y)
	case Max:
		return max(x, y)
	case Pow:
		return math.Pow(x, y)
	case Fmod:
		return math.Mod(x, y)
	case IsNaN:
		return truth(x != x)
	case SignBit:
		return truth(math.Signbit(x))
	case ToFloat:
		return x
	case ToInt:
		return math.Trunc(x)
	case ToBool:
		return truth(x != 0)
	}
	return unary64[op](x)
}

// unary64 holds the one-operand functions of a float, in float64.
var unary64 = [numOps]func(float64) float64{
	Abs:   math.Abs,
	Floor: math.Floor,
	Ceil:  math.Ceil,
	Round: math.RoundToEven,
	Sqrt:  math.Sqrt,
	Rsqrt: func(x float64) float64 { return 1 / math.Sqrt(x) },
	Exp:   math.Exp,
	Log:   math.Log,
	Log1p: math.Log1p,
	Expm1: math.Expm1,
	Sin:   math.Sin,
	Cos:   math.Cos,
	Tanh:  math.Tanh,
	Sigmoid: func(x float64) float64 {
		if x < 0 { // e^x/(1+e^x): no overflow, and tiny values keep their digits
			e := math.Exp(x)
			return e / (1 + e)
		}
		return 1 / (1 + math.Exp(-x))
	},
	Erf:  math.Erf,
	Erfc: math.Erfc,
	Atan: math.Atan,
}

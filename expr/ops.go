package expr

// Op is one operation of a formula.
type Op uint8

// The operations. Comparisons give Bool and are false for NaN, except NE.
// Min and Max give NaN when an operand is NaN, Round takes halves to even,
// Where takes its second operand where the first is true, its third elsewhere.
// Fmod is x - y·trunc(x/y) exactly, SignBit is true for -0 too.
// ToInt drops the fraction (beyond int32, what the device gives).
const (
	OpArg Op = iota
	OpConst
	OpAttr
	Add
	Sub
	Mul
	Div
	Neg
	FMA // in[0]*in[1] + in[2]; rounded once or twice, as the device has it
	LT
	LE
	GT
	GE
	EQ
	NE
	And
	Or
	Not
	Where
	Min
	Max
	Abs
	Floor
	Ceil
	Round
	Sqrt
	Rsqrt
	Exp
	Log
	Log1p
	Expm1
	Sin
	Cos
	Tanh
	Sigmoid
	Erf
	Erfc
	Atan
	Fmod
	Pow
	IsNaN
	SignBit
	ToFloat
	ToInt
	ToBool
	numOps
)

// signature says which operand types an operation takes and what it gives.
type signature uint8

const (
	leaf      signature = iota
	floats              // floats -> float
	numbers             // all floats or all ints -> the same
	compares            // all floats or all ints -> bool
	equals              // all of one type -> bool
	bools               // bools -> bool
	chooses             // bool, t, t -> t
	floatTest           // float -> bool
	convert             // anything -> the op's own type
)

type opInfo struct {
	name  string // as Parse and String write it
	arity int
	sig   signature
	prec  int    // binding strength of an infix operator, 0 for a function
	glsl  string // function of shaders/math.glsl, where it isn't an operator
}

var ops = [numOps]opInfo{
	OpArg:   {name: "arg", sig: leaf},
	OpConst: {name: "const", sig: leaf},
	OpAttr:  {name: "attr", sig: leaf},
	Add:     {name: "+", arity: 2, sig: numbers, prec: 5},
	Sub:     {name: "-", arity: 2, sig: numbers, prec: 5},
	Mul:     {name: "*", arity: 2, sig: numbers, prec: 6},
	Div:     {name: "/", arity: 2, sig: floats, prec: 6},
	Neg:     {name: "neg", arity: 1, sig: numbers, prec: 7},
	FMA:     {name: "fma", arity: 3, sig: floats, glsl: "vfma"},
	LT:      {name: "<", arity: 2, sig: compares, prec: 4},
	LE:      {name: "<=", arity: 2, sig: compares, prec: 4},
	GT:      {name: ">", arity: 2, sig: compares, prec: 4},
	GE:      {name: ">=", arity: 2, sig: compares, prec: 4},
	EQ:      {name: "==", arity: 2, sig: equals, prec: 3},
	NE:      {name: "!=", arity: 2, sig: equals, prec: 3},
	And:     {name: "&&", arity: 2, sig: bools, prec: 2},
	Or:      {name: "||", arity: 2, sig: bools, prec: 1},
	Not:     {name: "!", arity: 1, sig: bools, prec: 7},
	Where:   {name: "where", arity: 3, sig: chooses},
	Min:     {name: "min", arity: 2, sig: numbers, glsl: "vmin"},
	Max:     {name: "max", arity: 2, sig: numbers, glsl: "vmax"},
	Abs:     {name: "abs", arity: 1, sig: numbers, glsl: "vabs"},
	Floor:   {name: "floor", arity: 1, sig: floats, glsl: "vfloor"},
	Ceil:    {name: "ceil", arity: 1, sig: floats, glsl: "vceil"},
	Round:   {name: "round", arity: 1, sig: floats, glsl: "vround"},
	Sqrt:    {name: "sqrt", arity: 1, sig: floats, glsl: "vsqrt"},
	Rsqrt:   {name: "rsqrt", arity: 1, sig: floats, glsl: "vrsqrt"},
	Exp:     {name: "exp", arity: 1, sig: floats, glsl: "vexp"},
	Log:     {name: "log", arity: 1, sig: floats, glsl: "vlog"},
	Log1p:   {name: "log1p", arity: 1, sig: floats, glsl: "vlog1p"},
	Expm1:   {name: "expm1", arity: 1, sig: floats, glsl: "vexpm1"},
	Sin:     {name: "sin", arity: 1, sig: floats, glsl: "vsin"},
	Cos:     {name: "cos", arity: 1, sig: floats, glsl: "vcos"},
	Tanh:    {name: "tanh", arity: 1, sig: floats, glsl: "vtanh"},
	Sigmoid: {name: "sigmoid", arity: 1, sig: floats, glsl: "vsigmoid"},
	Erf:     {name: "erf", arity: 1, sig: floats, glsl: "verf"},
	Erfc:    {name: "erfc", arity: 1, sig: floats, glsl: "verfc"},
	Atan:    {name: "atan", arity: 1, sig: floats, glsl: "vatan"},
	Fmod:    {name: "fmod", arity: 2, sig: floats, glsl: "vfmod"},
	Pow:     {name: "pow", arity: 2, sig: floats, glsl: "vpow"},
	IsNaN:   {name: "isnan", arity: 1, sig: floatTest, glsl: "visnan"},
	SignBit: {name: "signbit", arity: 1, sig: floatTest, glsl: "vsignbit"},
	ToFloat: {name: "float", arity: 1, sig: convert},
	ToInt:   {name: "int", arity: 1, sig: convert},
	ToBool:  {name: "bool", arity: 1, sig: convert},
}

func (op Op) String() string { return ops[op].name }

func (d *opInfo) result(in []*Expr) (Type, bool) {
	same := func(ts ...Type) bool {
		for _, e := range in {
			if e.typ != in[0].typ {
				return false
			}
		}
		for _, t := range ts {
			if in[0].typ == t {
				return true
			}
		}
		return false
	}
	switch d.sig {
	case floats:
		return Float, same(Float)
	case numbers:
		return in[0].typ, same(Float, Int)
	case compares:
		return Bool, same(Float, Int)
	case equals:
		return Bool, same(Float, Int, Bool)
	case bools:
		return Bool, same(Bool)
	case chooses:
		return in[1].typ, in[0].typ == Bool && in[1].typ == in[2].typ
	case floatTest:
		return Bool, same(Float)
	case convert:
		switch d.name {
		case "int":
			return Int, true
		case "bool":
			return Bool, true
		}
		return Float, true
	}
	return Float, false
}

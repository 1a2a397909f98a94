package conformance

import (
	"math"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// params are the numbers that elementwise ops take, in order, with PyTorch's
// names and defaults; at is the place of the first among a call's arguments.
var params = map[string]struct {
	at    int
	names []string
	def   []float64
}{
	"clamp":      {1, []string{"min", "max"}, []float64{math.Inf(-1), math.Inf(1)}},
	"elu":        {1, []string{"alpha"}, []float64{1}},
	"celu":       {1, []string{"alpha"}, []float64{1}},
	"hardshrink": {1, []string{"lambd"}, []float64{0.5}},
	"softshrink": {1, []string{"lambd"}, []float64{0.5}},
	"hardtanh":   {1, []string{"min_val", "max_val"}, []float64{-1, 1}},
	"leaky_relu": {1, []string{"negative_slope"}, []float64{0.01}},
	"threshold":  {1, []string{"threshold", "value"}, []float64{0, 0}},
	"softplus":   {1, []string{"beta", "threshold"}, []float64{1, 20}},
	"logit":      {1, []string{"eps"}, []float64{-1}},
	"nan_to_num": {1, []string{"nan", "posinf", "neginf"}, []float64{0, math.MaxFloat32, -math.MaxFloat32}},
	"addcmul":    {3, []string{"value"}, []float64{1}},
	"addcdiv":    {3, []string{"value"}, []float64{1}},
}

// aliases are PyTorch's other names of ops.
var aliases = map[string]string{
	"absolute": "abs", "negative": "neg", "multiply": "mul", "subtract": "sub", "true_divide": "div", "divide": "div",
	"clip": "clamp", "greater": "gt", "less": "lt", "greater_equal": "ge", "less_equal": "le", "not_equal": "ne",
	"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
	"expit": "sigmoid", "fix": "trunc", "swish": "silu", "sgn": "sign", "log_sigmoid": "logsigmoid", "hard_tanh": "hardtanh",
}

// others are the functions that aren't one op of the table.
var others = map[string]func(c *call) graph.Value{
	"pow":  power,
	"add":  func(c *call) graph.Value { return c.x().Add(c.scaled()) },
	"sub":  func(c *call) graph.Value { return c.x().Sub(c.scaled()) },
	"rsub": func(c *call) graph.Value { return c.v(1, "other", "b").Sub(c.x().MulScalar(c.n("alpha", 2, 1))) },
	"div": func(c *call) graph.Value {
		op := map[string]string{"": "div", "floor": "floor_divide", "trunc": "div_trunc"}[c.word("rounding_mode", "")]
		return c.x().Op(op, c.v(1, "other", "b"))
	},
	"clamp_min": func(c *call) graph.Value { return c.x().ClampMin(c.n("min", 1, 0)) },
	"clamp_max": func(c *call) graph.Value { return c.x().ClampMax(c.n("max", 1, 0)) },
	"where": func(c *call) graph.Value {
		return c.v(0, "condition", "m").Bool().Where(c.v(1, "a", "input"), c.v(2, "b", "other"))
	},
	"masked_fill":      func(c *call) graph.Value { return c.v(1, "mask", "m").Bool().Where(c.v(2, "value"), c.x()) },
	"lerp":             func(c *call) graph.Value { return c.x().Lerp(c.v(1, "end", "b"), c.v(2, "weight", "w")) },
	"gelu":             gelu,
	"prelu":            prelu,
	"glu":              func(c *call) graph.Value { return c.x().Glu(c.axis(-1)) },
	"softmax":          func(c *call) graph.Value { return c.x().Softmax(c.axis(-1)) },
	"softmin":          func(c *call) graph.Value { return c.x().Neg().Softmax(c.axis(-1)) },
	"log_softmax":      func(c *call) graph.Value { return c.x().LogSoftmax(c.axis(-1)) },
	"rrelu":            func(c *call) graph.Value { return c.x().LeakyRelu((c.n("lower", 1, 1./8) + c.n("upper", 2, 1./3)) / 2) },
	"deg2rad":          func(c *call) graph.Value { return c.x().MulScalar(math.Pi / 180) },
	"rad2deg":          func(c *call) graph.Value { return c.x().MulScalar(180 / math.Pi) },
	"special_xlog1py":  func(c *call) graph.Value { return c.x().XLogY(c.v(1, "other", "b").AddScalar(1)) },
	"float_power":      power,
	"softmax_2d":       func(c *call) graph.Value { return c.x().Softmax(-3) },
	"cosinesimilarity": cosine, "pairwisedistance": pairwise,
}

func init() {
	// Dropouts draw other numbers than PyTorch: what can be compared is evaluation.
	for _, name := range []string{"identity", "positive", "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"} {
		calls[plain(name)] = func(c *call) graph.Value { return c.x() }
	}
	for name, f := range others {
		calls[plain(name)] = f
	}
	for _, op := range kernels.All() {
		if calls[plain(op.Name)] == nil && isElementwise(op) {
			calls[plain(op.Name)] = ofTable(op)
		}
	}
	for alias, name := range aliases {
		calls[plain(alias)] = calls[plain(name)]
	}
}

func isElementwise(op *kernels.Op) bool {
	for _, first := range []tensor.DType{tensor.Float32, tensor.Bool} {
		for _, more := range []tensor.DType{tensor.Float32, tensor.Bool} {
			in := []tensor.Type{{DType: first}}
			for range len(op.In) - 1 {
				in = append(in, tensor.Type{DType: more})
			}
			if _, ok := kernels.Formula(op, nil, in); ok && !strings.Contains(op.Name, "_grad") {
				return true
			}
		}
	}
	return false
}

// ofTable applies an elementwise op to its operands and numbers.
func ofTable(op *kernels.Op) func(c *call) graph.Value {
	names := [][]string{{"x", "input", "a", "self"}, {"other", "tensor1", "a", "b", "target"}, {"tensor2", "b", "c", "weight"}}
	return func(c *call) graph.Value {
		var in []graph.Value
		taken := map[string]bool{} // x, a, b are as likely as a, b, c
		for i := range op.In {
			own := names[i]
			for _, n := range names[i] {
				if !taken[n] && c.at(n).Valid() {
					own, taken[n] = []string{n}, true
					break
				}
			}
			v := c.v(i, own...)
			if strings.HasPrefix(op.Name, "logical_") {
				v = v.Bool()
			}
			in = append(in, v)
		}
		var attrs any
		if p, ok := params[op.Name]; ok {
			var a kernels.Params
			for i, name := range p.names {
				a[i] = c.n(name, p.at+i, p.def[i])
			}
			attrs = a
		}
		return apply(op.Name, attrs, in...)
	}
}

// axis is the argument dim.
func (c *call) axis(def int) int { return int(c.n("dim", 1, float64(def))) }

// scaled is alpha times the second operand of a sum.
func (c *call) scaled() graph.Value {
	w := c.v(1, "other", "b")
	if alpha := c.n("alpha", 2, 1); alpha != 1 {
		return w.MulScalar(alpha)
	}
	return w
}

func power(c *call) graph.Value {
	if p := c.n("exponent", 1, math.NaN()); !math.IsNaN(p) {
		return c.x().PowScalar(p)
	}
	return c.x().Pow(c.v(1, "exponent", "other", "b"))
}

func gelu(c *call) graph.Value {
	if c.word("approximate", "none") == "tanh" {
		return c.x().GeluTanh()
	}
	return c.x().Gelu()
}

// prelu has a weight for each channel, or one for all.
func prelu(c *call) graph.Value {
	x, w := c.x(), c.v(1, "weight")
	if w.Shape().Elems() > 1 {
		shape := []int{w.Dim(0)}
		for range len(x.Shape()) - 2 {
			shape = append(shape, 1)
		}
		w = w.Reshape(shape...)
	}
	return x.PRelu(w)
}

func cosine(c *call) graph.Value {
	return c.x().CosineSimilarity(c.v(1, "x2", "b"), c.axis(1), c.n("eps", 3, 1e-8))
}

func pairwise(c *call) graph.Value {
	y := c.x().PairwiseDistance(c.v(1, "x2", "b"), c.n("p", 2, 2), c.n("eps", 3, 1e-6))
	if c.is("keepdim") {
		return y.Unsqueeze(-1)
	}
	return y
}

package conformance

import (
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
)

var _ = register(map[string]build{"torch.nn.Linear": linear, "torch.nn.Bilinear": bilinear})

func turned(v graph.Value, how string) graph.Value {
	if how == "" || len(v.Shape()) < 2 {
		return v
	}
	return v.Transpose(-2, -1)
}

func linear(b *builder) graph.Value {
	w := b.vars["weight"]
	if w == nil {
		return b.miss("Linear without a parameter weight")
	}
	l := nn.Linear{In: w.Type.Shape[1], Out: w.Type.Shape[0], Weight: w, Bias: b.vars["bias"]}
	return l.Forward(b.x())
}

func bilinear(b *builder) graph.Value {
	w := b.vars["weight"]
	if w == nil {
		return b.miss("Bilinear without a parameter weight")
	}
	l := nn.Bilinear{Weight: w, Bias: b.vars["bias"]}
	in := b.inputs()
	return l.Forward(in[0], in[1])
}

// linalg are the functions of matrices.
var linalg = map[string]func(c *call) graph.Value{
	"matmul":        func(c *call) graph.Value { return c.x().MatMul(c.v(1, "other", "b")) },
	"mm":            func(c *call) graph.Value { return c.x().Mm(c.v(1, "mat2", "b")) },
	"bmm":           func(c *call) graph.Value { return c.x().Bmm(c.v(1, "mat2", "b")) },
	"mv":            func(c *call) graph.Value { return c.x().Mv(c.v(1, "vec", "b")) },
	"dot":           func(c *call) graph.Value { return c.x().Dot(c.v(1, "tensor", "other", "b")) },
	"vdot":          func(c *call) graph.Value { return c.x().Dot(c.v(1, "other", "b")) },
	"linalg.vecdot": func(c *call) graph.Value { return c.x().Mul(c.v(1, "y", "b")).Sum(c.axis(-1)) },
	"inner":         inner,
	"outer":         func(c *call) graph.Value { return c.x().Outer(c.v(1, "vec2", "b")) },
	"ger":           func(c *call) graph.Value { return c.x().Outer(c.v(1, "vec2", "b")) },
	"kron":          func(c *call) graph.Value { return c.x().Kron(c.v(1, "other", "b")) },
	"trace":         func(c *call) graph.Value { return c.x().Trace() },
	"addmm":         func(c *call) graph.Value { return added(c, graph.Value.Addmm) },
	"addbmm": func(c *call) graph.Value {
		return added(c, func(v, a, b graph.Value, beta, alpha float64) graph.Value {
			return v.Mul(c.Scalar(beta)).Add(a.Bmm(b).Sum(0).Mul(c.Scalar(alpha)))
		})
	},
	"baddbmm": func(c *call) graph.Value { return added(c, graph.Value.Baddbmm) },
	"addmv":   func(c *call) graph.Value { return added(c, graph.Value.Addmv) },
	"addr":    func(c *call) graph.Value { return added(c, graph.Value.Addr) },
	"linear": func(c *call) graph.Value {
		return c.x().Linear(c.v(1, "weight", "w"), c.v(2, "bias", "b"))
	},
	"bilinear": func(c *call) graph.Value {
		return c.v(0, "input1", "x1", "a").Bilinear(c.v(1, "input2", "x2", "b"), c.v(2, "weight", "w"), c.v(3, "bias"))
	},
	"einsum":    einsum,
	"tensordot": tensordot,
	"multi_dot": chain, "linalg.multi_dot": chain, "chain_matmul": chain,
}

func init() {
	for name, f := range linalg {
		calls[plain(name)] = f
	}
}

// added is beta·v + alpha·(product of a and b).
func added(c *call, f func(v, a, b graph.Value, beta, alpha float64) graph.Value) graph.Value {
	v := c.v(0, "input", "c", "x")
	rest := []string{"a", "b"}
	a, b := c.v(1, "mat1", "batch1", "mat", "vec1"), c.v(2, "mat2", "batch2", "vec", "vec2")
	if c.bare && c.at(rest[0]).Valid() && c.at(rest[1]).Valid() && c.at("c").Valid() {
		a, b = c.at("a"), c.at("b")
	}
	return f(v, a, b, c.n("beta", -1, 1), c.n("alpha", -1, 1))
}

func inner(c *call) graph.Value {
	a, b := c.x(), c.v(1, "other", "b")
	if len(a.Shape()) == 0 || len(b.Shape()) == 0 {
		return a.Mul(b)
	}
	return a.Tensordot(b, []int{-1}, []int{-1})
}

func einsum(c *call) graph.Value {
	equation := c.word("equation", c.word("eq", strings.Trim(at(c.pos, 0), `'"`)))
	return graph.Einsum(equation, c.list(1)...)
}

// tensordot's dims are a number of dimensions, or two lists.
func tensordot(c *call) graph.Value {
	a, b := c.x(), c.v(1, "other", "b")
	lists, _ := c.c.Args["dims"].([]any)
	var pair [2][]int
	for i, l := range lists {
		if l, ok := l.([]any); ok && i < 2 {
			for _, d := range l {
				n, _ := d.(float64)
				pair[i] = append(pair[i], int(n))
			}
		}
	}
	if lists == nil {
		text := c.text("dims", 2)
		var l []string
		if strings.HasPrefix(text, "(") || strings.HasPrefix(text, "[") {
			l = splitArgs(text[1:max(1, len(text)-1)])
		}
		if len(l) == 2 {
			pair[0], pair[1] = numbers(l[0]), numbers(l[1])
		} else {
			n := int(c.n("dims", 2, 2))
			for i := range n {
				pair[0], pair[1] = append(pair[0], i-n), append(pair[1], i)
			}
		}
	}
	return a.Tensordot(b, pair[0], pair[1])
}

func chain(c *call) graph.Value {
	vs := c.list(0)
	y := vs[0]
	for _, v := range vs[1:] {
		y = y.MatMul(v)
	}
	return y
}

package conformance

import (
	"math"

	"github.com/vulgo-ml/vulgo/graph"
)

// reduces are PyTorch's reductions, over dim, keepdim.
var reduces = map[string]func(c *call) graph.Value{
	"sum":           reduced(graph.Value.Sum, 1),
	"nansum":        reduced(func(v graph.Value, axes ...int) graph.Value { return v.IsNaN().Where(v.ZerosLike(), v).Sum(axes...) }, 1),
	"mean":          reduced(graph.Value.Mean, 1),
	"nanmean":       reduced(nanmean, 1),
	"prod":          reduced(graph.Value.Prod, 1),
	"amax":          reduced(graph.Value.Amax, 1),
	"amin":          reduced(graph.Value.Amin, 1),
	"logsumexp":     reduced(graph.Value.LogSumExp, 1),
	"any":           reduced(graph.Value.Any, 1),
	"all":           reduced(graph.Value.All, 1),
	"count_nonzero": reduced(graph.Value.CountNonzero, 1),
	"var":           deviation(graph.Value.Var),
	"std":           deviation(graph.Value.Std),
	"aminmax":       func(c *call) graph.Value { return pairOf(c, graph.Value.Amin, graph.Value.Amax, 1) },
	"var_mean": func(c *call) graph.Value {
		return pairOf(c, func(v graph.Value, axes ...int) graph.Value { return v.Var(c.correction(), axes...) }, graph.Value.Mean, 3)
	},
	"std_mean": func(c *call) graph.Value {
		return pairOf(c, func(v graph.Value, axes ...int) graph.Value { return v.Std(c.correction(), axes...) }, graph.Value.Mean, 3)
	},
	"norm":               normed,
	"linalg.norm":        normed,
	"linalg.vector_norm": normed,
	"linalg.matrix_norm": frobenius,
	"frobenius_norm":     frobenius,
	"normalize": func(c *call) graph.Value {
		return c.x().Normalize(c.int(2, 1, "dim"), c.order("p", 1, 2), c.n("eps", 3, 1e-12))
	},
	"cdist": func(c *call) graph.Value { return c.v(0, "x1", "a", "x").Cdist(c.v(1, "x2", "b"), c.order("p", 2, 2)) },
	"dist":  func(c *call) graph.Value { return c.x().Dist(c.v(1, "other", "b"), c.order("p", 2, 2)) },
}

func init() {
	for name, f := range reduces {
		calls[plain(name)] = f
	}
}

// keeping gives back the axes that a reduction over dims took, where keepdim asks.
func (c *call) keeping(y, x graph.Value, dims []int, place int) graph.Value {
	if c.is("keepdim") || at(c.pos, place) == "True" {
		return keep(y, x, positive(x, dims)...)
	}
	return y
}

func reduced(f func(v graph.Value, axes ...int) graph.Value, place int) func(c *call) graph.Value {
	return func(c *call) graph.Value {
		x, dims := c.x(), c.ints(place, "dim", "axis")
		return c.keeping(f(x, dims...), x, dims, place+1)
	}
}

func nanmean(v graph.Value, axes ...int) graph.Value {
	nan := v.IsNaN()
	return nan.Where(v.ZerosLike(), v).Sum(axes...).Div(nan.Not().Float().Sum(axes...))
}

// pairOf gives two reductions over the same axes.
func pairOf(c *call, f, g func(v graph.Value, axes ...int) graph.Value, place int) graph.Value {
	x, dims := c.x(), c.ints(1, "dim", "axis")
	return c.many([]graph.Value{c.keeping(f(x, dims...), x, dims, place), c.keeping(g(x, dims...), x, dims, place)})
}

// correction of var and std, or unbiased, is 1 unless said otherwise.
func (c *call) correction() float64 {
	if u, ok := c.c.Args["unbiased"].(bool); ok && !u || c.kw["unbiased"] == "False" || at(c.pos, 2) == "False" || at(c.pos, 1) == "False" {
		return 0
	}
	return c.n("correction", -1, 1)
}

func deviation(f func(v graph.Value, correction float64, axes ...int) graph.Value) func(c *call) graph.Value {
	return func(c *call) graph.Value {
		x, dims := c.x(), c.ints(1, "dim", "axis")
		return c.keeping(f(x, c.correction(), dims...), x, dims, 3)
	}
}

// order is the p of a norm, as a number or inf.
func (c *call) order(name string, i int, def float64) float64 {
	text := c.text(name, i)
	if s, ok := c.c.Args[name].(string); ok {
		text = s
	}
	switch text {
	case "inf", "float('inf')", `float("inf")`, "math.inf", "torch.inf", "Infinity":
		return math.Inf(1)
	case "-inf", "float('-inf')", `float("-inf")`, "-math.inf", "-torch.inf", "-Infinity":
		return math.Inf(-1)
	case "fro", "'fro'":
		return 2
	}
	return c.n(name, i, def)
}

func normed(c *call) graph.Value {
	x, dims := c.x(), c.ints(2, "dim", "axis")
	p := c.order("p", 1, 2)
	if _, there := c.c.Args["ord"]; there || c.kw["ord"] != "" {
		p = c.order("ord", 1, 2)
	}
	return c.keeping(x.Norm(p, dims...), x, dims, 3)
}

func frobenius(c *call) graph.Value {
	x, dims := c.x(), c.ints(2, "dim")
	if len(dims) == 0 {
		dims = []int{-2, -1}
	}
	return c.keeping(x.Norm(2, dims...), x, dims, 3)
}

package conformance

import (
	"math"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
)

// PyTorch's functions that vulgo's user composes of others.
var composed = map[string]func(c *call) graph.Value{
	"detach": func(c *call) graph.Value { return c.x().Detach() },
	"clamp":  clamp,
	"fmax": func(c *call) graph.Value {
		return unlessNaN(c.x(), c.v(1, "other", "b"), c.x().Maximum(c.v(1, "other", "b")))
	},
	"fmin": func(c *call) graph.Value {
		return unlessNaN(c.x(), c.v(1, "other", "b"), c.x().Minimum(c.v(1, "other", "b")))
	},
	"diff": func(c *call) graph.Value {
		x, dim := c.x(), c.int(2, -1, "dim")
		for range c.int(1, 1, "n") {
			x = x.Slice(dim, 1, graph.End, 1).Sub(x.Slice(dim, 0, -1, 1))
		}
		return x
	},
	"meshgrid": func(c *call) graph.Value {
		vs := c.list(0)
		var sizes []int
		for _, v := range vs {
			sizes = append(sizes, v.Type().Elems())
		}
		for i, v := range vs {
			shape := make([]int, len(vs))
			for k := range shape {
				shape[k] = 1
			}
			shape[i] = sizes[i]
			vs[i] = v.Reshape(shape...).Expand(sizes...)
		}
		if c.word("indexing", "ij") == "xy" {
			return c.miss("meshgrid by xy")
		}
		return c.many(vs)
	},
	"embedding_bag": embeddingBag,
}

func init() {
	for name, f := range composed {
		calls[plain(name)] = f
	}
}

// unlessNaN is y, and where one operand is NaN the other.
func unlessNaN(a, b, y graph.Value) graph.Value {
	return a.IsNaN().Where(b, b.IsNaN().Where(a, y))
}

// clamp has numbers or tensors as bounds, either of which may be left out.
func clamp(c *call) graph.Value {
	x := c.x()
	lo, hi := c.n("min", 1, math.Inf(-1)), c.n("max", 2, math.Inf(1))
	least, most := c.bound("min", 1), c.bound("max", 2)
	if !least.Valid() && !most.Valid() {
		return apply("clamp", kernels.Params{lo, hi}, x)
	}
	if least.Valid() {
		x = x.Maximum(least)
	}
	if most.Valid() {
		x = x.Minimum(most)
	}
	return x
}

// bound is a tensor among the arguments.
func (c *call) bound(name string, i int) graph.Value {
	text := c.text(name, i)
	if _, ok := literal(text); ok || text == "" {
		if _, there := c.c.Args[name]; there || text != "" {
			return graph.Value{}
		}
		text = name
	}
	return c.given(text)
}

// embeddingBag sums, averages or takes the maximum of each bag's rows: a bag a row
// of indexes, or those from one offset to the next.
func embeddingBag(c *call) graph.Value {
	rows := embedding(c)
	if len(rows.Shape()) != 3 || c.c.Args["offsets"] != nil {
		return c.miss("bags by offsets")
	}
	how := c.word("mode", "mean")
	if w := c.given("per_sample_weights"); w.Valid() {
		rows = rows.Mul(w.Unsqueeze(-1))
	}
	switch how {
	case "sum":
		return rows.Sum(1)
	case "mean":
		return rows.Mean(1)
	case "max":
		return first(rows.Max(1))
	}
	return c.miss("embedding_bag by %s", how)
}

package conformance

import (
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
)

// PyTorch's functions that index, sort and scan.
var along = map[string]func(c *call) graph.Value{
	"gather":         func(c *call) graph.Value { return c.x().Gather(c.dim(1, 0), c.index(2)) },
	"take_along_dim": func(c *call) graph.Value { return c.x().TakeAlong(c.dim(2, -1), c.index(1)) },
	"index_select":   func(c *call) graph.Value { return c.x().IndexSelect(c.dim(1, 0), c.index(2)) },
	"take": func(c *call) graph.Value {
		return c.x().Reshape(-1).IndexSelect(0, c.index(1).Reshape(-1)).Reshape(c.index(1).Shape()...)
	},
	"scatter": func(c *call) graph.Value {
		how := c.word("reduce", "")
		if how != "" {
			return c.x().ScatterReduce(c.dim(1, 0), c.index(2), c.source(3), how, true)
		}
		return c.x().Scatter(c.dim(1, 0), c.index(2), c.source(3))
	},
	"scatter_add": func(c *call) graph.Value { return c.x().ScatterAdd(c.dim(1, 0), c.index(2), c.source(3)) },
	"scatter_reduce": func(c *call) graph.Value {
		how := c.word("reduce", strings.Trim(at(c.pos, 4), `'"`))
		return c.x().ScatterReduce(c.dim(1, 0), c.index(2), c.source(3), how, c.not("include_self"))
	},
	"index_add": func(c *call) graph.Value {
		src := c.source(3)
		if a := c.n("alpha", -1, 1); a != 1 {
			src = src.MulScalar(a)
		}
		return c.x().IndexAdd(c.dim(1, 0), c.index(2), src)
	},
	"index_copy": func(c *call) graph.Value { return c.x().IndexCopy(c.dim(1, 0), c.index(2), c.source(3)) },
	"index_fill": func(c *call) graph.Value { return c.x().IndexFill(c.dim(1, 0), c.index(2), c.n("value", 3, 0)) },
	"index_put": func(c *call) graph.Value {
		var idx []graph.Value
		for _, name := range splitArgs(strings.Trim(at(c.pos, 1), "()[]")) {
			idx = append(idx, c.value(name))
		}
		if idx == nil {
			idx = append(idx, c.index(1))
		}
		return c.x().IndexPut(idx, c.v(2, "values", "src", "value"), c.is("accumulate") || at(c.pos, 3) == "True")
	},
	"one_hot":   func(c *call) graph.Value { return c.x().OneHot(int(c.n("num_classes", 1, -1))) },
	"embedding": embedding,

	"sort": func(c *call) graph.Value {
		return c.both(c.x().Sort(c.dim(1, -1), c.is("descending") || at(c.pos, 2) == "True"))
	},
	"argsort": func(c *call) graph.Value {
		return c.x().Argsort(c.dim(1, -1), c.is("descending") || at(c.pos, 2) == "True")
	},
	"msort": func(c *call) graph.Value { return first(c.x().Sort(0, false)) },
	"topk": func(c *call) graph.Value {
		return c.both(c.x().TopK(c.dim(2, -1), int(c.n("k", 1, 1)), c.not("largest") && at(c.pos, 3) != "False"))
	},
	"kthvalue": func(c *call) graph.Value {
		return c.both(c.kept(c.dim(2, -1), func(axis int) (v, idx graph.Value) { return c.x().KthValue(axis, int(c.n("k", 1, 1))) }))
	},
	"median": func(c *call) graph.Value {
		if !c.along(1) {
			return first(c.x().Reshape(-1).Median(0))
		}
		return c.both(c.kept(c.dim(1, -1), c.x().Median))
	},
	"max":    extreme("maximum", graph.Value.Max, graph.Value.Amax),
	"min":    extreme("minimum", graph.Value.Min, graph.Value.Amin),
	"argmax": place(graph.Value.Argmax),
	"argmin": place(graph.Value.Argmin),
	"searchsorted": func(c *call) graph.Value {
		return c.v(0, "sorted_sequence", "sorted", "x").SearchSorted(c.v(1, "values", "v", "input"), c.right())
	},
	"bucketize": func(c *call) graph.Value { return c.x().Bucketize(c.v(1, "boundaries", "b"), c.right()) },

	"cumsum":       func(c *call) graph.Value { return c.x().Cumsum(c.dim(1, 0)) },
	"cumprod":      func(c *call) graph.Value { return c.x().Cumprod(c.dim(1, 0)) },
	"logcumsumexp": func(c *call) graph.Value { return c.x().Logcumsumexp(c.dim(1, 0)) },
	"cummax":       func(c *call) graph.Value { return c.both(c.x().Cummax(c.dim(1, 0))) },
	"cummin":       func(c *call) graph.Value { return c.both(c.x().Cummin(c.dim(1, 0))) },
}

func init() {
	for name, f := range along {
		calls[plain(name)] = f
	}
}

// extreme is torch.max or torch.min: over all, along an axis, or of two operands.
func extreme(two string, one func(graph.Value, int) (v, idx graph.Value), all func(graph.Value, ...int) graph.Value) func(c *call) graph.Value {
	return func(c *call) graph.Value {
		if c.along(1) {
			return c.both(c.kept(c.dim(1, 0), func(axis int) (v, idx graph.Value) { return one(c.x(), axis) }))
		}
		if c.bare || len(c.pos) > 1 || c.kw["other"] != "" {
			if w := c.v(1, "other", "b"); w.Valid() {
				return c.x().Op(two, w)
			}
		}
		return all(c.x())
	}
}

// place is torch.argmax or torch.argmin: of all elements where no axis is named.
func place(f func(graph.Value, int) graph.Value) func(c *call) graph.Value {
	return func(c *call) graph.Value {
		if !c.along(1) {
			return f(c.x().Reshape(-1), 0)
		}
		y, _ := c.kept(c.dim(1, 0), func(axis int) (v, idx graph.Value) { y := f(c.x(), axis); return y, y })
		return y
	}
}

// dim is the axis, by name or argument i; along tells whether there is one.
func (c *call) dim(i, def int) int { return int(c.n("dim", i, c.n("axis", -1, float64(def)))) }

func (c *call) along(i int) bool {
	_, err := strconv.Atoi(at(c.pos, i))
	return err == nil || c.c.Args["dim"] != nil || c.c.Args["axis"] != nil || c.kw["dim"] != "" || c.kw["axis"] != ""
}

// index is operand i, of whole numbers.
func (c *call) index(i int) graph.Value {
	v := c.v(i, "index", "idx", "indices")
	if v.Type().DType.IsFloat() {
		return v.Op("to_int")
	}
	return v
}

// source is operand i, or a number for each index.
func (c *call) source(i int) graph.Value {
	v := c.v(i, "src", "source", "tensor", "value")
	if v.Valid() && len(v.Shape()) == 0 {
		return v.Expand(c.index(2).Shape()...)
	}
	return v
}

// not is a flag that is set unless the case says False.
func (c *call) not(name string) bool { return c.kw[name] != "False" && arg(c.builder, name, true) }

func (c *call) right() bool { return c.is("right") || c.word("side", "left") == "right" }

// kept gives an axis back where keepdim asks for it.
func (c *call) kept(axis int, f func(axis int) (v, idx graph.Value)) (v, idx graph.Value) {
	v, idx = f(axis)
	if c.is("keepdim") || at(c.pos, 2) == "True" {
		if axis < 0 {
			axis += len(c.x().Shape())
		}
		return v.Unsqueeze(axis), idx.Unsqueeze(axis)
	}
	return v, idx
}

// both are the outputs values and indices; y is what the case picks of them.
func (c *call) both(v, idx graph.Value) graph.Value {
	if c.out != nil {
		c.out["values"], c.out["indices"], c.out["idx"] = v, idx, idx
	}
	if c.part == ".indices" || c.part == "[1]" {
		return idx
	}
	return v
}

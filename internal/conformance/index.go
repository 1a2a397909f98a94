package conformance

import (
	"github.com/vulgo-ml/vulgo/graph"
)

// PyTorch's functions along one axis, by their names in a reduction's case.
var alongOne = map[string]func(x graph.Value, axis int) graph.Value{
	"cumsum":       graph.Value.Cumsum,
	"cumprod":      graph.Value.Cumprod,
	"logcumsumexp": graph.Value.Logcumsumexp,
	"cummax":       func(x graph.Value, axis int) graph.Value { return first(x.Cummax(axis)) },
	"cummin":       func(x graph.Value, axis int) graph.Value { return first(x.Cummin(axis)) },
	"median":       func(x graph.Value, axis int) graph.Value { return first(x.Median(axis)) },
	"argmax":       graph.Value.Argmax,
	"argmin":       graph.Value.Argmin,
}

func first(v, _ graph.Value) graph.Value { return v }

func init() {
	for name, f := range alongOne {
		reductions[name] = func(b *builder, x graph.Value, axes []int) graph.Value {
			if len(axes) != 1 {
				return b.miss("%s over axes %v", name, axes)
			}
			return f(x, axes[0])
		}
	}
	// Along one axis the first of equals has the gradient; over several they share it.
	extreme := func(one func(graph.Value, int) (v, idx graph.Value), all func(graph.Value, ...int) graph.Value) func(*builder, graph.Value, []int) graph.Value {
		return func(_ *builder, x graph.Value, axes []int) graph.Value {
			if len(axes) == 1 {
				return first(one(x, axes[0]))
			}
			return all(x, axes...)
		}
	}
	reductions["max"] = extreme(graph.Value.Max, graph.Value.Amax)
	reductions["min"] = extreme(graph.Value.Min, graph.Value.Amin)
}

// embedding picks rows; that of padding_idx has no gradient.
func embedding(c *call) graph.Value {
	idx, w := c.v(0, "x", "input", "idx"), c.v(1, "weight")
	if c.c.Args["max_norm"] != nil {
		return c.miss("an embedding with max_norm")
	}
	rows := w.Embed(idx)
	if c.is("scale_grad_by_freq") { // each row's gradient by how often it is picked
		flat := idx.Reshape(-1)
		times := c.Scalar(0).Expand(w.Dim(0)).ScatterAdd(0, flat, c.Scalar(1).Expand(flat.Dim(0)))
		share := times.IndexSelect(0, flat).Reciprocal().Reshape(append(append([]int{}, idx.Shape()...), 1)...)
		rows = rows.Detach().Add(rows.Sub(rows.Detach()).Mul(share.Detach()))
	}
	const none = -1 << 31
	if pad := int(c.n("padding_idx", 2, none)); pad != none {
		if pad < 0 {
			pad += w.Dim(0)
		}
		rows = idx.Float().Eq(c.Scalar(float64(pad))).Unsqueeze(-1).Where(rows.Detach(), rows)
	}
	return rows
}

package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Embedding picks rows of a table.
var Embedding = declare(Op{
	Name: "embedding", Torch: "torch.nn.functional.embedding",
	Doc:   "y[i] = table[idx[i]], zeros where idx[i] is no row  (table [V,D], idx [..] int32 -> y [..,D])",
	In:    []Operand{{Name: "table"}, {Name: "idx"}},
	Out:   []Operand{{Name: "y"}},
	Shape: embeddingShape,
	CPU:   Plain(cpuref.Embedding[float32], cpuref.Embedding[float64]),
	Variants: []Variant{
		{Name: "flat", Kind: Vulkan, When: inRange, Lower: lowerEmbedding},
		{Name: "fast", Kind: CPU, Prepare: fast.Embedding},
	},
	Cases: embeddingCases(embeddingCase),
	Bench: append([]Case{embeddingCase(65, 64, 65, 2048), embeddingCase(50000, 256, 50000, 2048)},
		large(embeddingCase(10000, 650, 10000, 700), embeddingCase(50257, 768, 50257, 8192))...),
	Cost: func(c *Call) Cost { return Cost{Bytes: float64(2*c.Out[0].Bytes() + c.In[1].Bytes())} },
	Tol:  Exact(),
})

// EmbeddingGrad adds up the gradient of each row of the table.
var EmbeddingGrad = declare(Op{
	Name: "embedding_grad",
	Doc:  "dTable[r] = Σ over idx[i] = r of dy[i], in the order of i  (idx [..] int32, dy [..,D] -> dTable [rows,D])",
	In:   []Operand{{Name: "idx"}, {Name: "dy"}},
	Out:  []Operand{{Name: "dTable"}},

	Attrs: cpuref.EmbeddingGradAttrs{},
	Shape: embeddingGradShape,
	CPU:   Plain(cpuref.EmbeddingGrad[float32], cpuref.EmbeddingGrad[float64]),
	Variants: []Variant{
		{Name: "serial", Kind: Vulkan, When: func(t *Target, c *Call) bool { return t.Software && inRange(t, c) },
			Lower: func(t *Target, c *Call) (Lowered, error) { return lowerEmbeddingGrad(t, c, true), nil }},
		{Name: "scan", Kind: Vulkan, When: inRange,
			Lower: func(t *Target, c *Call) (Lowered, error) { return lowerEmbeddingGrad(t, c, false), nil }},
		{Name: "fast", Kind: CPU, Prepare: fast.EmbeddingGrad},
	},
	Cases: embeddingCases(embeddingGradCase),
	Bench: append([]Case{embeddingGradCase(65, 64, 65, 2048), embeddingGradCase(50000, 256, 50000, 2048)},
		large(embeddingGradCase(10000, 650, 10000, 700), embeddingGradCase(50257, 768, 50257, 8192))...),
	Cost: func(c *Call) Cost {
		return Cost{Flops: float64(c.In[1].Elems()), Bytes: float64(c.In[0].Bytes() + c.In[1].Bytes() + c.Out[0].Bytes())}
	},
	Tol: Sum(16),
})

func init() {
	Embedding.SetGrad(func(b Builder, g Grad) []Ref {
		if !g.Want[0] || g.DOut[0] == NoRef {
			return []Ref{NoRef, NoRef}
		}
		at := cpuref.EmbeddingGradAttrs{Rows: b.Type(g.In[0]).Shape[0]}
		return []Ref{b.Apply(EmbeddingGrad, at, g.In[1], g.DOut[0])[0], NoRef}
	})
	// The gradient is linear in dy, and its transpose picks rows.
	EmbeddingGrad.SetGrad(func(b Builder, g Grad) []Ref {
		if !g.Want[1] || g.DOut[0] == NoRef {
			return []Ref{NoRef, NoRef}
		}
		return []Ref{NoRef, b.Apply(Embedding, nil, g.DOut[0], g.In[0])[0]}
	})
}

func embeddingShape(_ any, in []tensor.Type) ([]tensor.Type, error) {
	table, idx := in[0], in[1]
	if !table.DType.IsFloat() || len(table.Shape) != 2 || table.Elems() == 0 {
		return nil, fmt.Errorf("table is %v, wants floats [rows, width], neither 0", table)
	}
	if idx.DType != tensor.Int32 {
		return nil, fmt.Errorf("idx is %v, wants int32", idx)
	}
	y := append(append(tensor.Shape{}, idx.Shape...), table.Shape[1])
	return []tensor.Type{{DType: table.DType, Shape: y}}, nil
}

func embeddingGradShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	rows, idx, dy := attrs.(cpuref.EmbeddingGradAttrs).Rows, in[0], in[1]
	k := len(idx.Shape)
	if idx.DType != tensor.Int32 {
		return nil, fmt.Errorf("idx is %v, wants int32", idx)
	}
	if !dy.DType.IsFloat() || len(dy.Shape) != k+1 || !dy.Shape[:k].Equal(idx.Shape) || dy.Shape[k] == 0 {
		return nil, fmt.Errorf("dy is %v, wants floats of idx's shape %v and a width", dy, idx.Shape)
	}
	if rows < 1 {
		return nil, fmt.Errorf("a table of %d rows", rows)
	}
	return []tensor.Type{{DType: dy.DType, Shape: tensor.Shape{rows, dy.Shape[k]}}}, nil
}

// rowElems is how many floats an invocation takes of rows of D: the suffix of
// the shader's name.
func rowElems(D int) int {
	if D%4 == 0 {
		return 4
	}
	return 1
}

func lowerEmbedding(t *Target, c *Call) (Lowered, error) {
	V, D := c.In[0].Shape[0], c.In[0].Shape[1]
	e := rowElems(D)
	n := c.Out[0].Elems() / e
	if n == 0 {
		return Lowered{}, nil
	}
	return Lowered{Dispatches: []Dispatch{
		flat(t, fmt.Sprintf("embedding_%d", e), n, words(V, D/e, n), In(0), In(1), Out(0)),
	}}, nil
}

// embeddingRange is how many indexes are chained at once: it bounds the loops
// along a chain, and what an invocation looks ahead.
const embeddingRange = 1 << 14

func lowerEmbeddingGrad(t *Target, c *Call, serial bool) Lowered {
	idx, V, D := c.In[0].Elems(), c.Out[0].Shape[0], c.Out[0].Shape[1]
	if idx == 0 {
		return Lowered{Dispatches: []Dispatch{fillWith(t, Out(0), V*D, 0)}}
	}
	const none = 0x7fffffff
	e := rowElems(D)
	low := Lowered{Work: []int{4 * V, 4 * min(idx, embeddingRange)}}
	head, next := Work(0), Work(1)
	for first := 0; first < idx; first += embeddingRange {
		n := min(embeddingRange, idx-first)
		link := flat(t, "embedding_link", n, words(V, first, n), In(0), head, next.WO())
		link.Spec = append(link.Spec, truth(serial))
		if serial {
			link.Spec[0], link.Grid = 1, [3]uint32{1, 1, 1}
		}
		count := V * D / e
		sum := flat(t, fmt.Sprintf("embedding_grad_%d", e), count, words(D/e, count, first, n), head.RO(), next.RO(), In(1), Out(0).RW())
		sum.Spec = append(sum.Spec, truth(first > 0))
		low.Dispatches = append(low.Dispatches, fillWith(t, head.WO(), V, none), link, sum)
	}
	return low
}

func embeddingCase(V, D, kinds int, idx ...int) Case {
	return Case{
		Name: fmt.Sprintf("%dx%d by %v", V, D, tensor.Shape(idx)),
		In:   []tensor.Type{tensor.F32(V, D), tensor.I32(idx...)},
		Fill: []Filler{nil, embeddingIndexes(V, kinds)},
	}
}

func embeddingGradCase(V, D, kinds int, idx ...int) Case {
	k := embeddingCase(V, D, kinds, idx...)
	k.Attrs = cpuref.EmbeddingGradAttrs{Rows: V}
	k.In = []tensor.Type{k.In[1], tensor.F32(append(append([]int{}, idx...), D)...)}
	k.Fill = k.Fill[1:]
	return k
}

// embeddingIndexes draws indexes of so many kinds; with more kinds than rows
// some are outside the table, on both sides.
func embeddingIndexes(V, kinds int) Filler {
	return func(rng *tensor.Philox, t *tensor.Tensor) {
		for i := range t.I32 {
			t.I32[i] = int32(rng.Intn(kinds) - max(0, kinds-V)/2)
		}
	}
}

func embeddingCases(one func(V, D, kinds int, idx ...int) Case) []Case {
	return []Case{
		one(1, 1, 1, 1), one(6, 4, 6, 5, 9), one(65, 64, 65, 2, 64), one(7, 3, 11, 31), one(9, 12, 15, 3, 2, 5),
		one(4, 5, 4), one(3, 8, 3, 0), one(5000, 4, 5000, 300), one(3, 4, 1, 700), one(2, 1, 2, 40000), one(70001, 2, 90000, 1031),
	}
}

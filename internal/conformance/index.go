package conformance

import (
	"github.com/vulgo-ml/vulgo/graph"
)

var _ = register(map[string]build{
	"torch.cat([a,b,a],1)":        func(b *builder) graph.Value { return graph.Concat(1, b.at("a"), b.at("b"), b.at("a")) },
	"torch.index_select(x,0,idx)": func(b *builder) graph.Value { return b.x().Embed(b.at("idx")) },
	"torch.gather(x,1,idx)":       gather,
	"x.max(1).values":             func(b *builder) graph.Value { return b.max(b.x(), 1) },
	"torch.nn.Embedding":          func(b *builder) graph.Value { return b.at("weight").Embed(b.x()) },
})

// gather picks x[i, idx[i, j]], by a sum over the columns that match.
func gather(b *builder) graph.Value {
	x, idx := b.x(), b.at("idx")
	if len(x.Shape()) != 2 {
		return b.miss("gather of rank %d", len(x.Shape()))
	}
	hit := idx.Unsqueeze(2).Eq(b.steps(x.Dim(1))).Float()
	return hit.Mul(x.Unsqueeze(1)).Sum(2)
}

// max is torch.max along an axis: the gradient goes to the first largest.
func (b *builder) max(x graph.Value, axis int) graph.Value {
	shape := make([]int, len(x.Shape()))
	for i := range shape {
		shape[i] = 1
	}
	shape[axis] = x.Dim(axis)
	hit := keep(x.Argmax(axis), x, axis).Eq(b.steps(x.Dim(axis)).Reshape(shape...))
	return hit.Where(x, b.Scalar(0)).Sum(axis)
}

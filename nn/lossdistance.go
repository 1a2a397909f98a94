package nn

import (
	"cmp"

	"github.com/vulgo-ml/vulgo/graph"
)

// CosineSimilarity is a·b / (|a|·|b|) along an axis, each norm Eps at least.
type CosineSimilarity struct {
	Dim int     // 0: 1
	Eps float64 // 0: 1e-8
}

// Forward compares a and b, which broadcast.
func (l CosineSimilarity) Forward(a, b graph.Value) graph.Value {
	return a.CosineSimilarity(b, cmp.Or(l.Dim, 1), cmp.Or(l.Eps, 1e-8))
}

// PairwiseDistance is the P-norm of a - b + Eps along the last axis.
type PairwiseDistance struct {
	P       float64 // 0: 2
	Eps     float64 // 0: 1e-6
	KeepDim bool
}

// Forward is the distance of a and b.
func (l PairwiseDistance) Forward(a, b graph.Value) graph.Value {
	d := a.PairwiseDistance(b, cmp.Or(l.P, 2), cmp.Or(l.Eps, 1e-6))
	if l.KeepDim {
		return d.Unsqueeze(-1)
	}
	return d
}

// CosineEmbeddingLoss is 1 - cos(a, b) for pairs labelled 1, max(0, cos - Margin)
// for those labelled -1.
type CosineEmbeddingLoss struct {
	Margin    float64
	Reduction Reduction
}

// Forward is the loss of a and b [N, D] against labels y [N], or of [D] and [].
func (l CosineEmbeddingLoss) Forward(a, b, y graph.Value) graph.Value {
	const eps = 1e-12
	aa, bb := a.Square().Sum(-1).AddScalar(eps), b.Square().Sum(-1).AddScalar(eps)
	cos := a.Mul(b).Sum(-1).Div(aa.Mul(bb).Sqrt())
	return l.Reduction.of(cos.FormulaWith("c, y, margin:attr -> where(y == 1, 1 - c, where(y == -1 && c >= margin, c - margin, 0))",
		[]float64{l.Margin}, y.Float()))
}

// MarginRankingLoss is max(0, Margin - y·(a - b)), y being 1 where a should be
// the larger, -1 where b should.
type MarginRankingLoss struct {
	Margin    float64
	Reduction Reduction
}

// Forward is the loss of a and b against y.
func (l MarginRankingLoss) Forward(a, b, y graph.Value) graph.Value {
	return l.Reduction.of(a.FormulaWith("a, b, y, margin:attr -> z = margin - y*(a - b); where(z >= 0, z, 0)", []float64{l.Margin}, b, y.Float()))
}

// TripletMarginLoss is max(0, d(anchor, positive) - d(anchor, negative) + Margin)
// with the P-norm's distances; with Swap the negative's distance is that from the
// positive, if less.
type TripletMarginLoss struct {
	Margin    float64 // 0: 1
	P         float64 // 0: 2
	Eps       float64 // 0: 1e-6
	Swap      bool
	Reduction Reduction
}

// Forward is the loss of [N, D] each.
func (l TripletMarginLoss) Forward(anchor, positive, negative graph.Value) graph.Value {
	return TripletMarginWithDistanceLoss{
		Distance: PairwiseDistance{P: l.P, Eps: l.Eps}.Forward, Margin: l.Margin, Swap: l.Swap, Reduction: l.Reduction,
	}.Forward(anchor, positive, negative)
}

// TripletMarginWithDistanceLoss is TripletMarginLoss with any distance.
type TripletMarginWithDistanceLoss struct {
	Distance  func(a, b graph.Value) graph.Value // nil: PairwiseDistance
	Margin    float64                            // 0: 1
	Swap      bool
	Reduction Reduction
}

// Forward is the loss of [N, D] each.
func (l TripletMarginWithDistanceLoss) Forward(anchor, positive, negative graph.Value) graph.Value {
	d := l.Distance
	if d == nil {
		d = PairwiseDistance{}.Forward
	}
	near, far := d(anchor, positive), d(anchor, negative)
	if l.Swap {
		far = far.Minimum(d(positive, negative))
	}
	return l.Reduction.of(near.FormulaWith("a, b, margin:attr -> z = margin + a - b; where(z >= 0, z, 0)", []float64{cmp.Or(l.Margin, 1)}, far))
}

package nn_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

func floats(shape []int, v ...float32) *tensor.Tensor { return tensor.FromF32(v, shape...) }

// evaluated is a loss of given operands with its gradient by the first, in float64.
func evaluated(t *testing.T, in []*tensor.Tensor, f func(v []graph.Value) graph.Value) (y, dx *tensor.Tensor) {
	t.Helper()
	g, feeds := graph.New(), engine.Feeds{}
	var vs []graph.Value
	for i, x := range in {
		name := string(rune('a' + i))
		feeds[name] = x
		vs = append(vs, g.Input(name, x.Type))
	}
	loss := f(vs)
	g.Output("y", loss)
	g.Output("dx", graph.Grad(loss.Sum(), vs[0])[0])
	require.NoError(t, g.Err())
	out, _, err := engine.Oracle(g, feeds, nil)
	require.NoError(t, err)
	return out["y"], out["dx"]
}

// Each loss against its definition, worked out by hand for a few numbers.
func TestLossesAgainstNumbersByHand(t *testing.T) {
	ln := math.Log
	logistic := func(x float64) float64 { return ln(1 + math.Exp(-x)) }
	two := []*tensor.Tensor{floats([]int{3}, 1, 2.5, -1), floats([]int{3}, 0, 2, 2)} // differences 1, 1/2, -3
	bits := []*tensor.Tensor{floats([]int{2}, 0.5, -2), floats([]int{2}, 1, 0)}
	pm := []*tensor.Tensor{floats([]int{2}, 0.5, 3), tensor.FromI32([]int32{1, -1}, 2)}
	// Three rows of scores 0 and ln 3, probabilities 1/4 and 3/4.
	l3 := float32(math.Log(3))
	scores := floats([]int{3, 2}, 0, l3, 0, l3, 0, l3)
	classes := []*tensor.Tensor{scores, tensor.FromI32([]int32{0, 1, -100}, 3)}
	weight := floats([]int{2}, 1, 3)
	a, b := ln(4), ln(4)-ln(3) // losses of class 0 and 1
	points := []*tensor.Tensor{floats([]int{1, 2}, 0, 0), floats([]int{1, 2}, 3, 4), floats([]int{1, 2}, 0, 4)}
	for name, c := range map[string]struct {
		in   []*tensor.Tensor
		f    func(v []graph.Value) graph.Value
		want []float64
	}{
		"MSE":     {two, func(v []graph.Value) graph.Value { return nn.MSE(v[0], v[1]) }, []float64{(1 + 0.25 + 9) / 3}},
		"MSE sum": {two, func(v []graph.Value) graph.Value { return nn.MSELoss{Reduction: nn.Sum}.Forward(v[0], v[1]) }, []float64{10.25}},
		"L1":      {two, func(v []graph.Value) graph.Value { return nn.L1(v[0], v[1]) }, []float64{1.5}},
		"SmoothL1 beta 2": {two, func(v []graph.Value) graph.Value {
			return nn.SmoothL1Loss{Beta: 2, Reduction: nn.None}.Forward(v[0], v[1])
		}, []float64{0.25, 0.0625, 2}},
		"Huber delta 2": {two, func(v []graph.Value) graph.Value {
			return nn.HuberLoss{Delta: 2, Reduction: nn.None}.Forward(v[0], v[1])
		}, []float64{0.5, 0.125, 4}},
		"BCE with logits": {bits, func(v []graph.Value) graph.Value { return nn.BCEWithLogits(v[0], v[1]) }, []float64{(logistic(0.5) + logistic(2)) / 2}},
		"BCE with weights": {bits, func(v []graph.Value) graph.Value {
			return nn.BCEWithLogitsLoss{PosWeight: weight, Weight: weight, Reduction: nn.None}.Forward(v[0], v[1])
		}, []float64{logistic(0.5), 3 * logistic(2)}},
		"BCE at 0 and 1": {[]*tensor.Tensor{floats([]int{3}, 0, 1, 0.25), floats([]int{3}, 1, 1, 1)},
			func(v []graph.Value) graph.Value { return nn.BCELoss{Reduction: nn.None}.Forward(v[0], v[1]) }, []float64{100, 0, ln(4)}},
		"KL": {[]*tensor.Tensor{floats([]int{1, 3}, -1, -1, -1), floats([]int{1, 3}, 0.5, 0.5, 0)},
			func(v []graph.Value) graph.Value { return nn.KLDivLoss{Reduction: nn.BatchMean}.Forward(v[0], v[1]) }, []float64{1 - ln(2)}},
		"Poisson full": {[]*tensor.Tensor{floats([]int{2}, 0, 1), floats([]int{2}, 1, 2)},
			func(v []graph.Value) graph.Value {
				return nn.PoissonNLLLoss{Full: true, Reduction: nn.None}.Forward(v[0], v[1])
			},
			[]float64{1, math.E - 2 + 2*ln(2) - 2 + 0.5*ln(4*math.Pi)}},
		"Gaussian": {[]*tensor.Tensor{floats([]int{2}, 1, 2), floats([]int{2}, 3, 2), floats([]int{2}, 4, 0)},
			func(v []graph.Value) graph.Value {
				return nn.GaussianNLLLoss{Eps: 0.5, Reduction: nn.None}.Forward(v[0], v[1], v[2])
			}, []float64{(ln(4) + 1) / 2, ln(0.5) / 2}},
		"SoftMargin": {pm, func(v []graph.Value) graph.Value { return nn.SoftMarginLoss{Reduction: nn.None}.Forward(v[0], v[1]) }, []float64{logistic(0.5), logistic(-3)}},
		"HingeEmbedding": {pm, func(v []graph.Value) graph.Value {
			return nn.HingeEmbeddingLoss{Margin: 5, Reduction: nn.None}.Forward(v[0], v[1])
		}, []float64{0.5, 2}},
		"SigmoidFocal": {bits, func(v []graph.Value) graph.Value { return nn.SigmoidFocalLoss{Reduction: nn.None}.Forward(v[0], v[1]) }, []float64{0.25 * logistic(0.5) * sq(sigmoid(-0.5)), 0.75 * logistic(2) * sq(sigmoid(-2))}},

		"CrossEntropy leaves the ignored out": {classes, func(v []graph.Value) graph.Value { return nn.CrossEntropy(v[0], v[1]) }, []float64{(a + b) / 2}},
		"CrossEntropy weighs":                 {classes, func(v []graph.Value) graph.Value { return nn.CrossEntropyLoss{Weight: weight}.Forward(v[0], v[1]) }, []float64{(a + 3*b) / 4}},
		"CrossEntropy smooths": {classes, func(v []graph.Value) graph.Value {
			return nn.CrossEntropyLoss{LabelSmoothing: 0.5, Reduction: nn.None}.Forward(v[0], v[1])
		}, []float64{0.75*a + 0.25*b, 0.25*a + 0.75*b, 0}},
		"CrossEntropy smooths and weighs": {classes, func(v []graph.Value) graph.Value {
			return nn.CrossEntropyLoss{Weight: weight, LabelSmoothing: 0.5}.Forward(v[0], v[1])
		}, []float64{(0.5*(a+3*b) + 0.25*2*(a+3*b)) / 4}},
		"CrossEntropy may ignore another": {classes, func(v []graph.Value) graph.Value {
			return nn.CrossEntropyLoss{IgnoreZero: true, Reduction: nn.Sum}.Forward(v[0].Narrow(0, 0, 2), v[1].Narrow(0, 0, 2))
		}, []float64{b}},
		"CrossEntropy of probabilities":        {[]*tensor.Tensor{scores, floats([]int{3, 2}, 1, 0, 0, 1, 0.5, 0.5)}, func(v []graph.Value) graph.Value { return nn.CrossEntropyLoss{Weight: weight}.Forward(v[0], v[1]) }, []float64{(a + 3*b + 0.5*a + 1.5*b) / 3}},
		"CrossEntropy with classes in between": {[]*tensor.Tensor{floats([]int{1, 2, 3}, 0, 0, l3, l3, l3, 0), tensor.FromI32([]int32{0, 1, 0}, 1, 3)}, func(v []graph.Value) graph.Value { return nn.CrossEntropyLoss{Reduction: nn.None}.Forward(v[0], v[1]) }, []float64{a, b, b}},
		"CrossEntropy of one row":              {[]*tensor.Tensor{floats([]int{2}, 0, l3), tensor.FromI32([]int32{1})}, func(v []graph.Value) graph.Value { return nn.CrossEntropyLoss{}.Forward(v[0], v[1]) }, []float64{b}},
		"NLL weighs":                           {classes, func(v []graph.Value) graph.Value { return nn.NLLLoss{Weight: weight}.Forward(v[0], v[1]) }, []float64{-3 * ln(3) / 4}},
		"Focal":                                {classes, func(v []graph.Value) graph.Value { return nn.FocalLoss{Reduction: nn.None}.Forward(v[0], v[1]) }, []float64{a * 9 / 16, b / 16, 0}},
		"MultiMargin of squares": {classes, func(v []graph.Value) graph.Value {
			return nn.MultiMarginLoss{P: 2, Weight: weight, Reduction: nn.None}.Forward(v[0].Narrow(0, 0, 2), v[1].Narrow(0, 0, 2))
		}, []float64{sq(1+ln(3)) / 2, 0}},
		"MultiLabelMargin": {[]*tensor.Tensor{floats([]int{1, 4}, 0.1, 0.2, 0.4, 0.8), tensor.FromI32([]int32{3, 0, -1, 1}, 1, 4)}, // PyTorch's own example
			func(v []graph.Value) graph.Value { return nn.MultiLabelMarginLoss{}.Forward(v[0], v[1]) }, []float64{0.85}},
		"MultiLabelSoftMargin": {[]*tensor.Tensor{floats([]int{1, 2}, 0.5, -2), floats([]int{1, 2}, 1, 0)},
			func(v []graph.Value) graph.Value { return nn.MultiLabelSoftMarginLoss{}.Forward(v[0], v[1]) }, []float64{(logistic(0.5) + logistic(2)) / 2}},

		"Triplet": {points, func(v []graph.Value) graph.Value {
			return nn.TripletMarginLoss{Margin: 2, Eps: 1e-9}.Forward(v[0], v[1], v[2])
		}, []float64{5 - 4 + 2}},
		"Triplet swapped": {points, func(v []graph.Value) graph.Value {
			return nn.TripletMarginLoss{Margin: 2, Eps: 1e-9, Swap: true}.Forward(v[0], v[1], v[2])
		}, []float64{5 - 3 + 2}},
		"Triplet of sums": {points, func(v []graph.Value) graph.Value {
			return nn.TripletMarginLoss{P: 1, Eps: 1e-9}.Forward(v[0], v[1], v[2])
		}, []float64{7 - 4 + 1}},
		"MarginRanking": {[]*tensor.Tensor{floats([]int{2}, 1, 1), floats([]int{2}, 3, 3), floats([]int{2}, 1, -1)},
			func(v []graph.Value) graph.Value {
				return nn.MarginRankingLoss{Margin: 0.5, Reduction: nn.None}.Forward(v[0], v[1], v[2])
			}, []float64{2.5, 0}},
		"CosineEmbedding": {[]*tensor.Tensor{floats([]int{2, 2}, 3, 4, 3, 4), floats([]int{2, 2}, 4, 3, 4, 3), tensor.FromI32([]int32{1, -1}, 2)},
			func(v []graph.Value) graph.Value {
				return nn.CosineEmbeddingLoss{Margin: 0.5, Reduction: nn.None}.Forward(v[0], v[1], v[2])
			}, []float64{1 - 0.96, 0.46}},
		"CosineSimilarity": {points[1:], func(v []graph.Value) graph.Value { return nn.CosineSimilarity{}.Forward(v[0], v[1]) }, []float64{0.8}},
	} {
		t.Run(name, func(t *testing.T) {
			y, _ := evaluated(t, c.in, c.f)
			require.Len(t, c.want, y.Elems())
			for i, w := range c.want {
				require.InDelta(t, w, y.At(i), 1e-6)
			}
		})
	}
}

func sq(x float64) float64      { return x * x }
func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Where the targets are met or a logarithm ends, gradients are PyTorch's.
func TestLossGradientsAtCorners(t *testing.T) {
	for name, c := range map[string]struct {
		x, y *tensor.Tensor
		f    func(x, y graph.Value) graph.Value
		want []float64
	}{
		"L1 at 0":          {floats([]int{2}, 1, 2), floats([]int{2}, 1, 1), nn.L1Loss{Reduction: nn.Sum}.Forward, []float64{0, 1}},
		"Huber at delta":   {floats([]int{2}, 1, -1), floats([]int{2}, 0, 0), nn.HuberLoss{Reduction: nn.Sum}.Forward, []float64{1, -1}},
		"BCE at 0":         {floats([]int{1}, 0), floats([]int{1}, 1), nn.BCELoss{}.Forward, []float64{-1e12}},
		"BCE, logit 0":     {floats([]int{1}, 0), floats([]int{1}, 1), nn.BCEWithLogits, []float64{-0.5}},
		"BCE, logit -100":  {floats([]int{1}, -100), floats([]int{1}, 0), nn.BCEWithLogits, []float64{math.Exp(-100)}},
		"KL, target 0":     {floats([]int{2}, -1, -1), floats([]int{2}, 0, 1), nn.KLDivLoss{Reduction: nn.Sum}.Forward, []float64{0, -1}},
		"an ignored row":   {floats([]int{2, 2}, 0, 0, 0, 0), tensor.FromI32([]int32{0, -100}, 2), nn.CrossEntropy, []float64{-0.5, 0.5, 0, 0}},
		"focal, certainty": {floats([]int{1, 2}, 200, 0), tensor.FromI32([]int32{0}, 1), nn.FocalLoss{}.Forward, []float64{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			_, dx := evaluated(t, []*tensor.Tensor{c.x, c.y}, func(v []graph.Value) graph.Value { return c.f(v[0], v[1]) })
			for i, w := range c.want {
				require.InDelta(t, w, dx.At(i), 1e-6*(1e-30+math.Abs(w)))
			}
		})
	}
}

func TestLossesNameWhatDoesNotFit(t *testing.T) {
	for want, f := range map[string]func(g *graph.Graph, x graph.Value){
		"CrossEntropyLoss: scores float32[4 3] with target int32[3]: wants [N C ..] and int32 [N ..]": func(g *graph.Graph, x graph.Value) {
			nn.CrossEntropyLoss{}.Forward(x, g.Input("y", tensor.I32(3)))
		},
		"CrossEntropyLoss: scores float32[4 3] with probabilities float32[4 2]": func(g *graph.Graph, x graph.Value) {
			nn.CrossEntropyLoss{}.Forward(x, g.Input("y", tensor.F32(4, 2)))
		},
		"class weights of shape [2] for 3 classes": func(g *graph.Graph, x graph.Value) {
			nn.NLLLoss{Weight: floats([]int{2}, 1, 1)}.Forward(x, g.Input("y", tensor.I32(4)))
		},
		"MultiMarginLoss: P 3": func(g *graph.Graph, x graph.Value) {
			nn.MultiMarginLoss{P: 3}.Forward(x, g.Input("y", tensor.I32(4)))
		},
		"GELU has no approximation \"sigmoid\"": func(_ *graph.Graph, x graph.Value) { nn.GELU{Approximate: "sigmoid"}.Forward(x) },
		"dropout: p is 1.5":                     func(g *graph.Graph, x graph.Value) { g.SetTrain(true); nn.Dropout{P: 1.5}.Forward(x) },
	} {
		g := graph.New()
		f(g, g.Input("x", tensor.F32(4, 3)))
		require.ErrorContains(t, g.Err(), want)
	}
}

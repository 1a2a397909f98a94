package graph_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// By hand; the gradients are those of y weighted 1, 2, 3, ..
func TestSorting(t *testing.T) {
	nan, inf, minus := float32(math.NaN()), float32(math.Inf(1)), float32(math.Copysign(0, -1))
	ties := tensor.FromF32([]float32{3, 1, 3, 2, 1}, 5)
	odd := tensor.FromF32([]float32{nan, 1, -inf, 0, inf, minus, nan}, 7)
	rows := tensor.FromF32([]float32{5, 1, 4, 2, 6, 3}, 2, 3)
	first := func(v, _ graph.Value) graph.Value { return v }
	second := func(_, v graph.Value) graph.Value { return v }
	for _, c := range []struct {
		name  string
		x     *tensor.Tensor
		build func(g *graph.Graph, x graph.Value) graph.Value
		y, dx []float64
	}{
		{"sort", ties, func(_ *graph.Graph, x graph.Value) graph.Value { return first(x.Sort(0, false)) }, []float64{1, 1, 2, 3, 3}, []float64{4, 1, 5, 3, 2}},
		{"descending keeps the order of equals", ties, func(_ *graph.Graph, x graph.Value) graph.Value { return x.Argsort(-1, true) }, []float64{0, 2, 3, 1, 4}, nil},
		{"columns", rows, func(_ *graph.Graph, x graph.Value) graph.Value { return first(x.Sort(0, true)) }, []float64{5, 6, 4, 2, 1, 3}, []float64{1, 5, 3, 4, 2, 6}},
		{"NaN last, 0 and -0 as they stood", odd, func(_ *graph.Graph, x graph.Value) graph.Value { return x.Argsort(0, false) }, []float64{2, 3, 5, 1, 4, 0, 6}, nil},
		{"NaN first", odd, func(_ *graph.Graph, x graph.Value) graph.Value { return x.Argsort(0, true) }, []float64{0, 6, 4, 1, 3, 5, 2}, nil},
		{"ints", tensor.FromI32([]int32{3, -2, 0, math.MinInt32, math.MaxInt32}, 5), func(_ *graph.Graph, x graph.Value) graph.Value { return x.Argsort(0, false) },
			[]float64{3, 1, 2, 0, 4}, nil},
		{"topk", ties, func(_ *graph.Graph, x graph.Value) graph.Value { return first(x.TopK(0, 3, true)) }, []float64{3, 3, 2}, []float64{1, 0, 2, 3, 0}},
		{"smallest", rows, func(_ *graph.Graph, x graph.Value) graph.Value { return second(x.TopK(1, 2, false)) }, []float64{1, 2, 0, 2}, nil},
		{"kthvalue", rows, func(_ *graph.Graph, x graph.Value) graph.Value { return first(x.KthValue(1, 3)) }, []float64{5, 6}, []float64{1, 0, 0, 0, 2, 0}},
		{"median is the lower", tensor.FromF32([]float32{4, 1, 3, 2}, 4), func(_ *graph.Graph, x graph.Value) graph.Value { return first(x.Median(0)) }, []float64{2}, []float64{0, 0, 0, 1}},
		{"median among NaN", odd, func(_ *graph.Graph, x graph.Value) graph.Value { return second(x.Median(0)) }, []float64{0}, nil},
		{"max", ties, func(_ *graph.Graph, x graph.Value) graph.Value { return first(x.Max(0)) }, []float64{3}, []float64{1, 0, 0, 0, 0}},
		{"min's place", ties, func(_ *graph.Graph, x graph.Value) graph.Value { return second(x.Min(0)) }, []float64{1}, nil},
		{"searchsorted", tensor.FromF32([]float32{1, 3, 3, 5}, 4), func(g *graph.Graph, x graph.Value) graph.Value {
			return x.SearchSorted(floats(g, []int{6}, 0, 1, 3, 4, 9, nan), false)
		}, []float64{0, 0, 1, 3, 4, 4}, nil},
		{"bucketize, right", tensor.FromF32([]float32{0, 1, 3, 4, 9}, 5), func(g *graph.Graph, x graph.Value) graph.Value {
			return x.Bucketize(floats(g, []int{4}, 1, 3, 3, 5), true)
		}, []float64{0, 1, 3, 3, 4}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			y, dx := values(t, c.x, c.build)
			require.Equal(t, c.y, y)
			if c.dx != nil {
				require.Equal(t, c.dx, dx)
			}
		})
	}
}

func TestSortingRefusesWhatDoesNotFit(t *testing.T) {
	for want, f := range map[string]func(x graph.Value){
		"topk: a K of 4 for [2 3] along axis 1": func(x graph.Value) { x.TopK(1, 4, true) },
		"sort: [2 3] has no axis 2":             func(x graph.Value) { x.Sort(2, false) },
		"searchsorted: sorted is":               func(x graph.Value) { x.SearchSorted(x.Narrow(0, 0, 1), false) },
	} {
		g := graph.New()
		f(g.Input("x", tensor.F32(2, 3)))
		require.ErrorContains(t, g.Err(), want)
	}
}

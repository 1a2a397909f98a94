package graph_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// By hand; the gradients are those of y weighted 1, 2, 3, ..
func TestScans(t *testing.T) {
	row := tensor.FromF32([]float32{1, 2, 3, 4}, 4)
	holes := tensor.FromF32([]float32{2, 0, 3, 0, 5}, 5)
	square := tensor.FromF32([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	ties := tensor.FromF32([]float32{1, 3, 3, 2, 5}, 5)
	for _, c := range []struct {
		name  string
		x     *tensor.Tensor
		build func(g *graph.Graph, x graph.Value) graph.Value
		y, dx []float64
	}{
		{"cumsum", row, func(_ *graph.Graph, x graph.Value) graph.Value { return x.Cumsum(0) }, []float64{1, 3, 6, 10}, []float64{10, 9, 7, 4}},
		{"cumsum of rows", square, func(_ *graph.Graph, x graph.Value) graph.Value { return x.Cumsum(0) }, []float64{1, 2, 3, 5, 7, 9}, []float64{5, 7, 9, 4, 5, 6}},
		{"cumsum, exclusive from the end", row, func(_ *graph.Graph, x graph.Value) graph.Value {
			return x.CumsumWith(cpuref.ScanAttrs{Axis: -1, Reverse: true, Exclusive: true})
		}, []float64{9, 7, 4, 0}, []float64{0, 1, 3, 6}},
		{"cumsum of ints", tensor.FromI32([]int32{1, 0, 1, 1}, 4), func(_ *graph.Graph, x graph.Value) graph.Value { return x.Cumsum(0) }, []float64{1, 1, 2, 3}, nil},
		{"cumprod", row, func(_ *graph.Graph, x graph.Value) graph.Value { return x.Cumprod(0) }, []float64{1, 2, 6, 24}, []float64{119, 59, 38, 24}},
		{"cumprod through zeros", holes, func(_ *graph.Graph, x graph.Value) graph.Value { return x.Cumprod(0) }, []float64{2, 0, 0, 0, 0}, []float64{1, 22, 0, 0, 0}},
		{"cumprod, exclusive", holes, func(_ *graph.Graph, x graph.Value) graph.Value {
			return x.CumprodWith(cpuref.ScanAttrs{Exclusive: true})
		}, []float64{1, 2, 0, 0, 0}, []float64{2, 30, 0, 0, 0}},
		{"cumprod from the end", row, func(_ *graph.Graph, x graph.Value) graph.Value {
			return x.CumprodWith(cpuref.ScanAttrs{Reverse: true})
		}, []float64{24, 24, 12, 4}, []float64{24, 36, 36, 31}},
		{"cummax", ties, func(_ *graph.Graph, x graph.Value) graph.Value { y, _ := x.Cummax(0); return y }, []float64{1, 3, 3, 3, 5}, []float64{1, 2, 7, 0, 5}},
		{"its places", ties, func(_ *graph.Graph, x graph.Value) graph.Value { _, i := x.Cummax(0); return i }, []float64{0, 1, 2, 2, 4}, nil},
		{"cummin's places", tensor.FromF32([]float32{2, 3, 2, float32(math.NaN()), 1}, 5), func(_ *graph.Graph, x graph.Value) graph.Value {
			_, i := x.Cummin(0)
			return i
		}, []float64{0, 0, 2, 3, 3}, nil},
		{"a recurrence", row, func(g *graph.Graph, x graph.Value) graph.Value {
			return x.LinearScan(floats(g, []int{4}, 1, 1, 1, 1), 0, false)
		}, []float64{1, 3, 10, 41}, []float64{0, 59, 57, 40}},
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

func TestLogcumsumexp(t *testing.T) {
	y, dx := values(t, tensor.FromF32([]float32{-1000, 1, 2, -1000, 1000}, 5), func(_ *graph.Graph, x graph.Value) graph.Value { return x.Logcumsumexp(0) })
	both := math.Log(math.E + math.E*math.E)
	require.InDeltaSlice(t, []float64{-1000, 1, both, both, 1000}, y, 1e-12)
	share := math.E / (math.E + math.E*math.E) // of the 1 in what is 3 and 4 in the loss
	require.InDeltaSlice(t, []float64{1, 2 + 7*share, 7 * (1 - share), 0, 5}, dx, 1e-12)

	inf := math.Inf(1)
	y, _ = values(t, tensor.FromF32([]float32{float32(-inf), float32(-inf), 0, float32(inf), 1}, 5), func(_ *graph.Graph, x graph.Value) graph.Value { return x.Logcumsumexp(-1) })
	require.Equal(t, []float64{-inf, -inf, 0, inf, inf}, y)
}

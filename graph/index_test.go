package graph_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// values evaluates what build makes in float64, and its gradient: of the sum
// over each output's elements, weighted 1, 2, 3, ..
func values(t *testing.T, x *tensor.Tensor, build func(g *graph.Graph, x graph.Value) graph.Value) (y, dx []float64) {
	t.Helper()
	g := graph.New()
	v := g.Input("x", x.Type)
	out := build(g, v)
	require.NoError(t, g.Err())
	g.Output("y", out)
	if out.Type().DType.IsFloat() {
		w := tensor.New(out.Type())
		for i := range w.F32 {
			w.F32[i] = float32(i + 1)
		}
		g.Output("dx", graph.Grad(out.Mul(g.Const(w)).Sum(), v)[0])
	}
	require.NoError(t, g.Err())
	got, _, err := engine.Oracle(g, engine.Feeds{"x": x}, nil)
	require.NoError(t, err)
	all := func(t *tensor.Tensor) (v []float64) {
		for i := range t.Elems() {
			v = append(v, t.At(i))
		}
		return v
	}
	if got["dx"] != nil {
		dx = all(got["dx"])
	}
	return all(got["y"]), dx
}

func ints(g *graph.Graph, shape []int, v ...int32) graph.Value {
	return g.Const(tensor.FromI32(v, shape...))
}

func floats(g *graph.Graph, shape []int, v ...float32) graph.Value {
	return g.Const(tensor.FromF32(v, shape...))
}

// What PyTorch's documentation shows of these functions, and by hand what
// happens to repeated indexes, those outside, and ties.
func TestIndexing(t *testing.T) {
	square := tensor.FromF32([]float32{1, 2, 3, 4}, 2, 2)
	zeros := tensor.New(tensor.F32(3, 5))
	row := tensor.FromF32([]float32{1, 2, 3, 4}, 4)
	src := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	six := func(g *graph.Graph) (idx, src graph.Value) {
		return ints(g, []int{6}, 0, 1, 0, 1, 2, 1), floats(g, []int{6}, 1, 2, 3, 4, 5, 6)
	}
	reduce := func(how string, self bool) func(*graph.Graph, graph.Value) graph.Value {
		return func(g *graph.Graph, x graph.Value) graph.Value {
			idx, src := six(g)
			return x.ScatterReduce(0, idx, src, how, self)
		}
	}
	for _, c := range []struct {
		name  string
		x     *tensor.Tensor
		build func(g *graph.Graph, x graph.Value) graph.Value
		y, dx []float64
	}{
		{"gather", square, func(g *graph.Graph, x graph.Value) graph.Value { return x.Gather(1, ints(g, []int{2, 2}, 0, 0, 1, 0)) },
			[]float64{1, 1, 4, 3}, []float64{3, 0, 4, 3}},
		{"gather by fewer rows, and outside", square, func(g *graph.Graph, x graph.Value) graph.Value {
			return x.Gather(-1, ints(g, []int{1, 4}, -1, 1, 2, 1))
		}, []float64{0, 2, 0, 2}, []float64{0, 6, 0, 0}},
		{"take along, broadcast", square, func(g *graph.Graph, x graph.Value) graph.Value { return x.TakeAlong(1, ints(g, []int{2, 1}, 1, 0)) },
			[]float64{2, 3}, []float64{0, 1, 2, 0}},
		{"scatter of one row", zeros, func(g *graph.Graph, x graph.Value) graph.Value {
			return x.Scatter(0, ints(g, []int{1, 4}, 0, 1, 2, 0), floats(g, []int{2, 5}, src...))
		}, []float64{1, 0, 0, 4, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 0}, []float64{0, 2, 3, 0, 5, 6, 0, 8, 9, 10, 11, 12, 0, 14, 15}},
		{"the last of equal indexes is set", row, func(g *graph.Graph, x graph.Value) graph.Value {
			return x.Scatter(0, ints(g, []int{4}, 2, 0, 2, 9), floats(g, []int{4}, 10, 20, 30, 40))
		}, []float64{20, 2, 30, 4}, []float64{0, 2, 0, 4}},
		{"and alone has a gradient", row, func(g *graph.Graph, x graph.Value) graph.Value {
			return floats(g, []int{4}, 1, 2, 3, 4).Scatter(0, ints(g, []int{4}, 2, 0, 2, 9), x)
		}, []float64{2, 2, 3, 4}, []float64{0, 1, 3, 0}},
		{"scatter_reduce sum", row, reduce("sum", true), []float64{5, 14, 8, 4}, []float64{1, 2, 3, 4}},
		{"scatter_reduce sum without self", row, reduce("sum", false), []float64{4, 12, 5, 4}, []float64{0, 0, 0, 4}},
		{"scatter_reduce mean", row, reduce("mean", true), []float64{5. / 3, 3.5, 4, 4}, []float64{1. / 3, .5, 1.5, 4}},
		{"scatter_reduce mean without self", row, reduce("mean", false), []float64{2, 4, 5, 4}, []float64{0, 0, 0, 4}},
		{"scatter_reduce amax", tensor.FromF32([]float32{5, 4, 3, 2}, 4), reduce("amax", true), []float64{5, 6, 5, 2}, []float64{1, 0, 0, 4}},
		{"scatter_reduce amax without self", tensor.FromF32([]float32{5, 4, 3, 2}, 4), reduce("amax", false), []float64{3, 6, 5, 2}, []float64{0, 0, 0, 4}},
		{"scatter_reduce amin shares among equals", row, reduce("amin", true), []float64{1, 2, 3, 4}, []float64{.5, 1, 3, 4}},
		{"scatter_reduce prod", row, reduce("prod", true), []float64{3, 96, 15, 4}, []float64{3, 96, 15, 4}},
		{"scatter_reduce prod through zero", tensor.FromF32([]float32{0, 2, 3, 4}, 4), reduce("prod", true), []float64{0, 96, 15, 4}, []float64{3, 96, 15, 4}},
		{"index_add", square, func(g *graph.Graph, x graph.Value) graph.Value {
			return x.IndexAdd(0, ints(g, []int{3}, 1, 1, -1), floats(g, []int{3, 2}, 10, 20, 30, 40, 50, 60))
		}, []float64{1, 2, 43, 64}, []float64{1, 2, 3, 4}},
		{"index_fill", square, func(g *graph.Graph, x graph.Value) graph.Value { return x.IndexFill(1, ints(g, []int{1}, 1), -1) },
			[]float64{1, -1, 3, -1}, []float64{1, 0, 3, 0}},
		{"index_select", square, func(g *graph.Graph, x graph.Value) graph.Value { return x.IndexSelect(1, ints(g, []int{3}, 1, 1, 0)) },
			[]float64{2, 2, 1, 4, 4, 3}, []float64{3, 3, 6, 9}},
		{"x[i, j]", square, func(g *graph.Graph, x graph.Value) graph.Value {
			return x.Index(ints(g, []int{3}, 1, 0, 1), ints(g, []int{3}, 0, 1, 2))
		}, []float64{3, 2, 0}, []float64{0, 2, 1, 0}},
		{"x[i, j] += 5", square, func(g *graph.Graph, x graph.Value) graph.Value {
			return x.IndexPut([]graph.Value{ints(g, []int{2}, 1, 1), ints(g, []int{2}, 0, 0)}, g.Scalar(5), true)
		}, []float64{1, 2, 13, 4}, []float64{1, 2, 3, 4}},
		{"one_hot", tensor.FromI32([]int32{2, -1, 0}, 3), func(_ *graph.Graph, x graph.Value) graph.Value { return x.OneHot(3) },
			[]float64{0, 0, 1, 0, 0, 0, 1, 0, 0}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			y, dx := values(t, c.x, c.build)
			require.InDeltaSlice(t, c.y, y, 1e-6)
			if c.dx != nil {
				require.InDeltaSlice(t, c.dx, dx, 1e-6)
			}
		})
	}
}

func TestScatterLetsNaNWin(t *testing.T) {
	nan := float32(math.NaN())
	for _, how := range []string{"amax", "amin"} {
		y, _ := values(t, tensor.FromF32([]float32{nan, 1, 1}, 3), func(g *graph.Graph, x graph.Value) graph.Value {
			return x.ScatterReduce(0, ints(g, []int{4}, 0, 1, 1, 2), floats(g, []int{4}, 7, nan, 2, 3), how, true)
		})
		require.True(t, math.IsNaN(y[0]) && math.IsNaN(y[1]) && y[2] == map[string]float64{"amax": 3, "amin": 1}[how], "%s: %v", how, y)
	}
}

func TestIndexingRefusesWhatDoesNotFit(t *testing.T) {
	for want, f := range map[string]func(g *graph.Graph, x graph.Value) graph.Value{
		"wants int32 and the sizes of [2 2] but for axis 1": func(g *graph.Graph, x graph.Value) graph.Value { return x.Gather(1, ints(g, []int{3, 1}, 0, 0, 0)) },
		"idx is float32[2 2]":                               func(_ *graph.Graph, x graph.Value) graph.Value { return x.Gather(1, x) },
		"wants int32 [K]":                                   func(g *graph.Graph, x graph.Value) graph.Value { return x.IndexSelect(0, ints(g, []int{1, 1}, 0)) },
		`reduce is "median"`:                                func(g *graph.Graph, x graph.Value) graph.Value { return x.ScatterReduce(0, x, x, "median", true) },
		"wants one int32 index for each slice":              func(g *graph.Graph, x graph.Value) graph.Value { return x.IndexAdd(0, ints(g, []int{1}, 0), x) },
		"3 indexes for float32[2 2]":                        func(_ *graph.Graph, x graph.Value) graph.Value { return x.Index(x, x, x) },
		"take_along: float32[2 2] by int32[1]":              func(g *graph.Graph, x graph.Value) graph.Value { return x.TakeAlong(0, ints(g, []int{1}, 0)) },
		"idx is int32[2 2] and src float32[2 1]": func(g *graph.Graph, x graph.Value) graph.Value {
			return x.Scatter(0, ints(g, []int{2, 2}, 0, 0, 0, 0), x.Narrow(1, 0, 1))
		},
	} {
		g := graph.New()
		f(g, g.Input("x", tensor.F32(2, 2)))
		require.ErrorContains(t, g.Err(), want)
	}
}

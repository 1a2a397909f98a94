package graph_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// What PyTorch's documentation shows of these functions, or what a few elements
// give by hand: results, and the gradient of their sum weighted 1, 2, 3, ..
func TestShapesByHand(t *testing.T) {
	six := tensor.FromF32([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	four := tensor.FromF32([]float32{1, 2, 3, 4}, 4)
	for name, k := range map[string]struct {
		x     *tensor.Tensor
		build func(v graph.Value) graph.Value
		y, dx []float64
	}{
		"flip":            {six, func(v graph.Value) graph.Value { return v.Flip(1) }, []float64{3, 2, 1, 6, 5, 4}, []float64{3, 2, 1, 6, 5, 4}},
		"flip all":        {six, func(v graph.Value) graph.Value { return v.Flip() }, []float64{6, 5, 4, 3, 2, 1}, nil},
		"slice by -2":     {four, func(v graph.Value) graph.Value { return v.Slice(0, 3, -graph.End, -2) }, []float64{4, 2}, []float64{0, 2, 0, 1}},
		"slice -3:-1":     {four, func(v graph.Value) graph.Value { return v.Slice(0, -3, -1, 1) }, []float64{2, 3}, []float64{0, 1, 2, 0}},
		"select":          {six, func(v graph.Value) graph.Value { return v.Select(-1, -1) }, []float64{3, 6}, []float64{0, 0, 1, 0, 0, 2}},
		"roll":            {four, func(v graph.Value) graph.Value { return v.Roll(0, 1) }, []float64{4, 1, 2, 3}, []float64{2, 3, 4, 1}},
		"roll by -5":      {four, func(v graph.Value) graph.Value { return v.Roll(0, -5) }, []float64{2, 3, 4, 1}, nil},
		"repeat":          {four, func(v graph.Value) graph.Value { return v.Slice(0, 0, 2, 1).Repeat(2, 2) }, []float64{1, 2, 1, 2, 1, 2, 1, 2}, []float64{16, 20, 0, 0}},
		"interleave":      {six, func(v graph.Value) graph.Value { return v.Narrow(1, 0, 2).RepeatInterleave(0, 2) }, []float64{1, 2, 1, 2, 4, 5, 4, 5}, nil},
		"tril":            {six, func(v graph.Value) graph.Value { return v.Tril(0) }, []float64{1, 0, 0, 4, 5, 0}, []float64{1, 0, 0, 4, 5, 0}},
		"triu 1":          {six, func(v graph.Value) graph.Value { return v.Triu(1) }, []float64{0, 2, 3, 0, 0, 6}, nil},
		"triu -1":         {six, func(v graph.Value) graph.Value { return v.Triu(-1) }, []float64{1, 2, 3, 4, 5, 6}, nil},
		"diag":            {six, func(v graph.Value) graph.Value { return v.Diag(1) }, []float64{2, 6}, []float64{0, 1, 0, 0, 0, 2}},
		"diag below":      {six, func(v graph.Value) graph.Value { return v.Diag(-1) }, []float64{4}, nil},
		"diag of nothing": {six, func(v graph.Value) graph.Value { return v.Diag(-3) }, nil, nil},
		"diag of vector": {four, func(v graph.Value) graph.Value { return v.Narrow(0, 0, 2).Diag(-1) },
			[]float64{0, 0, 0, 1, 0, 0, 0, 2, 0}, []float64{4, 8, 0, 0}},
		"pad constant":      {four, func(v graph.Value) graph.Value { return v.Pad(graph.PadConstant, 9, 1, -2) }, []float64{9, 1, 2}, []float64{2, 3, 0, 0}},
		"pad reflect":       {four, func(v graph.Value) graph.Value { return v.Pad(graph.PadReflect, 0, 2, 3) }, []float64{3, 2, 1, 2, 3, 4, 3, 2, 1}, []float64{3 + 9, 2 + 4 + 8, 1 + 5 + 7, 6}},
		"pad replicate":     {four, func(v graph.Value) graph.Value { return v.Pad(graph.PadReplicate, 0, 2, 1) }, []float64{1, 1, 1, 2, 3, 4, 4}, []float64{6, 4, 5, 13}},
		"pad circular":      {four, func(v graph.Value) graph.Value { return v.Pad(graph.PadCircular, 0, 2, 1) }, []float64{3, 4, 1, 2, 3, 4, 1}, []float64{3 + 7, 4, 5 + 1, 6 + 2}},
		"pixel_shuffle":     {four, func(v graph.Value) graph.Value { return v.Reshape(1, 4, 1, 1).PixelShuffle(2) }, []float64{1, 2, 3, 4}, nil},
		"movedim":           {six, func(v graph.Value) graph.Value { return v.Unsqueeze(0).Movedim([]int{0, 1}, []int{2, 0}) }, []float64{1, 2, 3, 4, 5, 6}, nil},
		"nearest":           {four, resized(graph.Interpolation{Size: []int{6}}), []float64{1, 1, 2, 3, 3, 4}, []float64{3, 3, 9, 6}},
		"nearest-exact":     {four, resized(graph.Interpolation{Size: []int{3}, Mode: "nearest-exact"}), []float64{1, 3, 4}, nil},
		"linear":            {four, resized(graph.Interpolation{Scale: []float64{2}, Mode: "linear"}), []float64{1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4}, nil},
		"linear by corners": {four, resized(graph.Interpolation{Size: []int{7}, Mode: "linear", AlignCorners: true}), []float64{1, 1.5, 2, 2.5, 3, 3.5, 4}, []float64{2, 6, 10, 10}},
		"area":              {four, resized(graph.Interpolation{Size: []int{3}, Mode: "area"}), []float64{1.5, 2.5, 3.5}, []float64{0.5, 1.5, 2.5, 1.5}},
		// torch: F.interpolate(x, size=2, mode="bicubic") of 1 2 3 4 is 1.40625 3.59375
		"cubic": {four, resized(graph.Interpolation{Size: []int{2}, Mode: "bicubic"}), []float64{1.5 - 0.09375, 3.5 + 0.09375}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			y, dx := values(t, k.x, func(_ *graph.Graph, x graph.Value) graph.Value { return k.build(x) })
			require.Equal(t, k.y, y)
			if k.dx != nil {
				require.Equal(t, k.dx, dx)
			}
		})
	}
}

func resized(o graph.Interpolation) func(v graph.Value) graph.Value {
	return func(v graph.Value) graph.Value { return v.Reshape(1, 1, -1).Interpolate(o) }
}

// Ints and bools take the same shapes.
func TestShapesOfInts(t *testing.T) {
	for name, k := range map[string]struct {
		build func(v graph.Value) graph.Value
		want  []float64
	}{
		"pad":          {func(v graph.Value) graph.Value { return v.Pad(graph.PadConstant, 7, 1, 0) }, []float64{7, 1, 2, 7, 3, 4}},
		"reflect":      {func(v graph.Value) graph.Value { return v.Pad(graph.PadReflect, 0, 1, 0) }, []float64{2, 1, 2, 4, 3, 4}},
		"triu":         {func(v graph.Value) graph.Value { return v.Triu(0) }, []float64{1, 2, 0, 4}},
		"bools":        {func(v graph.Value) graph.Value { return v.Bool().Tril(0).Flip(0).Int() }, []float64{1, 1, 1, 0}},
		"diag":         {func(v graph.Value) graph.Value { return v.Diag(0).Diag(0) }, []float64{1, 0, 0, 4}},
		"sum":          {func(v graph.Value) graph.Value { return v.Sum(0) }, []float64{4, 6}},
		"prod":         {func(v graph.Value) graph.Value { return v.Prod() }, []float64{24}},
		"bools summed": {func(v graph.Value) graph.Value { return v.Bool().Sum() }, []float64{4}},
	} {
		g := graph.New()
		y := k.build(ints(g, []int{2, 2}, 1, 2, 3, 4))
		require.NoError(t, g.Err(), name)
		require.Equal(t, k.want, computed(t, g, y), name)
	}
}

func TestPiecesAndConstants(t *testing.T) {
	g := graph.New()
	x := counted(g, 5)
	sizes := func(vs []graph.Value) (s []int) {
		for _, v := range vs {
			s = append(s, v.Dim(0))
		}
		return s
	}
	require.Equal(t, []int{2, 2, 1}, sizes(x.SplitEvery(0, 2)))
	require.Equal(t, []int{2, 2, 1}, sizes(x.Chunk(0, 3)))
	require.Equal(t, []int{2, 2, 1}, sizes(x.Chunk(0, 4)[:3]))
	require.Equal(t, []int{4, 0, 1}, sizes(x.Split(0, 4, 0, 1)))
	require.Len(t, counted(g, 3, 2).Unbind(1), 2)
	require.Equal(t, []float64{0, 0.25, 0.5, 0.75, 1}, computed(t, g, g.Linspace(0, 1, 5)))
	require.Equal(t, []float64{5, 3, 1}, computed(t, g, g.ArangeInt(5, 0, -2)))
	require.Equal(t, []float64{1, 0, 0, 0, 1, 0}, computed(t, g, g.Eye(2, 3)))
	grid := graph.Meshgrid(counted(g, 2), counted(g, 3))
	require.Equal(t, []float64{0, 0, 0, 1, 1, 1}, computed(t, g, grid[0]))
	require.Equal(t, []float64{0, 1, 2, 0, 1, 2}, computed(t, g, grid[1]))
	x.Split(0, 2, 2)
	require.ErrorContains(t, g.Err(), "split: [5] along axis 0 into [2 2]: the sizes must add up")
}

// A product's gradient is the product of the other factors, zeros among them or
// not; norms, deviations and logarithms of sums have PyTorch's where they aren't
// smooth.
func TestReductionsByHand(t *testing.T) {
	inf := math.Inf(1)
	for name, k := range map[string]struct {
		x     []float32
		build func(v graph.Value) graph.Value
		y, dx []float64
	}{
		"prod":                {[]float32{2, 3, 4}, func(v graph.Value) graph.Value { return v.Prod() }, []float64{24}, []float64{12, 8, 6}},
		"prod with a zero":    {[]float32{2, 0, 4}, func(v graph.Value) graph.Value { return v.Prod(0) }, []float64{0}, []float64{0, 8, 0}},
		"prod with two zeros": {[]float32{0, 0, 4}, func(v graph.Value) graph.Value { return v.Prod() }, []float64{0}, []float64{0, 0, 0}},
		"var":                 {[]float32{1, 2, 4, 5}, func(v graph.Value) graph.Value { return v.Var(1) }, []float64{10.0 / 3}, []float64{-4.0 / 3, -2.0 / 3, 2.0 / 3, 4.0 / 3}},
		"var of all":          {[]float32{1, 2, 4, 5}, func(v graph.Value) graph.Value { return v.Var(0) }, []float64{2.5}, []float64{-1, -0.5, 0.5, 1}},
		"std of equals":       {[]float32{3, 3}, func(v graph.Value) graph.Value { return v.Std(1) }, []float64{0}, []float64{0, 0}},
		"var of one":          {[]float32{3}, func(v graph.Value) graph.Value { return v.Var(1) }, []float64{math.NaN()}, nil},
		"logsumexp":           {[]float32{1000, 1000}, func(v graph.Value) graph.Value { return v.LogSumExp() }, []float64{1000 + math.Ln2}, []float64{0.5, 0.5}},
		"logsumexp of -inf":   {[]float32{float32(-inf), float32(-inf)}, func(v graph.Value) graph.Value { return v.LogSumExp(0) }, []float64{-inf}, []float64{0, 0}},
		"logsumexp with inf":  {[]float32{float32(inf), 1}, func(v graph.Value) graph.Value { return v.LogSumExp() }, []float64{inf}, nil},
		"norm":                {[]float32{3, -4}, func(v graph.Value) graph.Value { return v.Norm(2) }, []float64{5}, []float64{0.6, -0.8}},
		"norm of 0":           {[]float32{0, 0}, func(v graph.Value) graph.Value { return v.Norm(2) }, []float64{0}, []float64{0, 0}},
		"norm 1":              {[]float32{3, -4, 0}, func(v graph.Value) graph.Value { return v.Norm(1) }, []float64{7}, []float64{1, -1, 0}},
		"norm inf":            {[]float32{3, -3, 1}, func(v graph.Value) graph.Value { return v.Norm(inf) }, []float64{3}, []float64{0.5, -0.5, 0}},
		"norm -inf":           {[]float32{3, -2}, func(v graph.Value) graph.Value { return v.Norm(-inf) }, []float64{2}, []float64{0, -1}},
		"norm 0":              {[]float32{3, 0, -2}, func(v graph.Value) graph.Value { return v.Norm(0) }, []float64{2}, []float64{0, 0, 0}},
		"norm 0.5":            {[]float32{4, 0, -9}, func(v graph.Value) graph.Value { return v.Norm(0.5) }, []float64{25}, []float64{2.5, 0, -5.0 / 3}},
		"any":                 {[]float32{0, 0, 2}, func(v graph.Value) graph.Value { return v.Any().Int() }, []float64{1}, nil},
		"all":                 {[]float32{1, 0, 2}, func(v graph.Value) graph.Value { return v.AllKeep(0).Int() }, []float64{0}, nil},
		"all of NaN":          {[]float32{1, float32(math.NaN())}, func(v graph.Value) graph.Value { return v.All().Int() }, []float64{1}, nil},
		"count":               {[]float32{1, 0, 2}, func(v graph.Value) graph.Value { return v.CountNonzero() }, []float64{2}, nil},
		"normalize":           {[]float32{3, 4}, func(v graph.Value) graph.Value { return v.Normalize(0, 2, 1e-12) }, []float64{0.6, 0.8}, nil},
		"cdist":               {[]float32{0, 0, 3, 4}, func(v graph.Value) graph.Value { return v.Reshape(2, 2).Cdist(v.Reshape(2, 2), 2) }, []float64{0, 5, 5, 0}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			x := tensor.FromF32(k.x, len(k.x))
			y, dx := values(t, x, func(_ *graph.Graph, x graph.Value) graph.Value { return k.build(x) })
			near := func(want, got []float64) {
				require.Len(t, got, len(want))
				for i := range want {
					if math.IsNaN(want[i]) || math.IsInf(want[i], 0) {
						require.Equal(t, fmt.Sprint(want[i]), fmt.Sprint(got[i]))
						continue
					}
					require.InDelta(t, want[i], got[i], 1e-6*(1+math.Abs(want[i])))
				}
			}
			near(k.y, y)
			if k.dx != nil {
				near(k.dx, dx)
			}
		})
	}
}

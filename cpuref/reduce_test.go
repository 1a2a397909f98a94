package cpuref

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// run calls a body on one float input and gives its first output.
func run(f func(*Args[float64]), attrs any, in Arg[float64], shape ...int) Arg[float64] {
	n := 1
	for _, s := range shape {
		n *= s
	}
	out := Arg[float64]{Shape: shape, F: make([]float64, n), I: make([]int32, n)}
	for i := range out.F {
		out.F[i] = -999
	}
	f(&Args[float64]{Attrs: attrs, In: []Arg[float64]{in}, Out: []Arg[float64]{out}})
	return out
}

func floats(v []float64, shape ...int) Arg[float64] { return Arg[float64]{Shape: shape, F: v} }

func over(axes ...int) ReduceAttrs { return ReduceAttrs{Axes: IntList(axes...)} }

var cube = floats([]float64{
	1, 2, 3, 4,
	5, 6, 7, 8,
	9, 10, 11, 12,

	-1, -2, -3, -4,
	-5, -6, -7, -8,
	0, 0, 0, 13,
}, 2, 3, 4)

func TestReductionsOverAnyAxes(t *testing.T) {
	require.Equal(t, []float64{55}, run(Sum[float64], over(), cube, 1).F)
	require.Equal(t, []float64{10, 26, 42, -10, -26, 13}, run(Sum[float64], over(2), cube, 2, 3).F)
	require.Equal(t, []float64{15, 18, 21, 24, -6, -8, -10, 1}, run(Sum[float64], over(1), cube, 2, 4).F)
	require.Equal(t, []float64{0, 0, 55}, run(Sum[float64], over(0, 2), cube, 3).F)
	require.Equal(t, []float64{6.5, -23.0 / 12}, run(Mean[float64], over(1, 2), cube, 2).F)
	require.Equal(t, []float64{12, 13}, run(AMax[float64], over(1, 2), cube, 2).F)
	require.Equal(t, []float64{-5, -6, -7, -8}, run(AMin[float64], over(0, 1), cube, 4).F)
	require.Equal(t, []int32{0, 7}, run(ArgMin[float64], over(1, 2), cube, 2).I)
	require.Equal(t, []int32{11, 11}, run(ArgMax[float64], over(1, 2), cube, 2).I)
	require.Equal(t, []int32{3, 3, 7}, run(ArgMax[float64], over(0, 2), cube, 3).I, "row-major over the reduced axes")
}

func TestReductionsOfNothing(t *testing.T) {
	none := floats(nil, 2, 0)
	require.Equal(t, []float64{0, 0}, run(Sum[float64], over(1), none, 2).F)
	require.True(t, math.IsNaN(run(Mean[float64], over(1), none, 2).F[1]))
	require.Equal(t, []float64{7}, run(Sum[float64], over(), floats([]float64{7}), 1).F, "a scalar")
}

func TestNaNWinsAndTheFirstOfEquals(t *testing.T) {
	nan := math.NaN()
	x := floats([]float64{1, nan, 3, nan}, 4)
	require.True(t, math.IsNaN(run(AMax[float64], over(), x, 1).F[0]))
	require.True(t, math.IsNaN(run(AMin[float64], over(), x, 1).F[0]))
	require.Equal(t, []int32{1}, run(ArgMax[float64], over(), x, 1).I)
	require.Equal(t, []int32{1}, run(ArgMax[float64], over(), floats([]float64{1, 5, 5}, 3), 1).I)
	require.Equal(t, []int32{1}, run(ArgMin[float64], over(), floats([]float64{5, 1, 1}, 3), 1).I)
	require.Equal(t, []float64{math.Inf(-1)}, run(AMax[float64], over(), floats([]float64{math.Inf(-1)}, 1), 1).F)
}

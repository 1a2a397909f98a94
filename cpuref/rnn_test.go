package cpuref

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// One unit, two steps, by hand: h = relu(gx + h·whh) is relu(1 - 3) = 0, then
// relu(2 + 0) = 2; backwards in time relu(2 - 3) = 0, then relu(1 + 0) = 1. The
// gradient passes no step whose h is 0.
func TestRNNOfOneUnitByHand(t *testing.T) {
	gx := Arg[float64]{Shape: []int{2, 1, 1}, F: []float64{1, 2}}
	whh, h0 := Arg[float64]{Shape: []int{1, 1}, F: []float64{-1}}, Arg[float64]{Shape: []int{1, 1}, F: []float64{3}}
	run := func(at RNNAttrs) []float64 {
		out := []Arg[float64]{zeros(2, 1, 1), zeros(1, 1)}
		RNN(&Args[float64]{Attrs: at, In: []Arg[float64]{gx, whh, h0}, Out: out})
		return append(out[0].F, out[1].F...)
	}
	require.Equal(t, []float64{0, 2, 2}, run(RNNAttrs{Relu: true}))
	require.Equal(t, []float64{1, 0, 1}, run(RNNAttrs{Relu: true, Reverse: true}))
	one := math.Tanh(1 - 3)
	require.Equal(t, []float64{one, math.Tanh(2 - one), math.Tanh(2 - one)}, run(RNNAttrs{}))

	y := Arg[float64]{Shape: []int{2, 1, 1}, F: []float64{0, 2}}
	dy, dhN := Arg[float64]{Shape: []int{2, 1, 1}, F: []float64{5, 7}}, Arg[float64]{Shape: []int{1, 1}, F: []float64{10}}
	out := []Arg[float64]{zeros(2, 1, 1), zeros(1, 1)}
	RNNGrad(&Args[float64]{Attrs: RNNAttrs{Relu: true}, In: []Arg[float64]{whh, y, dy, dhN}, Out: out})
	require.Equal(t, []float64{0, 17}, out[0].F)
	require.Zero(t, out[1].F[0])
}

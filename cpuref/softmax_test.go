package cpuref

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSoftmaxAlongAnyAxis(t *testing.T) {
	// e^0 : e^ln2 : e^ln5 = 1 : 2 : 5
	x := []float64{0, math.Log(2), math.Log(5)}
	require.InDeltaSlice(t, []float64{1. / 8, 2. / 8, 5. / 8}, run(Softmax[float64], AxisAttrs{0}, floats(x, 3), 3).F, 1e-15)
	require.InDeltaSlice(t, []float64{-math.Log(8), math.Log(2. / 8), math.Log(5. / 8)}, run(LogSoftmax[float64], AxisAttrs{1}, floats(x, 1, 3), 1, 3).F, 1e-15)
	// The axis in the middle: columns (0, ln 3) and (1000, 1000) of a [1 2 2].
	y := run(Softmax[float64], AxisAttrs{1}, floats([]float64{0, 1000, math.Log(3), 1000}, 1, 2, 2), 1, 2, 2).F
	require.InDeltaSlice(t, []float64{.25, .5, .75, .5}, y, 1e-15)
}

func TestSoftmaxOfInfinities(t *testing.T) {
	inf := math.Inf(1)
	require.Equal(t, []float64{0, 1}, run(Softmax[float64], AxisAttrs{0}, floats([]float64{-inf, 3}, 2), 2).F)
	for _, row := range [][]float64{{-inf, -inf}, {inf, 0}, {math.NaN(), 0}} {
		for _, v := range run(Softmax[float64], AxisAttrs{0}, floats(row, 2), 2).F {
			require.True(t, math.IsNaN(v), "%v", row)
		}
	}
}

// The gradients against their matrices: dY/dX = diag(y) - y·yᵀ, and I - 1·yᵀ.
func TestSoftmaxGradients(t *testing.T) {
	y, dy := []float64{.125, .25, .625}, []float64{1, -2, 4}
	s := .125*1 - .25*2 + .625*4 // 2.125
	in := []Arg[float64]{floats(y, 3), floats(dy, 3)}
	dx := floats(make([]float64, 3), 3)
	SoftmaxGrad(&Args[float64]{Attrs: AxisAttrs{0}, In: in, Out: []Arg[float64]{dx}})
	require.InDeltaSlice(t, []float64{.125 * (1 - s), .25 * (-2 - s), .625 * (4 - s)}, dx.F, 1e-15)

	in[0] = floats([]float64{math.Log(.125), math.Log(.25), math.Log(.625)}, 3)
	LogSoftmaxGrad(&Args[float64]{Attrs: AxisAttrs{0}, In: in, Out: []Arg[float64]{dx}})
	require.InDeltaSlice(t, []float64{1 - .125*3, -2 - .25*3, 4 - .625*3}, dx.F, 1e-15)
}

func TestCrossEntropy(t *testing.T) {
	ln2, ln5 := math.Log(2), math.Log(5)
	rows := []float64{0, ln2, ln5, 0, ln2, ln5, 0, ln2, ln5, 1e4, 1e4, -1e4}
	logits := floats(rows, 4, 3)
	labels := Arg[float64]{Shape: []int{4}, I: []int32{1, -100, 3, 0}} // 3 is no class
	loss, lse := floats(make([]float64, 4), 4), floats(make([]float64, 4), 4)
	at := CrossEntropyAttrs{IgnoreIndex: -100}
	CrossEntropy(&Args[float64]{Attrs: at, In: []Arg[float64]{logits, labels}, Out: []Arg[float64]{loss, lse}})
	require.InDelta(t, math.Log(4), loss.F[0], 1e-14)
	require.Zero(t, loss.F[1])
	require.True(t, math.IsNaN(loss.F[2]))
	require.InDelta(t, ln2, loss.F[3], 1e-14)
	require.InDelta(t, math.Log(8), lse.F[1], 1e-14)

	dloss, dx := floats([]float64{2, 3, 4, 5}, 4), floats(make([]float64, 12), 4, 3)
	CrossEntropyGrad(&Args[float64]{Attrs: at, In: []Arg[float64]{logits, labels, lse, dloss}, Out: []Arg[float64]{dx}})
	require.InDeltaSlice(t, []float64{2. / 8, -2 * 6. / 8, 2 * 5. / 8, 0, 0, 0}, dx.F[:6], 1e-13)
	require.True(t, math.IsNaN(dx.F[6]))
	require.InDeltaSlice(t, []float64{-2.5, 2.5, 0}, dx.F[9:], 1e-10)
}

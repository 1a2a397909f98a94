package expr

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// The loops of many elements at a time give the bits of Go's own operators, NaN
// for NaN, also where they read and write one slice.
func TestWideLoopsAreTheOperators(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	some := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, inf, -inf, nan, -nan, 1e-40, -1e-40, 3e38, 8388609, -7.25}
	var a, b []float32
	for _, x := range some {
		for _, y := range some {
			a, b = append(a, x), append(b, y)
		}
	}
	same := func(what string, want, got float32, i int) {
		if want != want {
			require.True(t, got != got, "%s of %g, %g is %g", what, a[i], b[i], got)
			return
		}
		require.Equal(t, math.Float32bits(want), math.Float32bits(got), "%s of %g, %g", what, a[i], b[i])
	}
	for name, f := range map[string]struct {
		op Op
		of func(x, y float32) float32
	}{
		"min": {Min, func(x, y float32) float32 { return min(x, y) }}, "max": {Max, func(x, y float32) float32 { return max(x, y) }},
	} {
		d := append([]float32(nil), a...)
		n := arithmeticWide(f.op, d, d, b)
		for i := range n {
			same(name, f.of(a[i], b[i]), d[i], i)
		}
	}
	for name, f := range map[string]struct {
		op Op
		of func(x float64) float64
	}{
		"neg": {Neg, func(x float64) float64 { return -x }}, "abs": {Abs, math.Abs}, "floor": {Floor, math.Floor}, "ceil": {Ceil, math.Ceil},
		"round": {Round, math.RoundToEven}, "sqrt": {Sqrt, math.Sqrt},
	} {
		d := append([]float32(nil), a...)
		n := unaryWide(f.op, d, d)
		for i := range n {
			same(name, float32(f.of(float64(a[i]))), d[i], i)
		}
	}
	ints := make([]int32, 40)
	other := make([]int32, 40)
	for i := range ints {
		ints[i], other[i] = int32(i%2), int32(i/2%2)
	}
	d, and, or := make([]float32, 40), make([]int32, 40), make([]int32, 40)
	for i := range toFloatWide(d, ints) {
		require.Equal(t, float32(ints[i]), d[i])
	}
	logicWide(And, and, ints, other)
	for i := range logicWide(Or, or, ints, other) {
		require.Equal(t, [2]int32{ints[i] & other[i], ints[i] | other[i]}, [2]int32{and[i], or[i]})
	}
}

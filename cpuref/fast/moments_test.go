package fast

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// Rows with infinities and NaN, and rows far from 0, against the plain bodies.
func TestMomentsOfSpecialRows(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := []float32{
		-inf, -inf, -inf, 1, inf, -inf, 2, nan, 3, -inf, 0, 1,
		1e30, 1e30, 1e30, 30000, 30001, 30002, 100, 100, 100, -1000, -1001, -inf,
	}
	last := cpuref.ReduceAttrs{Axes: cpuref.IntList(1)}
	for name, k := range map[string]struct {
		attrs any
		fast  func(*cpuref.Args[float32]) func()
		plain func(*cpuref.Args[float32])
	}{
		"logsumexp": {last, LogSumExp, cpuref.LogSumExp[float32]},
		"var":       {cpuref.VarAttrs{ReduceAttrs: last, Correction: 1}, Var, cpuref.Var[float32]},
	} {
		args := func() *cpuref.Args[float32] {
			return &cpuref.Args[float32]{Attrs: k.attrs, In: []cpuref.Arg[float32]{{Shape: []int{8, 3}, F: x}},
				Out: []cpuref.Arg[float32]{{Shape: []int{8}, F: make([]float32, 8)}}}
		}
		got, want := args(), args()
		k.fast(got)()
		k.plain(want)
		for i, w := range want.Out[0].F {
			g := got.Out[0].F[i]
			if math.IsInf(float64(w), 0) || w != w {
				require.Equal(t, fmt.Sprint(w), fmt.Sprint(g), "%s of row %d", name, i)
				continue
			}
			require.InDelta(t, w, g, 1e-6*math.Abs(float64(w)), "%s of row %d", name, i)
		}
	}
}

func TestMomentsDownColumns(t *testing.T) {
	for _, c := range []struct{ shape, axes, out []int }{
		{[]int{33, 67}, []int{0}, []int{67}}, {[]int{3, 40, 17}, []int{1}, []int{3, 17}}, {[]int{1100, 3}, []int{0}, []int{3}},
		{[]int{4, 5}, []int{1}, []int{4}}, {[]int{6, 7, 130}, []int{0, 1}, []int{130}}, {[]int{9, 8, 6, 4}, []int{0, 1}, []int{6, 4}},
	} {
		at := cpuref.ReduceAttrs{Axes: cpuref.IntList(c.axes...)}
		in, out := []cpuref.Arg[float32]{floats(c.shape...)}, []cpuref.Arg[float32]{floats(c.out...)}
		check(t, "var", call{cpuref.VarAttrs{ReduceAttrs: at, Correction: 1}, in, out}, Var, cpuref.Var[float64], 1e-6)
		check(t, "logsumexp", call{at, in, out}, LogSumExp, cpuref.LogSumExp[float64], 1e-6)
	}
}

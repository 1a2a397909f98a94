package fast

import (
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// Some indexes lie outside, on both sides.
func around(most int, shape ...int) cpuref.Arg[float32] {
	a := ints(most+2, shape...)
	for i := range a.I {
		a.I[i]--
	}
	return a
}

func TestIndexed(t *testing.T) {
	for _, c := range []struct {
		axis, k int
		x       []int
	}{{0, 1, []int{1}}, {1, 130, []int{90, 70}}, {0, 33, []int{20, 300}}, {1, 5, []int{3, 7, 20}}, {2, 4, []int{6, 5, 9}}, {1, 0, []int{3, 4}}} {
		y := append([]int{}, c.x...)
		y[c.axis] = c.k
		x, out, n := floats(c.x...), []cpuref.Arg[float32]{floats(y...)}, c.x[c.axis]
		at := cpuref.AlongAttrs{Axis: c.axis}
		check(t, "gather", call{at, []cpuref.Arg[float32]{x, around(n, y...)}, out}, Gather, cpuref.Gather[float64], 0)
		check(t, "index_select", call{at, []cpuref.Arg[float32]{x, around(n, c.k)}, out}, IndexSelect, cpuref.IndexSelect[float64], 0)
		if c.k == 0 {
			continue
		}
		for _, taps := range []int{1, 2, 5} {
			in := []cpuref.Arg[float32]{x, around(n, c.k, taps), floats(c.k, taps)}
			check(t, "resample", call{cpuref.AxisAttrs{Axis: c.axis}, in, out}, Resample, cpuref.Resample[float64], 1e-6)
		}
	}
}

package fast

import (
	"fmt"
	"math"
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// With equals, and with NaNs, of which the first counts.
func TestExtremes(t *testing.T) {
	for _, nans := range []int{0, 1, 40} {
		for _, c := range []struct{ shape, axes, out []int }{
			{[]int{700}, nil, nil}, {[]int{40000}, nil, nil}, {[]int{33, 67}, []int{1}, []int{33}}, {[]int{33, 67}, []int{0}, []int{67}},
			{[]int{3, 40, 300}, []int{1}, []int{3, 300}}, {[]int{5, 7, 6, 9}, []int{0, 2, 3}, []int{7}}, {[]int{2, 3, 17000}, []int{0, 2}, []int{3}},
			{[]int{513, 2}, []int{1}, []int{513}}, {[]int{4, 5, 6, 7}, []int{0, 2}, []int{5, 7}}, {[]int{1, 600, 1}, []int{1}, []int{1, 1}},
		} {
			x := floats(c.shape...)
			for i := range x.F {
				x.F[i] = float32(math.Round(float64(x.F[i]) * 20))
			}
			for i := range nans {
				x.F[(i*i*7919+len(x.F)/2)%len(x.F)] = float32(math.NaN())
			}
			at := cpuref.ReduceAttrs{Axes: cpuref.IntList(c.axes...)}
			name := fmt.Sprintf("%v with %d NaNs", c.shape, nans)
			values, places := []cpuref.Arg[float32]{floats(c.out...)}, []cpuref.Arg[float32]{ints(9, c.out...)}
			in := []cpuref.Arg[float32]{x}
			check(t, "amax "+name, call{at, in, values}, AMax, cpuref.AMax[float64], 0)
			check(t, "amin "+name, call{at, in, values}, AMin, cpuref.AMin[float64], 0)
			check(t, "argmax "+name, call{at, in, places}, ArgMax, cpuref.ArgMax[float64], 0)
			check(t, "argmin "+name, call{at, in, places}, ArgMin, cpuref.ArgMin[float64], 0)
		}
	}
}

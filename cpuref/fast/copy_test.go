package fast

import (
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
)

func TestCopies(t *testing.T) {
	list := cpuref.IntList
	for _, c := range []struct {
		shape, perm []int
	}{
		{[]int{}, nil}, {[]int{1}, []int{0}}, {[]int{5, 7}, []int{1, 0}}, {[]int{8, 8}, []int{1, 0}}, {[]int{130, 67}, []int{1, 0}},
		{[]int{3, 17, 9}, []int{0, 2, 1}}, {[]int{3, 17, 9}, []int{2, 1, 0}}, {[]int{2, 65, 3, 16}, []int{0, 2, 1, 3}},
		{[]int{2, 3, 33, 20}, []int{0, 2, 3, 1}}, {[]int{2, 33, 20, 3}, []int{0, 3, 1, 2}}, {[]int{4, 1, 70, 70}, []int{3, 1, 2, 0}},
		{[]int{2, 2, 2, 2, 2, 2, 2, 2}, []int{7, 5, 6, 4, 3, 1, 0, 2}}, {[]int{3, 0, 2}, []int{2, 0, 1}}, {[]int{256, 300}, []int{1, 0}},
	} {
		y := make([]int, len(c.perm))
		for i, d := range c.perm {
			y[i] = c.shape[d]
		}
		in := []cpuref.Arg[float32]{floats(c.shape...)}
		check(t, "permute", call{cpuref.PermuteAttrs{Perm: list(c.perm...)}, in, []cpuref.Arg[float32]{floats(y...)}}, Permute, cpuref.Permute[float64], 0)
	}
	for _, c := range []struct{ x, y []int }{
		{[]int{}, []int{3, 70}}, {[]int{130, 1}, []int{130, 131}}, {[]int{1, 200}, []int{90, 200}}, {[]int{3, 1, 5}, []int{2, 3, 4, 5}},
		{[]int{1, 3, 1}, []int{7, 3, 1100}}, {[]int{1}, []int{0}}, {[]int{7}, []int{7}}, {[]int{1}, []int{20000}},
	} {
		in := []cpuref.Arg[float32]{floats(c.x...)}
		check(t, "expand", call{cpuref.ExpandAttrs{Shape: list(c.y...)}, in, []cpuref.Arg[float32]{floats(c.y...)}}, Expand, cpuref.Expand[float64], 0)
	}
	for _, c := range []struct{ x, start, size, step []int }{
		{[]int{7}, []int{6}, []int{7}, []int{-1}}, {[]int{5, 60}, []int{1, 2}, []int{3, 40}, []int{1, 1}},
		{[]int{50, 60}, []int{49, 59}, []int{20, 30}, []int{-2, -2}}, {[]int{4, 5, 6}, []int{0, 4, 1}, []int{4, 5, 2}, []int{1, -1, 3}},
		{[]int{4, 5}, []int{0, 0}, []int{0, 5}, []int{1, 1}}, {[]int{300, 200}, []int{0, 100}, []int{300, 100}, []int{1, 1}},
	} {
		at := cpuref.SliceAttrs{Start: list(c.start...), Size: list(c.size...), Step: list(c.step...)}
		check(t, "slice", call{at, []cpuref.Arg[float32]{floats(c.x...)}, []cpuref.Arg[float32]{floats(c.size...)}}, Slice, cpuref.Slice[float64], 0)
		grad := cpuref.SliceGradAttrs{Shape: list(c.x...), Start: at.Start, Step: at.Step}
		check(t, "slice_grad", call{grad, []cpuref.Arg[float32]{floats(c.size...)}, []cpuref.Arg[float32]{floats(c.x...)}}, SliceGrad, cpuref.SliceGrad[float64], 0)
	}
	for _, c := range []struct{ x, before, after []int }{
		{[]int{}, nil, nil}, {[]int{7}, []int{2}, []int{-3}}, {[]int{2, 9, 40}, []int{0, 1, 3}, []int{0, 2, 0}},
		{[]int{20, 30}, []int{-2, 5}, []int{3, -1}}, {[]int{0, 3}, []int{1, 1}, []int{1, 1}}, {[]int{3}, []int{-3}, []int{2}},
		{[]int{6, 3, 40, 40}, []int{0, 0, 1, 1}, []int{0, 0, 1, 1}}, {[]int{50, 3, 5}, []int{1, 0, 0}, []int{70, 0, 0}}, {[]int{3, 5}, []int{0, -5}, []int{0, 0}},
		{[]int{3, 5}, []int{1, -9}, []int{0, 5}},
	} {
		y := make([]int, len(c.x))
		for d, n := range c.x {
			y[d] = n + c.before[d] + c.after[d]
		}
		at := cpuref.PadAttrs{Before: list(c.before...), After: list(c.after...), Value: 2.5}
		check(t, "pad", call{at, []cpuref.Arg[float32]{floats(c.x...)}, []cpuref.Arg[float32]{floats(y...)}}, Pad, cpuref.Pad[float64], 0)
	}
	for _, c := range []struct {
		axis int
		x    [][]int
	}{
		{0, [][]int{{3}, {500}}}, {1, [][]int{{30, 20}, {30, 0}, {30, 400}}}, {2, [][]int{{4, 9, 31}, {4, 9, 33}}}, {1, [][]int{{2, 3, 5}}},
	} {
		var in []cpuref.Arg[float32]
		y := append([]int{}, c.x[0]...)
		y[c.axis] = 0
		for _, s := range c.x {
			in = append(in, floats(s...))
			y[c.axis] += s[c.axis]
		}
		check(t, "concat", call{cpuref.ConcatAttrs{Axis: c.axis}, in, []cpuref.Arg[float32]{floats(y...)}}, Concat, cpuref.Concat[float64], 0)
	}
}

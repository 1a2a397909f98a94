package fast

import (
	"fmt"
	"math"
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
)

func TestSoftmaxFamily(t *testing.T) {
	for _, c := range []struct {
		axis  int
		shape []int
	}{{1, []int{5, 10}}, {1, []int{700, 33}}, {0, []int{7}}, {2, []int{2, 3, 5000}}, {1, []int{2, 5, 7}}, {0, []int{6, 700}}, {1, []int{3, 1}}, {1, []int{0, 3}}} {
		at := cpuref.AxisAttrs{Axis: c.axis}
		x, y := floats(c.shape...), floats(c.shape...)
		for i := range x.F {
			x.F[i] = x.F[i]*20 + 100
		}
		unary := call{at, []cpuref.Arg[float32]{x}, []cpuref.Arg[float32]{y}}
		name := fmt.Sprint(c)
		check(t, "softmax"+name, unary, Softmax, cpuref.Softmax[float64], 1e-6)
		check(t, "log_softmax"+name, unary, LogSoftmax, cpuref.LogSoftmax[float64], 1e-6)
		p, lp, dy := floats(c.shape...), floats(c.shape...), floats(c.shape...)
		Softmax(&cpuref.Args[float32]{Attrs: at, In: []cpuref.Arg[float32]{x}, Out: []cpuref.Arg[float32]{p}})()
		LogSoftmax(&cpuref.Args[float32]{Attrs: at, In: []cpuref.Arg[float32]{x}, Out: []cpuref.Arg[float32]{lp}})()
		check(t, "softmax_grad"+name, call{at, []cpuref.Arg[float32]{p, dy}, unary.out}, SoftmaxGrad, cpuref.SoftmaxGrad[float64], 2e-6)
		check(t, "log_softmax_grad"+name, call{at, []cpuref.Arg[float32]{lp, dy}, unary.out}, LogSoftmaxGrad, cpuref.LogSoftmaxGrad[float64], 2e-5)
	}
}

func TestSoftmaxOfNaNAndInfinities(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := cpuref.Arg[float32]{Shape: []int{5, 3}, F: []float32{1, nan, 2, 1, inf, 2, -inf, -inf, -inf, -inf, 3, 1, nan, -inf, -inf}}
	for axis := range 2 {
		c := call{cpuref.AxisAttrs{Axis: axis}, []cpuref.Arg[float32]{x}, []cpuref.Arg[float32]{floats(5, 3)}}
		check(t, "softmax", c, Softmax, cpuref.Softmax[float64], 1e-6)
		check(t, "log_softmax", c, LogSoftmax, cpuref.LogSoftmax[float64], 1e-6)
	}
}

func TestCrossEntropy(t *testing.T) {
	for _, s := range [][2]int{{1, 1}, {6, 10}, {300, 65}, {3, 5000}} {
		n, c := s[0], s[1]
		at := cpuref.CrossEntropyAttrs{IgnoreIndex: -100}
		x, labels := floats(n, c), ints(c, n)
		for i := range x.F {
			x.F[i] *= 10
		}
		if n > 5 {
			labels.I[1], labels.I[2], labels.I[3] = -100, int32(c), -1
		}
		for _, lse := range []cpuref.Arg[float32]{floats(n), absent} {
			check(t, "cross_entropy", call{at, []cpuref.Arg[float32]{x, labels}, []cpuref.Arg[float32]{floats(n), lse}},
				CrossEntropy, cpuref.CrossEntropy[float64], 1e-6)
		}
		lse := floats(n)
		CrossEntropy(&cpuref.Args[float32]{Attrs: at, In: []cpuref.Arg[float32]{x, labels}, Out: []cpuref.Arg[float32]{floats(n), lse}})()
		check(t, "cross_entropy_grad", call{at, []cpuref.Arg[float32]{x, labels, lse, floats(n)}, []cpuref.Arg[float32]{floats(n, c)}},
			CrossEntropyGrad, cpuref.CrossEntropyGrad[float64], 2e-6)
	}
}

func TestSumAndMean(t *testing.T) {
	for _, c := range []struct {
		shape, axes, out []int
	}{
		{[]int{40}, nil, nil}, {[]int{100, 1000}, nil, nil}, {[]int{33, 70}, []int{1}, []int{33}}, {[]int{300, 70}, []int{0}, []int{70}},
		{[]int{5, 7, 9, 11}, []int{0, 2, 3}, []int{7}}, {[]int{4, 50, 300}, []int{1}, []int{4, 300}}, {[]int{3, 4, 5, 6}, []int{1, 3}, []int{3, 5}},
		{[]int{3, 1, 5}, []int{1}, []int{3, 5}}, {[]int{1, 1}, []int{0}, []int{1}}, {[]int{0, 4}, []int{0}, []int{4}}, {[]int{2, 3, 4}, []int{0, 1}, []int{4}},
		{[]int{2, 20000}, []int{1}, []int{2}},
	} {
		at := cpuref.ReduceAttrs{Axes: cpuref.IntList(c.axes...)}
		what := call{at, []cpuref.Arg[float32]{floats(c.shape...)}, []cpuref.Arg[float32]{floats(c.out...)}}
		check(t, fmt.Sprint("sum", c), what, Sum, cpuref.Sum[float64], 1e-5)
		check(t, fmt.Sprint("mean", c), what, Mean, cpuref.Mean[float64], 1e-5)
	}
}

func TestEmbedding(t *testing.T) {
	for _, s := range [][3]int{{1, 1, 1}, {50, 64, 300}, {11, 300, 70}} {
		v, d, n := s[0], s[1], s[2]
		idx := ints(v, n)
		if n > 5 {
			idx.I[3], idx.I[5] = -1, int32(v)
		}
		check(t, "embedding", call{nil, []cpuref.Arg[float32]{floats(v, d), idx}, []cpuref.Arg[float32]{floats(n, d)}},
			Embedding, cpuref.Embedding[float64], 0)
		check(t, "embedding_grad", call{cpuref.EmbeddingGradAttrs{Rows: v}, []cpuref.Arg[float32]{idx, floats(n, d)}, []cpuref.Arg[float32]{floats(v, d)}},
			EmbeddingGrad, cpuref.EmbeddingGrad[float64], 1e-6)
	}
}

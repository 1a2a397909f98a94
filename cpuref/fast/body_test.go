package fast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// call is one call of a body on random operands.
type call struct {
	attrs   any
	in, out []cpuref.Arg[float32] // in: given, or drawn from the shape where F and I are nil
}

// The memory that operands are made of; the guard test puts its own here.
var (
	newFloats = func(n int) []float32 { return make([]float32, n) }
	newInts   = func(n int) []int32 { return make([]int32, n) }
)

func floats(shape ...int) cpuref.Arg[float32] {
	p := newFloats(size(shape))
	copy(p, random(len(p)))
	return cpuref.Arg[float32]{Shape: shape, F: p}
}

func ints(most int, shape ...int) cpuref.Arg[float32] {
	p := newInts(size(shape))
	for i := range p {
		p[i] = rand.Int32N(int32(most))
	}
	return cpuref.Arg[float32]{Shape: shape, I: p}
}

var absent = cpuref.Arg[float32]{}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func wide(args []cpuref.Arg[float32]) []cpuref.Arg[float64] {
	out := make([]cpuref.Arg[float64], len(args))
	for i, a := range args {
		out[i] = cpuref.Arg[float64]{Shape: a.Shape, I: append([]int32(nil), a.I...)}
		if a.F != nil {
			out[i].F = make([]float64, len(a.F))
		}
		for j, v := range a.F {
			out[i].F[j] = float64(v)
		}
	}
	return out
}

// alone, if set, is what check does instead.
var alone func(t *testing.T, c call, fast func(*cpuref.Args[float32]) func())

// check runs a body on every set, on one and on several threads, against the
// float64 body: each output within tol (relative to the largest wanted element,
// at least 1), ints equal, the same bits on any number of threads, and nothing
// allocated.
func check(t *testing.T, name string, c call, fast func(*cpuref.Args[float32]) func(), oracle func(*cpuref.Args[float64]), tol float64) {
	t.Helper()
	if alone != nil {
		alone(t, c, fast)
		return
	}
	want := cpuref.Args[float64]{Attrs: c.attrs, In: wide(c.in), Out: wide(c.out)}
	oracle(&want)
	was := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(was)
	eachSet(t, func(t *testing.T) {
		var first [][]float32
		for _, threads := range []int{1, 3} {
			runtime.GOMAXPROCS(threads)
			for _, o := range c.out {
				for i := range o.F {
					o.F[i] = float32(math.NaN()) // every element must be written
				}
			}
			args := &cpuref.Args[float32]{Attrs: c.attrs, In: c.in, Out: c.out}
			run := fast(args)
			run()
			for i, o := range c.out {
				compare(t, fmt.Sprintf("%s %+v, output %d", name, c.attrs, i), want.Out[i], o, tol)
				if threads == 1 {
					first = append(first, append([]float32(nil), o.F...))
				}
				require.True(t, sameBits(first[i], o.F), "%s: other bits on %d threads", name, threads)
			}
			require.Zero(t, testing.AllocsPerRun(3, run), "%s allocates", name)
		}
	})
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func compare(t *testing.T, what string, want cpuref.Arg[float64], got cpuref.Arg[float32], tol float64) {
	t.Helper()
	require.Equal(t, len(want.I), len(got.I))
	for i, w := range want.I {
		if w != got.I[i] {
			t.Fatalf("%s: element %d of %v is %v, want %v", what, i, want.Shape, got.I[i], w)
		}
	}
	most := 1.0
	for _, w := range want.F {
		if !math.IsInf(w, 0) && !math.IsNaN(w) {
			most = max(most, math.Abs(w))
		}
	}
	for i, w := range want.F {
		g := float64(got.F[i])
		if same := math.IsNaN(w) && math.IsNaN(g) || w == g; !same && !(math.Abs(g-w) <= tol*most) {
			t.Fatalf("%s: element %d of %v is %v, want %v", what, i, want.Shape, g, w)
		}
	}
}

func TestMatMul(t *testing.T) {
	for _, c := range []struct {
		a, b, c []int
		at      cpuref.MatMulAttrs
	}{
		{[]int{17, 33}, []int{33, 45}, []int{17, 45}, cpuref.MatMulAttrs{}},
		{[]int{33, 17}, []int{33, 45}, []int{17, 45}, cpuref.MatMulAttrs{TransA: true}},
		{[]int{64, 300}, []int{200, 300}, []int{64, 200}, cpuref.MatMulAttrs{TransB: true}},
		{[]int{33, 17}, []int{45, 33}, []int{17, 45}, cpuref.MatMulAttrs{TransA: true, TransB: true}},
		{[]int{2, 3, 7, 9}, []int{2, 3, 9, 5}, []int{2, 3, 7, 5}, cpuref.MatMulAttrs{}},
		{[]int{2, 3, 9, 7}, []int{9, 5}, []int{2, 3, 7, 5}, cpuref.MatMulAttrs{TransA: true}},
		{[]int{4, 70, 90}, []int{90, 50}, []int{4, 70, 50}, cpuref.MatMulAttrs{}},
		{[]int{7, 9}, []int{3, 5, 9}, []int{3, 7, 5}, cpuref.MatMulAttrs{TransB: true}},
		{[]int{3, 0}, []int{0, 5}, []int{3, 5}, cpuref.MatMulAttrs{}},
		{[]int{0, 4}, []int{4, 5}, []int{0, 5}, cpuref.MatMulAttrs{}},
	} {
		check(t, "matmul", call{c.at, []cpuref.Arg[float32]{floats(c.a...), floats(c.b...)}, []cpuref.Arg[float32]{floats(c.c...)}},
			MatMul, cpuref.MatMul[float64], 2e-6)
	}
}

package fast

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

var functions = []struct {
	name string
	fast func(dst, src []float32)
	want func(x float64) float64
	ulp  float64
}{
	{"exp", Exp, math.Exp, 2},
	{"log", Log, math.Log, 2},
	{"tanh", Tanh, math.Tanh, 3},
	{"sigmoid", Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 3},
	{"erf", Erf, math.Erf, 2},
}

// ulps is |got - want| in units of want's last place as a float32.
func ulps(got float32, want float64) float64 {
	w := float32(want)
	switch {
	case math.IsNaN(want) || math.IsInf(float64(w), 0) || math.IsInf(float64(got), 0):
		if got == w || got != got && w != w {
			return 0
		}
		if over := math.Abs(want) / math.MaxFloat32; over > 1-1e-6 && over < 1+1e-6 {
			return 0 // at the edge of overflow
		}
		return math.Inf(1)
	case got != got:
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e-24, -149))
}

// Every 4999th float32 of all, and the edges.
func TestMathsOverTheWholeRange(t *testing.T) {
	inf := float32(math.Inf(1))
	edges := []float32{0, float32(math.Copysign(0, -1)), inf, -inf, float32(math.NaN()), 1, -1, 88.72283, 88.72284, 89, -87.33654,
		-103.97, -103.98, -104, 0x1p-126, 0x1p-149, math.MaxFloat32, -math.MaxFloat32, 0.625, 0.62499994, 0.9277344, 9.01, 4, 3.9999998}
	var x []float32
	for b := uint64(0); b < 1<<32; b += 4999 {
		x = append(x, math.Float32frombits(uint32(b)))
	}
	for i := range 1 << 18 { // and densely where functions bend
		x = append(x, float32(i-1<<17)*0x1p-13)
	}
	x = append(x, edges...)
	y := make([]float32, len(x))
	eachSet(t, func(t *testing.T) {
		for _, f := range functions {
			f.fast(y, x)
			worst, at := 0.0, float32(0)
			for i, v := range x {
				if d := ulps(y[i], f.want(float64(v))); !(d <= worst) {
					worst, at = d, v
				}
			}
			t.Logf("%s: %.2f ulp at %v", f.name, worst, at)
			f.fast(y[:1], []float32{at})
			require.True(t, worst <= f.ulp, "%s(%v) = %v, want %v: %.2f ulp", f.name, at, y[0], f.want(float64(at)), worst)
		}
	})
}

func TestMathsOfEveryLengthAndInPlace(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		for _, f := range functions {
			f.fast(nil, nil)
			for n := 1; n < 70; n++ {
				x := random(n + 1)
				want := make([]float32, n)
				for i := range want {
					f.fast(want[i:], x[i:i+1])
				}
				last := x[n]
				f.fast(x, x[:n])
				for i := range want {
					require.Equal(t, math.Float32bits(want[i]), math.Float32bits(x[i]), "%s: an element's place changes its value", f.name)
				}
				require.Equal(t, last, x[n])
			}
		}
	})
}

func BenchmarkMaths(b *testing.B) {
	x, y := random(16384), make([]float32, 16384)
	for _, f := range functions {
		b.Run(f.name, func(b *testing.B) {
			for b.Loop() {
				f.fast(y, x)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(x)), "ns/element")
		})
	}
}

package expr

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGradAgreesWithFiniteDifferences(t *testing.T) {
	attrs := []float64{-0.25, 1.5}
	for _, text := range formulas {
		f := parse(t, text)
		n := len(f.Args)
		for i := range f.Args {
			g, uses, ok := f.Grad(i)
			for k := range 40 {
				args := make([]float64, n+2)
				for a, typ := range f.Args {
					args[a] = 1.7 * math.Sin(float64(3*k+5*a+1)) // off the corners of every formula
					if typ != Float {
						args[a] = float64((k + a) % 2)
					}
				}
				if f.Result() != Float || f.Args[i] != Float {
					require.False(t, ok, text)
					continue
				}
				const eps = 1e-6
				shifted := func(d float64) float64 {
					x := append([]float64(nil), args...)
					x[i] += d
					return eval(f.Body, x, attrs)
				}
				want := (shifted(eps) - shifted(-eps)) / (2 * eps)
				args[n], args[n+1] = shifted(0), 3
				got := 0.0
				if ok {
					in := make([]float64, len(uses))
					for j, u := range uses {
						in[j] = args[u]
					}
					got = eval(g.Body, in, attrs) / 3
				}
				require.True(t, math.Abs(got-want) <= 1e-7*(1+math.Abs(want)), "%s by %d at %v: %v, not %v\n%v %v", text, i, args[:n], got, want, uses, g)
			}
		}
	}
}

func TestGradUsesTheFewestOperands(t *testing.T) {
	for _, c := range []struct {
		f    string
		arg  int
		uses []int
		grad string
	}{
		{"x -> tanh(x)", 0, []int{1, 2}, "x1 * ((1 - x0) * (1 + x0))"},
		{"x -> sigmoid(x)", 0, []int{1, 2}, "x1 * ((1 - x0) * x0)"},
		{"x -> exp(x)", 0, []int{1, 2}, "x0 * x1"},
		{"x -> sqrt(x)", 0, []int{1, 2}, "x1 * 0.5 / x0"},
		{"x -> log(x)", 0, []int{0, 2}, "x1 / x0"},
		{"x -> x*sigmoid(x)", 0, []int{0, 2}, ""},
		{"x, y -> x*y", 1, []int{0, 3}, "x0 * x1"},
		{"x, y -> x + y", 0, []int{3}, "x0"},
		{"x, y -> x - y", 1, []int{3}, "-x0"},
		{"x, y -> x/y", 1, []int{1, 2, 3}, "-(x1 * x2 / x0)"},
		{"x, p:attr -> where(x > 0, x, p*x)", 0, []int{0, 2}, ""},
		{"m:bool, x, y -> where(m, x, y)", 2, []int{0, 4}, "where(x0, 0, x1)"},
	} {
		g, uses, ok := parse(t, c.f).Grad(c.arg)
		require.True(t, ok, c.f)
		require.Equal(t, c.uses, uses, c.f)
		if c.grad != "" {
			require.Equal(t, c.grad, g.Body.String(), c.f)
		}
	}
}

// PyTorch's choices where a function has a corner or a pole.
func TestGradAtCornersIsPyTorchs(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		f    string
		arg  int
		at   []float64
		want float64
	}{
		{"x -> abs(x)", 0, []float64{0}, 0},
		{"x -> abs(x)", 0, []float64{-2}, -1},
		{"x, y -> max(x, y)", 0, []float64{1, 1}, 0.5},
		{"x, y -> max(x, y)", 1, []float64{1, 1}, 0.5},
		{"x, y -> min(x, y)", 0, []float64{1, 1}, 0.5},
		{"x, y -> max(x, y)", 0, []float64{nan, 1}, 1},
		{"x -> sign(x)", 0, []float64{3}, 0},
		{"x, y -> pow(x, y)", 0, []float64{0, 0}, 0},
		{"x, y -> pow(x, y)", 1, []float64{0, 2}, 0},
		{"x, y -> pow(x, y)", 0, []float64{-3, 3}, 27},
		{"x -> pow(x, 2)", 0, []float64{0}, 0},
		{"x -> round(x)", 0, []float64{0.5}, 0},
	} {
		f := parse(t, c.f)
		g, uses, ok := f.Grad(c.arg)
		if !ok {
			require.Zero(t, c.want, c.f)
			continue
		}
		full := append(append([]float64(nil), c.at...), eval(f.Body, c.at, nil), 1)
		in := make([]float64, len(uses))
		for j, u := range uses {
			in[j] = full[u]
		}
		require.InDelta(t, c.want, eval(g.Body, in, nil), 1e-12, "%s by %d at %v: %v", c.f, c.arg, c.at, g)
	}
}

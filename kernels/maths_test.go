package kernels_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestMain(m *testing.M) { devtest.Main(m) }

// Every function of math.glsl and of the CPU's vector maths over numbers drawn
// from all of float32, against package math in float64. The bounds are what
// math.glsl states, with the room that Vulkan's division takes on other devices.
func TestFunctionsOverAllOfFloat32(t *testing.T) {
	for _, f := range []struct {
		formula string
		want    func(x, y float64) float64
		ulp     float64
	}{
		{"x, y -> exp(x)", func(x, _ float64) float64 { return math.Exp(x) }, 2},
		{"x, y -> expm1(x)", func(x, _ float64) float64 { return math.Expm1(x) }, 2.5},
		{"x, y -> log(x)", func(x, _ float64) float64 { return math.Log(x) }, 2.5},
		{"x, y -> log1p(x)", func(x, _ float64) float64 { return math.Log1p(x) }, 2.5},
		{"x, y -> sin(x)", func(x, _ float64) float64 { return math.Sin(x) }, 2},
		{"x, y -> cos(x)", func(x, _ float64) float64 { return math.Cos(x) }, 2},
		{"x, y -> tanh(x)", func(x, _ float64) float64 { return math.Tanh(x) }, 3.5},
		{"x, y -> sigmoid(x)", func(x, _ float64) float64 { return 1 / (1 + math.Exp(-x)) }, 4},
		{"x, y -> erf(x)", func(x, _ float64) float64 { return math.Erf(x) }, 3},
		{"x, y -> erfc(x)", func(x, _ float64) float64 { return math.Erfc(x) }, 5},
		{"x, y -> sqrt(x)", func(x, _ float64) float64 { return math.Sqrt(x) }, 3},
		{"x, y -> rsqrt(x)", func(x, _ float64) float64 { return 1 / math.Sqrt(x) }, 2.5},
		{"x, y -> x/y", func(x, y float64) float64 { return x / y }, 2.5},
		{"x, y -> pow(x, y)", math.Pow, 4.5},
		{"x, y -> atan(x)", func(x, _ float64) float64 { return math.Atan(x) }, 3},
		{"x, y -> fmod(x, y)", math.Mod, 0},
		{"x, y -> max(x, y)", func(x, y float64) float64 { return max(x, y) }, 0},
		{"x, y -> min(x, y)", func(x, y float64) float64 { return min(x, y) }, 0},
		{"x, y -> round(x) - floor(y)", func(x, y float64) float64 { return math.RoundToEven(x) - math.Floor(y) }, 0.5},
	} {
		x, y := samples(1<<15, 0), samples(1<<15, 1)
		devtest.Each(t, func(t *testing.T, d devtest.Dev) {
			got := runFormula(t, d.Device, f.formula, x, y)
			worst, at := 0.0, 0
			for i := range got {
				u := ulps(float64(got[i]), f.want(float64(x[i]), float64(y[i])))
				if !(u <= worst) {
					worst, at = u, i
				}
			}
			t.Logf("%-24s %.2f ulp at (%v, %v)", f.formula, worst, x[at], y[at])
			require.True(t, worst <= f.ulp, "%s: %v ulp at (%v, %v): %v, not %v", f.formula, worst, x[at], y[at], got[at],
				f.want(float64(x[at]), float64(y[at])))
		})
	}
}

// samples are normal float32s: of all exponents, around 1, of moderate size, and
// zeros, infinities, NaN, whole numbers and halves.
func samples(n int, stream uint64) []float32 {
	rng := &tensor.Philox{Seed: 1, Stream: stream}
	inf := float32(math.Inf(1))
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 2, -2, 3, -3, 0.5, -0.5, 2.5, inf, -inf, float32(math.NaN()), 16777216, 16777217, 1e30, -1e30}
	x := make([]float32, n)
	for i := range x {
		switch i % 8 {
		case 0:
			x[i] = special[rng.Intn(len(special))]
		case 1, 2:
			x[i] = math.Float32frombits(rng.Uint32())
		case 3:
			x[i] = float32(rng.Uniform(0.4, 2))
		case 4:
			x[i] = float32(rng.Uniform(-120, 120))
		default:
			x[i] = float32(rng.Uniform(-10, 10))
		}
		if a := math.Abs(float64(x[i])); a < 1.2e-38 {
			x[i] = float32(math.Copysign(0, float64(x[i]))) // what a device makes of denormals is its own
		}
	}
	return x
}

// ulps is got's distance from want in units of want's last place as a float32.
// Denormal results may be flushed, and the largest may round to infinity.
func ulps(got, want float64) float64 {
	w := float64(float32(want))
	switch {
	case got != got || w != w:
		if got != got && w != w {
			return 0
		}
		return math.Inf(1)
	case got == w || math.Abs(got) < 1.2e-38 && math.Abs(want) < 1.2e-38:
		return 0
	case math.IsInf(w, 0) || math.IsInf(got, 0):
		if math.Abs(got) > 3.4028e38 && math.Abs(want) > 3.4028e38 && math.Signbit(got) == math.Signbit(want) {
			return 0
		}
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	return math.Abs(got-want) / math.Ldexp(1, max(e-24, -149))
}

func runFormula(t *testing.T, d *engine.Device, formula string, in ...[]float32) []float32 {
	t.Helper()
	st, err := engine.NewState(d)
	require.NoError(t, err)
	defer st.Close()
	feeds := engine.Feeds{}
	p, err := engine.Compile(st, func(g *graph.Graph) {
		var vs []graph.Value
		for i, x := range in {
			name := string(rune('a' + i))
			vs = append(vs, g.Input(name, tensor.F32(len(x))))
			feeds[name] = tensor.FromF32(x, len(x))
		}
		g.Output("out", g.Apply(kernels.FormulaOp, kernels.FormulaAttrs{Formula: formula}, vs...)[0])
	})
	require.NoError(t, err)
	defer p.Close()
	tk, err := p.Run(feeds)
	require.NoError(t, err)
	out, err := tk.Tensor("out")
	require.NoError(t, err)
	return out.F32
}

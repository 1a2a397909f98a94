package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

var (
	nan, inf, minus = math.NaN(), math.Inf(1), math.Copysign(0, -1)
	largest         = float64(math.MaxFloat32)
)

// golden are numbers at which functions have corners, with what PyTorch gives
// there. Signs of zero count.
var golden = []struct {
	op   string
	attr []float64
	in   [][]float64 // an operand's values, for each operand
	want []float64
}{
	{"neg", nil, [][]float64{{0, minus, nan, inf}}, []float64{minus, 0, nan, -inf}},
	{"add", nil, [][]float64{{inf, inf, nan, minus, largest}, {-inf, 1, 1, minus, largest}}, []float64{nan, inf, nan, minus, inf}},
	{"sub", nil, [][]float64{{inf, 0, 0}, {inf, 0, nan}}, []float64{nan, 0, nan}},
	{"mul", nil, [][]float64{{0, 0, minus, inf, largest}, {inf, -1, 3, -2, 2}}, []float64{nan, minus, minus, -inf, inf}},
	{"div", nil, [][]float64{{1, 1, 0, inf, -1, 3, 0}, {0, minus, 0, inf, inf, nan, -2}}, []float64{inf, -inf, nan, nan, minus, nan, minus}},
	{"pow", nil, [][]float64{{0, nan, 1, -8, -8, 0, minus, inf, -2, 2, -1}, {0, 0, nan, 1. / 3, 3, -1, -1, -1, inf, -inf, inf}}, []float64{1, 1, 1, nan, -512, inf, -inf, 0, inf, 0, 1}},
	{"reciprocal", nil, [][]float64{{0, minus, inf, nan}}, []float64{inf, -inf, 0, nan}},
	{"sqrt", nil, [][]float64{{-1, minus, 0, inf, nan}}, []float64{nan, minus, 0, inf, nan}},
	{"rsqrt", nil, [][]float64{{-1, 0, inf, nan}}, []float64{nan, inf, 0, nan}},
	{"square", nil, [][]float64{{-inf, minus, nan}}, []float64{inf, 0, nan}},
	{"abs", nil, [][]float64{{minus, -inf, nan}}, []float64{0, inf, nan}},
	{"sign", nil, [][]float64{{0, minus, -inf, nan, 1e-30}}, []float64{0, 0, -1, 0, 1}},
	{"heaviside", nil, [][]float64{{0, minus, -inf, inf, nan}, {0.5, 2, 3, 3, 3}}, []float64{0.5, 2, 0, 1, 0}},
	{"minimum", nil, [][]float64{{nan, 1, inf, -inf}, {1, nan, 2, 2}}, []float64{nan, nan, 2, -inf}},
	{"maximum", nil, [][]float64{{nan, 1, inf, -inf}, {1, nan, 2, 2}}, []float64{nan, nan, inf, 2}},
	{"clamp", []float64{-1, 2}, [][]float64{{nan, inf, -inf, 1}}, []float64{nan, 2, -1, 1}},
	{"round", nil, [][]float64{{0.5, 1.5, 2.5, -0.5, -1.5, 8388609, inf, nan, minus}}, []float64{0, 2, 2, minus, -2, 8388609, inf, nan, minus}},
	{"floor", nil, [][]float64{{-0.5, minus, 0.5, -inf, nan}}, []float64{-1, minus, 0, -inf, nan}},
	{"ceil", nil, [][]float64{{-0.5, minus, 0.5, inf, nan}}, []float64{minus, minus, 1, inf, nan}},
	{"trunc", nil, [][]float64{{-0.5, -1.5, 1.5, minus, inf, nan}}, []float64{minus, -1, 1, minus, inf, nan}},
	{"frac", nil, [][]float64{{-1.5, 1.5, inf, nan}}, []float64{-0.5, 0.5, nan, nan}},
	{"fmod", nil, [][]float64{{-7, 7, 5.5, inf, 1, 3, minus, nan}, {3, -3, 2, 2, 0, inf, 2, 1}}, []float64{-1, 1, 1.5, nan, nan, 3, minus, nan}},
	{"remainder", nil, [][]float64{{-7, 7, -7, inf, 1, -1, 6}, {3, -3, -3, 2, 0, inf, 3}}, []float64{2, -2, -1, nan, nan, inf, 0}},
	{"floor_divide", nil, [][]float64{{-7, 7, 7, 1, -1, 0, inf, -1, 6}, {2, -2, 2, 0, 0, 0, 2, inf, 3}}, []float64{-4, -4, 3, inf, -inf, nan, nan, -1, 2}},
	{"div_trunc", nil, [][]float64{{-7, 7, 1}, {2, 2, 0}}, []float64{-3, 3, inf}},
	{"copysign", nil, [][]float64{{1, -2, inf, 0}, {minus, 1, -1, -1}}, []float64{-1, 2, -inf, minus}},
	{"nan_to_num", nil, [][]float64{{nan, inf, -inf, 2}}, []float64{0, largest, -largest, 2}},

	{"exp", nil, [][]float64{{89, -104, inf, -inf, nan, minus}}, []float64{inf, 0, inf, 0, nan, 1}},
	{"exp2", nil, [][]float64{{128, -160, 3, -1, nan}}, []float64{inf, 0, 8, 0.5, nan}},
	{"expm1", nil, [][]float64{{minus, -inf, 89, 1e-20, nan}}, []float64{minus, -1, inf, 1e-20, nan}},
	{"log", nil, [][]float64{{-1, 0, minus, 1, inf, -inf, nan}}, []float64{nan, -inf, -inf, 0, inf, nan, nan}},
	{"log2", nil, [][]float64{{-1, 0, 1, inf}}, []float64{nan, -inf, 0, inf}},
	{"log10", nil, [][]float64{{-1, 0, 1, inf}}, []float64{nan, -inf, 0, inf}},
	{"log1p", nil, [][]float64{{-1, -2, minus, 1e-20, inf, nan}}, []float64{-inf, nan, minus, 1e-20, inf, nan}},
	{"xlogy", nil, [][]float64{{0, 0, 1, 0}, {0, nan, 0, inf}}, []float64{0, nan, -inf, 0}},
	{"logaddexp", nil, [][]float64{{inf, -inf, inf, nan, 1000}, {inf, -inf, 1, 0, -1000}}, []float64{inf, -inf, inf, nan, 1000}},
	{"logaddexp2", nil, [][]float64{{inf, -inf, nan, 3}, {inf, -inf, 0, 3}}, []float64{inf, -inf, nan, 4}},
	{"sinc", nil, [][]float64{{0, minus, nan, inf, 0.5}}, []float64{1, 1, nan, nan, 2 / math.Pi}},
	{"logit", nil, [][]float64{{0, 1, 0.5, 2, nan}}, []float64{-inf, inf, 0, nan, nan}},
	{"sin", nil, [][]float64{{inf, minus, nan}}, []float64{nan, minus, nan}},
	{"cos", nil, [][]float64{{inf, 0, nan}}, []float64{nan, 1, nan}},
	{"tan", nil, [][]float64{{inf, minus, nan}}, []float64{nan, minus, nan}},
	{"asin", nil, [][]float64{{2, minus, 1, nan}}, []float64{nan, minus, math.Pi / 2, nan}},
	{"acos", nil, [][]float64{{2, 1, -1, 0}}, []float64{nan, 0, math.Pi, math.Pi / 2}},
	{"atan", nil, [][]float64{{inf, -inf, minus, nan}}, []float64{math.Pi / 2, -math.Pi / 2, minus, nan}},
	{"atan2", nil, [][]float64{{0, minus, 0, minus, inf, 1, nan, 1}, {1, 1, minus, -1, inf, 0, 1, -inf}}, []float64{0, minus, math.Pi, -math.Pi, math.Pi / 4, math.Pi / 2, nan, math.Pi}},
	{"sinh", nil, [][]float64{{minus, inf, -90, 89, nan}}, []float64{minus, inf, -inf, math.Sinh(89), nan}},
	{"cosh", nil, [][]float64{{0, -inf, 89, nan}}, []float64{1, inf, math.Cosh(89), nan}},
	{"tanh", nil, [][]float64{{0, minus, inf, -inf, nan}}, []float64{0, minus, 1, -1, nan}},
	{"asinh", nil, [][]float64{{minus, -inf, 1e30, nan}}, []float64{minus, -inf, math.Asinh(1e30), nan}},
	{"acosh", nil, [][]float64{{0.5, 1, inf, 1e30, -5}}, []float64{nan, 0, inf, math.Acosh(1e30), nan}},
	{"atanh", nil, [][]float64{{1, -1, 2, minus, nan}}, []float64{inf, -inf, nan, minus, nan}},
	{"hypot", nil, [][]float64{{inf, 3e30, 0, nan}, {nan, 4e30, 0, 1}}, []float64{inf, 5e30, 0, nan}},
	{"erf", nil, [][]float64{{minus, inf, -inf, nan}}, []float64{minus, 1, -1, nan}},
	{"erfc", nil, [][]float64{{inf, -inf, 0, nan}}, []float64{0, 2, 1, nan}},

	{"relu", nil, [][]float64{{nan, -inf, inf, -1}}, []float64{nan, 0, inf, 0}},
	{"relu6", nil, [][]float64{{nan, inf, -inf}}, []float64{nan, 6, 0}},
	{"leaky_relu", nil, [][]float64{{nan, -inf, inf, minus}}, []float64{nan, -inf, inf, minus}},
	{"prelu", nil, [][]float64{{nan, -inf, -2}, {0.5, 0.5, -1}}, []float64{nan, -inf, 2}},
	{"elu", nil, [][]float64{{nan, -inf, inf, minus}}, []float64{nan, -1, inf, minus}},
	{"celu", nil, [][]float64{{nan, -inf, inf}}, []float64{nan, -1, inf}},
	{"selu", nil, [][]float64{{nan, -inf, inf}}, []float64{nan, -1.7580993408473769, inf}},
	{"gelu", nil, [][]float64{{nan, -inf, inf}}, []float64{nan, nan, inf}},
	{"gelu_tanh", nil, [][]float64{{nan, -inf, inf}}, []float64{nan, nan, inf}},
	{"silu", nil, [][]float64{{nan, -inf, inf}}, []float64{nan, nan, inf}},
	{"mish", nil, [][]float64{{nan, -inf, inf}}, []float64{nan, nan, inf}},
	{"sigmoid", nil, [][]float64{{nan, -inf, inf, minus}}, []float64{nan, 0, 1, 0.5}},
	{"logsigmoid", nil, [][]float64{{nan, -inf, inf, 200, -200}}, []float64{nan, -inf, 0, 0, -200}},
	{"softplus", nil, [][]float64{{nan, -inf, inf, 200, -200}}, []float64{nan, 0, inf, 200, 0}},
	{"softsign", nil, [][]float64{{nan, inf, minus}}, []float64{nan, nan, minus}},
	{"hardtanh", nil, [][]float64{{nan, inf, -inf}}, []float64{nan, 1, -1}},
	{"hardsigmoid", nil, [][]float64{{nan, inf, -inf}}, []float64{nan, 1, 0}},
	{"hardswish", nil, [][]float64{{nan, inf, -inf}}, []float64{nan, inf, nan}},
	{"hardshrink", nil, [][]float64{{nan, inf, 0.5}}, []float64{nan, inf, 0}},
	{"softshrink", []float64{0.5}, [][]float64{{inf, -inf, 0.5}}, []float64{inf, -inf, 0}},
	{"tanhshrink", nil, [][]float64{{nan, inf}}, []float64{nan, inf}},
	{"threshold", []float64{1, 7}, [][]float64{{nan, 1, -inf}}, []float64{nan, 7, 7}},

	{"eq", nil, [][]float64{{nan, 0, inf}, {nan, minus, inf}}, []float64{0, 1, 1}},
	{"ne", nil, [][]float64{{nan, 0, inf}, {nan, minus, inf}}, []float64{1, 0, 0}},
	{"lt", nil, [][]float64{{nan, minus, -inf}, {1, 0, inf}}, []float64{0, 0, 1}},
	{"le", nil, [][]float64{{nan, minus, 1}, {1, 0, nan}}, []float64{0, 1, 0}},
	{"gt", nil, [][]float64{{nan, 0, inf}, {1, minus, 1}}, []float64{0, 0, 1}},
	{"ge", nil, [][]float64{{nan, minus, inf}, {nan, 0, inf}}, []float64{0, 1, 1}},
	{"isnan", nil, [][]float64{{nan, inf, 1}}, []float64{1, 0, 0}},
	{"isinf", nil, [][]float64{{nan, inf, -inf, largest}}, []float64{0, 1, 1, 0}},
	{"isfinite", nil, [][]float64{{nan, inf, -inf, largest}}, []float64{0, 0, 0, 1}},
	{"signbit", nil, [][]float64{{minus, 0, -inf, 1}}, []float64{1, 0, 1, 0}},
	{"lerp", nil, [][]float64{{1, 1, 0}, {3, 3, nan}, {0, 1, 0.5}}, []float64{1, 3, nan}},
	{"addcmul", []float64{2}, [][]float64{{1, 0}, {2, 0}, {3, inf}}, []float64{13, nan}},
	{"addcdiv", []float64{2}, [][]float64{{1, 1}, {1, 1}, {0, 4}}, []float64{inf, 1.5}},
	{"binary_cross_entropy", nil, [][]float64{{0, 1, 1}, {1, 1, 0}}, []float64{100, minus, 100}},
	{"binary_cross_entropy_with_logits", nil, [][]float64{{-1000, 1000, 1000}, {1, 1, 0}}, []float64{1000, 0, 1000}},
	{"kl_div", nil, [][]float64{{-inf, -1, -1}, {0, 0, 1}}, []float64{0, 0, 1}},
	{"huber", nil, [][]float64{{nan, inf}, {0, 0}}, []float64{nan, inf}},
	{"smooth_l1", nil, [][]float64{{nan, inf}, {0, 0}}, []float64{nan, inf}},
}

func TestSpecialValuesAreAsPyTorchHasThem(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		for _, c := range golden {
			var attrs any
			if c.attr != nil {
				var p kernels.Params
				copy(p[:], c.attr)
				attrs = p
			}
			got := runElementwise(t, d.Device, c.op, attrs, c.in)
			for i, want := range c.want {
				name := fmt.Sprintf("%s of number %d of %v", c.op, i, c.in)
				g := got.At(i)
				switch {
				case math.IsNaN(want):
					require.True(t, math.IsNaN(g), "%s: %v, not NaN", name, g)
				case want == 0 || math.IsInf(want, 0):
					require.Equal(t, want, g, name)
					require.Equal(t, math.Signbit(want), math.Signbit(g), "sign of %s", name)
				default:
					require.InEpsilon(t, want, g, 1e-6, name)
				}
			}
		}
	})
}

// Devices that flush denormals (SwiftShader is one) give zero of the same sign for
// those that come out; those that come in count as they are or as zero. The CPU
// keeps them, but for its vector exp.
func TestDenormalsAreKeptOrFlushed(t *testing.T) {
	const tiny = 1e-39
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		for _, c := range []struct {
			op    string
			in    [][]float64
			exact float64
		}{
			{"mul", [][]float64{{1e-20}, {1e-19}}, 1e-39}, {"mul", [][]float64{{-1e-20}, {1e-19}}, -1e-39},
			{"div", [][]float64{{1e-20}, {1e19}}, 1e-39}, {"add", [][]float64{{tiny}, {tiny}}, 2e-39},
			{"exp", [][]float64{{-90}}, math.Exp(-90)}, {"relu", [][]float64{{tiny}}, tiny}, {"neg", [][]float64{{tiny}}, -tiny},
		} {
			g := runElementwise(t, d.Device, c.op, nil, c.in).At(0)
			kept := math.Abs(g-c.exact) <= 2e-45
			if d.Kind == kernels.CPU && c.op != "exp" {
				require.True(t, kept, "%s of %v: %v, not %v", c.op, c.in, g, c.exact)
			}
			require.True(t, kept || g == 0 && math.Signbit(g) == math.Signbit(c.exact), "%s of %v: %v is neither %v nor 0", c.op, c.in, g, c.exact)
			t.Logf("%s of %v: kept %v", c.op, c.in, kept)
		}
	})
}

func runElementwise(t *testing.T, d *engine.Device, op string, attrs any, in [][]float64) *tensor.Tensor {
	t.Helper()
	st, err := engine.NewState(d)
	require.NoError(t, err)
	defer st.Close()
	feeds := engine.Feeds{}
	p, err := engine.Compile(st, func(g *graph.Graph) {
		var vs []graph.Value
		for i, v := range in {
			name := fmt.Sprint("in", i)
			x := tensor.New(tensor.F32(len(v)))
			for k := range v {
				x.F32[k] = float32(v[k])
			}
			feeds[name] = x
			vs = append(vs, g.Input(name, x.Type))
		}
		g.Output("out", g.Apply(kernels.Lookup(op), attrs, vs...)[0])
	})
	require.NoError(t, err)
	defer p.Close()
	tk, err := p.Run(feeds)
	require.NoError(t, err)
	out, err := tk.Tensor("out")
	require.NoError(t, err)
	return out.Clone()
}

package kernels_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// A formula that is wrong is wrong alike on every device, so numbers from
// outside must hold it: PyTorch's outputs and gradients, in
// ../shared/conformance beside the repository.
const torchCases = "../../shared/conformance/torch/data"

// torchOps builds each case from its operands, by name.
var torchOps = map[string]func(in map[string]graph.Value) graph.Value{
	"act_celu2":             one("celu", kernels.Params{2}),
	"act_elu":               one("elu", nil),
	"act_elu05":             one("elu", kernels.Params{0.5}),
	"act_gelu":              one("gelu", nil),
	"act_gelu_tanh":         one("gelu_tanh", nil),
	"act_hardsigmoid":       one("hardsigmoid", nil),
	"act_hardswish_kink":    one("hardswish", nil),
	"act_hardtanh_kink":     one("hardtanh", nil),
	"act_leakyrelu":         one("leaky_relu", nil),
	"act_leakyrelu02":       one("leaky_relu", kernels.Params{0.2}),
	"act_leakyrelu_kink":    one("leaky_relu", nil),
	"act_mish":              one("mish", nil),
	"act_prelu_per_channel": preluPerChannel,
	"act_relu":              one("relu", nil),
	"act_relu6":             one("relu6", nil),
	"act_relu_kink":         one("relu", nil),
	"act_selu":              one("selu", nil),
	"act_selu_kink":         one("selu", nil),
	"act_sigmoid":           one("sigmoid", nil),
	"act_softshrink":        one("softshrink", nil),
	"act_tanh":              one("tanh", nil),
	"act_threshold":         one("threshold", kernels.Params{0.125, -2}),
	"ew_add_col":            two("add"),
	"ew_add_mid":            two("add"),
	"ew_add_outer":          two("add"),
	"ew_add_same":           two("add"),
	"ew_clamp":              one("clamp", kernels.Params{-0.5, 0.8}),
	"ew_cos":                one("cos", nil),
	"ew_div_ones":           two("div"),
	"ew_div_row":            two("div"),
	"ew_div_same":           two("div"),
	"ew_erf":                one("erf", nil),
	"ew_expm1":              one("expm1", nil),
	"ew_log":                one("log", nil),
	"ew_maximum":            two("maximum"),
	"ew_maximum_tie":        two("maximum"),
	"ew_mul_mid":            two("mul"),
	"ew_mul_ones":           two("mul"),
	"ew_mul_row":            two("mul"),
	"ew_mul_scalar":         two("mul"),
	"ew_pow_-1.5":           pow(-1.5),
	"ew_pow_2":              pow(2),
	"ew_pow_3":              pow(3),
	"ew_pow_tensor":         two("pow"),
	"ew_sin":                one("sin", nil),
	"ew_square":             one("square", nil),
	"ew_sub_mid":            two("sub"),
}

func apply(op string, attrs any, in ...graph.Value) graph.Value {
	return in[0].Graph().Apply(kernels.Lookup(op), attrs, in...)[0]
}

func one(op string, attrs any) func(map[string]graph.Value) graph.Value {
	return func(in map[string]graph.Value) graph.Value { return apply(op, attrs, in["x"]) }
}

func two(op string) func(map[string]graph.Value) graph.Value {
	return func(in map[string]graph.Value) graph.Value { return apply(op, nil, in["a"], in["b"]) }
}

func pow(y float64) func(map[string]graph.Value) graph.Value {
	return func(in map[string]graph.Value) graph.Value {
		return apply("formula", kernels.FormulaAttrs{Formula: fmt.Sprintf("x -> pow(x, %v)", y)}, in["x"])
	}
}

func preluPerChannel(in map[string]graph.Value) graph.Value {
	return apply("prelu", nil, in["x"], in["weight"].Reshape(5, 1, 1))
}

type torchPart struct {
	Name, Kind     string
	Shape          []int
	Offset, Nbytes int
	F64            struct{ Offset, Nbytes int }
	MaxAbsRef      float64 `json:"max_abs_ref"`
	L2Ref          float64 `json:"l2_ref"`
	Err32, Pert    torchError
}

type torchError struct {
	RelL2  float64 `json:"rel_l2"`
	MaxAbs float64 `json:"max_abs"`
}

type torchCase struct {
	Given, Expect []torchPart
	Kinks         bool
	data          []byte
}

func loadTorch(t *testing.T, name string) *torchCase {
	c := &torchCase{}
	b, err := os.ReadFile(filepath.Join(torchCases, name, "meta.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, c))
	c.data, err = os.ReadFile(filepath.Join(torchCases, name, "data.bin"))
	require.NoError(t, err)
	return c
}

func TestPyTorchsElementwiseCases(t *testing.T) { tallyTorch(t, "elementwise", torchOps) }

// tallyTorch runs cases on every device and logs how exact they were.
func tallyTorch(t *testing.T, group string, ops map[string]func(map[string]graph.Value) graph.Value) {
	if _, err := os.Stat(torchCases); err != nil {
		t.Skip("no PyTorch cases beside the repository")
	}
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		tally := map[string]int{}
		for name, build := range ops {
			c := loadTorch(t, name)
			got := runTorch(t, d.Device, c, build)
			for _, e := range c.Expect {
				grade, why := e.grade(got[e.Kind+" "+e.Name], c)
				tally[grade]++
				if grade == "failed" {
					t.Errorf("%s: %s %s: %s", name, e.Kind, e.Name, why)
				} else if grade == "B" {
					t.Logf("%s: %s %s: %s", name, e.Kind, e.Name, why)
				}
			}
		}
		t.Logf("%s: %d as exact as PyTorch (A), %d correct (B), %d failed", group, tally["A"], tally["B"], tally["failed"])
	})
}

// runTorch computes outputs and gradients of L = sum of output·grad_out.
func runTorch(t *testing.T, d *engine.Device, c *torchCase, build func(map[string]graph.Value) graph.Value) map[string]*tensor.Tensor {
	st, err := engine.NewState(d)
	require.NoError(t, err)
	defer st.Close()
	feeds := engine.Feeds{}
	p, err := engine.Compile(st, func(g *graph.Graph) {
		in := map[string]graph.Value{}
		var up graph.Value
		for _, part := range c.Given {
			x := tensor.New(tensor.F32(part.Shape...))
			if part.Kind == "index" { // int64
				x = tensor.New(tensor.I32(part.Shape...))
			}
			for i := range x.I32 {
				x.I32[i] = int32(binary.LittleEndian.Uint64(c.data[part.Offset+8*i:]))
			}
			for i := range x.F32 {
				x.F32[i] = math.Float32frombits(binary.LittleEndian.Uint32(c.data[part.Offset+4*i:]))
			}
			v := g.Input(part.Kind+part.Name, x.Type)
			feeds[part.Kind+part.Name] = x
			if part.Kind == "grad_out" {
				up = v
			} else {
				in[part.Name] = v
			}
		}
		y := build(in)
		g.Output("output y", y)
		for _, e := range c.Expect {
			if e.Kind == "grad" {
				g.Output("grad "+e.Name, graph.Grad(y.Mul(up).Sum(), in[e.Name])[0])
			}
		}
	})
	require.NoError(t, err)
	defer p.Close()
	tk, err := p.Run(feeds)
	require.NoError(t, err)
	out := map[string]*tensor.Tensor{}
	for _, e := range c.Expect {
		out[e.Kind+" "+e.Name], err = tk.Tensor(e.Kind + " " + e.Name)
		require.NoError(t, err)
	}
	return out
}

// grade is A (as exact as PyTorch in float32), B (correct, coarser) or failed,
// by the relative error in the 2-norm and the worst element's.
func (e *torchPart) grade(got *tensor.Tensor, c *torchCase) (grade, why string) {
	const u = 1.0 / (1 << 24)
	diff, worst := 0.0, 0.0
	for i := range got.Elems() {
		want := math.Float64frombits(binary.LittleEndian.Uint64(c.data[e.F64.Offset+8*i:]))
		d := math.Abs(got.At(i) - want)
		if d != d {
			d = math.Inf(1)
		}
		diff, worst = diff+d*d, max(worst, d)
	}
	if e.L2Ref < 1e-12 {
		if worst <= 1e-6 {
			return "A", ""
		}
		return "failed", fmt.Sprintf("is %v, not 0", worst)
	}
	rel := math.Sqrt(diff) / e.L2Ref
	base := max(e.Err32.RelL2, u)
	ratio := rel / max(base, min(e.Pert.RelL2, 16*base))
	bound := 32 * max(e.Err32.MaxAbs, e.Pert.MaxAbs, u*e.MaxAbsRef)
	why = fmt.Sprintf("relative error %.3g, %.2f of PyTorch's; worst element off by %.3g, bound %.3g", rel, ratio, worst, bound)
	switch {
	case c.Kinks && rel <= 1e-6:
		return "A", why
	case c.Kinks || !(ratio <= 32) || !(worst <= bound) || strings.Contains(why, "NaN"):
		return "failed", why
	case ratio <= 4:
		return "A", why
	}
	return "B", why
}

package conformance

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Every spelling and argument of convolutions and pools, over rows whose results
// are known by hand: x is 3 4 6 2 1, the weight 1 10.
func TestConvolutionsAndPoolsByEveryArgument(t *testing.T) {
	type args = map[string]any
	n := func(v ...any) []any { return v }
	line := []float32{3, 4, 6, 2, 1}
	for _, c := range []struct {
		torch string
		args  args
		axes  int
		want  []float64
	}{
		{"F.conv1d", nil, 1, []float64{43, 64, 26, 12}},
		{"torch.conv1d", args{"padding": "same"}, 1, []float64{43, 64, 26, 12, 1}},
		{"torch.nn.functional.conv1d", args{"stride": n(2.0), "padding": 1.0}, 1, []float64{30, 64, 12}},
		{"F.conv1d(x, weight, None, 1, (1,), 2)", nil, 1, []float64{40, 63, 24, 16, 2}},
		{"F.conv1d(x, weight, padding='valid')", nil, 1, []float64{43, 64, 26, 12}},
		{"F.conv_transpose1d", args{"stride": 2.0, "output_padding": 1.0}, 1, []float64{3, 30, 4, 40, 6, 60, 2, 20, 1, 10, 0}},
		{"F.conv_transpose1d(x, weight, stride=2, padding=1)", nil, 1, []float64{30, 4, 40, 6, 60, 2, 20, 1}},
		{"torch.nn.MaxPool1d", args{"kernel_size": 2.0, "stride": nil, "ceil_mode": true}, 1, []float64{4, 6, 1}},
		{"F.max_pool1d(x, 3, stride=1, padding=1)", nil, 1, []float64{4, 6, 6, 6, 2}},
		{"torch.nn.functional.max_pool1d", args{"kernel_size": n(2.0), "dilation": 2.0, "stride": 1.0}, 1, []float64{6, 4, 6}},
		{"torch.nn.AvgPool1d", args{"kernel_size": 3.0, "stride": 2.0, "padding": 1.0, "count_include_pad": false}, 1, []float64{3.5, 4, 1.5}},
		{"F.avg_pool2d(x, (1, 2), divisor_override=1)", nil, 2, []float64{7, 8}},
		{"torch.nn.AvgPool3d", args{"kernel_size": n(1.0, 1.0, 2.0), "divisor_override": 4.0}, 3, []float64{1.75, 2}},
		{"torch.nn.LPPool2d", args{"norm_type": 2.0, "kernel_size": n(1.0, 2.0)}, 2, []float64{5, 6.324555320336759}},
		{"F.lp_pool1d(x, 1, 2)", nil, 1, []float64{7, 8}},
		{"torch.nn.AdaptiveAvgPool2d", args{"output_size": n(nil, 2.0)}, 2, []float64{13. / 3, 3}},
		{"torch.nn.AdaptiveMaxPool3d", args{"output_size": n(1.0, nil, 3.0)}, 3, []float64{4, 6, 2}},
		{"F.adaptive_max_pool1d(x, 5)", nil, 1, []float64{3, 4, 6, 2, 1}},
		{"F.adaptive_avg_pool2d(x, 1)", nil, 2, []float64{3.2}},
		{"torch.nn.MaxUnpool1d", args{"kernel_size": 1.0, "output_size": n(1.0, 1.0, 7.0)}, 1, []float64{0, 3, 4, 0, 6, 2, 1}},
		{"F.max_unpool2d(x, indices, (1, 1), output_size=(1, 7))", nil, 2, []float64{0, 3, 4, 0, 6, 2, 1}},
		{"torch.nn.Unfold", args{"kernel_size": n(1.0, 3.0), "stride": n(1.0, 2.0)}, 2, []float64{3, 6, 4, 2, 6, 1}},
		{"F.unfold(x, (1, 3), stride=(1, 2))", nil, 2, []float64{3, 6, 4, 2, 6, 1}},
	} {
		t.Run(fmt.Sprint(c.torch, c.args), func(t *testing.T) {
			cs := &Case{Torch: c.torch, Args: c.args, Given: []Given{{Kind: "input", Name: "x"}, {Kind: "input", Name: "weight"}, {Kind: "index", Name: "indices"}}}
			f, err := find(cs)
			require.NoError(t, err)
			b := &builder{Graph: graph.New(), c: cs, in: map[string]graph.Value{}, out: map[string]graph.Value{}}
			feeds := engine.Feeds{}
			give := func(name string, v *tensor.Tensor) { feeds[name], b.in[name] = v, b.Input(name, v.Type) }
			shape := append([]int{1, 1, 1, 1, 1}[:c.axes+1], 5)
			give("x", tensor.FromF32(line, shape...))
			give("weight", tensor.FromF32([]float32{1, 10}, append([]int{1, 1, 1, 1, 1}[:c.axes+1], 2)...))
			give("indices", tensor.FromI32([]int32{1, 2, 4, 5, 6}, shape...))
			b.Output("y", f(b))
			require.NoError(t, b.Err())
			out, _, err := engine.Oracle(b.Graph, feeds, nil)
			require.NoError(t, err)
			got := make([]float64, out["y"].Elems())
			for i := range got {
				got[i] = out["y"].At(i)
			}
			require.InDeltaSlice(t, c.want, got, 1e-6)
		})
	}
}

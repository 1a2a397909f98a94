package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Bias and ReLU end up in the epilogue of matmul and of convolution, in every
// variant on every device, and give what the unfused ops give.
func TestBiasAndReluAreFusedIntoTheEpilogue(t *testing.T) {
	type form struct {
		op    string
		shape [3][]int
		build func(x, w, b graph.Value) graph.Value
	}
	forms := []form{
		{"matmul", [3][]int{{13, 21}, {17, 21}, {17}}, func(x, w, b graph.Value) graph.Value { return x.MatMulT(w).Add(b).Relu() }},
		{"matmul", [3][]int{{3, 64, 32}, {64, 32}, {64}}, func(x, w, b graph.Value) graph.Value { return x.MatMulT(w).Add(b).Tanh().MulScalar(2) }},
		{"conv2d", [3][]int{{2, 3, 9, 7}, {5, 3, 3, 3}, {5, 1, 1}}, func(x, w, b graph.Value) graph.Value {
			return x.Conv2d(w, cpuref.Conv2dAttrs{Padding: [2]int{1, 1}}).Add(b).Relu()
		}},
		{"conv3d", [3][]int{{2, 3, 4, 5, 6}, {5, 3, 3, 2, 2}, {5, 1, 1, 1}}, func(x, w, b graph.Value) graph.Value {
			return x.Conv3d(w, cpuref.Conv3dAttrs{Padding: [3]int{1, 1, 1}}).Add(b).Relu()
		}},
		{"conv3d_data", [3][]int{{2, 4, 3, 4, 5}, {4, 3, 2, 2, 2}, {3, 1, 1, 1}}, func(x, w, b graph.Value) graph.Value {
			return x.ConvTranspose3d(w, cpuref.Conv3dAttrs{Stride: [3]int{2, 1, 1}}, [3]int{1, 0, 0}).Add(b).Relu()
		}},
	}
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		for _, f := range forms {
			build := func(g *graph.Graph) {
				x, w := g.Input("x", tensor.F32(f.shape[0]...)), g.Input("w", tensor.F32(f.shape[1]...))
				g.Output("y", f.build(x, w, g.Input("b", tensor.F32(f.shape[2]...))))
			}
			feeds := engine.Feeds{}
			for i, name := range []string{"x", "w", "b"} {
				feeds[name] = tensor.New(tensor.F32(f.shape[i]...))
				kernels.FillDefault(&tensor.Philox{Seed: 3, Stream: uint64(i)}, feeds[name])
			}
			g := graph.New()
			build(g)
			want, _, err := engine.Oracle(g, feeds, nil)
			require.NoError(t, err)
			served := 0
			for _, v := range append(kernels.Lookup(f.op).Variants, kernels.Variant{Name: kernels.PlainName, Kind: kernels.CPU}) {
				if v.Kind != d.Target.Kind {
					continue
				}
				st, err := engine.NewState(d.Device)
				require.NoError(t, err)
				p, err := engine.Compile(st, build, engine.With(kernels.Choices{f.op: v.Name}))
				if err == nil {
					served++
					name := fmt.Sprintf("%s %v %s", f.op, f.shape, v.Name)
					require.Len(t, p.Plan().Steps, 1, "%s:\n%v", name, p.Plan())
					tk, err := p.Run(feeds)
					require.NoError(t, err, name)
					got, err := tk.Tensor("y")
					require.NoError(t, err)
					// Sums of up to 32 products of about 0.6: an error of 64 roundings of
					// the result is what the matmul alone is allowed.
					_, err = kernels.Max(64).Compare(got, want["y"], want["y"])
					require.NoError(t, err, name)
					require.NoError(t, p.Close())
				}
				require.NoError(t, st.Close())
			}
			require.GreaterOrEqual(t, served, 2, f.op)
		}
	})
}

package conformance

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// What cases may write of shapes, reductions and products, with operands that
// count 1, 2, 3, ..: x is [2, 3], a [2, 3], b [3, 2], i [1, 1, 2, 2].
func TestSpellingsOfShapesReductionsAndProducts(t *testing.T) {
	for _, k := range []struct {
		torch, args, given string
		want               []float64
	}{
		{"torch.reshape(x, (3, 2))", `{}`, "x", []float64{1, 2, 3, 4, 5, 6}},
		{"x.permute(1, 0)", `{}`, "x", []float64{1, 4, 2, 5, 3, 6}},
		{"torch.permute", `{"dims": [-1, 0]}`, "x", []float64{1, 4, 2, 5, 3, 6}},
		{"x.t()", `{}`, "x", []float64{1, 4, 2, 5, 3, 6}},
		{"torch.transpose(x, 0, 1)", `{}`, "x", []float64{1, 4, 2, 5, 3, 6}},
		{"torch.flip(x, [1])", `{}`, "x", []float64{3, 2, 1, 6, 5, 4}},
		{"torch.flip", `{"dims": [0, 1]}`, "x", []float64{6, 5, 4, 3, 2, 1}},
		{"torch.roll(x, 1, 1)", `{}`, "x", []float64{3, 1, 2, 6, 4, 5}},
		{"torch.roll(x, shifts=(1, 1), dims=(0, 1))", `{}`, "x", []float64{6, 4, 5, 3, 1, 2}},
		{"torch.roll", `{"shifts": 1}`, "x", []float64{6, 1, 2, 3, 4, 5}},
		{"x.repeat(2, 1)", `{}`, "x", []float64{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}},
		{"torch.repeat_interleave(x, 2, dim=0)", `{}`, "x", []float64{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}},
		{"torch.stack([a, x], dim=1)", `{}`, "a x", []float64{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}},
		{"torch.stack", `{"dim": 0}`, "a x", []float64{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}},
		{"torch.cat((a, x), 0)", `{}`, "a x", []float64{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}},
		{"torch.split(x, 2, 1)[1]", `{}`, "x", []float64{3, 6}},
		{"torch.split(x, [1, 2], dim=1)[1]", `{}`, "x", []float64{2, 3, 5, 6}},
		{"torch.chunk(x, 2, dim=1)[0]", `{}`, "x", []float64{1, 2, 4, 5}},
		{"x.unbind(1)[2]", `{}`, "x", []float64{3, 6}},
		{"x[:, 1:]", `{}`, "x", []float64{2, 3, 5, 6}},
		{"x[..., ::2]", `{}`, "x", []float64{1, 3, 4, 6}},
		{"x[-1, None]", `{}`, "x", []float64{4, 5, 6}},
		{"x[..., -1]", `{}`, "x", []float64{3, 6}},
		{"torch.tril(x, -1)", `{}`, "x", []float64{0, 0, 0, 4, 0, 0}},
		{"torch.triu", `{"diagonal": 1}`, "x", []float64{0, 2, 3, 0, 0, 6}},
		{"torch.diagonal(x, offset=1)", `{}`, "x", []float64{2, 6}},
		{"F.pad(x, (1, 0), mode='replicate')", `{}`, "x", []float64{1, 1, 2, 3, 4, 4, 5, 6}},
		{"F.pad", `{"pad": [1, -1], "mode": "constant", "value": 7}`, "x", []float64{7, 1, 2, 7, 4, 5}},
		{"torch.nn.ReflectionPad1d", `{"padding": 1}`, "x", []float64{2, 1, 2, 3, 2, 5, 4, 5, 6, 5}},
		{"torch.nn.ZeroPad2d", `{"padding": [1, 0, 0, 1]}`, "i", []float64{0, 1, 2, 0, 3, 4, 0, 0, 0}},
		{"torch.nn.ConstantPad1d", `{"padding": [0, 1], "value": 9}`, "x", []float64{1, 2, 3, 9, 4, 5, 6, 9}},
		{"F.interpolate(x, scale_factor=2, mode='nearest')", `{}`, "i", []float64{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}},
		{"torch.nn.Upsample", `{"scale_factor": 1.5, "mode": "bilinear", "align_corners": true}`, "i", []float64{1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4}},
		{"torch.nn.UpsamplingBilinear2d", `{"size": [3, 3]}`, "i", []float64{1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4}},
		{"torch.nn.Flatten", `{}`, "i", []float64{1, 2, 3, 4}},
		{"torch.nn.PixelUnshuffle", `{"downscale_factor": 2}`, "i", []float64{1, 2, 3, 4}},
		{"torch.sum(x, dim=1, keepdim=True)", `{}`, "x", []float64{6, 15}},
		{"x.mean((0, 1))", `{}`, "x", []float64{3.5}},
		{"torch.prod", `{"dim": 0}`, "x", []float64{4, 10, 18}},
		{"torch.var(x, dim=1, unbiased=False)", `{}`, "x", []float64{2. / 3, 2. / 3}},
		{"torch.std", `{"dim": 1, "correction": 1}`, "x", []float64{1, 1}},
		{"torch.norm(x, p=1, dim=1)", `{}`, "x", []float64{6, 15}},
		{"torch.linalg.vector_norm(x, ord=inf, dim=0)", `{}`, "x", []float64{4, 5, 6}},
		{"torch.linalg.norm", `{"ord": 1, "dim": 1}`, "x", []float64{6, 15}},
		{"torch.amax(x, 0, True)", `{}`, "x", []float64{4, 5, 6}},
		{"torch.var_mean(x, 1)[1]", `{}`, "x", []float64{2, 5}},
		{"torch.var_mean", `{"dim": 0, "unbiased": false}`, "x", []float64{2.25, 2.25, 2.25}},
		{"x.reshape_as(b)", `{}`, "x b", []float64{1, 2, 3, 4, 5, 6}},
		{"x.T", `{}`, "x", []float64{1, 4, 2, 5, 3, 6}},
		{"a @ b", `{}`, "a b", []float64{22, 28, 49, 64}},
		{"x @ x.T", `{}`, "x", []float64{14, 32, 32, 77}},
		{"torch.mm(a,b)", `{}`, "a b", []float64{22, 28, 49, 64}},
		{"torch.matmul", `{}`, "a b", []float64{22, 28, 49, 64}},
		{"torch.einsum('ij,jk->ki', a, b)", `{}`, "a b", []float64{22, 49, 28, 64}},
		{"torch.einsum", `{"equation": "ij,jk->ki"}`, "a b", []float64{22, 49, 28, 64}},
		{"torch.tensordot(a, b, dims=1)", `{}`, "a b", []float64{22, 28, 49, 64}},
		{"torch.tensordot(a, b, dims=([1], [0]))", `{}`, "a b", []float64{22, 28, 49, 64}},
		{"torch.tensordot", `{"dims": [[0], [1]]}`, "a b", []float64{9, 19, 29, 12, 26, 40, 15, 33, 51}},
		{"F.linear(x, a)", `{}`, "x a", []float64{14, 32, 32, 77}},
		{"torch.inner(x, a)", `{}`, "x a", []float64{14, 32, 32, 77}},
	} {
		t.Run(k.torch+k.args, func(t *testing.T) {
			c := &Case{Name: "spelling", Torch: k.torch, Expect: []Expect{{Name: "y", Kind: "output"}}}
			require.NoError(t, json.Unmarshal([]byte(k.args), &c.Args))
			in := engine.Feeds{}
			for i, shape := range map[string][]int{"x": {2, 3}, "a": {2, 3}, "b": {3, 2}, "i": {1, 1, 2, 2}} {
				x := tensor.New(tensor.F32(shape...))
				for j := range x.F32 {
					x.F32[j] = float32(j + 1)
				}
				in[i] = x
			}
			for _, r := range k.given {
				if r != ' ' {
					c.Given = append(c.Given, Given{Name: string(r), Kind: "input", Shape: in[string(r)].Shape})
				}
			}
			f, err := find(c)
			require.NoError(t, err)
			b := &builder{c: c, vars: map[string]*graph.Variable{}}
			g := graph.New()
			b.begin(g, in)
			y := f(b)
			require.NoError(t, g.Err())
			g.Output("y", y)
			out, _, err := engine.Oracle(g, in, nil)
			require.NoError(t, err)
			var got []float64
			for i := range out["y"].Elems() {
				got = append(got, out["y"].At(i))
			}
			require.InDeltaSlice(t, k.want, got, 1e-6)
		})
	}
}

package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestIndexingAndSortingInPyTorchsSpellings(t *testing.T) {
	given := map[string]*tensor.Tensor{
		"x": tensor.FromF32([]float32{3, 1, 2, 4, 6, 5}, 2, 3), "b": tensor.FromF32([]float32{2, 2, 2, 2, 2, 2}, 2, 3),
		"idx": tensor.FromI32([]int32{2, 0, 1, 1}, 2, 2), "row": tensor.FromI32([]int32{1, 0}, 2), "src": tensor.FromF32([]float32{10, 20, 30, 40}, 2, 2),
	}
	type args = map[string]any
	for _, c := range []struct {
		torch string
		args  args
		want  []float64
	}{
		{"torch.gather(x, 1, idx)", nil, []float64{2, 3, 6, 6}},
		{"x.gather(dim=-1, index=idx)", nil, []float64{2, 3, 6, 6}},
		{"torch.gather", args{"dim": 1.0}, []float64{2, 3, 6, 6}},
		{"torch.take_along_dim(x, idx, 1)", nil, []float64{2, 3, 6, 6}},
		{"torch.index_select(x,0,row)", nil, []float64{4, 6, 5, 3, 1, 2}},
		{"torch.take(x, row)", nil, []float64{1, 3}},
		{"x.scatter(1, idx, src)", nil, []float64{20, 1, 10, 4, 40, 5}},
		{"x.scatter(1, idx, -1)", nil, []float64{-1, 1, -1, 4, -1, 5}},
		{"torch.scatter_add(x, 1, idx, src)", nil, []float64{23, 1, 12, 4, 76, 5}},
		{"x.scatter_add_(1, idx, src)", nil, []float64{23, 1, 12, 4, 76, 5}},
		{"torch.scatter_reduce(x, 1, idx, src, reduce='amax')", nil, []float64{20, 1, 10, 4, 40, 5}},
		{"torch.scatter_reduce(x, 1, idx, src, 'mean', include_self=False)", nil, []float64{20, 1, 10, 4, 35, 5}},
		{"torch.index_add(x, 0, row, b, alpha=10)", nil, []float64{23, 21, 22, 24, 26, 25}},
		{"torch.index_fill(x, 0, row, 7)", nil, []float64{7, 7, 7, 7, 7, 7}},
		{"x.index_put((row, row), b, accumulate=True)", nil, nil},
		{"F.one_hot(row, 2)", nil, []float64{0, 1, 1, 0}},
		{"F.embedding(row, x)", nil, []float64{4, 6, 5, 3, 1, 2}},
		{"torch.sort(x, 1).values", nil, []float64{1, 2, 3, 4, 5, 6}},
		{"torch.sort(x, dim=1, descending=True)[1]", nil, []float64{0, 2, 1, 1, 2, 0}},
		{"torch.sort", args{"dim": 0.0, "descending": true}, []float64{4, 6, 5, 3, 1, 2}},
		{"x.argsort()", nil, []float64{1, 2, 0, 0, 2, 1}},
		{"torch.topk(x, 2, dim=1, largest=False).values", nil, []float64{1, 2, 4, 5}},
		{"torch.topk(x, k=1)[0]", nil, []float64{3, 6}},
		{"torch.kthvalue(x, 2, 1, True)", nil, []float64{2, 5}},
		{"torch.median(x)", nil, []float64{3}},
		{"torch.median(x, 1).values", nil, []float64{2, 5}},
		{"x.max()", nil, []float64{6}},
		{"torch.max(x, b)", nil, []float64{3, 2, 2, 4, 6, 5}},
		{"torch.min(x, dim=1, keepdim=True).indices", nil, []float64{1, 0}},
		{"torch.argmax(x)", nil, []float64{4}},
		{"torch.argmin(x, dim=0)", nil, []float64{0, 0, 0}},
		{"torch.cumsum(x, dim=1)", nil, []float64{3, 4, 6, 4, 10, 15}},
		{"x.cumprod(0)", nil, []float64{3, 1, 2, 12, 6, 10}},
		{"torch.cummax(x, 1).indices", nil, []float64{0, 0, 0, 0, 1, 1}},
		{"torch.bucketize(b, x, right=True)", nil, nil},
	} {
		cs := &Case{Torch: c.torch, Args: c.args, Given: []Given{
			{Kind: "input", Name: "x"}, {Kind: "input", Name: "b"}, {Kind: "index", Name: "idx"}, {Kind: "index", Name: "row"}, {Kind: "input", Name: "src"},
		}}
		f, err := find(cs)
		require.NoError(t, err, c.torch)
		if c.want == nil {
			continue
		}
		b := &builder{Graph: graph.New(), c: cs, in: map[string]graph.Value{}, out: map[string]graph.Value{}}
		feeds := engine.Feeds{}
		for name, v := range given {
			feeds[name], b.in[name] = v, b.Input(name, v.Type)
		}
		b.Output("y", f(b))
		require.NoError(t, b.Err(), c.torch)
		out, _, err := engine.Oracle(b.Graph, feeds, nil)
		require.NoError(t, err, c.torch)
		var got []float64
		for i := range out["y"].Elems() {
			got = append(got, out["y"].At(i))
		}
		require.Equal(t, c.want, got, c.torch)
	}
}

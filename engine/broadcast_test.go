package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Operands that take turns in six to eight dimensions leave nothing to collapse:
// more than the kernel walks, so they are expanded first. y = a - 10·b, and the
// gradients are how often each element is used.
func TestBroadcastingAlongEightDimensions(t *testing.T) {
	for _, c := range []struct{ a, b []int }{
		{[]int{2, 1, 3, 1, 2, 1}, []int{1, 3, 1, 2, 1, 3}},
		{[]int{2, 1, 2, 1, 3, 1, 2, 1}, []int{1, 2, 1, 3, 1, 2, 1, 2}},
	} {
		out := make([]int, len(c.a))
		for i := range out {
			out[i] = max(c.a[i], c.b[i])
		}
		a, b := counted(c.a), counted(c.b)
		devtest.Each(t, func(t *testing.T, d devtest.Dev) {
			st, err := engine.NewState(d.Device)
			require.NoError(t, err)
			defer st.Close()
			p, err := engine.Compile(st, func(g *graph.Graph) {
				x, w := g.Input("a", a.Type), g.Input("b", b.Type)
				y := x.Sub(w.MulScalar(10))
				g.Output("y", y)
				for i, dx := range graph.Grad(y.Sum(), x, w) {
					g.Output([]string{"da", "db"}[i], dx)
				}
			})
			require.NoError(t, err)
			defer p.Close()
			tk, err := p.Run(engine.Feeds{"a": a, "b": b})
			require.NoError(t, err)
			y, err := tk.Tensor("y")
			require.NoError(t, err)
			require.Equal(t, tensor.Shape(out), y.Shape)
			sa, sb, so := tensor.Shape(c.a).Strides(), tensor.Shape(c.b).Strides(), tensor.Shape(out).Strides()
			for i, v := range y.F32 {
				ka, kb := 0, 0
				for k := range out {
					at := i / so[k] % out[k]
					ka += at % c.a[k] * sa[k]
					kb += at % c.b[k] * sb[k]
				}
				require.Equal(t, float32(ka-10*kb), v)
			}
			for name, scale := range map[string]float32{"da": 1, "db": -10} {
				dx, err := tk.Tensor(name)
				require.NoError(t, err)
				for _, v := range dx.F32 {
					require.Equal(t, scale*float32(y.Elems()/dx.Elems()), v)
				}
			}
		})
	}
}

// counted is 0, 1, 2, .. of that shape.
func counted(shape []int) *tensor.Tensor {
	t := tensor.New(tensor.F32(shape...))
	for i := range t.F32 {
		t.F32[i] = float32(i)
	}
	return t
}

// What no kernel takes is refused when the program is compiled, by name.
func TestTooManyOperandsOrDimensionsAreRefusedByName(t *testing.T) {
	g := graph.New()
	g.Input("a", tensor.F32(2, 1, 2, 1, 2, 1, 2, 1, 2)).Add(g.Input("b", tensor.F32(1, 2, 1, 2, 1, 2, 1, 2, 1)))
	require.ErrorContains(t, g.Err(), "add: ")
	require.ErrorContains(t, g.Err(), "more than 8 dimensions")
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		defer st.Close()
		p, err := engine.Compile(st, func(g *graph.Graph) {
			x := func(name string) graph.Value { return g.Input(name, tensor.F32(3)) }
			g.Output("y", x("a").Formula("a, b, c, d, e -> a + b + c + d + e", x("b"), x("c"), x("d"), x("e")))
		})
		if d.Name == "cpu" {
			require.NoError(t, err)
			p.Close()
			return
		}
		require.ErrorContains(t, err, "formula: no kernel serves [float32[3] float32[3] float32[3] float32[3] float32[3]]")
	})
}

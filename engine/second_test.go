package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/plan"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Gradients, and their gradients, of every op have kernels on a device of least
// limits: a derivative may take more operands than the op itself. Left out are
// the cases at a boundary, which a gradient may refuse.
func TestGradientsOfGradientsHaveKernelsOnTheLeastDevice(t *testing.T) {
	for _, op := range kernels.All() {
		if op.NoGrad != "" || op.View {
			continue
		}
		for _, c := range op.Cases {
			g, n := graph.New(), 0
			var in, wrt []graph.Value
			for i, x := range c.In {
				n = max(n, x.Elems())
				var v graph.Value
				if x.Present() {
					if v = g.Input(fmt.Sprintf("in%d", i), x); x.DType.IsFloat() {
						wrt = append(wrt, v)
					}
				}
				in = append(in, v)
			}
			squares := func(vs ...graph.Value) graph.Value {
				sum := g.Scalar(0)
				for _, v := range vs {
					if v.Type().DType.IsFloat() {
						sum = sum.Add(v.Square().Sum())
					}
				}
				return sum
			}
			ys := g.Apply(op, c.Attrs, in...)
			for _, y := range ys {
				n = max(n, y.Type().Elems())
			}
			if n >= 1<<16-1 {
				continue
			}
			first := graph.Grad(squares(differentiables(op, ys)...), wrt...)
			for i, d := range graph.Grad(squares(first...), wrt...) {
				g.Output(fmt.Sprint(i), d)
			}
			if err := g.Err(); err != nil && strings.Contains(err.Error(), "has no gradient") {
				require.Contains(t, firstOrder, op.Name)
				break
			}
			require.NoError(t, g.Err(), "%s: %s", op.Name, c.Name)
			_, err := plan.Build(g, kernels.MinimalVulkan(), plan.Options{})
			require.NoError(t, err, "%s: %s", op.Name, c.Name)
		}
	}
}

func differentiables(op *kernels.Op, ys []graph.Value) (out []graph.Value) {
	for i, y := range ys {
		if differentiable(op, i, y) {
			out = append(out, y)
		}
	}
	return out
}

// A formula of as many operands as a kernel takes has gradients by each of them,
// and gradients of those. By hand, of y = a·b·c·d + a² at 2, 3, 5, 7: dy/da is
// b·c·d + 2a = 109, d²y/dadb = c·d = 35.
func TestFormulasOfFourOperandsTrainOnEveryDevice(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		defer st.Close()
		feeds := engine.Feeds{}
		p, err := engine.Compile(st, func(g *graph.Graph) {
			var v []graph.Value
			for name, x := range map[string]float32{"a": 2, "b": 3, "c": 5, "d": 7} {
				feeds[name] = tensor.FromF32([]float32{x}, 1)
			}
			for _, name := range []string{"a", "b", "c", "d"} {
				v = append(v, g.Input(name, tensor.F32(1)))
			}
			da := graph.Grad(v[0].Formula("a, b, c, d -> a*b*c*d + a*a", v[1:]...).Sum(), v[0])[0]
			g.Output("da", da)
			g.Output("dadb", graph.Grad(da.Sum(), v[1])[0])
		})
		require.NoError(t, err)
		defer p.Close()
		tk, err := p.Run(feeds)
		require.NoError(t, err)
		for name, want := range map[string]float32{"da": 109, "dadb": 35} {
			y, err := tk.Tensor(name)
			require.NoError(t, err)
			require.Equal(t, []float32{want}, y.F32, name)
		}
	})
}

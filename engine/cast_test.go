package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/internal/opcheck"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Casts of more than a device binds at once go in windows, an odd rest included.
func TestCastsGoInWindows(t *testing.T) {
	pretend(t, func(t *kernels.Target) { t.MaxStorageRange = 4 * 300 })
	ty := func(d tensor.DType) []tensor.Type { return []tensor.Type{{DType: d, Shape: tensor.Shape{1025}}} }
	for i, c := range kernels.Cast.Cases {
		c.In = ty(c.In[0].DType)
		testCase(t, opcheck.NewFixture(kernels.Cast, c, uint64(i), true), 1)
	}
}

// Second gradients go through 16 bits too: d/dx of (d/dx Σ x³)² is 36 x³.
func TestGradientsOfGradientsIn16Bits(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		defer st.Close()
		p, err := engine.Compile(st, func(g *graph.Graph) {
			x := g.Input("x", tensor.Type{DType: tensor.Float16, Shape: tensor.Shape{3}})
			first := graph.Grad(x.Mul(x).Mul(x).Sum(), x)[0]
			g.Output("d", graph.Grad(first.Square().Sum(), x)[0])
		})
		require.NoError(t, err)
		defer p.Close()
		x := tensor.New(tensor.Type{DType: tensor.Float16, Shape: tensor.Shape{3}})
		for i, v := range []float64{1, -2, 0.5} {
			x.Set(i, v)
		}
		tk, err := p.Run(engine.Feeds{"x": x})
		require.NoError(t, err)
		y, err := tk.Tensor("d")
		require.NoError(t, err)
		require.Equal(t, []float64{36, -288, 4.5}, []float64{y.At(0), y.At(1), y.At(2)})
	})
}

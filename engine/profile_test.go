package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestAProfileHasARowForEachKernel(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		defer st.Close()
		build := func(g *graph.Graph) {
			x := g.Input("x", tensor.F32(64, 64))
			g.Output("y", x.MatMul(x).Softmax(1))
		}
		p, err := engine.Compile(st, build, engine.Profiled())
		require.NoError(t, err)
		defer p.Close()
		_, err = p.Profile()
		require.ErrorContains(t, err, "has not run")
		_, err = p.Run(engine.Feeds{"x": tensor.New(tensor.F32(64, 64))})
		require.NoError(t, err)
		times, err := p.Profile()
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(times), 2)
		for _, s := range times {
			require.GreaterOrEqual(t, s.Seconds, 0.0)
			require.Less(t, s.Seconds, 10.0)
		}
		require.Contains(t, engine.Summary(times), "softmax")

		plain, err := engine.Compile(st, build)
		require.NoError(t, err)
		defer plain.Close()
		_, err = plain.Profile()
		require.ErrorContains(t, err, "Profiled")
	})
}

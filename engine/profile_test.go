package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
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

// The parts of a timeline come one after another; where the device's clock is
// only guessed at, so are the kernels'.
func TestATimelineIsInOrder(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		st, err := engine.NewState(d.Device)
		require.NoError(t, err)
		defer st.Close()
		p, err := engine.Compile(st, func(g *graph.Graph) {
			x := g.Input("x", tensor.F32(96, 96))
			g.Output("y", x.MatMul(x).Softmax(1).MatMul(x))
		}, engine.Profiled())
		require.NoError(t, err)
		defer p.Close()
		for range 3 {
			_, err = p.Run(engine.Feeds{"x": tensor.New(tensor.F32(96, 96))})
			require.NoError(t, err)
			l, err := p.Timeline()
			require.NoError(t, err)
			host := []time.Time{l.Called, l.Fed, l.Submitted, l.Waiting, l.Done}
			for i := range host[1:] {
				require.False(t, host[i+1].Before(host[i]), "host mark %d", i+1)
			}
			require.NotEmpty(t, l.Clock)
			rows := append(append([]engine.StepTime{l.Upload}, l.Kernels...), l.Download)
			if d.Kind == kernels.CPU {
				rows = l.Kernels
			}
			const rounding = time.Microsecond // of a float, and of the calibration
			for i, k := range rows {
				require.GreaterOrEqual(t, k.Seconds, 0.0)
				end := k.Begin.Add(time.Duration(k.Seconds * 1e9))
				if i+1 < len(rows) {
					require.False(t, rows[i+1].Begin.Before(end.Add(-rounding)), "%s begins before %s ends", rows[i+1].Name, k.Name)
				}
				if !strings.Contains(l.Clock, "calibrated") {
					require.False(t, end.Add(-rounding).After(l.Done), "%s ends after the run is done", k.Name)
				}
			}
			for _, k := range l.Kernels {
				require.Less(t, k.Step, len(p.Plan().Steps))
				require.Equal(t, k.Name, p.Plan().Steps[k.Step].Name())
			}
		}
	})
}

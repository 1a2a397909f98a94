package opcheck

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
)

func TestMain(m *testing.M) { devtest.Main(m) }

func table(t *testing.T, name string) *kernels.Op {
	for _, op := range kernels.All() {
		if op.Name == name {
			return op
		}
	}
	t.Fatalf("no op %q in the table", name)
	return nil
}

func TestGoodDevicesPass(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		for _, name := range []string{"add", "sum", "adam"} {
			res, err := Op(t.Context(), d.Device, table(t, name))
			require.NoError(t, err)
			require.Empty(t, res.Wrong)
			require.GreaterOrEqual(t, res.Runs, len(table(t, name).Cases))
			require.LessOrEqual(t, res.Worst, 1.0)
		}
	})
}

// A tolerance nothing can meet shows that a wrong result would be reported.
func TestWrongResultsAreReported(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		strict := *table(t, "sum")
		strict.Tol = kernels.Exact()
		res, err := Op(t.Context(), d.Device, &strict)
		require.NoError(t, err)
		require.NotEmpty(t, res.Wrong)
		require.Contains(t, res.Wrong[0], "oracle has")
		require.True(t, math.IsInf(res.Worst, 1))
	})
}

func TestACancelledCheckStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := Ops(ctx, devtest.Devices()[0].Device, func(Result) { t.Error("an op was reported") })
	require.ErrorIs(t, err, context.Canceled)
}

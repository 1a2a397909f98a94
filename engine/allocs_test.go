package engine_test

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/optim"
)

// testing.AllocsPerRun runs on one thread. On all the CPU's, with steps large
// enough to be shared, nothing is allocated either: fewer objects than steps
// leaves room for what the runtime does beside them.
func TestStepsOnManyThreadsAllocateNothing(t *testing.T) {
	nets := []benchNet{mlpNet(256, 128, 64), cnnNet(16, 8, 16, 64, 16), charLSTMNet(32, 32, 64, 16, 16)}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	d := devtest.Devices()[0]
	if d.Kind != kernels.CPU {
		t.Skip("the CPU is not among the devices under test")
	}
	for _, n := range nets {
		tr := mustTrainer(t, d.Device, n, optim.Adam{})
		f := n.feeds(0)
		f[optim.LRInput].F32[0] = 1e-3
		const steps = 40
		count := func() uint64 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range steps {
				tk, err := tr.p.Run(f)
				if err == nil {
					_, err = tk.Scalar("loss")
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			runtime.ReadMemStats(&after)
			return after.Mallocs - before.Mallocs
		}
		count() // the depots of working memory fill
		require.Less(t, count(), uint64(steps), n.name)
	}
}

//go:build accept

package engine_test

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/optim"
)

// benchNets are the sizes that cmd/bench trains.
func benchNets() []benchNet {
	return []benchNet{mlpNet(784, 256, 64), cnnNet(28, 32, 64, 128, 64), charLSTMNet(64, 64, 256, 64, 32)}
}

func TestAcceptDevicesTrainAlike(t *testing.T) { agree(t, benchNets(), 50) }

func TestAcceptRandomShapes(t *testing.T) { randomShapes(t, 40, 0) }

func TestAcceptSameSeedGivesSameWeights(t *testing.T) {
	onNets(t, benchNets(), func(t *testing.T, d devtest.Dev, n benchNet) {
		train := func() map[string][]float32 {
			tr := mustTrainer(t, d.Device, n, optim.Adam{})
			_, err := tr.run(n, 1e-3, 5)
			require.NoError(t, err)
			w, err := tr.weights()
			require.NoError(t, err)
			return w
		}
		first, second := train(), train()
		for name := range first {
			for i, v := range first[name] {
				require.Equal(t, v, second[name][i], "%s[%d]", name, i)
			}
		}
		t.Logf("accept: %s on %s: 5 steps of Adam give the same weights to the bit", n.name, d.Name)
	})
}

// resident is the process's resident memory in bytes, after a collection.
func resident(t *testing.T) int {
	runtime.GC()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skipf("no /proc/self/statm here: %v", err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	require.NoError(t, err)
	return pages * os.Getpagesize()
}

func TestAcceptThousandRoundsLeaveNothing(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		at200, after := 0, 0
		rounds(t, d.Device, 1000, func(round int) {
			switch round {
			case 199:
				at200 = resident(t)
			case 999:
				after = resident(t)
			}
		})
		grown := float64(after-at200) / (1 << 20)
		t.Logf("accept: %s: 1,000 rounds, %d live objects as after the first, memory grew by %.2f MiB from round 200 on", d.Name, d.LiveObjects(), grown)
		require.Less(t, grown, 5e6/(1<<20))
	})
}

// A device that is opened, used and closed again and again gives everything
// back: Close counts what was left open.
func TestAcceptDeviceRounds(t *testing.T) {
	infos, _ := engine.Devices()
	for _, in := range infos {
		if in.Unfit != "" {
			continue
		}
		for range 20 {
			d, err := engine.Open(in.Name)
			require.NoError(t, err)
			rounds(t, d, 2, nil)
			require.NoError(t, d.Close())
		}
	}
}

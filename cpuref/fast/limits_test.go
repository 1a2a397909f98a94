package fast

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
)

func TestFMAChains(t *testing.T) {
	for _, n := range []int{0, 1, 95, 96, 192, 193, 5000} {
		for _, at := range []cpuref.FMAChainAttrs{{Steps: 1, A: 2, B: -1}, {Steps: 7, A: -0.5, B: 3}} {
			x, y := floats(n), floats(n)
			check(t, fmt.Sprint("fma_chain", n, at), call{at, []cpuref.Arg[float32]{x}, []cpuref.Arg[float32]{y}}, FMAChain, cpuref.FMAChain[float64], 1e-6)
		}
	}
}

func TestTriad(t *testing.T) {
	was := isa
	defer func() { isa = was }()
	for _, isa = range sets {
		for _, n := range []int{0, 1, 15, 16, 100} {
			x, y, z := floats(n).F, make([]float32, n), floats(n).F
			Triad(y, x, z, 0.5)
			for i := range y {
				require.InDelta(t, x[i]+0.5*z[i], y[i], 1e-6, "%s, %d of %d", isa.name, i, n)
			}
		}
	}
}

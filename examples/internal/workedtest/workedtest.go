// Package workedtest holds worked examples to numbers computed by hand.
package workedtest

import (
	"math"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/examples/internal/worked"
)

// Values fails a test unless a pass has the values, to float32 rounding: they are
// given to seven decimals.
func Values(t require.TestingT, p worked.Pass, values map[string][]float64) {
	for name, want := range values {
		got := p.Values[name]
		require.NotNil(t, got, "no value %q among %v", name, p.Names)
		require.Equal(t, len(want), got.Elems(), name)
		for i, v := range want {
			require.InDelta(t, v, got.At(i), 1e-6*max(1, math.Abs(v)), "%s[%d]", name, i)
		}
	}
}

// Gradients fails a test unless the first pass's gradients are the finite
// differences: to 1e-9 in float64, to float32 rounding on the device.
func Gradients(t require.TestingT, n *worked.Network, p worked.Pass) {
	oracle, device, err := n.Check(p)
	require.NoError(t, err)
	require.Less(t, oracle, 1e-9)
	require.Less(t, device, 1e-6)
}

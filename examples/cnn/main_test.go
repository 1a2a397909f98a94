package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/examples/internal/workedtest"
	"github.com/vulgo-ml/vulgo/internal/devtest"
)

func TestMain(m *testing.M) { devtest.Main(m) }

// By hand, the picture padded to 4x4, the filter at each of 9 places:
//
//	f = 0.5·0   0.5·0+0.5·1   0.5·1            = 0    0.5   0.5
//	    0+0.5·2 -0.5+1+1.5    -0.5·1+0.5·3       1    2     1
//	    -0.5·2  -0.5·2-0.5·3  -0.5·3            -1   -2.5  -1.5
//	p = max(0, 0.5, 1, 2) = 2, from the middle
//	ŷ = (-2, 2)    E = (0 + 2)² + (1 - 2)² = 5    δ = 2·(-2, 1) = (-4, 2)
//	dE/dW = 2δ = (-8, 4)    dE/dd = δ    dE/df = -4·(-1) + 2·1 = 6, in the middle
//	dE/dw = 6·x = [[0, 6], [12, 18]]     dE/db = 6
//
// One update at 0.1: w = [[-0.5, -1.1], [-0.7, -1.3]], b = -0.6, so the middle
// is -1.1 - 1.4 - 3.9 - 0.6 = -7 and no f is positive, as no x is negative:
// p = 0, ŷ = d = (0.4, -0.2), E = 0.16 + 1.44 = 1.6, and every gradient is zero
// but dE/dd = 2·(0.4, -1.2).
//
// One at 0.01: w = [[-0.5, -0.56], [0.38, 0.32]], b = -0.06, so the middle is
// -0.56 + 0.76 + 0.96 - 0.06 = 1.1; W = (-0.92, 0.96), d = (0.04, -0.02),
// ŷ = (-0.972, 1.036), E = 0.944784 + 0.001296 = 0.94608, δ = (-1.944, 0.072),
// dE/df = 1.944·0.92 + 0.072·0.96 = 1.8576.
func TestTheNumbersByHand(t *testing.T) {
	n, err := network()
	require.NoError(t, err)
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		dead, err := n.Run(d.Device, textRate, 2)
		require.NoError(t, err)
		workedtest.Values(t, dead[0], map[string][]float64{
			"f":                {0, 0.5, 0.5, 1, 2, 1, -1, -2.5, -1.5},
			"relu(f)":          {0, 0.5, 0.5, 1, 2, 1, 0, 0, 0},
			"p":                {2},
			"ŷ":                {-2, 2},
			"E":                {5},
			"dE/d out.weight":  {-8, 4},
			"dE/d out.bias":    {-4, 2},
			"dE/d conv.weight": {0, 6, 12, 18},
			"dE/d conv.bias":   {6},
		})
		workedtest.Gradients(t, n, dead[0])

		workedtest.Values(t, dead[1], map[string][]float64{
			"relu(f)":          {0, 0, 0, 0, 0, 0, 0, 0, 0},
			"ŷ":                {0.4, -0.2},
			"E":                {1.6},
			"dE/d out.weight":  {0, 0},
			"dE/d out.bias":    {0.8, -2.4},
			"dE/d conv.weight": {0, 0, 0, 0},
			"dE/d conv.bias":   {0},
		})
		require.InDelta(t, -7, dead[1].Values["f"].At(4), 1e-5)
		require.Equal(t, dead[1].Values["f"].F32, dead[2].Values["f"].F32, "a dead filter never moves")

		passes, err := n.Run(d.Device, rate, steps)
		require.NoError(t, err)
		workedtest.Values(t, passes[1], map[string][]float64{
			"p":                {1.1},
			"ŷ":                {-0.972, 1.036},
			"E":                {0.94608},
			"dE/d out.weight":  {-2.1384, 0.0792},
			"dE/d conv.weight": {0, 1.8576, 3.7152, 5.5728},
			"dE/d conv.bias":   {1.8576},
		})
		for k := 1; k < len(passes); k++ {
			require.Less(t, passes[k].E(), passes[k-1].E(), "update %d", k)
			for i, v := range passes[k].Grad("conv.weight")[1:] {
				require.NotZero(t, v, "update %d: the gradient of weight %d, whose pixel isn't 0", k, i+1)
			}
		}
		require.Less(t, passes[steps].E(), 0.002)
	})
}

func TestTheReport(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(&out, "cpu"))
	require.Contains(t, out.String(), "After one update at the text's rate 0.1 the ReLU is dead")
	require.ErrorContains(t, run(&out, "nosuchdevice"), "nosuchdevice")
}

package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/examples/internal/workedtest"
	"github.com/vulgo-ml/vulgo/internal/devtest"
)

func TestMain(m *testing.M) { devtest.Main(m) }

// By hand, x = 0 and x = 1:
//
//	h  = (0, 0), (0.5, -0.5)
//	z  = 0, -0.5 - 0.5 = -1
//	ŷ  = 0.5, σ(-1) = 0.2689414
//	E  = 0.5² + 0.7310586² = 0.25 + 0.5344466 = 0.7844466
//	δ  = 2·0.5·0.25 = 0.25, 2·(-0.7310586)·0.2689414·0.7310586 = -0.2874697
//	dE/dW2 = δ₂·h₂ = (-0.1437348, 0.1437348)
//	dE/db2 = 0.25 - 0.2874697 = -0.0374697
//	dE/dh  = (-0.25, 0.25), (0.2874697, -0.2874697)
//	dE/dW1 = dE/dh₂·1 = (0.2874697, -0.2874697)
//	dE/db1 = sum = (0.0374697, -0.0374697)
func TestTheNumbersByHand(t *testing.T) {
	n, err := network()
	require.NoError(t, err)
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		passes, err := n.Run(d.Device, rate, steps)
		require.NoError(t, err)
		workedtest.Values(t, passes[0], map[string][]float64{
			"h":                  {0, 0, 0.5, -0.5},
			"z":                  {0, -1},
			"ŷ":                  {0.5, 0.2689414},
			"E":                  {0.7844466},
			"dE/d out.weight":    {-0.1437348, 0.1437348},
			"dE/d out.bias":      {-0.0374697},
			"dE/d hidden.weight": {0.2874697, -0.2874697},
			"dE/d hidden.bias":   {0.0374697, -0.0374697},
		})
		workedtest.Gradients(t, n, passes[0])
		for k := 1; k < len(passes); k++ {
			require.Less(t, passes[k].E(), passes[k-1].E(), "update %d", k)
		}
		require.Less(t, passes[steps].E(), 0.002)

		climb, err := n.Run(d.Device, -rate, 1)
		require.NoError(t, err)
		require.Greater(t, climb[1].E(), climb[0].E(), "the text's sign climbs")
	})
}

func TestTheReport(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(&out, "cpu"))
	require.Contains(t, out.String(), "one update takes E from 0.784447 up to 0.805566")
	require.ErrorContains(t, run(&out, "nosuchdevice"), "nosuchdevice")
}

package main

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/examples/internal/workedtest"
	"github.com/vulgo-ml/vulgo/internal/devtest"
)

func TestMain(m *testing.M) { devtest.Main(m) }

// By hand, for the units (1, 2), one step from a zero state:
//
//	z  = (-0.5, 0.5) for every gate
//	i = f = o = σ(z) = (0.3775407, 0.6224593)    g = tanh(z) = (-0.4621172, 0.4621172)
//	c  = i·g = (-0.1744680, 0.2876491)    tanh(c) = (-0.1727191, 0.2799696)
//	h  = o·tanh(c) = (-0.0652085, 0.1742697)
//	E  = 0.0652085² + 0.8257303² = 0.0042521 + 0.6818305 = 0.6860826
//	dh = 2(h - y) = (-0.1304170, -1.6514606)
//	dc = dh·o·(1 - tanh²(c)) = (-0.0477689, -0.9473919)
//	dz of i = dc·g·i(1 - i) = (-0.0477689·-0.4621172·0.2350037, ..) = (0.0051877, -0.1028860)
//	dz of f = dc·c'·f(1 - f) = 0, as c' = 0
//	dz of g = dc·i·(1 - g²) = (-0.0141833, -0.4637784)
//	dz of o = dh·tanh(c)·o(1 - o) = (0.0052936, -0.1086560)
//
// dWih = dz·x = dz and db = dz; dWhh = dz·h'ᵀ = 0, as h' = 0.
var one = map[string][]float64{
	"i1":          {0.3775407, 0.6224593},
	"f1":          {0.3775407, 0.6224593},
	"g1":          {-0.4621172, 0.4621172},
	"o1":          {0.3775407, 0.6224593},
	"c1":          {-0.1744680, 0.2876491},
	"h1":          {-0.0652085, 0.1742697},
	"h":           {-0.0652085, 0.1742697},
	"E":           {0.6860826},
	"dE/d " + wih: {0.0051877, -0.1028860, 0, 0, -0.0141833, -0.4637784, 0.0052936, -0.1086560},
	"dE/d " + bih: {0.0051877, -0.1028860, 0, 0, -0.0141833, -0.4637784, 0.0052936, -0.1086560},
	"dE/d " + bhh: {0.0051877, -0.1028860, 0, 0, -0.0141833, -0.4637784, 0.0052936, -0.1086560},
	"dE/d " + whh: make([]float64, 16),
}

// The second step, with c' and h' from the first:
//
//	z  = (-0.5, 0.5)·(x + h'₁ + h'₂) = (-0.5, 0.5)·1.1090612 = (-0.5545306, 0.5545306)
//	i = f = o = (0.3648139, 0.6351861)    g = (-0.5039081, 0.5039081)
//	c  = f·c' + i·g = (-0.0636484 - 0.1838327, 0.1827107 + 0.3200754) = (-0.2474810, 0.5027862)
//	h  = o·tanh(c) = o·(-0.2425494, 0.4643055) = (-0.0884854, 0.2949204)
//	E  = 0.0884854² + 0.7050796² = 0.5049669
//	dh = (-0.1769708, -1.4101592)    dc = (-0.0607632, -0.7026160)
//	dz of i, f, g, o: (0.0070952, -0.0820430), (0.0024566, -0.0468332),
//	                  (-0.0165385, -0.3329679), (0.0099466, -0.1517205)
//
// and back in the first:
//
//	dh = Whhᵀ·dz = 0.5·(sum of dz of unit 2 - sum of unit 1) = -0.3082623 for both
//	dc = dc·f of step 2 + dh·o·(1 - tanh²(c)) = (-0.1350769, -0.6231324)
//	dz of i, f, g, o: (0.0146693, -0.0676717), (0, 0),
//	                  (-0.0401065, -0.3050431), (0.0125123, -0.0202818)
//
// dWih = db = the sum of both steps' dz; dWhh = dz of step 2 · h1ᵀ, such as
// 0.0070952·(-0.0652085, 0.1742697) = (-0.0004627, 0.0012365) for the first row.
var two = map[string][]float64{
	"i2":          {0.3648139, 0.6351861},
	"f2":          {0.3648139, 0.6351861},
	"g2":          {-0.5039081, 0.5039081},
	"o2":          {0.3648139, 0.6351861},
	"c2":          {-0.2474810, 0.5027862},
	"h2":          {-0.0884854, 0.2949204},
	"h":           {-0.0884854, 0.2949204},
	"E":           {0.5049669},
	"dE/d " + wih: {0.0217645, -0.1497147, 0.0024566, -0.0468332, -0.0566450, -0.6380110, 0.0224588, -0.1720023},
	"dE/d " + bih: {0.0217645, -0.1497147, 0.0024566, -0.0468332, -0.0566450, -0.6380110, 0.0224588, -0.1720023},
	"dE/d " + bhh: {0.0217645, -0.1497147, 0.0024566, -0.0468332, -0.0566450, -0.6380110, 0.0224588, -0.1720023},
	"dE/d " + whh: {
		-0.0004627, 0.0012365, 0.0053499, -0.0142976,
		-0.0001602, 0.0004281, 0.0030539, -0.0081616,
		0.0010784, -0.0028822, 0.0217123, -0.0580262,
		-0.0006486, 0.0017334, 0.0098935, -0.0264403,
	},
}

const (
	wih = "lstm.weight_ih_l0"
	whh = "lstm.weight_hh_l0"
	bih = "lstm.bias_ih_l0"
	bhh = "lstm.bias_hh_l0"
)

func TestTheNumbersByHand(t *testing.T) {
	for length, c := range map[int]struct {
		want map[string][]float64
		end  float64
	}{1: {one, 0.065}, 2: {two, 0.006}} {
		n, err := network(length)
		require.NoError(t, err)
		t.Run(fmt.Sprintf("a sequence of %d", length), func(t *testing.T) {
			devtest.Each(t, func(t *testing.T, d devtest.Dev) {
				passes, err := n.Run(d.Device, rate, steps)
				require.NoError(t, err)
				workedtest.Values(t, passes[0], c.want)
				workedtest.Gradients(t, n, passes[0])
				for k := 1; k < len(passes); k++ {
					require.Less(t, passes[k].E(), passes[k-1].E(), "update %d", k)
				}
				require.Less(t, passes[steps].E(), c.end)
			})
		})
	}
}

// One step leaves f and Whh without a gradient; two leave nothing without.
func TestEveryGateHasAGradientInASequenceOfTwo(t *testing.T) {
	n, err := network(2)
	require.NoError(t, err)
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		passes, err := n.Run(d.Device, rate, 0)
		require.NoError(t, err)
		for _, name := range []string{wih, whh, bih, bhh} {
			for i, v := range passes[0].Grad(name) {
				require.NotZero(t, v, "%s[%d]", name, i)
			}
		}
	})
}

func TestTheReport(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(&out, "cpu"))
	require.Contains(t, out.String(), "a sequence of 2")
	require.ErrorContains(t, run(&out, "nosuchdevice"), "nosuchdevice")
}

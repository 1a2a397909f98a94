package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The p-values are scipy.stats.mannwhitneyu's.
func TestMannWhitney(t *testing.T) {
	a, b := []float64{1, 2, 3, 4, 5}, []float64{6, 7, 8, 9, 10}
	require.InDelta(t, 2.0/252, MannWhitney(a, b, 5, 5), 1e-12)
	require.InDelta(t, 2.0/252, MannWhitney(b, a, 5, 5), 1e-12)
	require.InDelta(t, 2.0/252, leastP(5, 5), 1e-12)
	require.InDelta(t, 0.4, MannWhitney([]float64{1, 2, 5}, []float64{3, 4, 6}, 3, 3), 1e-9, "U = 2: 8 of 20 orders are as far from 4.5")
	require.Equal(t, 1.0, MannWhitney(nil, a, 0, 5))
	require.InDelta(t, 1, MannWhitney([]float64{3, 3, 3}, []float64{3, 3}, 3, 2), 1e-12, "all are equal")

	var x, y []float64
	for i := range 50 {
		x, y = append(x, float64(i)), append(y, float64(i)+10.5)
	}
	// U = 780 of 2500: z = (470 - 0.5)/sqrt(2500·101/12)
	require.InDelta(t, math.Erfc(469.5/math.Sqrt(2500*101/12.0)/math.Sqrt2), MannWhitney(x, y, 50, 50), 1e-9)
	require.Greater(t, MannWhitney(x, y, 10, 10), MannWhitney(x, y, 50, 50), "fewer independent samples say less")
}

func TestSamplesThatFollowEachOtherCountForLess(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	alone, drifting, at := []float64{}, []float64{}, 0.0
	for range 400 {
		alone = append(alone, rng.NormFloat64())
		at = 0.8*at + rng.NormFloat64()
		drifting = append(drifting, at)
	}
	require.InDelta(t, 400, effective([][]float64{alone}), 60)
	require.InDelta(t, 400*0.2/1.8, effective([][]float64{drifting}), 25)
}

// machine draws runs of a benchmark with so many rows: each row has a level of its
// own, each run noise besides, each sample a skewed one that lingers, and
// some samples are interrupted. factor slows rows down.
func machine(rng *rand.Rand, rows, samples int, noise float64, factor map[string]float64) []Result {
	var rs []Result
	for i := range rows {
		name := fmt.Sprintf("row%d", i)
		level := 1e4 * math.Pow(1.02, float64(i)) * math.Exp(noise*rng.NormFloat64())
		if f := factor[name]; f > 0 {
			level *= f
		}
		var x []float64
		linger := 0.0
		for range samples {
			linger = 0.5*linger + 0.02*rng.ExpFloat64()
			v := level * (1 + linger)
			if rng.IntN(40) == 0 {
				v *= 1 + 3*rng.Float64()
			}
			x = append(x, v)
		}
		r := Result{Name: name, Device: "d", DType: "float32"}
		r.Measured(x, 1)
		rs = append(rs, r)
	}
	return rs
}

func TestEqualRunsDontDiffer(t *testing.T) {
	wrong := 0
	for seed := range 100 {
		rng := rand.New(rand.NewPCG(uint64(seed), 7))
		c := Compare(machine(rng, 60, 30, 0.01, nil), machine(rng, 60, 30, 0.01, nil), 0.01)
		require.Len(t, c.Changes, 60)
		require.Empty(t, c.Weak)
		for _, ch := range c.Changes {
			if ch.Significant {
				wrong++
				break
			}
		}
	}
	require.LessOrEqual(t, wrong, 3, "of 100 comparisons, 1 of which may be wrong at 1 %")
}

func TestASlowKernelIsFoundAndNamed(t *testing.T) {
	found := 0
	for seed := range 30 {
		rng := rand.New(rand.NewPCG(uint64(seed), 9))
		c := Compare(machine(rng, 200, 40, 0.005, nil), machine(rng, 200, 40, 0.005, map[string]float64{"row17": 1.1}), 0.01)
		require.InDelta(t, 0.007, c.Noise, 0.007)
		for _, ch := range c.Changes {
			if ch.Significant {
				require.Equal(t, "row17", ch.Name, "no other")
				require.InDelta(t, 1.1, ch.Ratio, 0.06)
				found++
			}
		}
	}
	require.GreaterOrEqual(t, found, 27, "10 % in 0.7 % of noise")
}

func TestRepeatedRunsAreOneRow(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var old, now []Result
	for range 5 { // in turn
		old = append(old, machine(rng, 4, 20, 0.01, nil)...)
		now = append(now, machine(rng, 4, 20, 0.01, map[string]float64{"row2": 1.1})...)
	}
	c := Compare(old, now, 0.01)
	require.Len(t, c.Changes, 4)
	for _, ch := range c.Changes {
		require.Equal(t, ch.Name == "row2", ch.Significant, ch.Name)
	}
}

func TestRowsOfOneRunAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	old, now := machine(rng, 3, 4, 0.01, nil), machine(rng, 3, 4, 0.01, nil)
	old[0].Name, now[1].Variant = "gone", "tile"
	c := Compare(old, now, 0.01)
	require.Equal(t, []Key{{Name: "row2", Device: "d", DType: "float32"}}, c.Weak, "4 samples a side: p = 2/70 at best")
	require.Equal(t, "row0", c.OnlyNew[0].Name)
	require.Equal(t, "row1 tile", c.OnlyNew[1].String())
	require.Equal(t, "gone", c.OnlyOld[0].Name)
	require.Len(t, c.OnlyOld, 2)
	require.Len(t, c.Changes, 1)
}

func TestHolm(t *testing.T) {
	ch := []Change{{P: 0.004}, {P: 0.0001}, {P: 0.5}, {P: 0.006}}
	holm(ch, 0.01)
	require.Equal(t, []bool{false, true, false, false}, []bool{ch[0].Significant, ch[1].Significant, ch[2].Significant, ch[3].Significant})
	ch[0].P = 0.003
	holm(ch, 0.01)
	require.True(t, ch[0].Significant, "0.01/3")
	require.False(t, ch[3].Significant)
}

func TestStudent(t *testing.T) {
	for _, c := range []struct{ t, df, p float64 }{ // from tables
		{0, 5, 1}, {2.5706, 5, 0.05}, {12.706, 1, 0.05}, {3.169, 10, 0.01}, {2.0423, 30, 0.05}, {3.2909, 30, 0.0025577},
	} {
		require.InDelta(t, c.p, studentP(c.t, c.df), c.p*2e-3+1e-9, "t = %g, %g degrees", c.t, c.df)
	}
	require.InDelta(t, 0.05, studentP(1.95996, math.Inf(1)), 1e-5)
	require.InDelta(t, studentP(5, math.Inf(1)), studentP(5, 1e6), 1e-9)
}

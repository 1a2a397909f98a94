package optim_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/optim"
)

// What torch.optim.lr_scheduler's documentation lists, or the formulas give by
// hand, from base rate 1 on unless it says otherwise.
func TestSchedulesGivePyTorchsRates(t *testing.T) {
	half := math.Sqrt2 / 2
	for _, c := range []struct {
		name string
		s    optim.Schedule
		base float64
		want []float64
	}{
		{"lambda", optim.Lambda(func(s int) float64 { return float64(s) / 2 }), 0.1, []float64{0, 0.05, 0.1}},
		{"multiplicative", optim.Multiplicative(func(s int) float64 { return float64(s) }), 1, []float64{1, 1, 2, 6, 24}},
		{"constant", optim.Constant{Factor: 0.5, TotalIters: 4}, 0.05, []float64{0.025, 0.025, 0.025, 0.025, 0.05, 0.05}},
		{"linear", optim.Linear{StartFactor: 0.5, TotalIters: 4}, 0.05, []float64{0.025, 0.03125, 0.0375, 0.04375, 0.05, 0.05}},
		{"linear down to 0", optim.Linear{StartFactor: 1, EndFactor: -1, TotalIters: 2}, 1, []float64{1, 0.5, 0, 0}},
		{"step", optim.Step{StepSize: 2}, 0.05, []float64{0.05, 0.05, 0.005, 0.005, 0.0005}},
		{"multi-step", optim.MultiStep{Milestones: []int{1, 3, 3}, Gamma: 0.5}, 1, []float64{1, 0.5, 0.5, 0.125}},
		{"exponential", optim.Exponential{Gamma: 0.9}, 1, []float64{1, 0.9, 0.81}},
		{"polynomial", optim.Polynomial{TotalIters: 4, Power: 2}, 1, []float64{1, 9. / 16, 0.25, 1. / 16, 0, 0}},
		{"cosine", optim.CosineAnnealing{TMax: 4, EtaMin: 0.2}, 1.2, []float64{1.2, 0.7 + half/2, 0.7, 0.7 - half/2, 0.2, 0.7 - half/2}},
		{"warm restarts", optim.CosineAnnealingWarmRestarts{T0: 2, TMult: 2}, 1,
			[]float64{1, 0.5, 1, 0.5 + half/2, 0.5, 0.5 - half/2, 1}},
		{"one cycle", optim.OneCycle{MaxLR: 1, TotalSteps: 10, AnnealStrategy: "linear", DivFactor: 4, FinalDivFactor: 10}, 9,
			[]float64{0.25, 0.625, 1, 1 - 0.975/7, 1 - 2*0.975/7, 1 - 3*0.975/7, 1 - 4*0.975/7, 1 - 5*0.975/7, 1 - 6*0.975/7, 0.025}},
		{"one cycle in three phases", optim.OneCycle{MaxLR: 1, TotalSteps: 10, PctStart: 0.3, AnnealStrategy: "linear", DivFactor: 4, FinalDivFactor: 10, ThreePhase: true}, 9,
			[]float64{0.25, 0.625, 1, 0.625, 0.25, 0.205, 0.16, 0.115, 0.07, 0.025}},
		{"one cycle by cosines", optim.OneCycle{TotalSteps: 5, PctStart: 0.6}, 1, []float64{0.04, 0.52, 1, 0.500002, 0.000004}},
		{"cyclic", optim.Cyclic{MaxLR: 5, StepSizeUp: 2, StepSizeDown: 4}, 1, []float64{1, 3, 5, 4, 3, 2, 1, 3}},
		{"cyclic halving", optim.Cyclic{MaxLR: 5, StepSizeUp: 2, Mode: "triangular2"}, 1, []float64{1, 3, 5, 3, 1, 2, 3, 2, 1, 1.5}},
		{"cyclic falling", optim.Cyclic{MaxLR: 5, StepSizeUp: 2, Mode: "exp_range", Gamma: 0.5}, 1, []float64{1, 2, 2, 1.25, 1}},
		{"sequential", optim.Sequential{Schedules: []optim.Schedule{optim.Constant{Factor: 0.1, TotalIters: 2}, optim.Exponential{Gamma: 0.9}}, Milestones: []int{2}},
			1, []float64{0.1, 0.1, 1, 0.9, 0.81}},
		{"chained", optim.Chained{optim.Constant{Factor: 0.1, TotalIters: 2}, optim.Exponential{Gamma: 0.9}}, 1,
			[]float64{0.1, 0.09, 0.81, 0.729, 0.6561}},
		// each step halves, then a cosine by 90° a step: half the distance from 0.2, the
		// whole, up by 0.4, twice the distance
		{"chained with a cosine", optim.Chained{optim.Step{StepSize: 1, Gamma: 0.5}, optim.CosineAnnealing{TMax: 2, EtaMin: 0.2}}, 1,
			[]float64{1, 0.35, 0.2, 0.1 + 0.4, 0.2 + 2*0.05}},
		{"warm-up", optim.Warmup{Steps: 4, Then: optim.Exponential{Gamma: 0.5}}, 1, []float64{0.25, 0.5, 0.75, 1, 1, 0.5}},
		{"quadratic warm-up", optim.Warmup{Steps: 2, Power: 2}, 1, []float64{0.25, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, want := range c.want {
				require.InDelta(t, want, c.s.Rate(c.base, i), 1e-14, "step %d", i)
			}
		})
	}
}

// Patience 2: the third metric in a row that is no better lowers the rate; after
// that one observation doesn't count.
func TestPlateauWaitsFallsAndCoolsDown(t *testing.T) {
	s := &optim.Plateau{Factor: 0.5, Patience: 2, Cooldown: 1, Threshold: 0.1, MinLR: 0.2}
	warmed := optim.Warmup{Steps: 1, Then: optim.Sequential{Schedules: []optim.Schedule{optim.Chained{s}}}}
	var rates []float64
	for _, m := range []float64{2, 1.9, 1.5, 1.4, 1.36, math.NaN(), 1.4, 1.4, 1.4, 1.4, 1, 1, 1, 1, 1, 1, 1, 1} {
		warmed.Observe(m)
		rates = append(rates, warmed.Rate(1, 1))
	}
	require.Equal(t, []float64{1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2}, rates)

	again := &optim.Plateau{Factor: 0.5, MinLR: 0.2, State: s.State}
	require.Equal(t, 0.2, again.Rate(1, 0))
	up := &optim.Plateau{Mode: "max", ThresholdMode: "abs", Threshold: 1, Patience: -1, Factor: 0.5}
	for _, m := range []float64{5, 5.5, 7, 8} {
		up.Observe(m)
	}
	require.Equal(t, 0.25, up.Rate(1, 0), "5.5 and 8 aren't better by more than 1")
}

package optim

import "math"

// Schedule gives the learning rate in force at a step, counted from 0, for a
// base rate: a parameter group's own. Those of this package are closed forms of
// torch.optim.lr_scheduler's, in float64; a field named as PyTorch's argument
// means the same, and has its default where that is a number other than 0.
// A step may as well be an epoch: it is what the caller counts.
type Schedule interface {
	Rate(base float64, step int) float64
}

// Observer is a Schedule that hears a metric, such as the loss of an epoch.
// Package train tells it after each epoch.
type Observer interface{ Observe(metric float64) }

// Lambda is LambdaLR: the base rate times a function of the step.
type Lambda func(step int) float64

// Rate is base·f(step).
func (f Lambda) Rate(base float64, step int) float64 { return base * f(step) }

// Multiplicative is MultiplicativeLR: each step from 1 on multiplies the rate by
// the function. A call takes as long as there were steps.
type Multiplicative func(step int) float64

// Rate is base·f(1)·...·f(step).
func (f Multiplicative) Rate(base float64, step int) float64 {
	for s := 1; s <= step; s++ {
		base *= f(s)
	}
	return base
}

// Constant is ConstantLR: Factor (0: 1/3) until TotalIters (0: 5), then 1. The
// rate without any schedule needs none.
type Constant struct {
	Factor     float64
	TotalIters int
}

// Rate is base·Factor before step TotalIters.
func (s Constant) Rate(base float64, step int) float64 {
	if step < orInt(s.TotalIters, 5) {
		return base * or(s.Factor, 1.0/3)
	}
	return base
}

// Linear is LinearLR: from StartFactor (0: 1/3) to EndFactor (0: 1; negative: 0)
// over TotalIters steps (0: 5).
type Linear struct {
	StartFactor, EndFactor float64
	TotalIters             int
}

// Rate is base·(start + (end-start)·step/TotalIters).
func (s Linear) Rate(base float64, step int) float64 {
	start, end, n := or(s.StartFactor, 1.0/3), or(s.EndFactor, 1), orInt(s.TotalIters, 5)
	return base * (start + (end-start)*float64(min(step, n))/float64(n))
}

// Step is StepLR: Gamma (0: 0.1) after every StepSize steps.
type Step struct {
	StepSize int
	Gamma    float64
}

// Rate is base·Gamma^floor(step/StepSize).
func (s Step) Rate(base float64, step int) float64 {
	return base * math.Pow(or(s.Gamma, 0.1), float64(step/max(s.StepSize, 1)))
}

// MultiStep is MultiStepLR: Gamma (0: 0.1) at each milestone.
type MultiStep struct {
	Milestones []int
	Gamma      float64
}

// Rate is base·Gamma^(number of milestones up to step).
func (s MultiStep) Rate(base float64, step int) float64 {
	n := 0
	for _, m := range s.Milestones {
		if m <= step {
			n++
		}
	}
	return base * math.Pow(or(s.Gamma, 0.1), float64(n))
}

// Exponential is ExponentialLR.
type Exponential struct{ Gamma float64 }

// Rate is base·Gamma^step.
func (s Exponential) Rate(base float64, step int) float64 {
	return base * math.Pow(s.Gamma, float64(step))
}

// Polynomial is PolynomialLR: down to 0 over TotalIters steps (0: 5) by a power
// (0: 1).
type Polynomial struct {
	TotalIters int
	Power      float64
}

// Rate is base·(1 - step/TotalIters)^Power.
func (s Polynomial) Rate(base float64, step int) float64 {
	n := orInt(s.TotalIters, 5)
	return base * math.Pow(1-float64(min(step, n))/float64(n), or(s.Power, 1))
}

// CosineAnnealing is CosineAnnealingLR: down to EtaMin at step TMax, then up
// again.
type CosineAnnealing struct {
	TMax   int
	EtaMin float64
}

// Rate is EtaMin + (base - EtaMin)·(1 + cos(π·step/TMax))/2.
func (s CosineAnnealing) Rate(base float64, step int) float64 {
	return cosine(s.EtaMin, base, float64(step)/float64(max(s.TMax, 1)))
}

// cosine goes from high at x = 0 down to low at x = 1.
func cosine(low, high, x float64) float64 { return low + (high-low)*(1+math.Cos(math.Pi*x))/2 }

// CosineAnnealingWarmRestarts begins again at the base rate after T0 steps, then
// after TMult (0: 1) times as many, and so on.
type CosineAnnealingWarmRestarts struct {
	T0, TMult int
	EtaMin    float64
}

// Rate is EtaMin + (base - EtaMin)·(1 + cos(π·steps since the restart/its period))/2.
func (s CosineAnnealingWarmRestarts) Rate(base float64, step int) float64 {
	period, mult := max(s.T0, 1), orInt(s.TMult, 1)
	if mult == 1 {
		step %= period
	}
	for step >= period {
		step -= period
		period *= mult
	}
	return cosine(s.EtaMin, base, float64(step)/float64(period))
}

// Sequential is SequentialLR: Schedules[i] until step Milestones[i], the last one
// from then on; each counts its steps from 0.
type Sequential struct {
	Schedules  []Schedule
	Milestones []int
}

// Rate is that of the schedule whose turn it is.
func (s Sequential) Rate(base float64, step int) float64 {
	i, since := s.turn(step)
	if i >= len(s.Schedules) {
		return base
	}
	return s.Schedules[i].Rate(base, step-since)
}

func (s Sequential) turn(step int) (i, since int) {
	for i < len(s.Milestones) && s.Milestones[i] <= step {
		since = s.Milestones[i]
		i++
	}
	return i, since
}

// Observe tells every schedule that wants to hear.
func (s Sequential) Observe(metric float64) { observe(s.Schedules, metric) }

// Chained is ChainedScheduler: each schedule scales what the one before it gives.
// A CosineAnnealing to an EtaMin does what PyTorch's does, step by step, so that a
// call takes as long as there were steps. A Lambda scales too; PyTorch's would
// undo what came before it.
type Chained []Schedule

// Rate is the last schedule's rate, with the one before as its base, and so on.
func (s Chained) Rate(base float64, step int) float64 {
	for _, m := range s {
		if c, ok := m.(CosineAnnealing); ok && c.EtaMin != 0 {
			return s.recursive(base, step)
		}
	}
	for _, m := range s {
		base = m.Rate(base, step)
	}
	return base
}

// recursive goes from step to step: each schedule scales the rate as much as it
// fell since the step before, but a cosine its distance from EtaMin.
func (s Chained) recursive(base float64, step int) float64 {
	rate := base
	for t := range step + 1 {
		for _, m := range s {
			c, cos := m.(CosineAnnealing)
			switch {
			case cos && t > 0:
				rate = c.next(base, rate, t)
			case cos:
			case t == 0:
				rate = m.Rate(rate, 0)
			default:
				if before := m.Rate(base, t-1); before != 0 {
					rate *= m.Rate(base, t) / before
				}
			}
		}
	}
	return rate
}

// next is the rate at a step after the rate of the step before.
func (s CosineAnnealing) next(base, rate float64, step int) float64 {
	n := max(s.TMax, 1)
	x := math.Pi / float64(n)
	if (step-1)%(2*n) == n { // from the bottom up, where a ratio would be 0/0
		return rate + (base-s.EtaMin)*(1-math.Cos(x))/2
	}
	return s.EtaMin + (rate-s.EtaMin)*(1+math.Cos(x*float64(step)))/(1+math.Cos(x*float64(step-1)))
}

// Observe tells every schedule that wants to hear.
func (s Chained) Observe(metric float64) { observe(s, metric) }

func observe(list []Schedule, metric float64) {
	for _, m := range list {
		if o, ok := m.(Observer); ok {
			o.Observe(metric)
		}
	}
}

// Warmup rises to the base rate over Steps steps, the first of which is already
// above 0, by a power (0: 1, linear), and goes on as Then (nil: at the base rate),
// which counts its steps from the warm-up's end.
type Warmup struct {
	Steps int
	Power float64
	Then  Schedule
}

// Rate is base·((step + 1)/Steps)^Power before step Steps.
func (s Warmup) Rate(base float64, step int) float64 {
	switch {
	case step < s.Steps:
		return base * math.Pow(float64(step+1)/float64(s.Steps), or(s.Power, 1))
	case s.Then == nil:
		return base
	}
	return s.Then.Rate(base, step-s.Steps)
}

// Observe tells Then, where it wants to hear.
func (s Warmup) Observe(metric float64) { observe([]Schedule{s.Then}, metric) }

func orInt(v, def int) int {
	if v == 0 {
		return def
	}
	return v
}

package optim

import "math"

// OneCycle is OneCycleLR: up from MaxLR/DivFactor to MaxLR over PctStart of
// TotalSteps, then down to MaxLR/DivFactor/FinalDivFactor; with ThreePhase first
// down as it went up. Zeros mean PctStart 0.3, DivFactor 25, FinalDivFactor 1e4,
// and MaxLR the base rate. AnnealStrategy is "cos" (or empty) or "linear". Past
// TotalSteps, where PyTorch fails, the last rate stays. Momentum stays too: it is
// compiled into the program, so this is PyTorch's with cycle_momentum=False.
type OneCycle struct {
	MaxLR                               float64
	TotalSteps                          int
	PctStart, DivFactor, FinalDivFactor float64
	AnnealStrategy                      string
	ThreePhase                          bool
}

// Rate is that of the phase that step lies in.
func (s OneCycle) Rate(base float64, step int) float64 {
	top := or(s.MaxLR, base)
	first := top / or(s.DivFactor, 25)
	last := first / or(s.FinalDivFactor, 1e4)
	total, pct := float64(s.TotalSteps), or(s.PctStart, 0.3)
	type phase struct{ end, from, to float64 }
	phases := []phase{{pct*total - 1, first, top}, {total - 1, top, last}}
	if s.ThreePhase {
		phases = []phase{{pct*total - 1, first, top}, {2*pct*total - 2, top, first}, {total - 1, first, last}}
	}
	at, start := float64(step), 0.0
	for i, p := range phases {
		if at > p.end && i < len(phases)-1 {
			start = p.end
			continue
		}
		x := 1.0
		if p.end > start {
			x = min((at-start)/(p.end-start), 1)
		}
		if s.AnnealStrategy == "linear" {
			return p.from + (p.to-p.from)*x
		}
		return cosine(p.to, p.from, x)
	}
	return base
}

// Cyclic is CyclicLR: from the base rate up to MaxLR over StepSizeUp steps (0:
// 2000) and down again over StepSizeDown (0: as many). The height above the base
// is scaled by Mode: "triangular" (or empty) not at all, "triangular2" by half
// each cycle, "exp_range" by Gamma^step (0: 1); or by Scale, of the cycle from 1
// on, or of the step with ScaleByStep. Momentum stays (cycle_momentum=False).
type Cyclic struct {
	MaxLR                    float64
	StepSizeUp, StepSizeDown int
	Mode                     string
	Gamma                    float64
	Scale                    func(x float64) float64
	ScaleByStep              bool
}

// Rate is base + (MaxLR - base)·(place in the triangle)·scale.
func (s Cyclic) Rate(base float64, step int) float64 {
	up := float64(orInt(s.StepSizeUp, 2000))
	size := up + float64(orInt(s.StepSizeDown, int(up)))
	cycle := math.Floor(1 + float64(step)/size)
	x := 1 + float64(step)/size - cycle
	ratio := up / size
	height := (x - 1) / (ratio - 1)
	if x <= ratio {
		height = x / ratio
	}
	height *= s.MaxLR - base
	switch {
	case s.Scale != nil && s.ScaleByStep:
		height *= s.Scale(float64(step))
	case s.Scale != nil:
		height *= s.Scale(cycle)
	case s.Mode == "triangular2":
		height /= math.Pow(2, cycle-1)
	case s.Mode == "exp_range":
		height *= math.Pow(or(s.Gamma, 1), float64(step))
	}
	return base + height
}

// Plateau is ReduceLROnPlateau: the rate falls by Factor (0: 0.1), not below
// MinLR, when the metric hasn't got better for more than Patience observations
// (0: 10; negative: none). Better is lower, with Mode "max" higher, by more than
// Threshold (0: 1e-4; negative: none), a share of the best, or with ThresholdMode
// "abs" a difference. After a fall, Cooldown observations don't count. A fall by
// no more than Eps (0: 1e-8) is left out. Use a pointer; State is what to save
// with a run.
type Plateau struct {
	Mode          string
	Factor        float64
	Patience      int
	Threshold     float64
	ThresholdMode string
	Cooldown      int
	MinLR, Eps    float64
	State         PlateauState
}

// PlateauState is what a Plateau has seen.
type PlateauState struct {
	Started    bool    // there is a Best
	Best       float64 // of the metric
	Bad        int     // observations that were no better, since the best or the last fall
	Cooling    int     // observations left that don't count
	Reductions int     // falls
}

// Rate is base·Factor^(number of falls), not below MinLR, whatever the step.
func (s *Plateau) Rate(base float64, _ int) float64 {
	for range s.State.Reductions {
		next := max(base*or(s.Factor, 0.1), s.MinLR)
		if base-next <= or(s.Eps, 1e-8) {
			break
		}
		base = next
	}
	return base
}

// Observe counts an observation of the metric.
func (s *Plateau) Observe(metric float64) {
	st := &s.State
	if !math.IsNaN(metric) && (!st.Started || s.better(metric, st.Best)) {
		st.Started, st.Best, st.Bad = true, metric, 0
	} else {
		st.Bad++
	}
	if st.Cooling > 0 {
		st.Cooling--
		st.Bad = 0
	}
	if st.Bad > max(0, orInt(s.Patience, 10)) {
		st.Reductions++
		st.Cooling, st.Bad = s.Cooldown, 0
	}
}

func (s *Plateau) better(a, best float64) bool {
	t := or(s.Threshold, 1e-4)
	switch {
	case s.ThresholdMode == "abs" && s.Mode == "max":
		return a > best+t
	case s.ThresholdMode == "abs":
		return a < best-t
	case s.Mode == "max":
		return a > best*(1+t)
	}
	return a < best*(1-t)
}

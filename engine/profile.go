package engine

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// StepTime is how long one kernel of a run took.
type StepTime struct {
	Step    int    // index into the plan's steps
	Name    string // the op, its fused followers and its variant: "matmul+add+relu.tile"
	Seconds float64
}

// profiler is a runner that was loaded with Profiled.
type profiler interface {
	times(slot int) ([]StepTime, error)
}

// Profile gives the last finished run's time by kernel: on Vulkan the device's
// own timestamps, a row a dispatch; on the CPU the clock's, a row a step. The
// program must have been compiled with Profiled.
func (p *Program) Profile() ([]StepTime, error) {
	pr, ok := p.r.(profiler)
	if !ok || !p.profiled {
		return nil, errors.New("engine: Profile: compile the program with engine.Profiled()")
	}
	last := (p.slot + slots - 1) % slots
	if p.step == 0 {
		return nil, errors.New("engine: Profile: the program has not run")
	}
	if err := p.tickets[last].Wait(); err != nil {
		return nil, err
	}
	return pr.times(last)
}

// Summary adds up a profile by kernel, the dearest first: a line for each with
// its time, its share, how often it ran and its name.
func Summary(times []StepTime) string {
	total := 0.0
	sum, count := map[string]float64{}, map[string]int{}
	var names []string
	for _, t := range times {
		if count[t.Name] == 0 {
			names = append(names, t.Name)
		}
		sum[t.Name] += t.Seconds
		count[t.Name]++
		total += t.Seconds
	}
	sort.Slice(names, func(i, j int) bool { return sum[names[i]] > sum[names[j]] })
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "%9.3f ms %5.1f %% %4d x %s\n", 1e3*sum[n], 100*sum[n]/total, count[n], n)
	}
	fmt.Fprintf(&b, "%9.3f ms in all\n", 1e3*total)
	return b.String()
}

package engine

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"
)

// StepTime is how long one kernel of a run took.
type StepTime struct {
	Step     int    // index into the plan's steps
	Dispatch int    // Vulkan: index into the step's dispatches
	Name     string // the op, its fused followers and its variant: "matmul+add+relu.tile"
	Seconds  float64
	Begin    time.Time // on the host's clock; see Timeline.Clock
}

// Timeline is a profiled run on the host's clock. Where the host can't map the
// device's memory, Upload and Download are the device's copies of the inputs and
// outputs; elsewhere they take no time.
type Timeline struct {
	Called, Fed, Submitted time.Time // of Run: its call, inputs copied, the run under way
	Waiting, Done          time.Time // of Ticket.Wait: its call, and its return
	Upload, Download       StepTime
	Kernels                []StepTime
	Clock                  string // how the kernels' times came to the host's clock
}

// profiler is a runner that was loaded with Profiled. times sets what the
// device knows; the rest of the timeline is there already.
type profiler interface {
	times(slot int, t *Timeline) error
}

// Profile gives the last finished run's time by kernel: on Vulkan the device's
// own timestamps, a row a dispatch; on the CPU the clock's, a row a step. The
// program must have been compiled with Profiled.
func (p *Program) Profile() ([]StepTime, error) {
	t, err := p.Timeline()
	return t.Kernels, err
}

// Timeline says what happened when in the last run; it waits for its end. The
// program must have been compiled with Profiled.
func (p *Program) Timeline() (Timeline, error) {
	pr, ok := p.r.(profiler)
	if !ok || !p.profiled {
		return Timeline{}, errors.New("engine: Profile: compile the program with engine.Profiled()")
	}
	if p.step == 0 {
		return Timeline{}, errors.New("engine: Profile: the program has not run")
	}
	last := (p.slot + slots - 1) % slots
	if err := p.tickets[last].Wait(); err != nil {
		return Timeline{}, err
	}
	t := p.marks[last]
	err := pr.times(last, &t)
	return t, err
}

// mark notes the time in a profiled program.
func (p *Program) mark(at *time.Time) {
	if p.profiled {
		*at = time.Now()
	}
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

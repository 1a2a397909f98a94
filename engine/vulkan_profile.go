//go:build cgo

package engine

import (
	"time"
)

// stamps is how many timestamps a profiled run has:
//
//	upload | dispatches and copies, one after each | download
func (v *vulkanProgram) stamps() int {
	n := 3
	for _, s := range v.plan.Steps {
		n += len(s.Dispatches)
	}
	return n
}

// times puts the slot's timestamps on the host's clock.
func (v *vulkanProgram) times(slot int, t *Timeline) error {
	ns := make([]float64, v.stamps())
	if err := v.queries.Read(slot*len(ns), ns); err != nil {
		return translate(err)
	}
	zero, clock := v.deviceZero()
	if clock == "" {
		zero, clock = aligned(ns[0], ns[len(ns)-1], t), "the device's timestamps, the first put where the submission returned"
	}
	t.Clock = clock
	k := 0
	next := func(step, dispatch int, name string) StepTime {
		k++
		return StepTime{step, dispatch, name, max(0, ns[k]-ns[k-1]) * 1e-9, zero.Add(time.Duration(ns[k-1]))}
	}
	t.Upload = next(-1, 0, "upload")
	t.Kernels = nil
	for i, s := range v.plan.Steps {
		for d := range s.Dispatches {
			t.Kernels = append(t.Kernels, next(i, d, s.Name()))
		}
	}
	t.Download = next(-1, 0, "download")
	return nil
}

// deviceZero is when the device's nanosecond 0 was on the host's clock: the
// device is asked between two looks at the host's clock, and the answer counts
// that took the least time. Without an answer the clock has no name.
func (v *vulkanProgram) deviceZero() (zero time.Time, clock string) {
	least := time.Duration(1<<63 - 1)
	for range 8 {
		before := time.Now()
		ns, ok := v.b.dev.Now()
		if !ok {
			return zero, ""
		}
		if took := time.Since(before); took < least {
			least, zero = took, before.Add(took/2-time.Duration(ns))
		}
	}
	return zero, "the device's calibrated timestamps, within " + (least/2 + 1).String()
}

// aligned is deviceZero's guess for a device that can't be asked: its work began
// when the submission returned, or earlier where it wouldn't have been done else.
func aligned(first, last float64, t *Timeline) time.Time {
	zero := t.Submitted.Add(-time.Duration(first))
	if late := zero.Add(time.Duration(last)).Sub(t.Done); late > 0 {
		zero = zero.Add(-late)
	}
	return zero
}

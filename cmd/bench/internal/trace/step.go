// Package trace says where a step's time goes: which part of the wall clock each
// kernel has, and what no kernel accounts for, as a table and as a Chrome trace;
// and how time grows with size.
package trace

import (
	"slices"
	"time"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/plan"
)

// Step is one run with its wall clock: from Begin, before Run is called, to End,
// when its outputs are read. Read is when reading began.
type Step struct {
	engine.Timeline
	Begin, Read, End time.Time
}

// Split is wall clock in seconds, each moment of it in one part: the first of
// these that applies.
type Split struct {
	Kernels float64 // a kernel runs
	Copies  float64 // the device copies inputs or outputs
	Feed    float64 // the host: inputs are copied
	Submit  float64 // the host: the run is submitted; on the CPU, goes from kernel to kernel
	Read    float64 // the host: outputs are read
	Other   float64 // the host: between these
	Queue   float64 // submitted, and the device hasn't begun
	Wait    float64 // the device is done, and the host doesn't know yet
}

// Wall is the sum of the parts.
func (s Split) Wall() float64 { return s.Kernels + s.Copies + s.Host() + s.Queue + s.Wait }

// Host is what the host does besides waiting and kernels.
func (s Split) Host() float64 { return s.Feed + s.Submit + s.Read + s.Other }

// Unaccounted is the part of the wall clock, 0 to 1, that no kernel accounts for.
func (s Split) Unaccounted() float64 {
	if w := s.Wall(); w > 0 {
		return 1 - s.Kernels/w
	}
	return 0
}

// Add adds another step's.
func (s Split) Add(t Split) Split {
	return Split{s.Kernels + t.Kernels, s.Copies + t.Copies, s.Feed + t.Feed, s.Submit + t.Submit,
		s.Read + t.Read, s.Other + t.Other, s.Queue + t.Queue, s.Wait + t.Wait}
}

// Over divides all parts.
func (s Split) Over(n int) Split {
	d := float64(n)
	return Split{s.Kernels / d, s.Copies / d, s.Feed / d, s.Submit / d, s.Read / d, s.Other / d, s.Queue / d, s.Wait / d}
}

// span is a stretch of the step's time that belongs to one part of the split.
type span struct {
	from, to time.Duration // since Begin
	into     func(*Split) *float64
}

// spans are the step's, the first that covers a moment taking it. What lies
// outside Begin and End, as a device's clock may, counts for nothing.
func (s *Step) spans() []span {
	var all []span
	add := func(from, to time.Time, into func(*Split) *float64) {
		f, t := max(0, from.Sub(s.Begin)), min(s.End.Sub(s.Begin), to.Sub(s.Begin))
		if f < t {
			all = append(all, span{f, t, into})
		}
	}
	kernels := func(p *Split) *float64 { return &p.Kernels }
	for _, k := range s.Kernels {
		add(k.Begin, end(k), kernels)
	}
	for _, k := range []engine.StepTime{s.Upload, s.Download} {
		add(k.Begin, end(k), func(p *Split) *float64 { return &p.Copies })
	}
	add(s.Called, s.Fed, func(p *Split) *float64 { return &p.Feed })
	add(s.Fed, s.Submitted, func(p *Split) *float64 { return &p.Submit })
	add(s.Read, s.End, func(p *Split) *float64 { return &p.Read })
	first, _ := s.device()
	add(s.Submitted, first, func(p *Split) *float64 { return &p.Queue })
	add(s.Waiting, s.Done, func(p *Split) *float64 { return &p.Wait })
	return append(all, span{0, s.End.Sub(s.Begin), func(p *Split) *float64 { return &p.Other }})
}

// device is when the device began and when it was done.
func (s *Step) device() (first, last time.Time) {
	all := s.Kernels
	if !s.Upload.Begin.IsZero() { // the CPU has none
		all = append(append([]engine.StepTime{s.Upload}, all...), s.Download)
	}
	for i, k := range all {
		if i == 0 || k.Begin.Before(first) {
			first = k.Begin
		}
		if e := end(k); e.After(last) {
			last = e
		}
	}
	return first, last
}

func end(k engine.StepTime) time.Time { return k.Begin.Add(time.Duration(k.Seconds * 1e9)) }

// Split divides the step's wall clock; the parts add up to End - Begin.
func (s *Step) Split() Split {
	spans := s.spans()
	var cuts []time.Duration
	for _, p := range spans {
		cuts = append(cuts, p.from, p.to)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out Split
	for i := range len(cuts) - 1 {
		for _, p := range spans {
			if p.from <= cuts[i] && cuts[i+1] <= p.to {
				*p.into(&out) += (cuts[i+1] - cuts[i]).Seconds()
				break
			}
		}
	}
	return out
}

// Kernel is what all runs of one kind of kernel took together.
type Kernel struct {
	Name         string
	Calls        int
	Seconds      float64
	Flops, Bytes float64
}

// Kernels adds up steps by kernel, the dearest first. A plan's step of several
// dispatches is one call, and its cost is counted once.
func Kernels(p *plan.Plan, steps []Step) []Kernel {
	at := map[string]int{}
	var all []Kernel
	for _, st := range steps {
		for _, t := range st.Kernels {
			i, ok := at[t.Name]
			if !ok {
				i = len(all)
				at[t.Name] = i
				all = append(all, Kernel{Name: t.Name})
			}
			k := &all[i]
			k.Seconds += t.Seconds
			if t.Dispatch == 0 {
				flops, bytes := cost(p.Steps[t.Step])
				k.Calls++
				k.Flops += flops
				k.Bytes += bytes
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Kernel) int {
		switch {
		case a.Seconds > b.Seconds:
			return -1
		case a.Seconds < b.Seconds:
			return 1
		}
		return 0
	})
	return all
}

// cost is a plan's step's; what is fused into it reads and writes besides only
// its further operands.
func cost(s *plan.Step) (flops, bytes float64) {
	if s.Node == nil {
		return 0, float64(s.In[0].Bytes + s.Out[0].Bytes)
	}
	c := s.Call.Op.Cost(s.Call)
	for _, e := range s.Extra {
		c.Bytes += float64(e.Bytes)
	}
	return c.Flops + float64(len(s.Fused)*elems(s)), c.Bytes
}

func elems(s *plan.Step) int {
	if len(s.Call.Out) == 0 || !s.Call.Out[0].Present() {
		return 0
	}
	return s.Call.Out[0].Elems()
}

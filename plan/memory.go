package plan

import (
	"fmt"
	"strings"
)

// bound computes the plan's lower bound: no placement can need less than what
// is alive at once.
func (p *placer) bound(done []*storage) {
	for i := range p.steps {
		sum, work := 0, 0
		for _, s := range done {
			if s.first <= i && i <= s.last {
				sum += roundUp(s.bytes)
			}
		}
		for _, w := range p.work[p.steps[i]] {
			work += roundUp(w.bytes)
		}
		if sum > p.p.LowerBound {
			p.p.LowerBound, p.p.BoundWork = sum, work
		}
	}
	for _, s := range done[:min(5, len(done))] {
		p.p.Largest = append(p.p.Largest, Sized{s.what, s.bytes})
	}
}

// Bytes is what a program needs of a device besides its State.
func (p *Plan) Bytes() int {
	sum := p.FixedBytes + p.ConstBytes + p.InBytes + p.OutBytes
	for _, a := range p.ArenaBytes {
		sum += a
	}
	return sum
}

// MemoryError is a plan that doesn't fit its device.
type MemoryError struct {
	Need, Have int
	Largest    []Sized
}

func (e *MemoryError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "plan: needs %.1f MiB, the device has %.1f MiB; the largest buffers:", mib(e.Need), mib(e.Have))
	for _, l := range e.Largest {
		fmt.Fprintf(&b, " %s %.1f MiB;", l.What, mib(l.Bytes))
	}
	fmt.Fprintf(&b, " a batch %.2f times this size would fit", float64(e.Have)/float64(e.Need))
	return b.String()
}

func mib(n int) float64 { return float64(n) / (1 << 20) }

func (p *placer) fits() error {
	need := p.p.Bytes()
	for _, v := range p.p.Vars {
		need += roundUp(v.Stored().Bytes())
	}
	if p.t.Memory > 0 && need > p.t.Memory {
		return &MemoryError{need, p.t.Memory, p.p.Largest}
	}
	return nil
}

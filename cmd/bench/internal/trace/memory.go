package trace

import "github.com/vulgo-ml/vulgo/plan"

// Memory is a plan's, in bytes.
type Memory struct {
	Peak        int // what the plan takes for values and workspaces
	Bound       int // the least any plan could: the largest live set
	Activations int // values, at that moment
	Workspace   int // workspaces, at that moment
	Fixed       int // gradients and what else keeps its place, not reused
	Parameters  int
	Other       int // variables that aren't trained: moments, counts, statistics
	InOut       int // inputs, outputs and constants, on the device
}

// MemoryOf reads a plan's.
func MemoryOf(p *plan.Plan) Memory {
	m := Memory{Bound: p.LowerBound, Workspace: p.BoundWork, Activations: p.LowerBound - p.BoundWork,
		Fixed: p.FixedBytes, InOut: p.InBytes + p.OutBytes + p.ConstBytes}
	for _, a := range p.ArenaBytes {
		m.Peak += a
	}
	for _, v := range p.Vars {
		if v.Trainable {
			m.Parameters += v.Stored().Bytes()
		} else {
			m.Other += v.Stored().Bytes()
		}
	}
	return m
}

// Counts are what a run of a plan asks of a device.
type Counts struct{ Steps, Dispatches, Barriers int }

// CountsOf reads a plan's.
func CountsOf(p *plan.Plan) Counts {
	c := Counts{Steps: len(p.Steps), Barriers: p.Barriers}
	for _, s := range p.Steps {
		c.Dispatches += len(s.Dispatches)
	}
	return c
}

// Package plan turns a graph into a fused, ordered list of steps, each with its
// kernel, the place of every operand in memory, and only the barriers that the
// data flow needs. It is pure: graph, Target and Choices in, a Plan out, which
// prints as text. Both devices run the same plan.
//
//	graph --live--> nodes --fuse--> steps --choose--> variants --place--> bytes --barrier--> Plan
package plan

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Slab names a kind of memory that operands live in.
type Slab uint8

// The slabs. Arena is reused from value to value; Fixed is a program's own
// memory, zeroed when it is made and not reused; State holds variables; Input
// and Output are the host's side of a run's slot; Const is written once.
const (
	Arena Slab = iota
	Fixed
	State
	Input
	Output
	Const
)

func (s Slab) String() string {
	return [...]string{"arena", "fixed", "state", "in", "out", "const"}[s]
}

// Align is what every operand's offset is rounded up to, in bytes: the largest
// minStorageBufferOffsetAlignment that Vulkan allows.
const Align = 256

// Place is a stretch of memory. ID counts the allocations of a slab.
type Place struct {
	Slab       Slab
	ID         int
	Off, Bytes int
}

// Step is one op with its kernel and its operands' places. Where an operand is
// absent its place has no bytes.
type Step struct {
	Node       *graph.Node // nil for a copy that the plan added
	Call       *kernels.Call
	Variant    *kernels.Variant
	In, Out    []Place
	Extra      []Place // the epilogue's operands
	Work       []Place
	Fused      []*graph.Node // nodes that the step's epilogue or formula took in
	Dispatches []Dispatch    // Vulkan
	// Finish, on the CPU, binds what the epilogue does to the op's result.
	Finish func(out cpuref.Arg[float32], extra []cpuref.Arg[float32]) func()

	lowered kernels.Lowered
}

// Dispatch is a lowered dispatch with its descriptors resolved.
type Dispatch struct {
	kernels.Dispatch
	Bound   []Bound
	Barrier bool // everything before must be done and visible
}

// Bound is one descriptor: what is bound, and within it what is touched.
type Bound struct {
	Place
	Texel   kernels.Texel
	Access  kernels.Access
	TouchLo int // bytes, from the slab's start
	TouchHi int
}

// IO is an input or output of the program.
type IO struct {
	Name  string
	Type  tensor.Type
	Place Place
}

// ConstData is a constant to be written once.
type ConstData struct {
	Tensor *tensor.Tensor
	Place  Place
}

// Plan is a compiled program, as data.
type Plan struct {
	Target  *kernels.Target
	Steps   []*Step
	Vars    []*graph.Variable // every variable read or assigned
	Inputs  []IO
	Outputs []IO
	Consts  []ConstData

	ArenaBytes []int // each allocation of the arena
	FixedBytes int
	InBytes    int
	OutBytes   int
	ConstBytes int

	Barriers   int
	LowerBound int // bytes: the largest sum of operands that one step needs at once
	BoundWork  int // of LowerBound, the step's workspaces
	Largest    []Sized
}

// Sized is a buffer's size with what it holds, for messages.
type Sized struct {
	What  string
	Bytes int
}

// Layout tells where a device's State keeps a variable.
type Layout func(v *graph.Variable) Place

// Options are the choices a plan depends on besides graph and Target.
type Options struct {
	Choices kernels.Choices
	Layout  Layout // nil: variables side by side, in order of appearance
	NoFuse  bool   // one step an op, for tests
}

// Build makes the plan of a graph for a device.
func Build(g *graph.Graph, t *kernels.Target, o Options) (*Plan, error) {
	if err := g.Err(); err != nil {
		return nil, err
	}
	b := &build{g: g, t: t, o: o, p: &Plan{Target: t}}
	b.live()
	if err := b.dtypes(); err != nil {
		return nil, err
	}
	b.order()
	if !o.NoFuse {
		b.fuse()
	}
	if o.Layout == nil {
		b.o.Layout = SideBySide(Vars(g))
	}
	if err := b.choose(); err != nil {
		return nil, err
	}
	if err := b.place(); err != nil {
		return nil, err
	}
	if t.Kind == kernels.Vulkan {
		if err := b.resolve(); err != nil {
			return nil, err
		}
		b.p.Barriers = barriers(b.p.Steps)
	}
	return b.p, nil
}

// Vars lists the variables a graph reads or assigns, in order of appearance;
// parameters that an optimizer updates together come side by side.
func Vars(g *graph.Graph) []*graph.Variable {
	var vars []*graph.Variable
	seen := map[*graph.Variable]bool{}
	add := func(v *graph.Variable) {
		if !seen[v] {
			seen[v] = true
			vars = append(vars, v)
		}
	}
	for _, n := range g.Nodes {
		if n.Kind != graph.OpNode || n.Op.Flat == nil {
			continue
		}
		for _, r := range n.In[:n.Op.Flat(n.Attrs)] {
			if m := g.Maker(r); m.Kind == graph.ReadNode {
				add(m.Var)
			}
		}
	}
	for _, n := range g.Nodes {
		if n.Kind == graph.ReadNode {
			add(n.Var)
		}
	}
	for _, a := range g.Assigns {
		add(a.Var)
	}
	return vars
}

// SideBySide is the layout of a State that holds just these variables.
func SideBySide(vars []*graph.Variable) Layout {
	at := map[*graph.Variable]Place{}
	off := 0
	for _, v := range vars {
		at[v] = Place{State, 0, off, v.Stored().Bytes()}
		off += roundUp(v.Stored().Bytes())
	}
	return func(v *graph.Variable) Place { return at[v] }
}

func roundUp(n int) int { return (n + Align - 1) / Align * Align }

package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Kind tells the two sorts of device.
type Kind uint8

// The kinds of device.
const (
	CPU Kind = iota
	Vulkan
)

func (k Kind) String() string { return [...]string{"cpu", "vulkan"}[k] }

// Variant is one way to run an op.
type Variant struct {
	Name string
	Kind Kind
	// When says whether the variant can serve this call on this device; nil: always.
	When func(t *Target, c *Call) bool
	// Lower turns a call into dispatches (Vulkan). It is pure: no device is asked.
	Lower func(t *Target, c *Call) (Lowered, error)
	// Prepare binds a fast CPU body.
	Prepare Prepare[float32]
	// Prepare64 is set by Choose, to the plain body, for a call over float64.
	Prepare64 Prepare[float64]
}

// Call is one application of an op, as far as it is known before anything runs.
type Call struct {
	Op      *Op
	Attrs   any
	In, Out []tensor.Type // an absent operand has dtype Invalid
	// Extra are the epilogue's operands E0 and E1, and Epilogue its body; nil
	// where the plan fused nothing.
	Extra    []tensor.Type
	Epilogue Patch
	// Runs, for Flat ops: maximal runs of parameters that lie side by side.
	Runs []Run
}

// Run is a stretch of parameters side by side in a device's memory, each
// padded to FlatAlign elements, that one dispatch can update.
type Run struct {
	First, Count int // parameters [First, First+Count)
	Offset       int // where the run starts in the flat operands, in elements
	Elems        int // its length with the padding
}

// FlatAlign is what a parameter's place in a flat operand is rounded up to, in
// elements: 256 bytes, the largest offset alignment Vulkan allows a device.
const FlatAlign = 64

// FlatPad rounds a number of elements up to FlatAlign.
func FlatPad(n int) int { return (n + FlatAlign - 1) / FlatAlign * FlatAlign }

// Lowered is a call as dispatches, in order. The plan puts barriers between
// them where their Binds say that bytes flow.
type Lowered struct {
	Work       []int // workspaces, in bytes
	Dispatches []Dispatch
}

// Dispatch is one vkCmdDispatch. Where Shader is empty it is a copy of Bind[0]
// to Bind[1], of equal length.
type Dispatch struct {
	Shader string   // basename of the SPIR-V module
	Spec   []uint32 // specialisation constants 0, 1, ...
	Bind   []Bind   // binding i is Bind[i]
	Push   []uint32 // at most 32 words
	Grid   [3]uint32
	Patch  Patch // replaces a function's body in the module; nil: none
}

// Patch replaces the body of a function in a SPIR-V module when a pipeline is
// made. Key identifies it in the pipeline cache.
type Patch interface {
	Key() string
	Apply(module []uint32) ([]uint32, error)
}

// Role says which list of operands a Bind points into.
type Role uint8

// The roles of a bound operand.
const (
	RoleIn Role = iota
	RoleOut
	RoleWork
	RoleExtra
)

// Access says what a dispatch does with a bound operand.
type Access uint8

// The accesses.
const (
	Read Access = 1 << iota
	Write
)

// Texel says how a bound operand is seen.
type Texel uint8

// The views of an operand: a storage buffer, or a uniform texel buffer of
// R32_SFLOAT or R32G32B32A32_SFLOAT.
const (
	Storage Texel = iota
	Texel1
	Texel4
)

// Bind is one descriptor.
type Bind struct {
	Role   Role
	Index  int
	Access Access
	Texel  Texel
	// Off and Len, in elements of 4 bytes, narrow (or, for a Run, widen) what is
	// bound; Off must be a multiple of FlatAlign. Len 0 binds the whole operand.
	Off, Len int
	// TouchOff and TouchLen narrow what the dispatch touches of what is bound,
	// in elements; the plan's hazards use them. TouchLen 0: all of it.
	TouchOff, TouchLen int
}

// In binds input i to be read.
func In(i int) Bind { return Bind{Role: RoleIn, Index: i, Access: Read} }

// Out binds output i to be written.
func Out(i int) Bind { return Bind{Role: RoleOut, Index: i, Access: Write} }

// Work binds workspace i, read and written.
func Work(i int) Bind { return Bind{Role: RoleWork, Index: i, Access: Read | Write} }

// operand is the type of a bound input or output.
func (c *Call) operand(b Bind) tensor.Type {
	if b.Role == RoleOut {
		return c.Out[b.Index]
	}
	return c.In[b.Index]
}

// ExtraOr binds the epilogue's operand E_i, or, where the call has none, other
// in its place, unread: a binding the module names must be bound.
func (c *Call) ExtraOr(i int, other Bind) Bind {
	if i < len(c.Extra) {
		return Bind{Role: RoleExtra, Index: i, Access: Read}
	}
	other.Access = 0
	return other
}

// Texel1 sees the operand as a texel buffer of single floats.
func (b Bind) Texel1() Bind { b.Texel = Texel1; return b }

// Texel4 sees the operand as a texel buffer of vec4.
func (b Bind) Texel4() Bind { b.Texel = Texel4; return b }

// RO marks the operand as only read, RW as read and written, WO as only written.
func (b Bind) RO() Bind { b.Access = Read; return b }

// RW marks the operand as read and written.
func (b Bind) RW() Bind { b.Access = Read | Write; return b }

// WO marks the operand as only written.
func (b Bind) WO() Bind { b.Access = Write; return b }

// Part binds n elements from element off (a multiple of FlatAlign) on.
func (b Bind) Part(off, n int) Bind { b.Off, b.Len = off, n; return b }

// Touch says that only n elements from element off of what is bound are used.
func (b Bind) Touch(off, n int) Bind { b.TouchOff, b.TouchLen = off, n; return b }

// Choices force variants by op name ("matmul": "tile"), for tests and the tuner.
type Choices map[string]string

// PlainName is the name of the CPU variant that every op has.
const PlainName = "plain"

// Choose picks the variant for a call: the forced one if it applies, else the
// first that does. CPU devices always have the plain body.
func Choose(t *Target, c *Call, ch Choices) (*Variant, error) {
	force := ch[c.Op.Name]
	if c.wide() {
		return chooseWide(t, c, force)
	}
	for i := range c.Op.Variants {
		v := &c.Op.Variants[i]
		if v.Kind == t.Kind && (force == "" || force == v.Name) && (v.When == nil || v.When(t, c)) {
			return v, nil
		}
	}
	if t.Kind == CPU && (force == "" || force == PlainName) {
		op := c.Op
		return &Variant{Name: PlainName, Kind: CPU, Prepare: func(a *cpuref.Args[float32]) func() { return op.CPU.F32(a) }}, nil
	}
	if force != "" {
		return nil, fmt.Errorf("%s: variant %q doesn't serve %v on %s", c.Op.Name, force, c.In, t.Name)
	}
	return nil, fmt.Errorf("%s: no kernel serves %v on %s", c.Op.Name, c.In, t.Name)
}

// Folded is a grid for n workgroups that keeps each dimension under the
// device's limit; the shader rebuilds the index as x + y·gridX and checks it.
func Folded(t *Target, n int) [3]uint32 {
	most := int(t.MaxGroups[0])
	if n <= most {
		return [3]uint32{uint32(max(n, 1)), 1, 1}
	}
	y := (n + most - 1) / most
	return [3]uint32{uint32((n + y - 1) / y), uint32(y), 1}
}

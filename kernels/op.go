// Package kernels is the op table: one declaration an op, one file a family.
// A declaration holds everything the project knows of an op: its shape rule,
// its gradient, its CPU bodies, its Vulkan variants, its test cases, what it
// costs and how exact it is. Graph, plan, engine, tests and benchmarks walk
// the table; nothing about an op is written anywhere else.
//
// # NaN, infinities, zeros and denormals
//
// Elementwise ops follow PyTorch. NaN passes through every function; it wins
// minimum, maximum and clamp, comparisons with it are false (but for ne), and
// sign(NaN) is 0, as PyTorch has it. pow(0, 0), pow(1, NaN) and pow(NaN, 0) are 1,
// pow of a negative number to a fraction is NaN, 1/-0 is -Inf, log(0) is -Inf,
// round takes halves to even, and odd functions keep -0: tanh alone may give 0
// for it. dropout multiplies by 0 what it drops, so that NaN stays NaN.
//
// The CPU keeps denormals, but for results of its vector exp. A Vulkan device
// may take those that go in, or give those that come out, for zero of the same
// sign (SwiftShader does); no tolerance asks for more. A test holds each op on
// every device to a table of these.
package kernels

import (
	"fmt"
	"sort"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Op declares one operation.
type Op struct {
	Name string // "conv2d": unique, snake case
	Doc  string // the formula first: "C = A·B  (A [.., M, K], B [.., K, N])"

	In, Out []Operand
	Attrs   any // zero value of the comparable attributes struct; nil if there are none

	// Shape gives the outputs' types, optional ones included, or an error that
	// names the shapes ("[3 5] · [4 2]: inner sizes differ: 5 and 4"); the op's
	// name is put before it.
	Shape func(attrs any, in []tensor.Type) ([]tensor.Type, error)
	// Norm, if set, brings attributes to one form (a stride of 0 means 1), so
	// that equal calls are equal. It runs before Shape.
	Norm func(attrs any) any

	// Grad adds the ops of the gradient; set it in init with SetGrad, since it
	// mentions other ops of the table. NoGrad says why there is none.
	Grad   func(b Builder, g Grad) []Ref
	NoGrad string

	// CPU is the plain body: the oracle in float64, the fallback in float32.
	CPU CPUBody

	View   bool // Out[0] is In[0]'s memory under another shape; no kernel runs
	Random bool // draws are never merged
	// Alias gives, for each output, the input it may overwrite in place, or -1.
	// Only ops whose every element depends on the same element of that input.
	Alias func(attrs any, nin int) []int
	// Flat ops update many parameters at once: the first N inputs (N from the
	// call's attributes) and outputs are parameters; see Call.Runs.
	Flat func(attrs any) int
	// Epilogue: the op's kernels end in a replaceable epilogue(v, col, index);
	// EpilogueAxis is the output axis that col counts (-1 the last one).
	Epilogue     bool
	EpilogueAxis int

	Variants []Variant // Vulkan and fast CPU forms, in order of preference
	Cases    []Case    // tests: each on every device and variant
	Bench    []Case    // cmd/bench rows
	Cost     func(c *Call) Cost
	Tol      Tol
	Torch    string // PyTorch's name, if it has the op
	ONNX     string // ONNX's operator, if it has the op
}

// Operand names an input or output. Optional outputs are computed only where
// somebody reads them. A Variadic input or output stands last and repeats. A
// Wide output, such as a running mean, stays float32 where the op's operands are
// stored in 16 bits.
type Operand struct {
	Name     string
	Optional bool
	Variadic bool
	Wide     bool
}

// Cost is the arithmetic of one call and the least bytes it must move.
type Cost struct{ Flops, Bytes float64 }

// Case is one call to test or to time.
type Case struct {
	Name  string // "512x512x512"; made from the shapes where empty
	Attrs any
	In    []tensor.Type
	// Fill, for each input, draws its values; nil (or a short list) means
	// standard normal floats and small non-negative ints.
	Fill []Filler
	// Large keeps a benchmark's case out of cmd/bench's -size small: it takes long,
	// or says little that a smaller one doesn't.
	Large bool
}

// large marks cases.
func large(ks ...Case) []Case {
	for i := range ks {
		ks[i].Large = true
	}
	return ks
}

// Filler draws a tensor's values.
type Filler func(rng *tensor.Philox, t *tensor.Tensor)

// CPUBody is a plain body in both precisions, as Prepare functions.
type CPUBody struct {
	F32 Prepare[float32]
	F64 Prepare[float64]
}

// Prepare binds a body to its operands once, at compile time; it may allocate.
// The closure it returns runs every step and allocates nothing.
type Prepare[T cpuref.Float] func(a *cpuref.Args[T]) func()

// Plain makes a CPUBody of one generic body's two instances.
func Plain(f32 func(*cpuref.Args[float32]), f64 func(*cpuref.Args[float64])) CPUBody {
	return CPUBody{
		F32: func(a *cpuref.Args[float32]) func() { return func() { f32(a) } },
		F64: func(a *cpuref.Args[float64]) func() { return func() { f64(a) } },
	}
}

// Ref is a value of the graph under construction; NoRef is an absent one.
type Ref int32

// NoRef stands for an absent optional operand, and for a gradient that is zero.
const NoRef Ref = -1

// Builder adds ops to a graph; package graph implements it.
type Builder interface {
	// Apply adds op and returns its outputs, optional ones included.
	Apply(op *Op, attrs any, in ...Ref) []Ref
	// Type is the dtype and shape of a value.
	Type(r Ref) tensor.Type
	// Scalar is a constant of rank 0: float32, or float64 where it meets that.
	Scalar(v float64) Ref
	// Fail records why a gradient can't be had.
	Fail(err error)
}

// Grad is what an op's gradient is built from.
type Grad struct {
	Attrs   any
	In, Out []Ref  // the forward call's operands (absent: NoRef)
	DOut    []Ref  // upstream gradients; NoRef means zero
	Want    []bool // which inputs' gradients are asked for
}

var table = map[string]*Op{}

func declare(op Op) *Op {
	if _, dup := table[op.Name]; dup || op.Name == "" {
		panic(fmt.Sprintf("kernels: op %q declared twice or without a name", op.Name))
	}
	p := &op
	table[op.Name] = p
	return p
}

// SetGrad completes a declaration from init: a gradient mentions other ops,
// which package-level initialisation would call a cycle.
func (op *Op) SetGrad(f func(b Builder, g Grad) []Ref) { op.Grad = f }

// Lookup finds an op by name; nil if there is none.
func Lookup(name string) *Op { return table[name] }

// All lists the ops by name.
func All() []*Op {
	ops := make([]*Op, 0, len(table))
	for _, op := range table {
		ops = append(ops, op)
	}
	sort.Slice(ops, func(i, j int) bool { return ops[i].Name < ops[j].Name })
	return ops
}

// Infer normalises the attributes, checks the operands' number and gives the
// outputs' types. Its error names the op.
func (op *Op) Infer(attrs any, in []tensor.Type) (any, []tensor.Type, error) {
	if op.Norm != nil {
		attrs = op.Norm(attrs)
	}
	attrs = fitted(attrs, in)
	least, most := 0, len(op.In)
	for _, o := range op.In {
		if o.Variadic {
			most = 1 << 30
		} else if !o.Optional {
			least++
		}
	}
	if len(in) < least || len(in) > most {
		return nil, nil, fmt.Errorf("%s: %d operands given, wants %d to %d", op.Name, len(in), least, most)
	}
	for i, o := range op.In {
		if !o.Optional && !o.Variadic && !in[i].Present() {
			return nil, nil, fmt.Errorf("%s: operand %s is absent", op.Name, o.Name)
		}
	}
	out, err := op.Shape(attrs, in)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", op.Name, err)
	}
	return attrs, out, nil
}

// Check says what a declaration lacks; a test holds that it returns nil for
// every op of the table.
func (op *Op) Check() error {
	miss := func(what string) error { return fmt.Errorf("kernels: op %s lacks %s", op.Name, what) }
	switch {
	case op.Doc == "":
		return miss("Doc")
	case len(op.Out) == 0:
		return miss("Out")
	case op.Shape == nil:
		return miss("Shape")
	case (op.Grad == nil) == (op.NoGrad == ""):
		return miss("one of Grad and NoGrad")
	case op.View:
		return nil
	case op.CPU.F32 == nil || op.CPU.F64 == nil:
		return miss("CPU")
	case len(op.Cases) == 0:
		return miss("Cases")
	case op.Cost == nil:
		return miss("Cost")
	case op.Tol == (Tol{}):
		return miss("Tol")
	}
	for _, v := range op.Variants {
		if v.Kind == Vulkan && v.Lower != nil || v.Kind == CPU && v.Prepare != nil {
			continue
		}
		return miss("the body of variant " + v.Name)
	}
	return nil
}

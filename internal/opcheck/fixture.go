package opcheck

import (
	"errors"
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Fixture is a case of an op with its values drawn.
type Fixture struct {
	Op   *kernels.Op
	Case kernels.Case
	In   []*tensor.Tensor // nil: an absent operand
	// All asks for the optional outputs too.
	All bool

	want, scale map[string]*tensor.Tensor // the oracle's, once computed
}

// NewFixture draws the case's values.
func NewFixture(op *kernels.Op, c kernels.Case, seed uint64, all bool) *Fixture {
	f := &Fixture{Op: op, Case: c, All: all, In: make([]*tensor.Tensor, len(c.In))}
	for i, ty := range c.In {
		if !ty.Present() {
			continue
		}
		fill := kernels.FillDefault
		if i < len(c.Fill) && c.Fill[i] != nil {
			fill = c.Fill[i]
		}
		f.In[i] = tensor.New(ty)
		fill(&tensor.Philox{Seed: seed, Stream: uint64(i)}, f.In[i])
	}
	return f
}

func (f *Fixture) String() string {
	return fmt.Sprintf("%s %s %+v%v", f.Op.Name, f.Case.Name, f.Case.Attrs, f.Case.In)
}

// aliases says which input each output overwrites; only flat ops assign.
func (f *Fixture) aliases() []int {
	if f.Op.Alias == nil || f.Op.Flat == nil {
		return nil
	}
	return f.Op.Alias(f.Case.Attrs, len(f.In))
}

// variables stand for the inputs that the op overwrites.
func (f *Fixture) variables() map[int]*graph.Variable {
	vars := map[int]*graph.Variable{}
	for _, from := range f.aliases() {
		if from >= 0 {
			x := f.In[from]
			vars[from] = &graph.Variable{Name: fmt.Sprintf("var%d", from), Type: x.Type, Init: func() *tensor.Tensor { return x }}
		}
	}
	return vars
}

// build adds the op to a graph; inputs are in0, in1, ..., outputs out0, out1, ...
func (f *Fixture) build(g *graph.Graph, vars map[int]*graph.Variable) {
	in := make([]graph.Value, len(f.In))
	for i, x := range f.In {
		if vars[i] != nil {
			in[i] = g.Read(vars[i])
		} else if x != nil {
			in[i] = g.Input(fmt.Sprintf("in%d", i), x.Type)
		}
	}
	out := g.Apply(f.Op, f.Case.Attrs, in...)
	if g.Err() != nil {
		return
	}
	aliases := f.aliases()
	for i, o := range out {
		if aliases != nil && aliases[i] >= 0 {
			g.Assign(vars[aliases[i]], o)
		} else if f.All || !f.Op.Out[min(i, len(f.Op.Out)-1)].Optional {
			g.Output(fmt.Sprintf("out%d", i), o)
		}
	}
}

// Build adds the case to a graph, with inputs in0, in1, ... and outputs out0, ...
func (f *Fixture) Build(g *graph.Graph) { f.build(g, f.variables()) }

func feeds(in []*tensor.Tensor) engine.Feeds {
	feeds := engine.Feeds{}
	for i, x := range in {
		if x != nil {
			feeds[fmt.Sprintf("in%d", i)] = x
		}
	}
	return feeds
}

// Oracle is the float64 result, and what the tolerance is a multiple of: the
// result over the operands' absolute values for a sum, else the result itself.
func (f *Fixture) Oracle() (want, scale map[string]*tensor.Tensor, err error) {
	if f.want == nil {
		if f.want, err = f.oracle(f.In); err != nil {
			return nil, nil, err
		}
		if f.scale = f.want; f.Op.Tol.Kind == "sum" {
			f.scale, err = f.oracle(absolute(f.In))
		}
	}
	return f.want, f.scale, err
}

// oracle has assigned variables under their names.
func (f *Fixture) oracle(in []*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	g, vars := graph.New(), f.variables()
	f.build(g, vars)
	values := map[*graph.Variable]*tensor.Tensor{}
	for i, v := range vars {
		values[v] = in[i]
	}
	out, assigned, err := engine.Oracle(g, feeds(in), values)
	for v, x := range assigned {
		out[v.Name] = x
	}
	return out, err
}

// Call is the fixture as plan sees it: attributes in one form, outputs typed,
// and for a flat op all parameters in one run.
func (f *Fixture) Call() (*kernels.Call, error) {
	attrs, out, err := f.Op.Infer(f.Case.Attrs, f.Case.In)
	if err != nil {
		return nil, err
	}
	c := &kernels.Call{Op: f.Op, Attrs: attrs, In: f.Case.In, Out: out}
	for i := range out {
		if f.Op.Out[min(i, len(f.Op.Out)-1)].Optional && !f.All {
			c.Out[i] = tensor.Type{}
		}
	}
	if f.Op.Flat != nil {
		r := kernels.Run{Count: f.Op.Flat(attrs)}
		for _, p := range c.In[:r.Count] {
			r.Elems += kernels.FlatPad(p.Elems())
		}
		c.Runs = []kernels.Run{r}
	}
	return c, nil
}

// Variants are the names of those that serve the case.
func (f *Fixture) Variants(target *kernels.Target) ([]string, error) {
	c, err := f.Call()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, v := range f.Op.Variants {
		if v.Kind == target.Kind && (v.When == nil || v.When(target, c)) {
			names = append(names, v.Name)
		}
	}
	if target.Kind == kernels.CPU {
		names = append(names, kernels.PlainName)
	}
	return names, nil
}

// Run computes the case on a device by one of its variants, as often as asked,
// each time from the same values, and gives the results of each time.
func (f *Fixture) Run(dev *engine.Device, variant string, times int) (outs []map[string]*tensor.Tensor, err error) {
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	vars := f.variables()
	p, err := engine.Compile(st, func(g *graph.Graph) { f.build(g, vars) }, engine.With(kernels.Choices{f.Op.Name: variant}), engine.NoFusion())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	for range times {
		for i, v := range vars {
			if err := st.Set(v, f.In[i]); err != nil {
				return nil, err
			}
		}
		t, err := p.Run(feeds(f.In))
		if err != nil {
			return nil, err
		}
		out := map[string]*tensor.Tensor{}
		for _, o := range p.Plan().Outputs {
			x, err := t.Tensor(o.Name)
			if err != nil {
				return nil, err
			}
			out[o.Name] = x.Clone()
		}
		for _, v := range vars {
			if out[v.Name], err = st.Get(v); err != nil {
				return nil, err
			}
		}
		if err := t.Wait(); err != nil {
			return nil, err
		}
		outs = append(outs, out)
	}
	return outs, nil
}

func absolute(in []*tensor.Tensor) []*tensor.Tensor {
	abs := make([]*tensor.Tensor, len(in))
	for i, x := range in {
		if x == nil {
			continue
		}
		abs[i] = x.Clone()
		for k, v := range abs[i].F32 {
			abs[i].F32[k] = float32(math.Abs(float64(v)))
		}
	}
	return abs
}

// Differ says where two tensors differ in their bits; "" if nowhere. NaN equals
// NaN.
func Differ(a, b *tensor.Tensor) string {
	if !a.Type.Equal(b.Type) {
		return fmt.Sprintf("%v and %v", a.Type, b.Type)
	}
	for i := range a.Elems() {
		x, y := a.At(i), b.At(i)
		same := x == y && math.Signbit(x) == math.Signbit(y) || math.IsNaN(x) && math.IsNaN(y)
		if !same {
			return fmt.Sprintf("element %d is %v and %v", i, x, y)
		}
	}
	return ""
}

// Finite tells whether all inputs are.
func (f *Fixture) Finite() bool {
	for _, x := range f.In {
		for i := 0; x != nil && i < x.Elems(); i++ {
			if v := x.At(i); math.IsNaN(v) || math.IsInf(v, 0) {
				return false
			}
		}
	}
	return true
}

// Elems is the number of the inputs' elements.
func (f *Fixture) Elems() int {
	n := 0
	for _, t := range f.Case.In {
		n += t.Elems()
	}
	return n
}

package kernels

import (
	"fmt"
	"math"
	"strings"

	"github.com/vulgo-ml/vulgo/expr"
	"github.com/vulgo-ml/vulgo/tensor"
)

// FlatAttrs are the options of an optimizer that is declared by formulas: N
// parameters a call, which of its forms, and its numbers in the order that the
// op's Doc names.
type FlatAttrs struct {
	N, Form int
	V       [12]float64
}

// flatRule declares an optimizer by formulas over one element; the Vulkan form,
// the CPU's and the cases follow. A formula is "name = value", values in the
// syntax of expr.Parse.
type flatRule struct {
	name, torch, doc string
	options          string   // the names of FlatAttrs.V
	derived          []string // of the options alone, by the host in float64
	forms            []flatForm
	cases            [][12]float64
	tol              Tol
}

// flatForm is a form of the rule with states of its own. Its values see the
// options, the derived and lr and gscale.
type flatForm struct {
	states []string          // PyTorch's names of the flat states, 3 at most
	fill   map[string]Filler // of the cases' states; nil: standard normal
	extra  string            // a scalar that stands behind t, in t's operand; may be empty
	once   []string          // of lr, t and extra: once a run, 6 at most
	// each are values of the gradient G, the parameter p and the states, all as
	// they were; p and next are the parameter and the states as they get.
	each []string
	p    string
	next []string
}

const (
	flatArgs   = 8  // G, p, 3 states, the same 3 as they get
	flatOnce   = 6  // the values of once that shaders/flat.comp takes
	flatConsts = 16 // options and derived that it takes
)

// flatFuncs is a form, parsed.
type flatFuncs struct {
	*flatForm
	derived []expr.Func // attributes: the options and what is derived before
	once    []expr.Func // of lr, t, extra; attributes: the constants
	outs    []expr.Func // states, then p, of flatArgs; attributes: the constants, then lr, gscale, once
	consts  int
}

func declareFlat(r flatRule) *Op {
	var forms []*flatFuncs
	for i := range r.forms {
		forms = append(forms, r.parse(&r.forms[i]))
	}
	of := func(attrs any) *flatFuncs {
		return forms[min(max(attrs.(FlatAttrs).Form, 0), len(forms)-1)]
	}
	op := Op{
		Name: r.name, Torch: r.torch, Doc: r.doc + "  (p_0.., G flat, states flat, lr, t, gscale optional -> p_0.., states; options " + r.options + ")",
		In:    []Operand{{Name: "operands", Variadic: true}},
		Out:   []Operand{{Name: "updated", Variadic: true}},
		Attrs: FlatAttrs{},
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			at, f := attrs.(FlatAttrs), of(attrs)
			if at.Form < 0 || at.Form >= len(forms) {
				return nil, fmt.Errorf("form %d, there are %d", at.Form, len(forms))
			}
			if f.extra != "" {
				return flatShapeWith(in, at.N, tensor.Shape{2}, f.states...)
			}
			return flatShape(in, at.N, f.states...)
		},
		NoGrad:   "an update isn't differentiated",
		CPU:      CPUBody{F32: flatBody[float32](of), F64: flatBody[float64](of)},
		Flat:     func(attrs any) int { return attrs.(FlatAttrs).N },
		Alias:    func(attrs any, _ int) []int { return flatAlias(attrs.(FlatAttrs).N, len(of(attrs).states)) },
		Variants: []Variant{{Name: "flat", Kind: Vulkan, Lower: lowerFlat(of)}, {Name: "fast", Kind: CPU, Prepare: flatFast(of)}},
		Cost:     func(c *Call) Cost { return flatCost(c, 12) },
		Tol:      r.tol,
	}
	for form, f := range forms {
		for i, s := range flatSizes {
			for j, v := range r.cases {
				at := FlatAttrs{N: len(s.sizes), Form: form, V: v}
				op.Cases = append(op.Cases, f.example(at, fmt.Sprintf("%s form %d options %d", s.name, form, j), float32(1+6*((i+j)%2)), i%2 == 0, s.sizes...))
			}
		}
	}
	op.Bench = flatBench(func(name string, size tensor.Shape) Case {
		return forms[0].example(FlatAttrs{N: 1, V: r.cases[0]}, name, 2, false, size)
	}, 11699200)
	flatForms[r.name] = forms
	return declare(op)
}

// flatBench is a million parameters, and larger models: 11,699,200 is ResNet-18
// to the next multiple of FlatAlign.
func flatBench(one func(name string, size tensor.Shape) Case, more ...int) []Case {
	ks := []Case{one("1048576", tensor.Shape{1 << 20})}
	for _, n := range more {
		ks = append(ks, large(one(fmt.Sprint(n), tensor.Shape{n}))...)
	}
	return ks
}

// flatForms are the rules by the op's name.
var flatForms = map[string][]*flatFuncs{}

// FlatStates are the names of the flat states that a form of an optimizer has,
// and of the scalar behind t; empty where there is none.
func FlatStates(op *Op, form int) (states []string, extra string) {
	f := flatForms[op.Name][form]
	return f.states, f.extra
}

func (f *flatFuncs) example(at FlatAttrs, name string, t float32, gscale bool, sizes ...tensor.Shape) Case {
	k := flatCase(at, name, t, gscale, len(f.states), nil, sizes...)
	for i, s := range f.states {
		if draw := f.fill[s]; draw != nil {
			k.Fill[at.N+1+i] = padded(draw, sizes)
		}
	}
	if f.extra != "" {
		i := at.N + 2 + len(f.states)
		k.In[i] = tensor.F32(2)
		k.Fill[i] = func(_ *tensor.Philox, x *tensor.Tensor) { x.F32[0], x.F32[1] = t, 0.4 }
	}
	return k
}

// parse compiles a form's formulas; a mistake in one is a mistake of this package.
func (r *flatRule) parse(f *flatForm) *flatFuncs {
	must := func(text string) expr.Func {
		fn, err := expr.Parse(text)
		if err != nil {
			panic("kernels: optimizer " + r.name + ": " + err.Error())
		}
		return fn
	}
	name := func(assignment string) string {
		n, _, _ := strings.Cut(assignment, "=")
		return strings.TrimSpace(n)
	}
	value := func(assignment string) string {
		_, v, _ := strings.Cut(assignment, "=")
		return strings.TrimSpace(v)
	}
	attrs := func(names []string) (head string) {
		for _, n := range names {
			head += ", " + n + ":attr"
		}
		return strings.TrimPrefix(head, ", ")
	}
	out := &flatFuncs{flatForm: f}
	consts := strings.Split(r.options, ", ")
	for _, d := range r.derived {
		out.derived = append(out.derived, must(attrs(consts)+" -> "+value(d)))
		consts = append(consts, name(d))
	}
	out.consts = len(consts)
	extra := f.extra
	if extra == "" {
		extra = "_extra"
	}
	scalars := append([]string{}, consts...)
	scalars = append(scalars, "lr", "gscale")
	head := "lr, t, " + extra + ", " + attrs(consts) + " -> "
	for _, o := range f.once {
		out.once = append(out.once, must(head+value(o)))
		head += o + "; "
		scalars = append(scalars, name(o))
	}
	head = "G, p"
	for i := range 3 {
		s := fmt.Sprint("_", i)
		if i < len(f.states) {
			s = f.states[i]
		}
		head += ", " + s
	}
	head += ", _n0, _n1, _n2, " + attrs(scalars) + " -> "
	for _, e := range f.each {
		head += e + "; "
	}
	var old, now []*expr.Expr
	for i, text := range append(append([]string{}, f.next...), f.p) {
		fn := must(head + text)
		out.outs = append(out.outs, expr.Func{Args: fn.Args, Attrs: fn.Attrs, Body: fn.Replace(old, now)})
		old, now = append(old, fn.Body), append(now, expr.Arg(5+i, expr.Float))
	}
	if len(f.states) != len(f.next) || len(f.states) > 3 || len(f.once) > flatOnce || out.consts > flatConsts {
		panic("kernels: optimizer " + r.name + " has more than shaders/flat.comp takes, or a state without a formula")
	}
	return out
}

// constants are the options and what is derived of them.
func (f *flatFuncs) constants(at FlatAttrs) []float64 {
	v := append([]float64{}, at.V[:f.consts-len(f.derived)]...)
	for _, d := range f.derived {
		v = append(v, evaluate(d, v))
	}
	return v
}

// evaluate is a formula's value in float64.
func evaluate(f expr.Func, attrs []float64, args ...float64) float64 {
	in := make([]expr.Vec[float64], len(args))
	shapes := make([][]int, len(args))
	for i := range args {
		in[i].F = args[i : i+1]
	}
	sp, err := expr.NewSpace([]int{}, shapes...)
	if err != nil {
		return math.NaN()
	}
	out := expr.Vec[float64]{F: make([]float64, 1)}
	program(f, 0, func() *expr.Program[float64] { return expr.Compile[float64](f) }).Run(&sp, out, in, attrs, 0, 1)
	return out.F[0]
}

// lowerFlat patches the formulas into shaders/flat.comp.
func lowerFlat(of func(any) *flatFuncs) func(t *Target, c *Call) (Lowered, error) {
	return func(t *Target, c *Call) (Lowered, error) {
		at, f := c.Attrs.(FlatAttrs), of(c.Attrs)
		u := flatUpdate{n: at.N, states: len(f.states), c: c}
		gscale, scaled := u.gscale()
		push := make([]uint32, flatConsts)
		copy(push, floatWords(f.constants(at)...))
		spec := []uint32{truth(scaled), uint32(u.states), truth(f.extra != "")}
		low := u.lower(t, "flat", spec, push, func(part func(Bind, bool) Bind) []Bind {
			bind := []Bind{part(u.grad(), false), part(Bind{}, true)}
			for i := range 3 {
				if i < u.states {
					bind = append(bind, part(u.state(i), false))
				} else { // bound to what is written anyway
					bind = append(bind, unread(part(Bind{}, true)))
				}
			}
			return append(bind, u.lr(), u.t(), gscale)
		})
		for i := range low.Dispatches {
			low.Dispatches[i].Patch = f
		}
		return low, nil
	}
}

// Key is the formulas.
func (f *flatFuncs) Key() string {
	var b strings.Builder
	for _, p := range f.patches() {
		b.WriteString(p.Key() + "\n")
	}
	return b.String()
}

// Apply puts every formula in the place of its function.
func (f *flatFuncs) Apply(module []uint32) (_ []uint32, err error) {
	for _, p := range f.patches() {
		if module, err = p.Apply(module); err != nil {
			return nil, err
		}
	}
	return module, nil
}

func (f *flatFuncs) patches() (ps []*expr.Patch) {
	add := func(function string, fn expr.Func) {
		p := &expr.Patch{Function: function, Func: fn, Library: mathLibrary()}
		for i := range fn.Args {
			p.Args = append(p.Args, expr.Source{Param: i})
		}
		ps = append(ps, p)
	}
	for i, o := range f.once {
		add(fmt.Sprint("once", i), o)
	}
	for i, o := range f.outs {
		name := fmt.Sprint("state", i)
		if i == len(f.states) {
			name = "parameter"
		}
		// The scalars that aren't constants are the function's further parameters.
		args := make([]*expr.Expr, flatArgs)
		for a := range args {
			args[a] = expr.Arg(a, expr.Float)
		}
		attrs := make([]*expr.Expr, o.Attrs)
		types := o.Args
		for a := range attrs {
			if attrs[a] = expr.Attr(a); a >= f.consts {
				attrs[a] = expr.Arg(flatArgs+a-f.consts, expr.Float)
				types = append(types[:len(types):len(types)], expr.Float)
			}
		}
		add(name, expr.Func{Args: types, Attrs: f.consts, Body: o.Apply(args, attrs)})
	}
	return ps
}

package kernels

import (
	"fmt"
	"strings"
	"sync"

	"github.com/vulgo-ml/vulgo/expr"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Params are the float attributes of an elementwise op, in the order of its
// formula (leaky_relu: the slope); they count as float32. nil attributes are
// the op's defaults.
type Params [4]float64

// FormulaAttrs are the attributes of op formula: any elementwise function, in
// the syntax of expr.Parse.
type FormulaAttrs struct {
	Formula string
	Params  Params
}

// elementwiseOp declares an elementwise op: all the rest follows from the formula.
type elementwiseOp struct {
	name    string
	formula string // "a, b -> a + b"
	torch   string
	onnx    string
	ints    bool     // also over int32 in place of floats
	bools   bool     // also over bool in place of floats
	params  Params   // default attributes
	tol     Tol      // of the op and its gradients
	gradTol Tol      // of the gradients, where it differs
	grads   []string // gradient by each argument, over arguments, y and dy, where not the formula's own
	fill    Filler   // of float operands in cases; nil: standard normal
	tame    bool     // no very large numbers in cases: products would leave float32's range
}

// form is one elementwise function with its gradients, found as they are needed.
type form struct {
	f     expr.Func
	grads []gradForm
}

// gradForm is the gradient by one argument: op over the operands named by uses
// (argument numbers, then the output, then the upstream gradient). A nil op
// passes the upstream gradient on; none says the gradient is zero.
type gradForm struct {
	op   *Op
	f    expr.Func
	uses []int
	none bool
}

// forms are the functions an elementwise op may be, by operand types.
var forms = map[*Op][]*form{}

// byFormula finds the op that has a formula: the gradient of mul is mul.
var byFormula = map[string]*Op{}

func elementwise(d elementwiseOp) *Op {
	texts := []string{d.formula}
	head, body, _ := strings.Cut(d.formula, "->")
	for _, over := range []struct {
		yes bool
		typ string
	}{{d.ints, ":int"}, {d.bools, ":bool"}} {
		if !over.yes {
			continue
		}
		names := strings.Split(head, ",")
		for i, n := range names {
			names[i] = strings.TrimSpace(n)
			if !strings.Contains(n, ":") {
				names[i] += over.typ
			}
		}
		texts = append(texts, strings.Join(names, ", ")+" -> "+strings.TrimSpace(body))
	}
	var fs []*form
	for _, text := range texts {
		f, err := expr.Parse(text)
		if err != nil {
			panic("kernels: op " + d.name + ": " + err.Error())
		}
		fs = append(fs, &form{f: f})
	}
	f := fs[0].f
	op := Op{
		Name: d.name, Doc: "Y = " + strings.TrimSpace(body), Torch: d.torch, ONNX: d.onnx,
		Out: []Operand{{Name: "Y"}}, Tol: d.tol,
	}
	if strings.Contains(head, ",") || f.Args[0] != expr.Float {
		op.Doc += "  (" + strings.TrimSpace(head) + ")"
	}
	for _, n := range strings.Split(head, ",") {
		if n, typ, _ := strings.Cut(strings.TrimSpace(n), ":"); typ != "attr" {
			op.In = append(op.In, Operand{Name: n})
		}
	}
	if f.Attrs > 0 {
		op.Attrs = Params{}
		op.Norm = func(attrs any) any {
			if attrs == nil {
				return d.params
			}
			return attrs
		}
	}
	p := declareForms(op, fs, d.tame, d.fill)
	for i := range f.Args {
		fs[0].grads = append(fs[0].grads, d.grad(p, f, i))
	}
	return p
}

// declareForms fills in what every elementwise op has alike.
func declareForms(op Op, fs []*form, tame bool, fill Filler) *Op {
	op.Shape = elementwiseShape(op.Name, fs)
	op.CPU = CPUBody{F32: prepare[float32](fs), F64: prepare[float64](fs)}
	op.Variants = elementwiseVariants(fs)
	op.Grad = func(b Builder, g Grad) []Ref { return elementwiseGrad(b, g, fs) }
	op.Cases, op.Bench = elementwiseCases(op.Name, fs, tame, fill), elementwiseBench(op.Name, fs[0].f, fill)
	op.Cost = func(c *Call) Cost { return Cost{Flops: float64(c.Out[0].Elems()), Bytes: operandBytes(c)} }
	p := declare(op)
	forms[p] = fs
	for _, f := range fs {
		if _, ok := byFormula[f.f.Key()]; !ok {
			byFormula[f.f.Key()] = p
		}
	}
	return p
}

// grad finds the op of the gradient by argument i, or declares it.
func (d *elementwiseOp) grad(op *Op, f expr.Func, i int) gradForm {
	if i < len(d.grads) && d.grads[i] != "" {
		g, err := expr.Parse(d.grads[i])
		if err != nil {
			panic("kernels: gradient of " + d.name + ": " + err.Error())
		}
		head, _, _ := strings.Cut(d.grads[i], "->")
		var uses []int
		for _, n := range strings.Split(head, ",") {
			n, typ, _ := strings.Cut(strings.TrimSpace(n), ":")
			switch {
			case typ == "attr":
			case n == "y":
				uses = append(uses, len(f.Args))
			case n == "dy":
				uses = append(uses, len(f.Args)+1)
			default:
				for k, o := range op.In {
					if o.Name == n {
						uses = append(uses, k)
					}
				}
			}
		}
		return d.gradOp(op, f, i, g, uses)
	}
	g, uses, ok := f.Grad(i)
	if !ok {
		return gradForm{none: true}
	}
	return d.gradOp(op, f, i, g, uses)
}

func (d *elementwiseOp) gradOp(op *Op, f expr.Func, i int, g expr.Func, uses []int) gradForm {
	gf := gradForm{f: g, uses: uses}
	if g.Body == expr.Arg(0, expr.Float) {
		return gf // the upstream gradient itself
	}
	if gf.op = byFormula[g.Key()]; gf.op != nil {
		return gf
	}
	name := d.name + "_grad"
	if len(f.Args) > 1 {
		name += "_" + op.In[i].Name
	}
	tol := d.gradTol
	if tol == (Tol{}) {
		tol = d.tol
	}
	o := Op{
		Name: name, Doc: fmt.Sprintf("gradient of %s by %s", d.name, op.In[i].Name),
		Out: []Operand{{Name: "d" + op.In[i].Name}}, Tol: tol, Attrs: op.Attrs, Norm: op.Norm,
	}
	for _, u := range uses {
		switch u {
		case len(f.Args):
			o.In = append(o.In, Operand{Name: "Y"})
		case len(f.Args) + 1:
			o.In = append(o.In, Operand{Name: "dY"})
		default:
			o.In = append(o.In, op.In[u])
		}
	}
	gf.op = declareForms(o, []*form{{f: g}}, true, d.fill)
	return gf
}

// paramsOf are the values of a formula's attributes.
func paramsOf(attrs any) Params {
	switch a := attrs.(type) {
	case Params:
		return a
	case FormulaAttrs:
		return a.Params
	}
	return Params{}
}

func dtypeOf(t expr.Type) tensor.DType {
	return [...]tensor.DType{expr.Float: tensor.Float32, expr.Int: tensor.Int32, expr.Bool: tensor.Bool}[t]
}

// takes reports whether operands of these types are those of f; floats must
// agree with each other.
func (f *form) takes(in []tensor.Type) bool {
	if len(in) != len(f.f.Args) {
		return false
	}
	var float tensor.DType
	for i, t := range in {
		want := f.f.Args[i]
		if t.DType.IsFloat() != (want == expr.Float) || want != expr.Float && t.DType != dtypeOf(want) {
			return false
		}
		if t.DType.IsFloat() {
			if float != tensor.Invalid && t.DType != float {
				return false
			}
			float = t.DType
		}
	}
	return true
}

func pick(fs []*form, in []tensor.Type) *form {
	for _, f := range fs {
		if f.takes(in) {
			return f
		}
	}
	return nil
}

func elementwiseShape(name string, fs []*form) func(any, []tensor.Type) ([]tensor.Type, error) {
	return func(_ any, in []tensor.Type) ([]tensor.Type, error) {
		f := pick(fs, in)
		if f == nil {
			var want []string
			for _, f := range fs {
				want = append(want, fmt.Sprint(f.f.Args))
			}
			return nil, fmt.Errorf("%v: wants operands of type %s, floats alike", in, strings.Join(want, " or "))
		}
		return elementwiseType(f.f, in)
	}
}

func elementwiseType(f expr.Func, in []tensor.Type) ([]tensor.Type, error) {
	shapes := make([]tensor.Shape, len(in))
	out := tensor.Type{DType: dtypeOf(f.Result())}
	for i, t := range in {
		shapes[i] = t.Shape
		if t.DType.IsFloat() && out.DType.IsFloat() {
			out.DType = t.DType
		}
	}
	var err error
	if out.Shape, err = expr.Broadcast(shapes...); err != nil {
		return nil, err
	}
	_, err = expr.NewSpace(out.Shape, shapes...)
	return []tensor.Type{out}, err
}

// elementwiseGrad applies the ops of the gradients and adds each up over the
// dimensions along which its operand was broadcast.
func elementwiseGrad(b Builder, g Grad, fs []*form) []Ref {
	out := make([]Ref, len(g.In))
	types := make([]tensor.Type, len(g.In))
	for i, r := range g.In {
		out[i], types[i] = NoRef, b.Type(r)
	}
	f := pick(fs, types)
	if f == nil {
		return out
	}
	for i := range out {
		if !g.Want[i] || f.f.Args[i] != expr.Float {
			continue
		}
		var gf gradForm
		if f.grads != nil {
			gf = f.grads[i]
		} else { // a gradient's own gradient: by formula
			d, uses, ok := f.f.Grad(i)
			gf = gradForm{f: d, uses: uses, none: !ok}
		}
		if gf.none {
			continue
		}
		in := make([]Ref, len(gf.uses))
		for k, u := range gf.uses {
			switch u {
			case len(g.In):
				in[k] = g.Out[0]
			case len(g.In) + 1:
				in[k] = g.DOut[0]
			default:
				in[k] = g.In[u]
			}
		}
		v := in[0]
		switch last := len(in) - 1; {
		case gf.op != nil:
			v = b.Apply(gf.op, g.Attrs, in...)[0]
		case len(in) > elementwiseInputs && gf.uses[last] == len(g.In)+1:
			f, uses := slope(gf.f)
			rest := make([]Ref, len(uses))
			for k, u := range uses {
				rest[k] = in[u]
			}
			d := b.Apply(Lookup("formula"), FormulaAttrs{f.Key(), paramsOf(g.Attrs)}, rest...)[0]
			v = b.Apply(Lookup("mul"), nil, d, in[last])[0]
		case gf.f.Body != expr.Arg(0, expr.Float):
			v = b.Apply(Lookup("formula"), FormulaAttrs{gf.f.Key(), paramsOf(g.Attrs)}, in...)[0]
		}
		out[i] = sumTo(b, v, types[i].Shape)
	}
	return out
}

// slope is a gradient without its last argument, the upstream gradient, which it
// is to be multiplied by: one operand less, for devices that take no more. uses
// are the arguments left.
func slope(f expr.Func) (d expr.Func, uses []int) {
	args := make([]*expr.Expr, len(f.Args))
	for i, t := range f.Args {
		args[i] = expr.Arg(i, t)
	}
	args[len(args)-1] = expr.Const(1)
	return expr.Func{Args: f.Args, Attrs: f.Attrs, Body: f.Apply(args, nil)}.Compact()
}

// parsed keeps the functions of formulas that calls name.
var parsed sync.Map // string -> *form

func parseFormula(text string) (*form, error) {
	if f, ok := parsed.Load(text); ok {
		return f.(*form), nil
	}
	f, err := expr.Parse(text)
	if err != nil {
		return nil, err
	}
	v, _ := parsed.LoadOrStore(text, &form{f: f})
	return v.(*form), nil
}

// Formula gives the elementwise function of op over operands of these types,
// attributes in place; ok is false for an op that isn't elementwise. A plan
// fuses with it: expr.Func.Apply composes functions, op formula runs the result,
// and EpilogueOf puts it behind a matmul or convolution.
func Formula(op *Op, attrs any, in []tensor.Type) (f expr.Func, ok bool) {
	var fm *form
	if a, is := attrs.(FormulaAttrs); is && op.Name == "formula" {
		fm, _ = parseFormula(a.Formula)
	} else {
		fm = pick(forms[op], in)
	}
	if fm == nil {
		return expr.Func{}, false
	}
	if fm.f.Attrs == 0 {
		return fm.f, true
	}
	p := paramsOf(attrs)
	return fm.f.WithAttrs(p[:fm.f.Attrs]...), true
}

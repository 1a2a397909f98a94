package conformance

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
)

// build computes a case's outputs; most have one, which is returned, named y.
type build func(b *builder) graph.Value

// table maps PyTorch's functions, as meta.json names them, to graphs; each
// family's file adds its own.
var table = map[string]build{}

func register(family map[string]build) map[string]build {
	for name, f := range family {
		if table[name] != nil {
			panic("conformance: " + name + " is registered twice")
		}
		table[name] = f
	}
	return family
}

var _ = register(map[string]build{
	"a + b":                    two("add"),
	"a - b":                    two("sub"),
	"a * b":                    two("mul"),
	"a / b":                    two("div"),
	"torch.pow(a,b)":           two("pow"),
	"torch.maximum(a,b)":       two("maximum"),
	"torch.minimum(a,b)":       two("minimum"),
	"x.masked_fill(m!=0,-2.5)": maskedFill,

	"torch.nn.Softmax":    func(b *builder) graph.Value { return b.x().Softmax(int(b.num("dim", -1))) },
	"torch.nn.LogSoftmax": func(b *builder) graph.Value { return b.x().LogSoftmax(int(b.num("dim", -1))) },
	"torch.nn.PReLU":      prelu,
	"torch.nn.GLU":        glu,

	"y = (x*w).detach()*w + x": func(b *builder) graph.Value {
		return b.x().Mul(b.at("w")).Detach().Mul(b.at("w")).Add(b.x())
	},
	"50 times x = tanh(x*w + b)": func(b *builder) graph.Value {
		x := b.x()
		for range 50 {
			x = x.Mul(b.at("w")).Add(b.at("b")).Tanh()
		}
		return x
	},
	"h=layer_norm(x)*g+b; y = x + gelu(h@w1)@w2": func(b *builder) graph.Value {
		h := b.x().LayerNorm(1, b.at("g"), b.at("b"), 1e-5)
		return b.x().Add(h.MatMul(b.at("w1")).Gelu().MatMul(b.at("w2")))
	},
})

// activations are modules of one elementwise op; args are its parameters, with
// PyTorch's defaults.
var activations = map[string]struct {
	op   string
	args []string
	def  []float64
}{
	"CELU":        {"celu", []string{"alpha"}, []float64{1}},
	"ELU":         {"elu", []string{"alpha"}, []float64{1}},
	"Hardshrink":  {"hardshrink", []string{"lambd"}, []float64{0.5}},
	"Hardtanh":    {"hardtanh", []string{"min_val", "max_val"}, []float64{-1, 1}},
	"LeakyReLU":   {"leaky_relu", []string{"negative_slope"}, []float64{0.01}},
	"Softshrink":  {"softshrink", []string{"lambd"}, []float64{0.5}},
	"Threshold":   {"threshold", []string{"threshold", "value"}, []float64{0, 0}},
	"LogSigmoid":  {op: "logsigmoid"},
	"GELU":        {op: "gelu"},
	"Hardsigmoid": {op: "hardsigmoid"},
	"Hardswish":   {op: "hardswish"},
	"Mish":        {op: "mish"},
	"ReLU":        {op: "relu"},
	"ReLU6":       {op: "relu6"},
	"SELU":        {op: "selu"},
	"Sigmoid":     {op: "sigmoid"},
	"SiLU":        {op: "silu"},
	"Softplus":    {op: "softplus"},
	"Softsign":    {op: "softsign"},
	"Tanh":        {op: "tanh"},
}

func activation(name string) build {
	a, ok := activations[name]
	if !ok {
		return nil
	}
	return func(b *builder) graph.Value {
		var p kernels.Params
		for i, arg := range a.args {
			p[i] = b.num(arg, a.def[i])
		}
		op := a.op
		switch {
		case op == "gelu" && arg(b, "approximate", "none") == "tanh":
			op = "gelu_tanh"
		case op == "softplus" && (b.num("beta", 1) != 1 || b.num("threshold", 20) != 20):
			return b.miss("Softplus with beta or threshold")
		}
		if a.args == nil {
			return b.x().Op(op)
		}
		return apply(op, p, b.x())
	}
}

// call is a function of x and numbers, as torch.clamp(x,-0.5,0.8).
var call = regexp.MustCompile(`^torch\.(\w+)\(x((?:, ?-?[\d.]+)+)\)$`)

// find is the build for a case.
func find(c *Case) (build, error) {
	if f, ok := table[c.Torch]; ok {
		return f, nil
	}
	if strings.HasPrefix(c.Torch, "see case name") {
		if f := named(c); f != nil {
			return f, nil
		}
		return nil, &MissingError{c.Name}
	}
	if name, ok := strings.CutPrefix(c.Torch, "torch.nn."); ok {
		if f := activation(name); f != nil {
			return f, nil
		}
	}
	if name, ok := strings.CutPrefix(c.Torch, "torch.addmm("); ok && name != "" {
		return addmm, nil
	}
	if m := call.FindStringSubmatch(c.Torch); m != nil {
		var p []float64
		for _, s := range strings.Split(m[2], ",")[1:] {
			v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			if err != nil {
				return nil, fmt.Errorf("%s: torch is %q: %w", c.Name, c.Torch, err)
			}
			p = append(p, v)
		}
		switch {
		case m[1] == "pow" && len(p) == 1:
			return func(b *builder) graph.Value { return formula(fmt.Sprintf("x -> pow(x, %v)", p[0]), b.x()) }, nil
		case m[1] == "clamp" && len(p) == 2:
			return func(b *builder) graph.Value { return apply("clamp", kernels.Params{p[0], p[1]}, b.x()) }, nil
		}
	}
	if name, ok := strings.CutPrefix(c.Torch, "torch."); ok && kernels.Lookup(name) != nil && len(kernels.Lookup(name).In) == 1 {
		return func(b *builder) graph.Value { return b.x().Op(name) }, nil
	}
	return nil, &MissingError{c.Torch}
}

func two(op string) build {
	return func(b *builder) graph.Value { return b.at("a").Op(op, b.at("b")) }
}

func maskedFill(b *builder) graph.Value {
	return b.at("m").Op("to_bool").Where(b.Scalar(-2.5), b.x())
}

func prelu(b *builder) graph.Value {
	x, w := b.x(), b.at("weight")
	if w.Dim(0) > 1 {
		shape := []int{w.Dim(0)}
		for range len(x.Shape()) - 2 {
			shape = append(shape, 1)
		}
		w = w.Reshape(shape...)
	}
	return x.Op("prelu", w)
}

// glu is a·sigmoid(b) for the halves a and b.
func glu(b *builder) graph.Value {
	x, dim := b.x(), int(b.num("dim", -1))
	if dim < 0 {
		dim += len(x.Shape())
	}
	n := x.Dim(dim) / 2
	return x.Narrow(dim, 0, n).Mul(x.Narrow(dim, n, n).Sigmoid())
}

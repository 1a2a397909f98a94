package conformance

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
)

// build computes a case's outputs; most have one, which is returned, named y.
type build func(b *builder) graph.Value

// table maps PyTorch's functions, as meta.json names them, to graphs.
var table = map[string]build{
	"a + b":                       two("add"),
	"a - b":                       two("sub"),
	"a * b":                       two("mul"),
	"a / b":                       two("div"),
	"torch.pow(a,b)":              two("pow"),
	"torch.maximum(a,b)":          two("maximum"),
	"torch.minimum(a,b)":          two("minimum"),
	"x.masked_fill(m!=0,-2.5)":    maskedFill,
	"torch.matmul(a,b)":           func(b *builder) graph.Value { return matmul(b.at("a"), b.at("b")) },
	"a @ a":                       func(b *builder) graph.Value { return b.at("a").MatMul(b.at("a")) },
	"a.T @ b.T":                   gemm(true, true),
	"a.T @ b":                     gemm(true, false),
	"a @ b.T":                     gemm(false, true),
	"torch.cat([a,b,a],1)":        func(b *builder) graph.Value { return graph.Concat(1, b.at("a"), b.at("b"), b.at("a")) },
	"torch.index_select(x,0,idx)": func(b *builder) graph.Value { return b.x().Embed(b.at("idx")) },
	"torch.gather(x,1,idx)":       gather,
	"x.max(1).values":             func(b *builder) graph.Value { return b.max(b.x(), 1) },

	"torch.nn.Linear":    linear,
	"torch.nn.Embedding": func(b *builder) graph.Value { return b.at("weight").Embed(b.x()) },
	"torch.nn.Conv1d":    func(b *builder) graph.Value { return flat(conv(b, true)) },
	"torch.nn.Conv2d":    func(b *builder) graph.Value { return conv(b, false) },

	"torch.nn.ConvTranspose2d":   convTranspose,
	"torch.nn.MaxPool1d":         func(b *builder) graph.Value { return flat(pool(b, true).MaxPool2dWith(poolAttrs(b, true))) },
	"torch.nn.MaxPool2d":         func(b *builder) graph.Value { return pool(b, false).MaxPool2dWith(poolAttrs(b, false)) },
	"torch.nn.AvgPool1d":         func(b *builder) graph.Value { return flat(avgPool(b, true)) },
	"torch.nn.AvgPool2d":         func(b *builder) graph.Value { return avgPool(b, false) },
	"torch.nn.AdaptiveAvgPool2d": adaptive(func(w graph.Value, k [2]int) graph.Value { return w.Mean(2, 3) }),
	"torch.nn.AdaptiveMaxPool2d": adaptive(func(w graph.Value, k [2]int) graph.Value {
		return w.MaxPool2dWith(cpuref.Pool2dAttrs{Kernel: k}).Squeeze(3).Squeeze(2)
	}),

	"torch.nn.Softmax":    func(b *builder) graph.Value { return b.x().Softmax(int(b.num("dim", -1))) },
	"torch.nn.LogSoftmax": func(b *builder) graph.Value { return b.x().LogSoftmax(int(b.num("dim", -1))) },
	"torch.nn.PReLU":      prelu,
	"torch.nn.GLU":        glu,
	"torch.nn.LSTM":       lstm,
	"torch.nn.LSTMCell":   lstmCell,

	"torch.nn.BatchNorm1d":    batchNorm,
	"torch.nn.BatchNorm2d":    batchNorm,
	"torch.nn.LayerNorm":      layerNorm,
	"torch.nn.GroupNorm":      func(b *builder) graph.Value { return groupNorm(b, int(b.num("num_groups", 1))) },
	"torch.nn.InstanceNorm2d": func(b *builder) graph.Value { return groupNorm(b, b.x().Dim(1)) },
	"F.normalize(x,p,dim)":    normalize,
	"x * rsqrt(mean(x*x, -1) + eps) * weight": func(b *builder) graph.Value {
		x := b.x()
		return x.Mul(x.Square().MeanKeep(-1).AddScalar(b.num("eps", 1e-6)).Op("rsqrt")).Mul(b.at("weight"))
	},

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
		h := standard(b.x(), 1e-5, 1).Mul(b.at("g")).Add(b.at("b"))
		return b.x().Add(h.MatMul(b.at("w1")).Gelu().MatMul(b.at("w2")))
	},
}

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
	if f, ok := losses[c.Torch]; ok {
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

// gather picks x[i, idx[i, j]], by a sum over the columns that match.
func gather(b *builder) graph.Value {
	x, idx := b.x(), b.at("idx")
	if len(x.Shape()) != 2 {
		return b.miss("gather of rank %d", len(x.Shape()))
	}
	hit := idx.Unsqueeze(2).Eq(b.steps(x.Dim(1))).Float()
	return hit.Mul(x.Unsqueeze(1)).Sum(2)
}

// max is torch.max along an axis: the gradient goes to the first largest.
func (b *builder) max(x graph.Value, axis int) graph.Value {
	shape := make([]int, len(x.Shape()))
	for i := range shape {
		shape[i] = 1
	}
	shape[axis] = x.Dim(axis)
	hit := keep(x.Argmax(axis), x, axis).Eq(b.steps(x.Dim(axis)).Reshape(shape...))
	return hit.Where(x, b.Scalar(0)).Sum(axis)
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

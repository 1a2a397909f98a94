package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Cross-entropy of class scores against class numbers, a loss a row.
// Attributes: cpuref.CrossEntropyAttrs.
var (
	CrossEntropy = declare(Op{
		Name:  "cross_entropy",
		Doc:   "loss[i] = lse[i] - logits[i, label[i]], lse[i] = log sum exp(logits[i, :]); 0 for label ignore_index, NaN for a label that is no class",
		In:    []Operand{{Name: "logits"}, {Name: "labels"}},
		Out:   []Operand{{Name: "loss"}, {Name: "lse", Optional: true}},
		Attrs: cpuref.CrossEntropyAttrs{}, Shape: crossEntropyShape,
		CPU:      Plain(cpuref.CrossEntropy[float32], cpuref.CrossEntropy[float64]),
		Variants: laneVariants(fast.CrossEntropy, crossEntropyServes, lowerCrossEntropy),
		Cases:    crossEntropyCases(false), Bench: crossEntropyBench(false),
		Cost: crossEntropyCost, Tol: Max(8), Torch: "torch.nn.functional.cross_entropy(reduction='none')",
	})
	CrossEntropyGrad = declare(Op{
		Name:  "cross_entropy_grad",
		Doc:   "dlogits[i, j] = (exp(logits[i, j] - lse[i]) - [j = label[i]])·dloss[i]; 0 for label ignore_index",
		In:    []Operand{{Name: "logits"}, {Name: "labels"}, {Name: "lse"}, {Name: "dloss"}},
		Out:   []Operand{{Name: "dlogits"}},
		Attrs: cpuref.CrossEntropyAttrs{}, Shape: crossEntropyGradShape,
		CPU:      Plain(cpuref.CrossEntropyGrad[float32], cpuref.CrossEntropyGrad[float64]),
		Variants: laneVariants(fast.CrossEntropyGrad, crossEntropyServes, lowerCrossEntropyGrad),
		Cases:    crossEntropyCases(true), Bench: crossEntropyBench(true),
		Cost: crossEntropyCost, Tol: Max(8),
	})
)

func crossEntropyCost(c *Call) Cost {
	return Cost{Flops: 8 * float64(c.In[0].Elems()), Bytes: operandBytes(c)}
}

func crossEntropyShape(_ any, in []tensor.Type) ([]tensor.Type, error) {
	x, labels := in[0], in[1]
	if err := floatOperand("logits", x); err != nil {
		return nil, err
	}
	if len(x.Shape) != 2 || labels.DType != tensor.Int32 || !labels.Shape.Equal(x.Shape[:1]) {
		return nil, fmt.Errorf("logits %v with labels %v: wants float32[N C] and int32[N]", x, labels)
	}
	if x.Shape[1] == 0 && x.Shape[0] > 0 {
		return nil, fmt.Errorf("logits %v: there are no classes", x)
	}
	row := tensor.Type{DType: x.DType, Shape: x.Shape[:1]}
	return []tensor.Type{row, row}, nil
}

func crossEntropyGradShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	row, err := crossEntropyShape(attrs, in[:2])
	if err != nil {
		return nil, err
	}
	if !in[2].Equal(row[0]) || !in[3].Equal(row[0]) {
		return nil, fmt.Errorf("lse %v and dloss %v: want %v, one a row of logits %v", in[2], in[3], row[0], in[0])
	}
	return []tensor.Type{in[0]}, nil
}

// classes draws class numbers below c, every seventh of them ignored.
func classes(c, ignore int) Filler {
	return func(rng *tensor.Philox, t *tensor.Tensor) {
		for i := range t.I32 {
			t.I32[i] = int32(rng.Intn(c))
			if i%7 == 3 {
				t.I32[i] = int32(ignore)
			}
		}
	}
}

func crossEntropyCase(grad bool, n, c int) Case {
	k := Case{
		Name: fmt.Sprintf("%dx%d", n, c), Attrs: cpuref.CrossEntropyAttrs{IgnoreIndex: -100},
		In:   []tensor.Type{tensor.F32(n, c), tensor.I32(n)},
		Fill: []Filler{nil, classes(c, -100)},
	}
	if grad {
		k.In = append(k.In, tensor.F32(n), tensor.F32(n))
	}
	return k
}

func crossEntropyCases(grad bool) (ks []Case) {
	for _, s := range [][2]int{{1, 1}, {1, 2}, {5, 3}, {64, 10}, {13, 65}, {3, 1031}, {0, 4}, {1031, 7}, {2, 65537}} {
		ks = append(ks, crossEntropyCase(grad, s[0], s[1]))
	}
	k := crossEntropyCase(grad, 9, 6) // a class as ignore_index
	k.Name, k.Attrs, k.Fill[1] = "9x6 ignore class 2", cpuref.CrossEntropyAttrs{IgnoreIndex: 2}, classes(6, 2)
	return append(ks, k)
}

func crossEntropyBench(grad bool) []Case {
	return append([]Case{crossEntropyCase(grad, 64, 10), crossEntropyCase(grad, 2048, 65), crossEntropyCase(grad, 64, 10000)},
		large(crossEntropyCase(grad, 128, 1000), crossEntropyCase(grad, 700, 10000))...)
}

func init() {
	// dlogits = cross_entropy_grad(dloss) + exp(logits - lse)·dlse
	CrossEntropy.SetGrad(func(b Builder, g Grad) []Ref {
		x, labels, lse := g.In[0], g.In[1], g.Out[1]
		d := NoRef
		if g.DOut[0] != NoRef {
			d = b.Apply(CrossEntropyGrad, g.Attrs, x, labels, lse, g.DOut[0])[0]
		}
		if g.DOut[1] != NoRef {
			p := apply(b, "mul", classProbs(b, x, lse), column(b, g.DOut[1]))
			if d == NoRef {
				d = p
			} else {
				d = apply(b, "add", d, p)
			}
		}
		return []Ref{d, NoRef}
	})
	// With p = exp(logits - lse), upstream G, and k = 0 for ignored rows, else 1:
	// to logits G·p·k·dloss, to lse minus its row sums, to dloss the row sums of
	// G·(p - onehot)·k, which is G·cross_entropy_grad(dloss = 1).
	CrossEntropyGrad.SetGrad(func(b Builder, g Grad) []Ref {
		x, labels, lse, dloss, u := g.In[0], g.In[1], g.In[2], g.In[3], g.DOut[0]
		d := []Ref{NoRef, NoRef, NoRef, NoRef}
		rows := cpuref.ReduceAttrs{Axes: cpuref.IntList(1)}
		if g.Want[0] || g.Want[2] {
			ignore := b.Scalar(float64(g.Attrs.(cpuref.CrossEntropyAttrs).IgnoreIndex))
			counts := apply(b, "to_float", apply(b, "ne", apply(b, "to_float", labels), ignore))
			scale := apply(b, "mul", dloss, counts)
			d[0] = apply(b, "mul", apply(b, "mul", u, classProbs(b, x, lse)), column(b, scale))
		}
		if g.Want[2] {
			d[2] = apply(b, "neg", b.Apply(ReduceSum, rows, d[0])[0])
		}
		if g.Want[3] {
			ones := expandTo(b, b.Scalar(1), b.Type(dloss).Shape)
			d[3] = b.Apply(ReduceSum, rows, apply(b, "mul", u, b.Apply(CrossEntropyGrad, g.Attrs, x, labels, lse, ones)[0]))[0]
		}
		return d
	})
}

// classProbs is exp(logits - lse), [N, C].
func classProbs(b Builder, logits, lse Ref) Ref {
	return apply(b, "exp", apply(b, "sub", logits, column(b, lse)))
}

// column is [N] seen as [N, 1].
func column(b Builder, v Ref) Ref {
	return reshapeTo(b, v, append(append(tensor.Shape{}, b.Type(v).Shape...), 1))
}

package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Softmax, log-softmax and their gradients, along one axis. Attributes:
// cpuref.AxisAttrs, the axis not negative.
var (
	Softmax = along(Op{
		Name: "softmax", Doc: "Y = exp(X - max) / sum exp(X - max) along the axis",
		In:       []Operand{{Name: "X"}},
		CPU:      Plain(cpuref.Softmax[float32], cpuref.Softmax[float64]),
		Variants: laneVariants(fast.Softmax, axisServes, lowerSoftmax("softmax", false)), Torch: "torch.softmax",
	})
	LogSoftmax = along(Op{
		Name: "log_softmax", Doc: "Y = X - max - log sum exp(X - max) along the axis",
		In:       []Operand{{Name: "X"}},
		CPU:      Plain(cpuref.LogSoftmax[float32], cpuref.LogSoftmax[float64]),
		Variants: laneVariants(fast.LogSoftmax, axisServes, lowerSoftmax("softmax", true)), Torch: "torch.log_softmax",
	})
	SoftmaxGrad = along(Op{
		Name: "softmax_grad", Doc: "dX = Y·(dY - sum Y·dY) along the axis",
		In:       []Operand{{Name: "Y"}, {Name: "dY"}},
		CPU:      Plain(cpuref.SoftmaxGrad[float32], cpuref.SoftmaxGrad[float64]),
		Variants: laneVariants(fast.SoftmaxGrad, axisServes, lowerSoftmax("softmax_grad", false)),
	})
	LogSoftmaxGrad = along(Op{
		Name: "log_softmax_grad", Doc: "dX = dY - exp(Y)·sum dY along the axis",
		In:       []Operand{{Name: "Y"}, {Name: "dY"}},
		CPU:      Plain(cpuref.LogSoftmaxGrad[float32], cpuref.LogSoftmaxGrad[float64]),
		Variants: laneVariants(fast.LogSoftmaxGrad, axisServes, lowerSoftmax("softmax_grad", true)),
		Tol:      Max(32), // dY and its share of the sum cancel
	})
)

func along(op Op) *Op {
	op.Out = []Operand{{Name: "Y"}}
	op.Attrs = cpuref.AxisAttrs{}
	op.Shape = axisShape
	if op.Tol == (Tol{}) {
		op.Tol = Max(8)
	}
	op.Cost = func(c *Call) Cost { return Cost{Flops: 8 * float64(c.In[0].Elems()), Bytes: operandBytes(c)} }
	add := func(to *[]Case, axis int, shape ...int) {
		k := Case{Name: fmt.Sprintf("%v axis %d", shape, axis), Attrs: cpuref.AxisAttrs{Axis: axis}}
		for range op.In {
			k.In = append(k.In, tensor.F32(shape...))
		}
		if len(op.In) == 2 {
			k.Fill = []Filler{fillSoftmax(axis, op.Name == "log_softmax_grad")}
		}
		*to = append(*to, k)
	}
	for _, s := range []tensor.Shape{{1}, {13}, {5, 7}, {3, 257}, {2, 5, 3}, {4, 3, 5, 2}, {0, 4}, {1031, 2}} {
		for axis := range s {
			add(&op.Cases, axis, s...)
		}
	}
	add(&op.Cases, 1, 2, 65537)
	add(&op.Bench, 1, 64, 10)
	add(&op.Bench, 1, 1024, 1024)
	add(&op.Bench, 1, 32, 64, 256)
	add(&op.Bench, 2, 96, 128, 128) // 8 sequences' attention with 12 heads
	add(&op.Bench, 1, 700, 10000)   // words
	large(op.Bench[len(op.Bench)-1:]...)
	return declare(op)
}

// fillSoftmax draws what softmax or log-softmax gives: with other Y the sums of a
// gradient cancel, and no bound on its error holds.
func fillSoftmax(axis int, log bool) Filler {
	return func(rng *tensor.Philox, t *tensor.Tensor) {
		FillDefault(rng, t)
		x := cpuref.Arg[float32]{Shape: t.Shape, F: t.F32}
		a := cpuref.Args[float32]{Attrs: cpuref.AxisAttrs{Axis: axis}, In: []cpuref.Arg[float32]{x}, Out: []cpuref.Arg[float32]{x}}
		if log {
			cpuref.LogSoftmax(&a)
		} else {
			cpuref.Softmax(&a)
		}
	}
}

// axisShape is the rule of an op whose operands and output share one shape.
func axisShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	axis := attrs.(cpuref.AxisAttrs).Axis
	for i, t := range in {
		if err := floatOperand("operand "+fmt.Sprint(i), t); err != nil {
			return nil, err
		}
		if !t.Shape.Equal(in[0].Shape) {
			return nil, fmt.Errorf("%v and %v: shapes differ", in[0].Shape, t.Shape)
		}
	}
	if axis < 0 || axis >= len(in[0].Shape) {
		return nil, fmt.Errorf("%v has no axis %d", in[0].Shape, axis)
	}
	return []tensor.Type{in[0]}, nil
}

// sumAlong is the sum along the op's axis, kept with size 1.
func sumAlong(b Builder, g Grad, x Ref) Ref {
	axes := cpuref.IntList(g.Attrs.(cpuref.AxisAttrs).Axis)
	return b.Apply(ReduceSum, cpuref.ReduceAttrs{Axes: axes, Keep: true}, x)[0]
}

func init() {
	Softmax.SetGrad(func(b Builder, g Grad) []Ref {
		return b.Apply(SoftmaxGrad, g.Attrs, g.Out[0], g.DOut[0])
	})
	LogSoftmax.SetGrad(func(b Builder, g Grad) []Ref {
		return b.Apply(LogSoftmaxGrad, g.Attrs, g.Out[0], g.DOut[0])
	})
	// With upstream G: to Y, G·(dY - sum Y·dY) - dY·sum G·Y; to dY, softmax_grad(Y, G).
	SoftmaxGrad.SetGrad(func(b Builder, g Grad) []Ref {
		y, dy, u := g.In[0], g.In[1], g.DOut[0]
		d := []Ref{NoRef, NoRef}
		if g.Want[0] {
			centred := apply(b, "sub", dy, sumAlong(b, g, apply(b, "mul", y, dy)))
			d[0] = apply(b, "sub", apply(b, "mul", u, centred), apply(b, "mul", dy, sumAlong(b, g, apply(b, "mul", u, y))))
		}
		if g.Want[1] {
			d[1] = b.Apply(SoftmaxGrad, g.Attrs, y, u)[0]
		}
		return d
	})
	// With upstream G: to Y, -G·exp(Y)·sum dY; to dY, G - sum G·exp(Y).
	LogSoftmaxGrad.SetGrad(func(b Builder, g Grad) []Ref {
		y, dy, u := g.In[0], g.In[1], g.DOut[0]
		d := []Ref{NoRef, NoRef}
		up := apply(b, "mul", u, apply(b, "exp", y))
		if g.Want[0] {
			d[0] = apply(b, "neg", apply(b, "mul", up, sumAlong(b, g, dy)))
		}
		if g.Want[1] {
			d[1] = apply(b, "sub", u, sumAlong(b, g, up))
		}
		return d
	})
}

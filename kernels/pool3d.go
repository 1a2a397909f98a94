package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Pooling over volumes, which also serves what pool2d doesn't: adaptive windows
// and a divisor of one's own, with a depth of 1.
var (
	MaxPool3d = declare(Op{
		Name: "max_pool3d", Torch: "torch.nn.functional.max_pool3d", ONNX: "MaxPool",
		Doc:   "Y[n,c,o] = max of X over window o, Idx its place (d·H+h)·W+w  (X [N,C,D,H,W] -> Y, Idx int32 [N,C,OD,OH,OW]); NaN wins, padding is left out; windows as strides or Adaptive say",
		In:    []Operand{{Name: "X"}},
		Out:   []Operand{{Name: "Y"}, {Name: "Idx", Optional: true}},
		Attrs: cpuref.Pool3dAttrs{},
		Norm:  pool3dNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			y, err := pool3dOf(attrs, in[0])
			if err != nil {
				return nil, err
			}
			return []tensor.Type{{DType: in[0].DType, Shape: y}, {DType: tensor.Int32, Shape: y}}, nil
		},
		CPU:      Plain(cpuref.MaxPool3d[float32], cpuref.MaxPool3d[float64]),
		Variants: pool3dVariants(fast.MaxPool3d),
		Cases:    maxPool3dCases(false),
		Bench:    maxPool3dBench(false),
		Cost:     pool3dCost,
		Tol:      Exact(),
	})

	MaxPool3dGrad = declare(Op{
		Name:  "max_pool3d_grad",
		Doc:   "dX[n,c,s] = Σ of dY over the windows with Idx = s  (dY, Idx int32 [N,C,OD,OH,OW] -> dX [N,C,Size])",
		In:    []Operand{{Name: "dY"}, {Name: "Idx"}},
		Out:   []Operand{{Name: "dX"}},
		Attrs: cpuref.Pool3dAttrs{},
		Norm:  pool3dNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			if in[1].DType != tensor.Int32 || !in[1].Shape.Equal(in[0].Shape) {
				return nil, fmt.Errorf("dY %v, Idx %v: wants int32 indices of dY's shape", in[0], in[1])
			}
			return pool3dGradShape(attrs, in)
		},
		CPU:      Plain(cpuref.MaxPool3dGrad[float32], cpuref.MaxPool3dGrad[float64]),
		Variants: pool3dVariants(fast.Planes(cpuref.MaxPool3dGrad[float32])),
		Cases:    maxPool3dCases(true),
		Bench:    maxPool3dBench(true),
		Cost:     pool3dCost,
		Tol:      Sum(4),
	})

	AvgPool3d = declare(Op{
		Name: "avg_pool3d", Torch: "torch.nn.functional.avg_pool3d", ONNX: "AveragePool",
		Doc:   "Y[n,c,o] = Σ of X over window o / its elements, or Divisor  (X [N,C,D,H,W] -> Y [N,C,OD,OH,OW]); CountIncludePad counts the padding's; windows as strides or Adaptive say",
		In:    []Operand{{Name: "X"}},
		Out:   []Operand{{Name: "Y"}},
		Attrs: cpuref.Pool3dAttrs{},
		Norm:  pool3dNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			y, err := pool3dOf(attrs, in[0])
			if err == nil {
				err = undilated3d(attrs)
			}
			if err != nil {
				return nil, err
			}
			return []tensor.Type{{DType: in[0].DType, Shape: y}}, nil
		},
		CPU:      Plain(cpuref.AvgPool3d[float32], cpuref.AvgPool3d[float64]),
		Variants: pool3dVariants(fast.AvgPool3d),
		Cases:    avgPool3dCases(false),
		Bench:    avgPool3dBench(false),
		Cost:     pool3dCost,
		Tol:      Sum(4),
	})

	AvgPool3dGrad = declare(Op{
		Name:  "avg_pool3d_grad",
		Doc:   "dX[n,c,s] = Σ of dY/divisor over the windows that cover s  (dY [N,C,OD,OH,OW] -> dX [N,C,Size])",
		In:    []Operand{{Name: "dY"}},
		Out:   []Operand{{Name: "dX"}},
		Attrs: cpuref.Pool3dAttrs{},
		Norm:  pool3dNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			if err := undilated3d(attrs); err != nil {
				return nil, err
			}
			return pool3dGradShape(attrs, in)
		},
		CPU:      Plain(cpuref.AvgPool3dGrad[float32], cpuref.AvgPool3dGrad[float64]),
		Variants: pool3dVariants(fast.AvgPool3dGrad),
		Cases:    avgPool3dCases(true),
		Bench:    avgPool3dBench(true),
		Cost:     pool3dCost,
		Tol:      Sum(4),
	})
)

func init() {
	size := func(b Builder, g Grad) cpuref.Pool3dAttrs {
		at, s := g.Attrs.(cpuref.Pool3dAttrs), b.Type(g.In[0]).Shape
		at.Size = [3]int(s[2:])
		return at
	}
	MaxPool3d.SetGrad(func(b Builder, g Grad) []Ref {
		return b.Apply(MaxPool3dGrad, size(b, g), g.DOut[0], g.Out[1])
	})
	MaxPool3dGrad.SetGrad(func(b Builder, g Grad) []Ref {
		at := g.Attrs.(cpuref.Pool3dAttrs)
		at.Size = [3]int{}
		return append(b.Apply(PoolGather, cpuref.PoolGatherAttrs{Pool: at}, g.DOut[0], g.In[1]), NoRef)
	})
	AvgPool3d.SetGrad(func(b Builder, g Grad) []Ref {
		return b.Apply(AvgPool3dGrad, size(b, g), g.DOut[0])
	})
	AvgPool3dGrad.SetGrad(func(b Builder, g Grad) []Ref {
		at := g.Attrs.(cpuref.Pool3dAttrs)
		at.Size = [3]int{}
		return b.Apply(AvgPool3d, at, g.DOut[0])
	})
}

func pool3dNorm(attrs any) any { return attrs.(cpuref.Pool3dAttrs).WithDefaults() }

func undilated3d(attrs any) error {
	if d := attrs.(cpuref.Pool3dAttrs).Dilation; d != [3]int{1, 1, 1} {
		return fmt.Errorf("dilation %v: average pooling has none", d)
	}
	return nil
}

// pool3dOf checks a pooling of X and gives the shape of its result.
func pool3dOf(attrs any, x tensor.Type) (tensor.Shape, error) {
	at := attrs.(cpuref.Pool3dAttrs)
	if len(x.Shape) != 5 || !x.DType.IsFloat() {
		return nil, fmt.Errorf("image %v: wants 5 dimensions of floats: batch, channels, depth, height, width", x)
	}
	y := tensor.Shape{x.Shape[0], x.Shape[1], 0, 0, 0}
	if at.Adaptive != [3]int{} {
		for i, n := range at.Adaptive {
			if n < 1 || x.Shape[2+i] < 1 {
				return nil, fmt.Errorf("image %v: an adaptive pooling to %v: sizes start at 1", x.Shape, at.Adaptive)
			}
			y[2+i] = n
		}
		return y, nil
	}
	if at.Divisor < 0 {
		return nil, fmt.Errorf("a divisor of %d", at.Divisor)
	}
	for i := range 3 {
		n, err := poolAxis(at.Kernel[i], at.Stride[i], at.Padding[i], at.Dilation[i], x.Shape[2+i], at.Ceil)
		if err != nil {
			return nil, fmt.Errorf("image %v: %w", x.Shape, err)
		}
		y[2+i] = n
	}
	return y, nil
}

// poolAxis is the number of windows along an axis. In ceil mode the last one
// must start within the image or the padding before it.
func poolAxis(k, s, p, d, in int, ceil bool) (int, error) {
	span := (k-1)*d + 1
	switch {
	case k < 1 || s < 1 || d < 1 || p < 0:
		return 0, fmt.Errorf("kernel %d, stride %d, padding %d, dilation %d: kernels, strides and dilations start at 1, paddings at 0", k, s, p, d)
	case 2*p > span:
		return 0, fmt.Errorf("padding %d is more than half of a window of %d", p, span)
	case in == 0 || in+2*p < span:
		return 0, fmt.Errorf("a window of %d is larger than the padded image's %d", span, in+2*p)
	}
	free := in + 2*p - span
	n := free/s + 1
	if ceil && free%s != 0 && n*s < in+p {
		n++
	}
	return n, nil
}

func pool3dGradShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	at, dy := attrs.(cpuref.Pool3dAttrs), in[0]
	if len(dy.Shape) != 5 {
		return nil, fmt.Errorf("dY %v: wants 5 dimensions: batch, channels, depth, height, width", dy.Shape)
	}
	x := tensor.Type{DType: dy.DType, Shape: append(dy.Shape[:2:2], at.Size[:]...)}
	y, err := pool3dOf(at, x)
	if err != nil {
		return nil, err
	}
	if !y.Equal(dy.Shape) {
		return nil, fmt.Errorf("dY %v: an image of %v gives %v", dy.Shape, at.Size, y)
	}
	return []tensor.Type{x}, nil
}

// pool3dCost counts one operation an element of each window.
func pool3dCost(c *Call) Cost {
	at, bytes := c.Attrs.(cpuref.Pool3dAttrs), 0
	for _, t := range append(c.In[:len(c.In):len(c.In)], c.Out...) {
		bytes += t.Bytes()
	}
	if at.Adaptive != [3]int{} {
		return Cost{Flops: float64(max(c.In[0].Elems(), c.Out[0].Elems())), Bytes: float64(bytes)}
	}
	windows := c.In[0].Elems()
	if at.Size == [3]int{} {
		windows = c.Out[0].Elems()
	}
	return Cost{Flops: float64(windows) * float64(at.Kernel[0]*at.Kernel[1]*at.Kernel[2]), Bytes: float64(bytes)}
}

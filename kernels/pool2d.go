package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Max and average pooling over planes, and their gradients by gathering.
var (
	MaxPool2d = declare(Op{
		Name: "max_pool2d", Torch: "torch.nn.functional.max_pool2d", ONNX: "MaxPool",
		Doc:   "Y[n,c,y,x] = max_{i,j} X[n,c,y·s+i·d-p,x·s+j·d-p], Idx its place h·W+w  (X [N,C,H,W] -> Y, Idx int32 [N,C,OH,OW]); NaN wins, padding is left out",
		In:    []Operand{{Name: "X"}},
		Out:   []Operand{{Name: "Y"}, {Name: "Idx", Optional: true}},
		Attrs: cpuref.Pool2dAttrs{},
		Norm:  poolNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			y, err := poolOf(attrs, in[0])
			if err != nil {
				return nil, err
			}
			return []tensor.Type{{DType: in[0].DType, Shape: y}, {DType: tensor.Int32, Shape: y}}, nil
		},
		CPU:      Plain(cpuref.MaxPool2d[float32], cpuref.MaxPool2d[float64]),
		Variants: poolVariants(fast.MaxPool2d),
		Cases:    maxPoolCases(false),
		Bench:    maxPoolBench(false),
		Cost:     poolCost,
		Tol:      Exact(),
	})

	MaxPool2dGrad = declare(Op{
		Name:  "max_pool2d_grad",
		Doc:   "dX[n,c,h,w] = Σ of dY over the windows with Idx = h·W+w  (dY, Idx int32 [N,C,OH,OW] -> dX [N,C,Size])",
		In:    []Operand{{Name: "dY"}, {Name: "Idx"}},
		Out:   []Operand{{Name: "dX"}},
		Attrs: cpuref.Pool2dAttrs{},
		Norm:  poolNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			if in[1].DType != tensor.Int32 || !in[1].Shape.Equal(in[0].Shape) {
				return nil, fmt.Errorf("dY %v, Idx %v: wants int32 indices of dY's shape", in[0], in[1])
			}
			return poolGradShape(attrs, in)
		},
		CPU:      Plain(cpuref.MaxPool2dGrad[float32], cpuref.MaxPool2dGrad[float64]),
		Variants: poolGradVariants(fast.MaxPool2dGrad),
		Cases:    maxPoolCases(true),
		Bench:    maxPoolBench(true),
		Cost:     poolCost,
		Tol:      Sum(4),
	})

	AvgPool2d = declare(Op{
		Name: "avg_pool2d", Torch: "torch.nn.functional.avg_pool2d", ONNX: "AveragePool",
		Doc:   "Y[n,c,y,x] = Σ_{i,j} X[n,c,y·s+i-p,x·s+j-p] / elements of the window  (X [N,C,H,W] -> Y [N,C,OH,OW]); CountIncludePad counts the padding's",
		In:    []Operand{{Name: "X"}},
		Out:   []Operand{{Name: "Y"}},
		Attrs: cpuref.Pool2dAttrs{},
		Norm:  poolNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			y, err := poolOf(attrs, in[0])
			if err == nil {
				err = undilated(attrs)
			}
			if err != nil {
				return nil, err
			}
			return []tensor.Type{{DType: in[0].DType, Shape: y}}, nil
		},
		CPU:      Plain(cpuref.AvgPool2d[float32], cpuref.AvgPool2d[float64]),
		Variants: poolVariants(fast.AvgPool2d),
		Cases:    avgPoolCases(false),
		Bench:    avgPoolBench(false),
		Cost:     poolCost,
		Tol:      Sum(4),
	})

	AvgPool2dGrad = declare(Op{
		Name:  "avg_pool2d_grad",
		Doc:   "dX[n,c,h,w] = Σ of dY/(elements of the window) over the windows that cover it  (dY [N,C,OH,OW] -> dX [N,C,Size])",
		In:    []Operand{{Name: "dY"}},
		Out:   []Operand{{Name: "dX"}},
		Attrs: cpuref.Pool2dAttrs{},
		Norm:  poolNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			if err := undilated(attrs); err != nil {
				return nil, err
			}
			return poolGradShape(attrs, in)
		},
		CPU:      Plain(cpuref.AvgPool2dGrad[float32], cpuref.AvgPool2dGrad[float64]),
		Variants: poolGradVariants(fast.AvgPool2dGrad),
		Cases:    avgPoolCases(true),
		Bench:    avgPoolBench(true),
		Cost:     poolCost,
		Tol:      Sum(4),
	})
)

func init() {
	size := func(b Builder, g Grad) cpuref.Pool2dAttrs {
		at, s := g.Attrs.(cpuref.Pool2dAttrs), b.Type(g.In[0]).Shape
		at.Size = [2]int{s[2], s[3]}
		return at
	}
	MaxPool2d.SetGrad(func(b Builder, g Grad) []Ref {
		return b.Apply(MaxPool2dGrad, size(b, g), g.DOut[0], g.Out[1])
	})
	MaxPool2dGrad.SetGrad(func(b Builder, g Grad) []Ref {
		at := g.Attrs.(cpuref.Pool2dAttrs)
		at.Size = [2]int{}
		return append(b.Apply(PoolGather, cpuref.PoolGatherAttrs{Pool: at.Deep()}, g.DOut[0], g.In[1]), NoRef)
	})
	AvgPool2d.SetGrad(func(b Builder, g Grad) []Ref {
		return b.Apply(AvgPool2dGrad, size(b, g), g.DOut[0])
	})
	AvgPool2dGrad.SetGrad(func(b Builder, g Grad) []Ref {
		at := g.Attrs.(cpuref.Pool2dAttrs)
		at.Size = [2]int{}
		return b.Apply(AvgPool2d, at, g.DOut[0])
	})
}

func poolNorm(attrs any) any { return attrs.(cpuref.Pool2dAttrs).WithDefaults() }

func undilated(attrs any) error {
	at := attrs.(cpuref.Pool2dAttrs)
	if at.Dilation != [2]int{1, 1} {
		return fmt.Errorf("dilation %v: average pooling has none", at.Dilation)
	}
	if at.Divisor != 0 {
		return fmt.Errorf("divisor %d: avg_pool3d has one of its own", at.Divisor)
	}
	return nil
}

// poolOf checks a pooling of X and gives the shape of its result.
func poolOf(attrs any, x tensor.Type) (tensor.Shape, error) {
	at := attrs.(cpuref.Pool2dAttrs)
	if len(x.Shape) != 4 || !x.DType.IsFloat() {
		return nil, fmt.Errorf("image %v: wants 4 dimensions of floats: batch, channels, height, width", x)
	}
	y := tensor.Shape{x.Shape[0], x.Shape[1], 0, 0}
	for i := range 2 {
		n, err := poolAxis(at.Kernel[i], at.Stride[i], at.Padding[i], at.Dilation[i], x.Shape[2+i], at.Ceil)
		if err != nil {
			return nil, fmt.Errorf("image %v: %w", x.Shape, err)
		}
		y[2+i] = n
	}
	return y, nil
}

func poolGradShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	at, dy := attrs.(cpuref.Pool2dAttrs), in[0]
	if len(dy.Shape) != 4 {
		return nil, fmt.Errorf("dY %v: wants 4 dimensions: batch, channels, height, width", dy.Shape)
	}
	x := tensor.Type{DType: dy.DType, Shape: tensor.Shape{dy.Shape[0], dy.Shape[1], at.Size[0], at.Size[1]}}
	y, err := poolOf(at, x)
	if err != nil {
		return nil, err
	}
	if !y.Equal(dy.Shape) {
		return nil, fmt.Errorf("dY %v: an image of %v gives %v", dy.Shape, at.Size, y)
	}
	return []tensor.Type{x}, nil
}

// poolCost counts one operation an element of each window.
func poolCost(c *Call) Cost {
	at, bytes, windows := c.Attrs.(cpuref.Pool2dAttrs), 0, c.In[0].Elems()
	for _, t := range append(c.In[:len(c.In):len(c.In)], c.Out...) {
		bytes += t.Bytes()
	}
	if at.Size == [2]int{} {
		windows = c.Out[0].Elems()
	}
	return Cost{Flops: float64(windows) * float64(at.Kernel[0]*at.Kernel[1]), Bytes: float64(bytes)}
}

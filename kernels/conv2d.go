package kernels

import (
	"errors"
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Conv2d and its two gradients. A bias is a broadcast add, which the plan puts
// into the epilogue.
var (
	Conv2d = declare(Op{
		Name: "conv2d", Torch: "torch.nn.functional.conv2d", ONNX: "Conv",
		Doc:   "Y[n,o,y,x] = Σ_{c,i,j} W[o,c,i,j] · X[n,g·C/G+c,y·s+i·d-p,x·s+j·d-p]  (X [N,C,H,W], W [O,C/G,kh,kw] -> Y [N,O,OH,OW])",
		In:    []Operand{{Name: "X"}, {Name: "W"}},
		Out:   []Operand{{Name: "Y"}},
		Attrs: cpuref.Conv2dAttrs{},
		Norm:  convNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			c, err := convOf(attrs, in[0], in[1])
			if err != nil {
				return nil, fmt.Errorf("image %v, kernel %v: %w", in[0].Shape, in[1].Shape, err)
			}
			return []tensor.Type{{DType: in[0].DType, Shape: c.y()}}, nil
		},
		CPU:          Plain(cpuref.Conv2d[float32], cpuref.Conv2d[float64]),
		Epilogue:     true,
		EpilogueAxis: 1,
		Variants:     conv2dVariants,
		Cases:        convCases(convForward),
		Bench:        convBench(convForward),
		Cost:         convCost,
		Tol:          Sum(16),
	})

	Conv2dData = declare(Op{
		Name: "conv2d_data", Torch: "torch.nn.functional.conv_transpose2d", ONNX: "ConvTranspose",
		Doc:   "dX = gradient of conv2d by X: the transposed convolution  (dY [N,O,OH,OW], W [O,C/G,kh,kw] -> dX [N,C,Size])",
		In:    []Operand{{Name: "dY"}, {Name: "W"}},
		Out:   []Operand{{Name: "dX"}},
		Attrs: cpuref.Conv2dAttrs{},
		Norm:  convNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			at, dy, w := attrs.(cpuref.Conv2dAttrs), in[0], in[1]
			wrong := func(err error) error {
				return fmt.Errorf("dY %v, kernel %v, size %v: %w", dy.Shape, w.Shape, at.Size, err)
			}
			if len(dy.Shape) != 4 || len(w.Shape) != 4 {
				return nil, wrong(errRank)
			}
			x := tensor.Type{DType: dy.DType, Shape: tensor.Shape{dy.Shape[0], w.Shape[1] * at.Groups, at.Size[0], at.Size[1]}}
			c, err := convOf(at, x, w)
			if err == nil && !c.y().Equal(dy.Shape) {
				err = fmt.Errorf("an image of that size gives %v, not dY", c.y())
			}
			if err != nil {
				return nil, wrong(err)
			}
			return []tensor.Type{x}, nil
		},
		CPU:          Plain(cpuref.Conv2dData[float32], cpuref.Conv2dData[float64]),
		Epilogue:     true,
		EpilogueAxis: 1,
		Variants:     conv2dDataVariants,
		Cases:        convCases(convData),
		Bench:        convBench(convData),
		Cost:         convCost,
		Tol:          Sum(16),
	})

	Conv2dWeight = declare(Op{
		Name: "conv2d_weight", Torch: "torch.nn.grad.conv2d_weight",
		Doc:   "dW = gradient of conv2d by W  (X [N,C,H,W], dY [N,O,OH,OW] -> dW [O,C/G,Size])",
		In:    []Operand{{Name: "X"}, {Name: "dY"}},
		Out:   []Operand{{Name: "dW"}},
		Attrs: cpuref.Conv2dAttrs{},
		Norm:  convNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			at, x, dy := attrs.(cpuref.Conv2dAttrs), in[0], in[1]
			wrong := func(err error) error {
				return fmt.Errorf("image %v, dY %v, kernel %v: %w", x.Shape, dy.Shape, at.Size, err)
			}
			if len(x.Shape) != 4 || len(dy.Shape) != 4 {
				return nil, wrong(errRank)
			}
			if at.Groups < 1 || x.Shape[1]%at.Groups != 0 {
				return nil, wrong(fmt.Errorf("%d channels don't split into %d groups", x.Shape[1], at.Groups))
			}
			w := tensor.Type{DType: x.DType, Shape: tensor.Shape{dy.Shape[1], x.Shape[1] / at.Groups, at.Size[0], at.Size[1]}}
			c, err := convOf(at, x, w)
			if err == nil && !c.y().Equal(dy.Shape) {
				err = fmt.Errorf("a kernel of that size gives %v, not dY", c.y())
			}
			if err == nil && x.DType != dy.DType {
				err = fmt.Errorf("dtypes %v and %v differ", x.DType, dy.DType)
			}
			if err != nil {
				return nil, wrong(err)
			}
			return []tensor.Type{w}, nil
		},
		CPU:      Plain(cpuref.Conv2dWeight[float32], cpuref.Conv2dWeight[float64]),
		Variants: conv2dWeightVariants,
		Cases:    convCases(convWeight),
		Bench:    convBench(convWeight),
		Cost:     convCost,
		Tol:      Sum(16),
	})
)

var errRank = errors.New("wants 4 dimensions each: batch, channels, height, width")

func convNorm(attrs any) any { return attrs.(cpuref.Conv2dAttrs).WithDefaults() }

// conv is a convolution's geometry: X [N, G·Cg, H, W], W [G·Og, Cg, KH, KW],
// Y [N, G·Og, OH, OW]; in every one of the three ops.
type conv struct {
	N, G, Cg, Og   int
	H, W, KH, KW   int
	OH, OW         int
	stride, pad, d [2]int
}

func (c *conv) y() tensor.Shape { return tensor.Shape{c.N, c.G * c.Og, c.OH, c.OW} }
func (c *conv) taps() int       { return c.KH * c.KW }

// convOf checks the operands of a convolution and gives its geometry.
func convOf(attrs any, x, w tensor.Type) (*conv, error) {
	at := attrs.(cpuref.Conv2dAttrs)
	if len(x.Shape) != 4 || len(w.Shape) != 4 {
		return nil, errRank
	}
	if !x.DType.IsFloat() || x.DType != w.DType {
		return nil, fmt.Errorf("dtypes %v and %v: both must be the same float", x.DType, w.DType)
	}
	c := &conv{
		N: x.Shape[0], G: at.Groups, H: x.Shape[2], W: x.Shape[3],
		Cg: w.Shape[1], KH: w.Shape[2], KW: w.Shape[3],
		stride: at.Stride, pad: at.Padding, d: at.Dilation,
	}
	if c.G < 1 {
		return nil, fmt.Errorf("%d groups", c.G)
	}
	if x.Shape[1] != c.G*c.Cg {
		return nil, fmt.Errorf("%d channels, and a kernel for %d in %d groups", x.Shape[1], c.Cg, c.G)
	}
	if w.Shape[0]%c.G != 0 {
		return nil, fmt.Errorf("%d output channels don't split into %d groups", w.Shape[0], c.G)
	}
	c.Og = w.Shape[0] / c.G
	if c.taps()*c.Cg*c.Og == 0 {
		return nil, errors.New("the kernel is empty")
	}
	if c.H*c.W == 0 {
		return nil, errors.New("the image is empty")
	}
	for i := range 2 {
		if c.stride[i] < 1 || c.d[i] < 1 || c.pad[i] < 0 {
			return nil, fmt.Errorf("stride %v, padding %v, dilation %v: strides and dilations start at 1, paddings at 0", c.stride, c.pad, c.d)
		}
		padded, kernel := x.Shape[2+i]+2*c.pad[i]+at.PadMore[i], (w.Shape[2+i]-1)*c.d[i]+1
		if padded < kernel {
			return nil, fmt.Errorf("the kernel spans %d, more than the padded image's %d", kernel, padded)
		}
		*[2]*int{&c.OH, &c.OW}[i] = (padded-kernel)/c.stride[i] + 1
	}
	return c, nil
}

// conv is convOf for a call of any of the three ops, which has been checked.
func (c *Call) conv() *conv {
	x, w := c.In[0], c.In[1]
	switch c.Op.Name {
	case "conv2d_data":
		x = c.Out[0]
	case "conv2d_weight":
		w = c.Out[0]
	}
	g, err := convOf(c.Attrs, x, w)
	if err != nil {
		panic(c.Op.Name + ": lowered without a shape check: " + err.Error())
	}
	return g
}

func convCost(c *Call) Cost {
	g := c.conv()
	bytes := 0
	for _, t := range append(c.In[:2:2], c.Out[0]) {
		bytes += t.Bytes()
	}
	return Cost{Flops: 2 * float64(g.y().Elems()) * float64(g.Cg*g.taps()), Bytes: float64(bytes)}
}

func init() {
	// Each of the three is linear in both its operands, and the gradient of one
	// is another of them.
	Conv2d.SetGrad(func(b Builder, g Grad) []Ref {
		return convGrad(b, g, g.In[0], g.In[1], g.DOut[0], [3]int{0, 1, -1})
	})
	Conv2dData.SetGrad(func(b Builder, g Grad) []Ref {
		return convGrad(b, g, g.DOut[0], g.In[1], g.In[0], [3]int{-1, 1, 0})
	})
	Conv2dWeight.SetGrad(func(b Builder, g Grad) []Ref {
		return convGrad(b, g, g.In[0], g.DOut[0], g.In[1], [3]int{0, -1, 1})
	})
}

// convGrad differentiates <y, conv2d(x, w)> by two of the three: at[i] is the
// operand whose gradient is that by x, w and y, or -1 for the upstream one.
func convGrad(b Builder, g Grad, x, w, y Ref, at [3]int) []Ref {
	out := []Ref{NoRef, NoRef}
	attrs := g.Attrs.(cpuref.Conv2dAttrs)
	want := func(i int) bool { return at[i] >= 0 && g.Want[at[i]] }
	size := func(r Ref) cpuref.Conv2dAttrs {
		a, s := attrs, b.Type(r).Shape
		a.Size = [2]int{s[2], s[3]}
		return a
	}
	if want(0) {
		out[at[0]] = b.Apply(Conv2dData, size(x), y, w)[0]
	}
	if want(1) {
		out[at[1]] = b.Apply(Conv2dWeight, size(w), x, y)[0]
	}
	if want(2) {
		a := attrs
		a.Size = [2]int{}
		out[at[2]] = b.Apply(Conv2d, a, x, w)[0]
	}
	return out
}

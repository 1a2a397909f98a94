package kernels

import (
	"errors"
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Conv3d and its two gradients, as Conv2d's.
var (
	Conv3d = declare(Op{
		Name: "conv3d", Torch: "torch.nn.functional.conv3d", ONNX: "Conv",
		Doc:   "Y[n,o,z,y,x] = Σ_{c,h,i,j} W[o,c,h,i,j] · X[n,g·C/G+c,z·s+h·d-p,y·s+i·d-p,x·s+j·d-p]  (X [N,C,D,H,W], W [O,C/G,kd,kh,kw] -> Y [N,O,OD,OH,OW])",
		In:    []Operand{{Name: "X"}, {Name: "W"}},
		Out:   []Operand{{Name: "Y"}},
		Attrs: cpuref.Conv3dAttrs{},
		Norm:  conv3dNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			c, err := conv3dOf(attrs, in[0], in[1])
			if err != nil {
				return nil, fmt.Errorf("image %v, kernel %v: %w", in[0].Shape, in[1].Shape, err)
			}
			return []tensor.Type{{DType: in[0].DType, Shape: c.y()}}, nil
		},
		CPU:          Plain(cpuref.Conv3d[float32], cpuref.Conv3d[float64]),
		Epilogue:     true,
		EpilogueAxis: 1,
		Variants:     conv3dVariants(fast.Conv3d),
		Cases:        conv3dCases(convForward),
		Bench:        conv3dBench(convForward),
		Cost:         conv3dCost,
		Tol:          Sum(16),
	})

	Conv3dData = declare(Op{
		Name: "conv3d_data", Torch: "torch.nn.functional.conv_transpose3d", ONNX: "ConvTranspose",
		Doc:   "dX = gradient of conv3d by X: the transposed convolution  (dY [N,O,OD,OH,OW], W [O,C/G,kd,kh,kw] -> dX [N,C,Size])",
		In:    []Operand{{Name: "dY"}, {Name: "W"}},
		Out:   []Operand{{Name: "dX"}},
		Attrs: cpuref.Conv3dAttrs{},
		Norm:  conv3dNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			at, dy, w := attrs.(cpuref.Conv3dAttrs), in[0], in[1]
			wrong := func(err error) error {
				return fmt.Errorf("dY %v, kernel %v, size %v: %w", dy.Shape, w.Shape, at.Size, err)
			}
			if len(dy.Shape) != 5 || len(w.Shape) != 5 {
				return nil, wrong(errRank3d)
			}
			x := tensor.Type{DType: dy.DType, Shape: append(tensor.Shape{dy.Shape[0], w.Shape[1] * at.Groups}, at.Size[:]...)}
			c, err := conv3dOf(at, x, w)
			if err == nil && !c.y().Equal(dy.Shape) {
				err = fmt.Errorf("an image of that size gives %v, not dY", c.y())
			}
			if err != nil {
				return nil, wrong(err)
			}
			return []tensor.Type{x}, nil
		},
		CPU:          Plain(cpuref.Conv3dData[float32], cpuref.Conv3dData[float64]),
		Epilogue:     true,
		EpilogueAxis: 1,
		Variants:     conv3dVariants(fast.Conv3dData),
		Cases:        conv3dCases(convData),
		Bench:        conv3dBench(convData),
		Cost:         conv3dCost,
		Tol:          Sum(16),
	})

	Conv3dWeight = declare(Op{
		Name: "conv3d_weight", Torch: "torch.nn.grad.conv3d_weight",
		Doc:   "dW = gradient of conv3d by W  (X [N,C,D,H,W], dY [N,O,OD,OH,OW] -> dW [O,C/G,Size])",
		In:    []Operand{{Name: "X"}, {Name: "dY"}},
		Out:   []Operand{{Name: "dW"}},
		Attrs: cpuref.Conv3dAttrs{},
		Norm:  conv3dNorm,
		Shape: func(attrs any, in []tensor.Type) ([]tensor.Type, error) {
			at, x, dy := attrs.(cpuref.Conv3dAttrs), in[0], in[1]
			wrong := func(err error) error {
				return fmt.Errorf("image %v, dY %v, kernel %v: %w", x.Shape, dy.Shape, at.Size, err)
			}
			if len(x.Shape) != 5 || len(dy.Shape) != 5 {
				return nil, wrong(errRank3d)
			}
			if at.Groups < 1 || x.Shape[1]%at.Groups != 0 {
				return nil, wrong(fmt.Errorf("%d channels don't split into %d groups", x.Shape[1], at.Groups))
			}
			w := tensor.Type{DType: x.DType, Shape: append(tensor.Shape{dy.Shape[1], x.Shape[1] / at.Groups}, at.Size[:]...)}
			c, err := conv3dOf(at, x, w)
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
		CPU:      Plain(cpuref.Conv3dWeight[float32], cpuref.Conv3dWeight[float64]),
		Variants: conv3dVariants(fast.Conv3dWeight),
		Cases:    conv3dCases(convWeight),
		Bench:    conv3dBench(convWeight),
		Cost:     conv3dCost,
		Tol:      Sum(16),
	})
)

var errRank3d = errors.New("wants 5 dimensions each: batch, channels, depth, height, width")

func conv3dNorm(attrs any) any { return attrs.(cpuref.Conv3dAttrs).WithDefaults() }

// conv3d is a convolution's geometry: X [N, G·Cg, in], W [G·Og, Cg, k],
// Y [N, G·Og, out]; in every one of the three ops.
type conv3d struct {
	N, G, Cg, Og   int
	in, k, out     [3]int
	stride, pad, d [3]int
}

func (c *conv3d) y() tensor.Shape { return append(tensor.Shape{c.N, c.G * c.Og}, c.out[:]...) }
func (c *conv3d) taps() int       { return volume(c.k) }

func volume(v [3]int) int { return v[0] * v[1] * v[2] }

// conv3dOf checks the operands of a convolution and gives its geometry.
func conv3dOf(attrs any, x, w tensor.Type) (*conv3d, error) {
	at := attrs.(cpuref.Conv3dAttrs)
	if len(x.Shape) != 5 || len(w.Shape) != 5 {
		return nil, errRank3d
	}
	if !x.DType.IsFloat() || x.DType != w.DType {
		return nil, fmt.Errorf("dtypes %v and %v: both must be the same float", x.DType, w.DType)
	}
	c := &conv3d{
		N: x.Shape[0], G: at.Groups, Cg: w.Shape[1], in: [3]int(x.Shape[2:]), k: [3]int(w.Shape[2:]),
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
	if volume(c.in) == 0 {
		return nil, errors.New("the image is empty")
	}
	for i := range 3 {
		if c.stride[i] < 1 || c.d[i] < 1 || c.pad[i] < 0 {
			return nil, fmt.Errorf("stride %v, padding %v, dilation %v: strides and dilations start at 1, paddings at 0", c.stride, c.pad, c.d)
		}
		padded, kernel := c.in[i]+2*c.pad[i]+at.PadMore[i], (c.k[i]-1)*c.d[i]+1
		if padded < kernel {
			return nil, fmt.Errorf("the kernel spans %d, more than the padded image's %d", kernel, padded)
		}
		c.out[i] = (padded-kernel)/c.stride[i] + 1
	}
	return c, nil
}

// conv3d is conv3dOf for a call of any of the three ops, which has been checked.
func (c *Call) conv3d() (*conv3d, convForm) {
	x, w, form := c.In[0], c.In[1], convForward
	switch c.Op.Name {
	case "conv3d_data":
		x, form = c.Out[0], convData
	case "conv3d_weight":
		w, form = c.Out[0], convWeight
	}
	g, err := conv3dOf(c.Attrs, x, w)
	if err != nil {
		panic(c.Op.Name + ": lowered without a shape check: " + err.Error())
	}
	return g, form
}

func conv3dCost(c *Call) Cost {
	g, _ := c.conv3d()
	bytes := 0
	for _, t := range append(c.In[:2:2], c.Out[0]) {
		bytes += t.Bytes()
	}
	return Cost{Flops: 2 * float64(g.y().Elems()) * float64(g.Cg*g.taps()), Bytes: float64(bytes)}
}

func init() {
	size := func(b Builder, g Grad, like Ref) cpuref.Conv3dAttrs {
		at := g.Attrs.(cpuref.Conv3dAttrs)
		at.Size = [3]int{}
		if like != NoRef {
			at.Size = [3]int(b.Type(like).Shape[2:])
		}
		return at
	}
	// Each of the three is linear in both its operands, and the gradient of one
	// is another of them: of <y, conv3d(x, w)> by x, by w or by y.
	byX := func(b Builder, g Grad, x, w, y Ref) Ref { return b.Apply(Conv3dData, size(b, g, x), y, w)[0] }
	byW := func(b Builder, g Grad, x, w, y Ref) Ref { return b.Apply(Conv3dWeight, size(b, g, w), x, y)[0] }
	byY := func(b Builder, g Grad, x, w, _ Ref) Ref { return b.Apply(Conv3d, size(b, g, NoRef), x, w)[0] }
	type by = func(b Builder, g Grad, x, w, y Ref) Ref
	both := func(b Builder, g Grad, x, w, y Ref, first, second by) []Ref {
		out := []Ref{NoRef, NoRef}
		for i, f := range []by{first, second} {
			if g.Want[i] {
				out[i] = f(b, g, x, w, y)
			}
		}
		return out
	}
	Conv3d.SetGrad(func(b Builder, g Grad) []Ref {
		return both(b, g, g.In[0], g.In[1], g.DOut[0], byX, byW)
	})
	Conv3dData.SetGrad(func(b Builder, g Grad) []Ref {
		return both(b, g, g.DOut[0], g.In[1], g.In[0], byY, byW)
	})
	Conv3dWeight.SetGrad(func(b Builder, g Grad) []Ref {
		return both(b, g, g.In[0], g.DOut[0], g.In[1], byX, byY)
	})
}

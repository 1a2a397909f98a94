package nn

import "github.com/vulgo-ml/vulgo/graph"

// Transposed convolutions have the options of the others, but pad with zeros
// only. The result's size along each axis is
//
//	(in - 1)·Stride - 2·Padding + Dilation·(Kernel - 1) + OutputPadding + 1

// ConvTranspose1d is the transposed convolution of x [N, In, L] with Weight [In,
// Out/Groups, Kernel], plus Bias [Out], as torch.nn.ConvTranspose1d.
type ConvTranspose1d struct {
	In, Out, Kernel, Stride, Padding, OutputPadding, Dilation, Groups int
	NoBias                                                            bool

	Weight, Bias *graph.Variable `vulgo:"-"`
}

func (c *ConvTranspose1d) geometry() *geometry {
	return &geometry{
		layer: "ConvTranspose1d", transposed: true, in: c.In, out: c.Out, groups: max(c.Groups, 1), noBias: c.NoBias,
		kernel: []int{c.Kernel}, stride: []int{c.Stride}, padding: []int{c.Padding},
		dilation: []int{c.Dilation}, more: []int{c.OutputPadding},
	}
}

// Build makes the variables; Init calls it.
func (c *ConvTranspose1d) Build(s *Scope) (err error) {
	c.Weight, c.Bias, err = c.geometry().build(s)
	return err
}

// Forward adds the layer to x's graph.
func (c *ConvTranspose1d) Forward(x graph.Value) graph.Value {
	return c.geometry().forward(x, c.Weight, c.Bias)
}

// ConvTranspose2d is the transposed convolution of x [N, In, H, W] with Weight
// [In, Out/Groups, kh, kw], plus Bias [Out], as torch.nn.ConvTranspose2d.
type ConvTranspose2d struct {
	In, Out, Kernel, Stride, Padding, OutputPadding, Dilation, Groups int
	Kernels, Strides, Paddings, OutputPaddings, Dilations             [2]int // (height, width)
	NoBias                                                            bool

	Weight, Bias *graph.Variable `vulgo:"-"`
}

func (c *ConvTranspose2d) geometry() *geometry {
	return &geometry{
		layer: "ConvTranspose2d", transposed: true, in: c.In, out: c.Out, groups: max(c.Groups, 1), noBias: c.NoBias,
		kernel: each(c.Kernel, c.Kernels[:]), stride: each(c.Stride, c.Strides[:]), padding: each(c.Padding, c.Paddings[:]),
		dilation: each(c.Dilation, c.Dilations[:]), more: each(c.OutputPadding, c.OutputPaddings[:]),
	}
}

// Build makes the variables; Init calls it.
func (c *ConvTranspose2d) Build(s *Scope) (err error) {
	c.Weight, c.Bias, err = c.geometry().build(s)
	return err
}

// Forward adds the layer to x's graph.
func (c *ConvTranspose2d) Forward(x graph.Value) graph.Value {
	return c.geometry().forward(x, c.Weight, c.Bias)
}

// ConvTranspose3d is the transposed convolution of x [N, In, D, H, W] with Weight
// [In, Out/Groups, kd, kh, kw], plus Bias [Out], as torch.nn.ConvTranspose3d.
type ConvTranspose3d struct {
	In, Out, Kernel, Stride, Padding, OutputPadding, Dilation, Groups int
	Kernels, Strides, Paddings, OutputPaddings, Dilations             [3]int // (depth, height, width)
	NoBias                                                            bool

	Weight, Bias *graph.Variable `vulgo:"-"`
}

func (c *ConvTranspose3d) geometry() *geometry {
	return &geometry{
		layer: "ConvTranspose3d", transposed: true, in: c.In, out: c.Out, groups: max(c.Groups, 1), noBias: c.NoBias,
		kernel: each(c.Kernel, c.Kernels[:]), stride: each(c.Stride, c.Strides[:]), padding: each(c.Padding, c.Paddings[:]),
		dilation: each(c.Dilation, c.Dilations[:]), more: each(c.OutputPadding, c.OutputPaddings[:]),
	}
}

// Build makes the variables; Init calls it.
func (c *ConvTranspose3d) Build(s *Scope) (err error) {
	c.Weight, c.Bias, err = c.geometry().build(s)
	return err
}

// Forward adds the layer to x's graph.
func (c *ConvTranspose3d) Forward(x graph.Value) graph.Value {
	return c.geometry().forward(x, c.Weight, c.Bias)
}

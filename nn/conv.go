package nn

import "github.com/vulgo-ml/vulgo/graph"

// Convolutions share their options. Stride, Dilation and Groups of 0 mean 1. Same
// pads so that a result of stride 1 has the input's size, as PyTorch's "same"; an
// even kernel has the odd pixel behind. PaddingMode is what the padding holds:
// graph.PadReflect, PadReplicate or PadCircular; "" and "zeros" mean zeros. Kernels,
// Strides and so on, where not all 0, stand for Kernel, Stride and so on with a
// number an axis: Paddings: [2]int{1, 0} pads rows alone. Weights and biases start
// in U(±1/sqrt(fan in)). x may lack the batch N.

// Conv1d is the cross-correlation of x [N, In, L] with Weight [Out, In/Groups,
// Kernel], plus Bias [Out], as torch.nn.Conv1d.
type Conv1d struct {
	In, Out, Kernel, Stride, Padding, Dilation, Groups int
	Same                                               bool
	PaddingMode                                        graph.PadMode
	NoBias                                             bool

	Weight, Bias *graph.Variable `vulgo:"-"`
}

func (c *Conv1d) geometry() *geometry {
	return &geometry{
		layer: "Conv1d", in: c.In, out: c.Out, groups: max(c.Groups, 1), noBias: c.NoBias, same: c.Same, mode: c.PaddingMode,
		kernel: []int{c.Kernel}, stride: []int{c.Stride}, padding: []int{c.Padding}, dilation: []int{c.Dilation},
	}
}

// Build makes the variables; Init calls it.
func (c *Conv1d) Build(s *Scope) (err error) {
	c.Weight, c.Bias, err = c.geometry().build(s)
	return err
}

// Forward adds the layer to x's graph.
func (c *Conv1d) Forward(x graph.Value) graph.Value {
	return c.geometry().forward(x, c.Weight, c.Bias)
}

// Conv2d is the cross-correlation of x [N, In, H, W] with Weight [Out,
// In/Groups, kh, kw], plus Bias [Out], as torch.nn.Conv2d.
type Conv2d struct {
	In, Out, Kernel, Stride, Padding, Dilation, Groups int
	Kernels, Strides, Paddings, Dilations              [2]int // (height, width)
	Same                                               bool
	PaddingMode                                        graph.PadMode
	NoBias                                             bool

	Weight, Bias *graph.Variable `vulgo:"-"`
}

func (c *Conv2d) geometry() *geometry {
	return &geometry{
		layer: "Conv2d", in: c.In, out: c.Out, groups: max(c.Groups, 1), noBias: c.NoBias, same: c.Same, mode: c.PaddingMode,
		kernel: each(c.Kernel, c.Kernels[:]), stride: each(c.Stride, c.Strides[:]),
		padding: each(c.Padding, c.Paddings[:]), dilation: each(c.Dilation, c.Dilations[:]),
	}
}

// Build makes the variables; Init calls it.
func (c *Conv2d) Build(s *Scope) (err error) {
	c.Weight, c.Bias, err = c.geometry().build(s)
	return err
}

// Forward adds the layer to x's graph.
func (c *Conv2d) Forward(x graph.Value) graph.Value {
	return c.geometry().forward(x, c.Weight, c.Bias)
}

// Conv3d is the cross-correlation of x [N, In, D, H, W] with Weight [Out,
// In/Groups, kd, kh, kw], plus Bias [Out], as torch.nn.Conv3d.
type Conv3d struct {
	In, Out, Kernel, Stride, Padding, Dilation, Groups int
	Kernels, Strides, Paddings, Dilations              [3]int // (depth, height, width)
	Same                                               bool
	PaddingMode                                        graph.PadMode
	NoBias                                             bool

	Weight, Bias *graph.Variable `vulgo:"-"`
}

func (c *Conv3d) geometry() *geometry {
	return &geometry{
		layer: "Conv3d", in: c.In, out: c.Out, groups: max(c.Groups, 1), noBias: c.NoBias, same: c.Same, mode: c.PaddingMode,
		kernel: each(c.Kernel, c.Kernels[:]), stride: each(c.Stride, c.Strides[:]),
		padding: each(c.Padding, c.Paddings[:]), dilation: each(c.Dilation, c.Dilations[:]),
	}
}

// Build makes the variables; Init calls it.
func (c *Conv3d) Build(s *Scope) (err error) {
	c.Weight, c.Bias, err = c.geometry().build(s)
	return err
}

// Forward adds the layer to x's graph.
func (c *Conv3d) Forward(x graph.Value) graph.Value {
	return c.geometry().forward(x, c.Weight, c.Bias)
}

func or(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

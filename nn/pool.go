package nn

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
)

// Pools share their options. A Stride of 0 means the kernel's, a Dilation of 0
// means 1. Ceil rounds the result's size up: windows that the edge cuts count.
// Kernels, Strides and so on, where not all 0, stand for Kernel, Stride and so on
// with a number an axis. x may lack the batch N.

// MaxPool1d takes the largest of each window of x [N, C, L], as
// torch.nn.MaxPool1d.
type MaxPool1d struct {
	Kernel, Stride, Padding, Dilation int
	Ceil                              bool
}

func (m MaxPool1d) attrs() cpuref.Pool1dAttrs {
	return cpuref.Pool1dAttrs{Kernel: m.Kernel, Stride: m.Stride, Padding: m.Padding, Dilation: m.Dilation, Ceil: m.Ceil}
}

// Forward adds the layer to x's graph.
func (m MaxPool1d) Forward(x graph.Value) graph.Value { return x.MaxPool1dWith(m.attrs()) }

// ForwardIndices also gives where the maxima stood, for MaxUnpool1d.
func (m MaxPool1d) ForwardIndices(x graph.Value) (y, idx graph.Value) {
	return x.MaxPool1dIndices(m.attrs())
}

// MaxPool2d takes the largest of each window of x [N, C, H, W], as
// torch.nn.MaxPool2d.
type MaxPool2d struct {
	Kernel, Stride, Padding, Dilation     int
	Kernels, Strides, Paddings, Dilations [2]int // (height, width)
	Ceil                                  bool
}

func (m MaxPool2d) attrs() cpuref.Pool2dAttrs {
	return cpuref.Pool2dAttrs{
		Kernel: [2]int(each(m.Kernel, m.Kernels[:])), Stride: [2]int(each(m.Stride, m.Strides[:])),
		Padding: [2]int(each(m.Padding, m.Paddings[:])), Dilation: [2]int(each(m.Dilation, m.Dilations[:])), Ceil: m.Ceil,
	}
}

// Forward adds the layer to x's graph.
func (m MaxPool2d) Forward(x graph.Value) graph.Value { return x.MaxPool2dWith(m.attrs()) }

// ForwardIndices also gives where the maxima stood, for MaxUnpool2d.
func (m MaxPool2d) ForwardIndices(x graph.Value) (y, idx graph.Value) {
	return x.MaxPool2dIndices(m.attrs())
}

// MaxPool3d takes the largest of each window of x [N, C, D, H, W], as
// torch.nn.MaxPool3d.
type MaxPool3d struct {
	Kernel, Stride, Padding, Dilation     int
	Kernels, Strides, Paddings, Dilations [3]int // (depth, height, width)
	Ceil                                  bool
}

func (m MaxPool3d) attrs() cpuref.Pool3dAttrs {
	return cpuref.Pool3dAttrs{
		Kernel: [3]int(each(m.Kernel, m.Kernels[:])), Stride: [3]int(each(m.Stride, m.Strides[:])),
		Padding: [3]int(each(m.Padding, m.Paddings[:])), Dilation: [3]int(each(m.Dilation, m.Dilations[:])), Ceil: m.Ceil,
	}
}

// Forward adds the layer to x's graph.
func (m MaxPool3d) Forward(x graph.Value) graph.Value { return x.MaxPool3dWith(m.attrs()) }

// ForwardIndices also gives where the maxima stood, for MaxUnpool3d.
func (m MaxPool3d) ForwardIndices(x graph.Value) (y, idx graph.Value) {
	return x.MaxPool3dIndices(m.attrs())
}

// AvgPool1d averages each window of x [N, C, L], as torch.nn.AvgPool1d: the
// padding's zeros count, unless NoCountIncludePad.
type AvgPool1d struct {
	Kernel, Stride, Padding int
	Ceil, NoCountIncludePad bool
}

// Forward adds the layer to x's graph.
func (a AvgPool1d) Forward(x graph.Value) graph.Value {
	return x.AvgPool1dWith(cpuref.Pool1dAttrs{
		Kernel: a.Kernel, Stride: a.Stride, Padding: a.Padding, Ceil: a.Ceil, CountIncludePad: !a.NoCountIncludePad,
	})
}

// AvgPool2d averages each window of x [N, C, H, W], as torch.nn.AvgPool2d: the
// padding's zeros count, unless NoCountIncludePad. Divisor, where not 0, is what
// sums are divided by.
type AvgPool2d struct {
	Kernel, Stride, Padding    int
	Kernels, Strides, Paddings [2]int // (height, width)
	Ceil, NoCountIncludePad    bool
	Divisor                    int
}

// Forward adds the layer to x's graph.
func (a AvgPool2d) Forward(x graph.Value) graph.Value {
	return x.AvgPool2dWith(cpuref.Pool2dAttrs{
		Kernel: [2]int(each(a.Kernel, a.Kernels[:])), Stride: [2]int(each(a.Stride, a.Strides[:])),
		Padding: [2]int(each(a.Padding, a.Paddings[:])), Ceil: a.Ceil, CountIncludePad: !a.NoCountIncludePad, Divisor: a.Divisor,
	})
}

// AvgPool3d averages each window of x [N, C, D, H, W], as torch.nn.AvgPool3d; its
// options are AvgPool2d's.
type AvgPool3d struct {
	Kernel, Stride, Padding    int
	Kernels, Strides, Paddings [3]int // (depth, height, width)
	Ceil, NoCountIncludePad    bool
	Divisor                    int
}

// Forward adds the layer to x's graph.
func (a AvgPool3d) Forward(x graph.Value) graph.Value {
	return x.AvgPool3dWith(cpuref.Pool3dAttrs{
		Kernel: [3]int(each(a.Kernel, a.Kernels[:])), Stride: [3]int(each(a.Stride, a.Strides[:])),
		Padding: [3]int(each(a.Padding, a.Paddings[:])), Ceil: a.Ceil, CountIncludePad: !a.NoCountIncludePad, Divisor: a.Divisor,
	})
}

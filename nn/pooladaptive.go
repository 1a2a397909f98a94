package nn

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
)

// Adaptive pools give a result of a size, whatever x's: window i of n goes from
// i·in/n to (i+1)·in/n rounded up. A size of 0 keeps x's.

// AdaptiveAvgPool1d averages x [N, C, L] to [N, C, Size].
type AdaptiveAvgPool1d struct{ Size int }

// Forward adds the layer to x's graph.
func (a AdaptiveAvgPool1d) Forward(x graph.Value) graph.Value { return x.AdaptiveAvgPool(a.Size) }

// AdaptiveAvgPool2d averages x [N, C, H, W] to [N, C, Size...].
type AdaptiveAvgPool2d struct{ Size [2]int }

// Forward adds the layer to x's graph.
func (a AdaptiveAvgPool2d) Forward(x graph.Value) graph.Value {
	return x.AdaptiveAvgPool(a.Size[:]...)
}

// AdaptiveAvgPool3d averages x [N, C, D, H, W] to [N, C, Size...].
type AdaptiveAvgPool3d struct{ Size [3]int }

// Forward adds the layer to x's graph.
func (a AdaptiveAvgPool3d) Forward(x graph.Value) graph.Value {
	return x.AdaptiveAvgPool(a.Size[:]...)
}

// AdaptiveMaxPool1d takes the maxima of x [N, C, L]: [N, C, Size].
type AdaptiveMaxPool1d struct{ Size int }

// Forward adds the layer to x's graph.
func (a AdaptiveMaxPool1d) Forward(x graph.Value) graph.Value { return x.AdaptiveMaxPool(a.Size) }

// AdaptiveMaxPool2d takes the maxima of x [N, C, H, W]: [N, C, Size...].
type AdaptiveMaxPool2d struct{ Size [2]int }

// Forward adds the layer to x's graph.
func (a AdaptiveMaxPool2d) Forward(x graph.Value) graph.Value {
	return x.AdaptiveMaxPool(a.Size[:]...)
}

// AdaptiveMaxPool3d takes the maxima of x [N, C, D, H, W]: [N, C, Size...].
type AdaptiveMaxPool3d struct{ Size [3]int }

// Forward adds the layer to x's graph.
func (a AdaptiveMaxPool3d) Forward(x graph.Value) graph.Value {
	return x.AdaptiveMaxPool(a.Size[:]...)
}

// LPPool1d is (Σ x^P)^(1/P) over each window of x [N, C, L], as torch.nn.LPPool1d:
// a window that the edge cuts, with Ceil, is scaled to a whole one.
type LPPool1d struct {
	P              float64
	Kernel, Stride int
	Ceil           bool
}

// Forward adds the layer to x's graph.
func (l LPPool1d) Forward(x graph.Value) graph.Value {
	return x.LPPool1d(l.P, cpuref.Pool1dAttrs{Kernel: l.Kernel, Stride: l.Stride, Ceil: l.Ceil})
}

// LPPool2d is LPPool1d over planes of x [N, C, H, W].
type LPPool2d struct {
	P                float64
	Kernel, Stride   int
	Kernels, Strides [2]int // (height, width)
	Ceil             bool
}

// Forward adds the layer to x's graph.
func (l LPPool2d) Forward(x graph.Value) graph.Value {
	return x.LPPool2d(l.P, cpuref.Pool2dAttrs{
		Kernel: [2]int(each(l.Kernel, l.Kernels[:])), Stride: [2]int(each(l.Stride, l.Strides[:])), Ceil: l.Ceil,
	})
}

// LPPool3d is LPPool1d over volumes of x [N, C, D, H, W].
type LPPool3d struct {
	P                float64
	Kernel, Stride   int
	Kernels, Strides [3]int // (depth, height, width)
	Ceil             bool
}

// Forward adds the layer to x's graph.
func (l LPPool3d) Forward(x graph.Value) graph.Value {
	return x.LPPool3d(l.P, cpuref.Pool3dAttrs{
		Kernel: [3]int(each(l.Kernel, l.Kernels[:])), Stride: [3]int(each(l.Stride, l.Strides[:])), Ceil: l.Ceil,
	})
}

// MaxUnpool1d puts maxima back where MaxPool1d of the same options took them from,
// and zeros elsewhere.
type MaxUnpool1d struct{ Kernel, Stride, Padding int }

// Forward adds the layer to x's graph. size is the result's, by default
// (in - 1)·Stride - 2·Padding + Kernel.
func (m MaxUnpool1d) Forward(x, idx graph.Value, size ...int) graph.Value {
	return unpool(x, idx, size, []int{m.Kernel}, []int{m.Stride}, []int{m.Padding})
}

// MaxUnpool2d is MaxUnpool1d for MaxPool2d.
type MaxUnpool2d struct {
	Kernel, Stride, Padding    int
	Kernels, Strides, Paddings [2]int // (height, width)
}

// Forward adds the layer to x's graph; size is as MaxUnpool1d's, for each axis.
func (m MaxUnpool2d) Forward(x, idx graph.Value, size ...int) graph.Value {
	return unpool(x, idx, size, each(m.Kernel, m.Kernels[:]), each(m.Stride, m.Strides[:]), each(m.Padding, m.Paddings[:]))
}

// MaxUnpool3d is MaxUnpool1d for MaxPool3d.
type MaxUnpool3d struct {
	Kernel, Stride, Padding    int
	Kernels, Strides, Paddings [3]int // (depth, height, width)
}

// Forward adds the layer to x's graph; size is as MaxUnpool1d's, for each axis.
func (m MaxUnpool3d) Forward(x, idx graph.Value, size ...int) graph.Value {
	return unpool(x, idx, size, each(m.Kernel, m.Kernels[:]), each(m.Stride, m.Strides[:]), each(m.Padding, m.Paddings[:]))
}

func unpool(x, idx graph.Value, size, kernel, stride, padding []int) graph.Value {
	axes, rank := len(kernel), len(x.Shape())
	if len(size) != 0 && len(size) != axes || rank <= axes {
		return fail(x, "nn: MaxUnpool%dd: x %v, size %v: wants %d axes", axes, x.Shape(), size, axes)
	}
	if len(size) == 0 {
		for i, k := range kernel {
			size = append(size, (x.Dim(rank-axes+i)-1)*or(stride[i], k)-2*padding[i]+k)
		}
	}
	return x.MaxUnpool(idx, size...)
}

package graph

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Pooling goes over the last axes; the batch may be left out. A stride of 0
// stands for the kernel.

// MaxPool1d is the largest of each k of v [N, C, L], k apart.
func (v Value) MaxPool1d(k int) Value { return v.MaxPool1dWith(cpuref.Pool1dAttrs{Kernel: k}) }

// MaxPool2d is the largest of each k x k window of v [N, C, H, W], k apart.
func (v Value) MaxPool2d(k int) Value {
	return v.MaxPool2dWith(cpuref.Pool2dAttrs{Kernel: [2]int{k, k}})
}

// MaxPool3d is the largest of each k x k x k window of v [N, C, D, H, W], k apart.
func (v Value) MaxPool3d(k int) Value {
	return v.MaxPool3dWith(cpuref.Pool3dAttrs{Kernel: [3]int{k, k, k}})
}

// MaxPool1dWith is max pooling with every option.
func (v Value) MaxPool1dWith(a cpuref.Pool1dAttrs) Value {
	return first(v.pooled(1, false, "max_pool2d", a.Wide()))
}

// MaxPool2dWith is max pooling with every option.
func (v Value) MaxPool2dWith(a cpuref.Pool2dAttrs) Value {
	return first(v.pooled(2, false, "max_pool2d", a))
}

// MaxPool3dWith is max pooling with every option.
func (v Value) MaxPool3dWith(a cpuref.Pool3dAttrs) Value {
	return first(v.pooled(3, false, "max_pool3d", a))
}

// MaxPool1dIndices also gives the place of each maximum, int32, as MaxUnpool
// takes it: the elements of a plane counted in one.
func (v Value) MaxPool1dIndices(a cpuref.Pool1dAttrs) (y, idx Value) {
	return v.pooled(1, true, "max_pool2d", a.Wide())
}

// MaxPool2dIndices is MaxPool1dIndices over planes.
func (v Value) MaxPool2dIndices(a cpuref.Pool2dAttrs) (y, idx Value) {
	return v.pooled(2, true, "max_pool2d", a)
}

// MaxPool3dIndices is MaxPool1dIndices over volumes.
func (v Value) MaxPool3dIndices(a cpuref.Pool3dAttrs) (y, idx Value) {
	return v.pooled(3, true, "max_pool3d", a)
}

// MaxUnpool puts each element of v at its index, in planes or volumes of the
// given size that are 0 elsewhere. Where several share an index, the last one
// stays; one outside is left out.
func (v Value) MaxUnpool(idx Value, size ...int) Value {
	return v.batched("max_unpool", len(size), func(x Value) Value {
		i := idx
		if len(idx.Shape()) == len(size)+1 {
			i = idx.Unsqueeze(0)
		}
		return x.op("max_unpool", cpuref.MaxUnpoolAttrs{Size: cpuref.IntList(size...)}, i)
	})
}

// AvgPool1d is the mean of each k of v [N, C, L], k apart.
func (v Value) AvgPool1d(k int) Value {
	return v.AvgPool1dWith(cpuref.Pool1dAttrs{Kernel: k, CountIncludePad: true})
}

// AvgPool2d is the mean of each k x k window of v [N, C, H, W], k apart.
func (v Value) AvgPool2d(k int) Value {
	return v.AvgPool2dWith(cpuref.Pool2dAttrs{Kernel: [2]int{k, k}, CountIncludePad: true})
}

// AvgPool3d is the mean of each k x k x k window of v [N, C, D, H, W], k apart.
func (v Value) AvgPool3d(k int) Value {
	return v.AvgPool3dWith(cpuref.Pool3dAttrs{Kernel: [3]int{k, k, k}, CountIncludePad: true})
}

// AvgPool1dWith is average pooling with every option.
func (v Value) AvgPool1dWith(a cpuref.Pool1dAttrs) Value {
	return first(v.pooled(1, false, "avg_pool2d", a.Wide()))
}

// AvgPool2dWith is average pooling with every option.
func (v Value) AvgPool2dWith(a cpuref.Pool2dAttrs) Value {
	if a.Divisor != 0 {
		return first(v.pooled(2, false, "avg_pool3d", a.WithDefaults().Deep()))
	}
	return first(v.pooled(2, false, "avg_pool2d", a))
}

// AvgPool3dWith is average pooling with every option.
func (v Value) AvgPool3dWith(a cpuref.Pool3dAttrs) Value {
	return first(v.pooled(3, false, "avg_pool3d", a))
}

// AdaptiveAvgPool averages over the last axes, one for each size, so that those
// sizes come out: window i of n goes from i·in/n to (i+1)·in/n rounded up. A size
// of 0 stands for the input's.
func (v Value) AdaptiveAvgPool(size ...int) Value {
	all := 1
	for _, n := range size {
		all *= n
	}
	if rank := len(v.Shape()); all == 1 && (rank == len(size)+1 || rank == len(size)+2) {
		axes := make([]int, len(size))
		for i := range axes {
			axes[i] = rank - len(size) + i
		}
		return v.MeanKeep(axes...)
	}
	return first(v.adaptive("avg", false, size))
}

// AdaptiveMaxPool is AdaptiveAvgPool with maxima.
func (v Value) AdaptiveMaxPool(size ...int) Value { return first(v.adaptive("max", false, size)) }

// AdaptiveMaxPoolIndices also gives the place of each maximum.
func (v Value) AdaptiveMaxPoolIndices(size ...int) (y, idx Value) {
	return v.adaptive("max", true, size)
}

const unrolled = 64 // elements of a window that the 2-d kernels, which unroll it, are for

func (v Value) adaptive(kind string, indices bool, size []int) (y, idx Value) {
	axes, rank := len(size), len(v.Shape())
	if axes < 1 || axes > 3 || v.g == nil || rank != axes+1 && rank != axes+2 {
		return v.failPool(kind+"_pool", axes), Value{}
	}
	a, even := cpuref.Pool3dAttrs{Adaptive: [3]int{1, 1, 1}}, true
	flat := cpuref.Pool2dAttrs{Kernel: [2]int{1, 1}}
	for i, n := range size {
		in := v.Dim(rank - axes + i)
		if n == 0 {
			n = in
		}
		a.Adaptive[3-axes+i] = n
		even = even && n > 0 && in > 0 && in%n == 0
		if even && axes < 3 {
			flat.Kernel[2-axes+i] = in / n
		}
	}
	if even && axes < 3 && flat.Kernel[0]*flat.Kernel[1] <= unrolled {
		return v.pooled(axes, indices, kind+"_pool2d", flat)
	}
	return v.pooled(axes, indices, kind+"_pool3d", a)
}

// LPPool1d is the p-norm of each window: (Σ x^p)^(1/p).
func (v Value) LPPool1d(p float64, a cpuref.Pool1dAttrs) Value {
	a.CountIncludePad = true
	return v.lp(p, a.Kernel, func(x Value) Value { return x.AvgPool1dWith(a) })
}

// LPPool2d is LPPool1d over planes.
func (v Value) LPPool2d(p float64, a cpuref.Pool2dAttrs) Value {
	a.CountIncludePad = true
	return v.lp(p, a.Kernel[0]*a.Kernel[1], func(x Value) Value { return x.AvgPool2dWith(a) })
}

// LPPool3d is LPPool1d over volumes.
func (v Value) LPPool3d(p float64, a cpuref.Pool3dAttrs) Value {
	a.CountIncludePad = true
	return v.lp(p, a.Kernel[0]*a.Kernel[1]*a.Kernel[2], func(x Value) Value { return x.AvgPool3dWith(a) })
}

// lp goes PyTorch's way: the mean of x^p, times the window's whole size even
// where the edge cuts it, negative sums left as they are, with no gradient at 0.
func (v Value) lp(p float64, window int, mean func(x Value) Value) Value {
	if v.g == nil {
		return v
	}
	m := mean(v.Pow(v.g.Scalar(p)))
	return m.Op("sign").Mul(m.Abs().Relu()).MulScalar(float64(window)).Pow(v.g.Scalar(1 / p))
}

// pooled applies a 2-d or 3-d pooling to the last axes of v [N, C, ..] or [C, ..].
func (v Value) pooled(axes int, indices bool, op string, attrs any) (y, idx Value) {
	rank := len(v.Shape())
	if v.g == nil || rank != axes+1 && rank != axes+2 {
		return v.failPool(op, axes), Value{}
	}
	deep := 2
	if _, ok := attrs.(cpuref.Pool3dAttrs); ok {
		deep = 3
	}
	s := v.Shape()
	lifted := append(tensor.Shape{1}, s[:rank-axes]...)[rank-axes-1:]
	for range deep - axes {
		lifted = append(lifted, 1)
	}
	x := v
	if lifted = append(lifted, s[rank-axes:]...); len(lifted) != rank {
		x = v.Reshape(lifted...)
	}
	back := func(o Value) Value {
		if len(lifted) == rank || !o.Valid() {
			return o
		}
		return o.Reshape(append(s[:rank-axes:rank-axes], o.Shape()[2+deep-axes:]...)...)
	}
	out := x.ops(op, attrs)
	if indices {
		idx = back(out[1])
	}
	return back(out[0]), idx
}

func (v Value) failPool(op string, axes int) Value {
	if v.g != nil {
		v.g.Fail(fmt.Errorf("%s: image %v: wants %d dimensions, or %d without the batch", op, v.Shape(), axes+2, axes+1))
	}
	return Value{}
}

func first(y, _ Value) Value { return y }

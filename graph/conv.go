package graph

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// Convolutions are cross-correlations, as PyTorch's. The batch may be left out:
// then it is left out of the result too.

// Conv1d is v [N, C, L] with w [O, C/groups, k].
func (v Value) Conv1d(w Value, a cpuref.Conv1dAttrs) Value {
	return v.batched("conv1d", 1, func(x Value) Value {
		return x.Unsqueeze(2).op("conv2d", a.Wide(), w.Unsqueeze(-2)).Squeeze(2)
	})
}

// Conv2d is v [N, C, H, W] with w [O, C/groups, kh, kw].
func (v Value) Conv2d(w Value, a cpuref.Conv2dAttrs) Value {
	return v.batched("conv2d", 2, func(x Value) Value { return x.op("conv2d", a, w) })
}

// Conv3d is v [N, C, D, H, W] with w [O, C/groups, kd, kh, kw].
func (v Value) Conv3d(w Value, a cpuref.Conv3dAttrs) Value {
	return v.batched("conv3d", 3, func(x Value) Value { return x.op("conv3d", a, w) })
}

// ConvTranspose1d is the transposed convolution of v [N, C, L] with w
// [C, O/groups, k]. The result's size is
//
//	(in - 1)·stride - 2·padding - padmore + dilation·(k - 1) + outputPadding + 1
func (v Value) ConvTranspose1d(w Value, a cpuref.Conv1dAttrs, outputPadding int) Value {
	return v.batched("conv_transpose1d", 1, func(x Value) Value {
		return x.Unsqueeze(2).ConvTranspose2d(w.Unsqueeze(-2), a.Wide(), [2]int{0, outputPadding}).Squeeze(2)
	})
}

// ConvTranspose2d is ConvTranspose1d for v [N, C, H, W] and w [C, O/groups, kh, kw].
func (v Value) ConvTranspose2d(w Value, a cpuref.Conv2dAttrs, outputPadding [2]int) Value {
	return v.batched("conv_transpose2d", 2, func(x Value) Value {
		if !x.transposable("conv_transpose2d", w, 2) {
			return Value{}
		}
		a = a.WithDefaults()
		for i, more := range outputPadding {
			a.Size[i], a.PadMore[i] = transposed(x.Dim(2+i), w.Dim(2+i), a.Stride[i], a.Padding[i], a.PadMore[i], a.Dilation[i], more)
		}
		return x.op("conv2d_data", a, w)
	})
}

// ConvTranspose3d is ConvTranspose1d for v [N, C, D, H, W] and w
// [C, O/groups, kd, kh, kw].
func (v Value) ConvTranspose3d(w Value, a cpuref.Conv3dAttrs, outputPadding [3]int) Value {
	return v.batched("conv_transpose3d", 3, func(x Value) Value {
		if !x.transposable("conv_transpose3d", w, 3) {
			return Value{}
		}
		a = a.WithDefaults()
		for i, more := range outputPadding {
			a.Size[i], a.PadMore[i] = transposed(x.Dim(2+i), w.Dim(2+i), a.Stride[i], a.Padding[i], a.PadMore[i], a.Dilation[i], more)
		}
		return x.op("conv3d_data", a, w)
	})
}

// transposed is the image along one axis of which a convolution makes in pixels:
// its size, and the padding behind it. Output padding beyond what the stride
// leaves over makes pixels that the convolution must not reach.
func transposed(in, k, stride, pad, padMore, dilation, more int) (size, padBehind int) {
	size = (in-1)*stride - 2*pad - padMore + dilation*(k-1) + more + 1
	return size, padMore - more
}

func (v Value) transposable(op string, w Value, axes int) bool {
	if v.g == nil || len(w.Shape()) == axes+2 {
		return v.g != nil
	}
	v.g.Fail(fmt.Errorf("%s: image %v, kernel %v: wants a kernel of %d dimensions: channels in, channels out, then the axes'", op, v.Shape(), w.Shape(), axes+2))
	return false
}

// batched calls f on v [N, C, ..] of so many axes after C; a v without N gets one
// of size 1, which the result loses again.
func (v Value) batched(op string, axes int, f func(x Value) Value) Value {
	if v.g == nil {
		return v
	}
	switch len(v.Shape()) {
	case axes + 2:
		return f(v)
	case axes + 1:
		if y := f(v.Unsqueeze(0)); y.Valid() {
			return y.Squeeze(0)
		}
		return Value{}
	}
	v.g.Fail(fmt.Errorf("%s: image %v: wants %d dimensions, or %d without the batch", op, v.Shape(), axes+2, axes+1))
	return Value{}
}

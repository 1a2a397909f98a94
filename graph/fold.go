package graph

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// FoldAttrs are the attributes of Unfold and Fold, each pair (height, width). A
// zero Stride or Dilation counts as 1.
type FoldAttrs struct{ Kernel, Stride, Padding, Dilation [2]int }

// Unfold lays out the windows of v [N, C, H, W], padded with zeros, as columns:
// [N, C·kh·kw, windows], im2col.
func (v Value) Unfold(a FoldAttrs) Value {
	return v.batched("unfold", 2, func(x Value) Value {
		f, ok := x.folding("unfold", a, x.Dim(2), x.Dim(3))
		if !ok {
			return Value{}
		}
		n, c := x.Dim(0), x.Dim(1)
		padded := x.op("slice_grad", f.slice(n, c, a.Padding[0], a.Padding[1], 1, 1))
		var taps []Value
		for i := range a.Kernel[0] {
			for j := range a.Kernel[1] {
				s := f.slice(n, c, i*f.d[0], j*f.d[1], f.s[0], f.s[1])
				size := cpuref.IntList(n, c, f.out[0], f.out[1])
				taps = append(taps, padded.op("slice", cpuref.SliceAttrs{Start: s.Start, Size: size, Step: s.Step}))
			}
		}
		return Stack(2, taps...).Reshape(n, c*len(taps), f.out[0]*f.out[1])
	})
}

// Fold adds columns v [N, C·kh·kw, windows] up to the images [N, C, size...] that
// they are windows of, col2im: the transpose of Unfold.
func (v Value) Fold(size [2]int, a FoldAttrs) Value {
	return v.batched("fold", 1, func(x Value) Value {
		f, ok := x.folding("fold", a, size[0], size[1])
		taps := a.Kernel[0] * a.Kernel[1]
		if !ok || x.Dim(1)%taps != 0 || x.Dim(2) != f.out[0]*f.out[1] {
			x.g.Fail(fmt.Errorf("fold: columns %v, image of %v, %+v: wants [N, C·%d, %d]", x.Shape(), size, a, taps, f.out[0]*f.out[1]))
			return Value{}
		}
		n, c := x.Dim(0), x.Dim(1)/taps
		columns := x.Reshape(n, c, taps, f.out[0], f.out[1])
		var sum Value
		for t := range taps {
			s := f.slice(n, c, t/a.Kernel[1]*f.d[0], t%a.Kernel[1]*f.d[1], f.s[0], f.s[1])
			part := columns.Narrow(2, t, 1).Squeeze(2).op("slice_grad", s)
			if sum.Valid() {
				part = sum.Add(part)
			}
			sum = part
		}
		return sum.Narrow(2, a.Padding[0], size[0]).Narrow(3, a.Padding[1], size[1])
	})
}

// folding is the padded image's size, the number of windows along each axis, and
// strides and dilations.
type folding struct{ padded, out, s, d [2]int }

func (v Value) folding(op string, a FoldAttrs, size ...int) (folding, bool) {
	var f folding
	for i, n := range size {
		f.s[i], f.d[i], f.padded[i] = a.Stride[i], a.Dilation[i], n+2*a.Padding[i]
		if f.s[i] == 0 {
			f.s[i] = 1
		}
		if f.d[i] == 0 {
			f.d[i] = 1
		}
		span := (a.Kernel[i]-1)*f.d[i] + 1
		if a.Kernel[i] < 1 || f.s[i] < 0 || f.d[i] < 0 || a.Padding[i] < 0 || n < 1 || f.padded[i] < span {
			v.g.Fail(fmt.Errorf("%s: an image of %v under %+v: windows must be positive and fit", op, size, a))
			return f, false
		}
		f.out[i] = (f.padded[i]-span)/f.s[i] + 1
	}
	return f, true
}

// slice is a slice of the padded image [n, c, ..] from row y and column x on.
func (f *folding) slice(n, c, y, x, stepY, stepX int) cpuref.SliceGradAttrs {
	return cpuref.SliceGradAttrs{
		Shape: cpuref.IntList(n, c, f.padded[0], f.padded[1]), Start: cpuref.IntList(0, 0, y, x), Step: cpuref.IntList(1, 1, stepY, stepX),
	}
}

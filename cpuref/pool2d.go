package cpuref

import "math"

// Pool2dAttrs are the attributes of the pooling ops, each pair (height, width).
// A zero Stride counts as Kernel, a zero Dilation as 1; average pooling has no
// dilation. Ceil rounds the size of the result up. CountIncludePad counts the
// padding in an average's divisor. Divisor, where not 0, is the divisor; the 2-d
// ops leave such averages to avg_pool3d. Size is the height and width of the
// image in the gradients, zero elsewhere.
type Pool2dAttrs struct {
	Kernel, Stride, Padding, Dilation [2]int
	Ceil, CountIncludePad             bool
	Divisor                           int
	Size                              [2]int
}

// Pool1dAttrs are Pool2dAttrs along one axis.
type Pool1dAttrs struct {
	Kernel, Stride, Padding, Dilation int
	Ceil, CountIncludePad             bool
}

// Wide is a 1-d pooling as a 2-d one of height 1.
func (p Pool1dAttrs) Wide() Pool2dAttrs {
	return Pool2dAttrs{
		Kernel: [2]int{1, p.Kernel}, Stride: [2]int{1, p.Stride}, Padding: [2]int{0, p.Padding}, Dilation: [2]int{1, p.Dilation},
		Ceil: p.Ceil, CountIncludePad: p.CountIncludePad,
	}
}

// WithDefaults writes what zeros stand for, so that equal calls are equal
// attributes.
func (p Pool2dAttrs) WithDefaults() Pool2dAttrs {
	for i := range 2 {
		if p.Stride[i] == 0 {
			p.Stride[i] = p.Kernel[i]
		}
		if p.Dilation[i] == 0 {
			p.Dilation[i] = 1
		}
	}
	return p
}

// MaxPool2d: Y[n,c,y,x] = max of X over the window that starts at
// (y·s-p, x·s-p), padding left out. Idx is h·W+w of the element taken: the
// first of equal ones, the last NaN if there is one (NaN wins, as in PyTorch),
// -1 where a dilated window holds padding only, whose maximum is -Inf.
// In: X [N,C,H,W]. Out: Y [N,C,OH,OW], Idx int32 of the same shape (optional).
func MaxPool2d[T Float](a *Args[T]) {
	at := a.Attrs.(Pool2dAttrs).WithDefaults()
	x, y, idx := a.In[0], a.Out[0], a.Out[1:]
	H, W := x.Shape[2], x.Shape[3]
	poolWindows(at, y.Shape, func(out, plane, top, left int) {
		best, at0 := T(math.Inf(-1)), -1
		for i := range at.Kernel[0] {
			for j := range at.Kernel[1] {
				h, w := top+i*at.Dilation[0], left+j*at.Dilation[1]
				if h < 0 || h >= H || w < 0 || w >= W {
					continue
				}
				if v := x.F[(plane*H+h)*W+w]; at0 < 0 || v > best || v != v {
					best, at0 = v, h*W+w
				}
			}
		}
		y.F[out] = best
		if len(idx) > 0 && idx[0].Present() {
			idx[0].I[out] = int32(at0)
		}
	})
}

// MaxPool2dGrad: dX[n,c,h,w] = Σ of dY over the windows whose Idx is h·W+w.
// In: dY [N,C,OH,OW], Idx int32. Out: dX [N,C,Size...].
func MaxPool2dGrad[T Float](a *Args[T]) {
	dy, idx, dx := a.In[0], a.In[1], a.Out[0]
	clear(dx.F)
	from, to := dy.Shape[2]*dy.Shape[3], dx.Shape[2]*dx.Shape[3]
	for i, at := range idx.I {
		if at >= 0 {
			dx.F[i/from*to+int(at)] += dy.F[i]
		}
	}
}

// AvgPool2d: Y[n,c,y,x] = Σ of X over the window that starts at
// (y·s-p, x·s-p), divided by the window's elements: those within the image, or
// with CountIncludePad those within the padded image.
// In: X [N,C,H,W]. Out: Y [N,C,OH,OW].
func AvgPool2d[T Float](a *Args[T]) {
	at := a.Attrs.(Pool2dAttrs).WithDefaults()
	x, y := a.In[0], a.Out[0]
	H, W := x.Shape[2], x.Shape[3]
	poolWindows(at, y.Shape, func(out, plane, top, left int) {
		var sum T
		w := clip(at, top, left, H, W)
		for h := w.h0; h < w.h1; h++ {
			for _, v := range x.F[(plane*H+h)*W+w.w0 : (plane*H+h)*W+w.w1] {
				sum += v
			}
		}
		y.F[out] = sum / T(w.divisor)
	})
}

// AvgPool2dGrad: dX[n,c,h,w] = Σ of dY/divisor over the windows that cover it.
// In: dY [N,C,OH,OW]. Out: dX [N,C,Size...].
func AvgPool2dGrad[T Float](a *Args[T]) {
	at := a.Attrs.(Pool2dAttrs).WithDefaults()
	dy, dx := a.In[0], a.Out[0]
	H, W := dx.Shape[2], dx.Shape[3]
	clear(dx.F)
	poolWindows(at, dy.Shape, func(out, plane, top, left int) {
		w := clip(at, top, left, H, W)
		share := dy.F[out] / T(w.divisor)
		for h := w.h0; h < w.h1; h++ {
			row := dx.F[(plane*H+h)*W+w.w0 : (plane*H+h)*W+w.w1]
			for i := range row {
				row[i] += share
			}
		}
	})
}

// poolWindows visits every window: its place in the output, the plane n·C+c,
// and the row and column of its first element, negative in the padding.
func poolWindows(at Pool2dAttrs, ys []int, visit func(out, plane, top, left int)) {
	out := 0
	for plane := range ys[0] * ys[1] {
		for y := range ys[2] {
			for x := range ys[3] {
				visit(out, plane, y*at.Stride[0]-at.Padding[0], x*at.Stride[1]-at.Padding[1])
				out++
			}
		}
	}
}

// window is the part of an averaging window within the image, and what its sum
// is divided by.
type window struct{ h0, h1, w0, w1, divisor int }

func clip(at Pool2dAttrs, top, left, H, W int) window {
	bottom := min(top+at.Kernel[0], H+at.Padding[0])
	right := min(left+at.Kernel[1], W+at.Padding[1])
	w := window{h0: max(top, 0), h1: min(bottom, H), w0: max(left, 0), w1: min(right, W)}
	if at.CountIncludePad {
		w.divisor = (bottom - top) * (right - left)
	} else {
		w.divisor = (w.h1 - w.h0) * (w.w1 - w.w0)
	}
	return w
}

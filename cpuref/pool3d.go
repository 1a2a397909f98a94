package cpuref

import "math"

// Pool3dAttrs are the attributes of the 3-d pooling ops, each triple (depth,
// height, width). A zero Stride counts as Kernel, a zero Dilation as 1; average
// pooling has no dilation. Ceil rounds the size of the result up.
// CountIncludePad counts the padding in an average's divisor, and Divisor, where
// not 0, is the divisor. With Adaptive, which is the size of the result, window
// i of n lies from i·in/n to (i+1)·in/n rounded up, and the rest is unused. Size
// is the size of the image in the gradients, zero elsewhere.
type Pool3dAttrs struct {
	Kernel, Stride, Padding, Dilation [3]int
	Ceil, CountIncludePad             bool
	Divisor                           int
	Adaptive                          [3]int
	Size                              [3]int
}

// WithDefaults writes what zeros stand for, so that equal calls are equal
// attributes.
func (p Pool3dAttrs) WithDefaults() Pool3dAttrs {
	for i := range 3 {
		if p.Stride[i] == 0 {
			p.Stride[i] = p.Kernel[i]
		}
		if p.Dilation[i] == 0 {
			p.Dilation[i] = 1
		}
	}
	return p
}

// Deep is a 2-d pooling as a 3-d one of depth 1.
func (p Pool2dAttrs) Deep() Pool3dAttrs {
	up := func(one int, v [2]int) [3]int { return [3]int{one, v[0], v[1]} }
	d := Pool3dAttrs{
		Kernel: up(1, p.Kernel), Stride: up(1, p.Stride), Padding: up(0, p.Padding), Dilation: up(1, p.Dilation),
		Ceil: p.Ceil, CountIncludePad: p.CountIncludePad, Divisor: p.Divisor,
	}
	if p.Size != [2]int{} {
		d.Size = up(1, p.Size)
	}
	return d
}

// Reach is a window along one axis: N elements of the image from First on, Step
// apart, and its share Count of an average's divisor.
type Reach struct{ First, N, Step, Count int }

// Reach is window o of out along an axis of in elements.
func (p *Pool3dAttrs) Reach(axis, o, in, out int) Reach {
	if p.Adaptive[axis] > 0 {
		lo, hi := o*in/out, ((o+1)*in+out-1)/out
		return Reach{lo, hi - lo, 1, hi - lo}
	}
	k, d := p.Kernel[axis], p.Dilation[axis]
	start := o*p.Stride[axis] - p.Padding[axis]
	skip := 0
	if start < 0 {
		skip = (-start + d - 1) / d
	}
	r := Reach{First: start + skip*d, N: max(min(k, (in-start+d-1)/d)-skip, 0), Step: d}
	r.Count = r.N
	if p.CountIncludePad {
		r.Count = min(start+k, in+p.Padding[axis]) - start
	}
	return r
}

// MaxPool3d: Y[n,c,o] = max of X over window o, padding left out. Idx is
// (d·H + h)·W + w of the element taken: the first of equal ones, the last NaN if
// there is one, -1 where a dilated window holds padding only.
// In: X [N,C,D,H,W]. Out: Y [N,C,OD,OH,OW], Idx int32 of the same shape (optional).
func MaxPool3d[T Float](a *Args[T]) {
	x, y, idx := a.In[0], a.Out[0], a.Out[1:]
	poolWindows3d(a.Attrs.(Pool3dAttrs).WithDefaults(), x.Shape, y.Shape, func(out, plane int, w [3]Reach) {
		best, at := T(math.Inf(-1)), -1
		visitWindow(w, x.Shape, func(i int) {
			if v := x.F[plane+i]; at < 0 || v > best || v != v {
				best, at = v, i
			}
		})
		y.F[out] = best
		if len(idx) > 0 && idx[0].Present() {
			idx[0].I[out] = int32(at)
		}
	})
}

// MaxPool3dGrad: dX[n,c,s] = Σ of dY over the windows whose Idx is s.
// In: dY [N,C,OD,OH,OW], Idx int32. Out: dX [N,C,Size...].
func MaxPool3dGrad[T Float](a *Args[T]) {
	dy, idx, dx := a.In[0], a.In[1], a.Out[0]
	clear(dx.F)
	from, to := planeOf(dy.Shape), planeOf(dx.Shape)
	for i, at := range idx.I {
		if at >= 0 && int(at) < to {
			dx.F[i/from*to+int(at)] += dy.F[i]
		}
	}
}

// AvgPool3d: Y[n,c,o] = Σ of X over window o, divided by Divisor, or else by the
// window's elements: those within the image, or with CountIncludePad those
// within the padded image.
// In: X [N,C,D,H,W]. Out: Y [N,C,OD,OH,OW].
func AvgPool3d[T Float](a *Args[T]) {
	at, x, y := a.Attrs.(Pool3dAttrs).WithDefaults(), a.In[0], a.Out[0]
	poolWindows3d(at, x.Shape, y.Shape, func(out, plane int, w [3]Reach) {
		var sum T
		visitWindow(w, x.Shape, func(i int) { sum += x.F[plane+i] })
		y.F[out] = sum / T(at.divisor(w))
	})
}

// AvgPool3dGrad: dX[n,c,s] = Σ of dY/divisor over the windows that cover s.
// In: dY [N,C,OD,OH,OW]. Out: dX [N,C,Size...].
func AvgPool3dGrad[T Float](a *Args[T]) {
	at, dy, dx := a.Attrs.(Pool3dAttrs).WithDefaults(), a.In[0], a.Out[0]
	clear(dx.F)
	poolWindows3d(at, dx.Shape, dy.Shape, func(out, plane int, w [3]Reach) {
		share := dy.F[out] / T(at.divisor(w))
		visitWindow(w, dx.Shape, func(i int) { dx.F[plane+i] += share })
	})
}

func (p *Pool3dAttrs) divisor(w [3]Reach) int {
	if p.Divisor != 0 {
		return p.Divisor
	}
	return w[0].Count * w[1].Count * w[2].Count
}

// poolWindows3d visits every window: its place in the output, the start of its
// plane in the image, and its extent.
func poolWindows3d(at Pool3dAttrs, xs, ys []int, visit func(out, plane int, w [3]Reach)) {
	out, size := 0, planeOf(xs)
	var w [3]Reach
	for plane := range ys[0] * ys[1] {
		for d := range ys[2] {
			w[0] = at.Reach(0, d, xs[2], ys[2])
			for h := range ys[3] {
				w[1] = at.Reach(1, h, xs[3], ys[3])
				for v := range ys[4] {
					w[2] = at.Reach(2, v, xs[4], ys[4])
					visit(out, plane*size, w)
					out++
				}
			}
		}
	}
}

// visitWindow visits a window's elements by their places in the plane.
func visitWindow(w [3]Reach, xs []int, visit func(i int)) {
	for d := range w[0].N {
		for h := range w[1].N {
			row := ((w[0].First+d*w[0].Step)*xs[3]+w[1].First+h*w[1].Step)*xs[4] + w[2].First
			for v := range w[2].N {
				visit(row + v*w[2].Step)
			}
		}
	}
}

// planeOf is the number of elements of an image's channel.
func planeOf(shape []int) int {
	n := 1
	for _, d := range shape[2:] {
		n *= d
	}
	return n
}

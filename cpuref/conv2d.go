package cpuref

// Conv2dAttrs are the attributes of the three convolution ops, each pair
// (height, width). A zero Stride or Dilation counts as 1, zero Groups as 1.
// PadMore is what the padding behind the image has beyond Padding, the one
// before it: 1 for the even kernels of PyTorch's "same"; negative, it leaves out
// the last windows. Size is the height and width of the result where the operands leave it open:
// of the image in conv2d_data, of the kernel in conv2d_weight; zero in conv2d.
type Conv2dAttrs struct {
	Stride, Padding, Dilation [2]int
	PadMore                   [2]int
	Groups                    int
	Size                      [2]int
}

// WithDefaults writes the ones that zeros stand for, so that equal calls are
// equal attributes.
func (c Conv2dAttrs) WithDefaults() Conv2dAttrs {
	one := func(n *int) {
		if *n == 0 {
			*n = 1
		}
	}
	for i := range 2 {
		one(&c.Stride[i])
		one(&c.Dilation[i])
	}
	one(&c.Groups)
	return c
}

// Conv1dAttrs are Conv2dAttrs along one axis.
type Conv1dAttrs struct{ Stride, Padding, PadMore, Dilation, Groups int }

// Wide is a 1-d convolution as a 2-d one of height 1.
func (c Conv1dAttrs) Wide() Conv2dAttrs {
	return Conv2dAttrs{
		Stride: [2]int{1, c.Stride}, Padding: [2]int{0, c.Padding}, PadMore: [2]int{0, c.PadMore}, Dilation: [2]int{1, c.Dilation},
		Groups: c.Groups,
	}
}

// SamePadding is the padding that keeps a size under a kernel and its dilation,
// as PyTorch's "same": before the image, and what there is more behind it.
func SamePadding(kernel, dilation int) (before, more int) {
	total := (kernel - 1) * max(dilation, 1)
	return total / 2, total % 2
}

// Conv2d: Y[n,o,y,x] = Σ_{c,i,j} W[o,c,i,j] · X[n, g·C/G+c, y·s+i·d-p, x·s+j·d-p]
// where g is o's group and X is 0 outside its plane.
// In: X [N,C,H,W], W [O,C/G,kh,kw]. Out: Y [N,O,OH,OW].
func Conv2d[T Float](a *Args[T]) {
	x, w, y := a.In[0], a.In[1], a.Out[0]
	clear(y.F)
	convRows(a.Attrs.(Conv2dAttrs), x.Shape, w.Shape, y.Shape, func(r convRow) {
		k, xs := w.F[r.w], x.F[r.x:]
		for i, ys := 0, y.F[r.y:r.y+r.n]; i < len(ys); i++ {
			ys[i] += k * xs[i*r.step]
		}
	})
}

// Conv2dData is the gradient of Conv2d by its image: the same products, each
// dY·W added to the pixel that it came from.
// In: dY [N,O,OH,OW], W [O,C/G,kh,kw]. Out: dX [N,C,Size...].
func Conv2dData[T Float](a *Args[T]) {
	dy, w, dx := a.In[0], a.In[1], a.Out[0]
	clear(dx.F)
	convRows(a.Attrs.(Conv2dAttrs), dx.Shape, w.Shape, dy.Shape, func(r convRow) {
		k, xs := w.F[r.w], dx.F[r.x:]
		for i, ys := 0, dy.F[r.y:r.y+r.n]; i < len(ys); i++ {
			xs[i*r.step] += k * ys[i]
		}
	})
}

// Conv2dWeight is the gradient of Conv2d by its kernel: the same products,
// each dY·X added to the weight that they met at.
// In: X [N,C,H,W], dY [N,O,OH,OW]. Out: dW [O,C/G,Size...].
func Conv2dWeight[T Float](a *Args[T]) {
	x, dy, dw := a.In[0], a.In[1], a.Out[0]
	clear(dw.F)
	convRows(a.Attrs.(Conv2dAttrs), x.Shape, dw.Shape, dy.Shape, func(r convRow) {
		var sum T
		xs := x.F[r.x:]
		for i, ys := 0, dy.F[r.y:r.y+r.n]; i < len(ys); i++ {
			sum += ys[i] * xs[i*r.step]
		}
		dw.F[r.w] += sum
	})
}

// convRow is a run of n products of one weight: element w of W, elements
// y, y+1, ... of Y and x, x+step, ... of X.
type convRow struct{ w, x, y, n, step int }

// convRows visits every product of a convolution once, row by row; products
// with the zeros around the image are left out.
func convRows(at Conv2dAttrs, xs, ws, ys []int, visit func(convRow)) {
	at = at.WithDefaults()
	N, C, H, W := xs[0], xs[1], xs[2], xs[3]
	O, Cg, KH, KW := ws[0], ws[1], ws[2], ws[3]
	OH, OW := ys[2], ys[3]
	perGroup := O / at.Groups
	for n := range N {
		for o := range O {
			for c := range Cg {
				plane := (n*C + o/perGroup*Cg + c) * H * W
				for i := range KH {
					top := i*at.Dilation[0] - at.Padding[0]
					y0, y1 := inside(top, at.Stride[0], H, OH)
					for j := range KW {
						left := j*at.Dilation[1] - at.Padding[1]
						x0, x1 := inside(left, at.Stride[1], W, OW)
						if x1 <= x0 {
							continue
						}
						for y := y0; y < y1; y++ {
							visit(convRow{
								w:    ((o*Cg+c)*KH+i)*KW + j,
								x:    plane + (y*at.Stride[0]+top)*W + x0*at.Stride[1] + left,
								y:    ((n*O+o)*OH+y)*OW + x0,
								n:    x1 - x0,
								step: at.Stride[1],
							})
						}
					}
				}
			}
		}
	}
}

// inside is the range of i in [0, out) for which 0 <= i*stride+offset < in.
func inside(offset, stride, in, out int) (lo, hi int) {
	if offset < 0 {
		lo = (-offset + stride - 1) / stride
	}
	if last := in - 1 - offset; last >= 0 {
		hi = last/stride + 1
	}
	return lo, min(hi, out)
}

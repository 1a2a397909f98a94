package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// convShape is one convolution: an image [N, G·cg, h, w] under a kernel
// [G·og, cg, kh, kw] gives [N, G·og, oh, ow].
type convShape struct {
	cpuref.Conv2dAttrs
	n, cg, og, h, w, kh, kw, oh, ow int
}

func shapeOf(attrs any, x, w, y []int) convShape {
	at := attrs.(cpuref.Conv2dAttrs).WithDefaults()
	return convShape{at, x[0], w[1], w[0] / at.Groups, x[2], x[3], w[2], w[3], y[2], y[3]}
}

// pointwise: each pixel by itself, a plain product.
func (c *convShape) pointwise() bool {
	return c.kh*c.kw == 1 && c.Stride == [2]int{1, 1} && c.Padding == [2]int{} && c.PadMore == [2]int{} && c.Groups == 1
}

func (c *convShape) k() int { return c.cg * c.kh * c.kw }

// Conv2d prepares cpuref.Conv2d.
func Conv2d(a *cpuref.Args[float32]) func() {
	x, w, y := a.In[0], a.In[1], a.Out[0]
	c := shapeOf(a.Attrs, x.Shape, w.Shape, y.Shape)
	if c.pointwise() {
		pixels := c.h * c.w
		reserve(gemmScratch(c.og, pixels, c.cg))
		return func() {
			GemmBatch(c.n, false, false, c.og, pixels, c.cg, w.F, c.cg, 0, x.F, pixels, c.cg*pixels,
				y.F, pixels, c.og*pixels, false)
		}
	}
	t := &tapConv{
		st: c.staging(), channels: c.cg, m: c.og, rows: c.oh, cols: c.ow,
		out:    place{plane: c.oh * c.ow, row: c.ow, col: 1},
		images: c.n * c.Groups, groups: c.Groups,
	}
	shift := (c.kh - 1) * c.Dilation[0] / c.Stride[0]
	t.off = make([]int32, c.k())
	t.finish(shift)
	c.taps(t.off, &t.st)
	t.pack = func(g int, dst []float32) {
		isa.packA(dst, operand{w.F, c.k(), 1}, g*c.og, c.og, 0, c.k())
	}
	return func() { t.run(x.F, y.F) }
}

// staging lays out the image; the height of a phase is left to the caller.
func (c *convShape) staging() staging {
	return staging{
		h: c.h, w: c.w, top: c.Padding[0], left: c.Padding[1], sh: c.Stride[0], sw: c.Stride[1],
		pw: c.ow + (c.kw-1)*c.Dilation[1]/c.Stride[1],
	}
}

// taps lists where the kernel's elements, in its order, find their pixels.
func (c *convShape) taps(off []int32, st *staging) {
	p := 0
	for ch := range c.cg {
		for i := range c.kh {
			for j := range c.kw {
				off[p] = int32(ch*st.size() + st.at(i*c.Dilation[0], j*c.Dilation[1]))
				p++
			}
		}
	}
}

// Conv2dData prepares cpuref.Conv2dData. Row u = y + padding of the padded image
// lies in phase u % stride; the taps that reach it are those with the same rest,
// and each phase is a convolution of dY with them.
func Conv2dData(a *cpuref.Args[float32]) func() {
	dy, w, dx := a.In[0], a.In[1], a.Out[0]
	c := shapeOf(a.Attrs, dx.Shape, w.Shape, dy.Shape)
	if c.pointwise() {
		pixels := c.h * c.w
		reserve(gemmScratch(c.cg, pixels, c.og))
		return func() {
			GemmBatch(c.n, true, false, c.cg, pixels, c.og, w.F, c.cg, 0, dy.F, pixels, c.og*pixels,
				dx.F, pixels, c.cg*pixels, false)
		}
	}
	var phases []*tapConv
	for ry := range c.Stride[0] {
		for rx := range c.Stride[1] {
			phases = append(phases, c.phase(w.F, ry, rx))
		}
	}
	return func() {
		for _, t := range phases {
			t.run(dy.F, dx.F)
		}
	}
}

// phase is the part of the gradient by the image for the rows and columns of one
// rest.
func (c *convShape) phase(w []float32, ry, rx int) *tapConv {
	ty, yShift, q0y, rows := c.along(0, ry, c.kh, c.h)
	tx, xShift, q0x, cols := c.along(1, rx, c.kw, c.w)
	t := &tapConv{
		st:       staging{h: c.oh, w: c.ow, top: yShift - q0y, left: xShift - q0x, sh: 1, sw: 1, pw: cols + xShift},
		channels: c.og, m: c.cg, rows: rows, cols: cols,
		out: place{
			at:    (q0y*c.Stride[0]+ry-c.Padding[0])*c.w + q0x*c.Stride[1] + rx - c.Padding[1],
			plane: c.h * c.w, row: c.Stride[0] * c.w, col: c.Stride[1],
		},
		images: c.n * c.Groups, groups: c.Groups,
	}
	if rows <= 0 || cols <= 0 {
		return t
	}
	taps := len(ty) * len(tx)
	t.off = make([]int32, c.og*taps)
	t.finish(yShift)
	for p := range t.off {
		o, i, j := p/taps, ty[p%taps/len(tx)], tx[p%len(tx)]
		t.off[p] = int32(o*t.st.size() + (yShift-i*c.Dilation[0]/c.Stride[0])*t.st.pw + xShift - j*c.Dilation[1]/c.Stride[1])
	}
	t.pack = func(g int, dst []float32) {
		mr, kk := isa.mr, c.kh*c.kw
		if taps == 0 { // a stride over the kernel: the phase is zeros
			return
		}
		for ch := range c.cg {
			d := dst[ch/mr*mr*len(t.off)+ch%mr:]
			for o := range c.og {
				from := w[((g*c.og+o)*c.cg+ch)*kk:][:kk]
				for n, i := range ty {
					for l, j := range tx {
						d[((o*len(ty)+n)*len(tx)+l)*mr] = from[i*c.kw+j]
					}
				}
			}
		}
	}
	return t
}

// along is one axis of a phase: its taps, the furthest that one reaches back, and
// the first and the number of the phase's rows that lie in the image.
func (c *convShape) along(axis, rest, kernel, size int) (taps []int, shift, first, count int) {
	d, s, pad := c.Dilation[axis], c.Stride[axis], c.Padding[axis]
	for i := range kernel {
		if i*d%s == rest {
			taps = append(taps, i)
			shift = i * d / s
		}
	}
	if pad > rest {
		first = (pad - rest + s - 1) / s
	}
	if last := size - 1 + pad - rest; last >= 0 {
		count = last/s - first + 1
	}
	return taps, shift, first, count
}

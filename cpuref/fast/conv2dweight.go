package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// weightGrad is the gradient of a convolution by its kernel. For a part of an
// image, staged as in the forward pass, tap p of the kernel meets output channel
// o in the sum over pixels of image[off[p] + pixel]·dY[pixel, o], pixels counted
// in the staged image's rows, where dY is zero between the output's rows.
//
// The parts are dealt to a fixed number of sums, which are added in order: the
// result doesn't depend on who computes which.
type weightGrad struct {
	convShape
	st          staging
	off         []int32
	part, parts int // output rows staged at a time
	sums        int // partial sums of a group
	pixels      int // of a full part
	cols        int // channels of dY side by side: a tile's width, or 1
	ld          int // channels of a group rounded up to cols
	x, dy, dw   []float32
	sum         []float32
	add, join   func(i int)
}

const (
	maxSums       = 32
	maxSumFloats  = 1 << 22
	gradPixels    = 256 // pixels a tile takes at a time: dY's stay in the L1 cache
	dotsFewerThan = 6   // channels of a group below which dot products are faster
)

// Conv2dWeight prepares cpuref.Conv2dWeight.
func Conv2dWeight(a *cpuref.Args[float32]) func() {
	x, dy, dw := a.In[0], a.In[1], a.Out[0]
	c := shapeOf(a.Attrs, x.Shape, dw.Shape, dy.Shape)
	g := &weightGrad{convShape: c, st: c.staging()}
	shift := (c.kh - 1) * c.Dilation[0] / c.Stride[0]
	g.part = min(c.oh, max(4, stagedFloats/(c.cg*c.Stride[0]*c.Stride[1]*g.st.pw)-shift))
	g.parts = (c.oh + g.part - 1) / g.part
	g.st.ph = g.part + shift
	g.off = make([]int32, c.k())
	c.taps(g.off, &g.st)
	g.pixels = (g.part-1)*g.st.pw + c.ow
	g.cols = 2 * isa.lanes
	if c.og < dotsFewerThan {
		g.cols = 1
	}
	g.ld = roundUp(c.og, g.cols)
	g.sums = max(1, min(maxSums/c.Groups, c.n*g.parts, maxSumFloats/max(1, c.Groups*c.k()*g.ld)))
	g.add, g.join = g.one, g.finish
	perCall.reserve(g.floats(), 1)
	reserve(g.scratch())
	return func() { g.run(x.F, dy.F, dw.F) }
}

func (g *weightGrad) floats() int { return g.Groups * g.sums * g.k() * g.ld }

func (g *weightGrad) staged() int { return roundUp(g.cg*g.st.size()+isa.lanes, 16) }

func (g *weightGrad) scratch() int { return g.staged() + g.ld*g.pixels + 2*isa.lanes }

func (g *weightGrad) run(x, dy, dw []float32) {
	if g.n == 0 {
		clear(dw)
		return
	}
	shared := perCall.take(g.floats())
	g.x, g.dy, g.dw, g.sum = x, dy, dw, shared.buf
	flops := 2 * g.n * g.Groups * g.og * g.k() * g.oh * g.ow
	Parallel(g.Groups*g.sums, flops/isa.flops+len(x)/4, g.add)
	Parallel(g.Groups, g.floats()/4, g.join)
	g.x, g.dy, g.dw, g.sum = nil, nil, nil, nil
	shared.give()
}

// one adds up the parts of one partial sum of one group.
func (g *weightGrad) one(i int) {
	group, s := i/g.sums, i%g.sums
	units := g.n * g.parts
	sum := g.sum[i*g.k()*g.ld:][:g.k()*g.ld]
	scratch := perThread.take(g.scratch())
	image, dy := scratch.buf[:g.staged()], scratch.buf[g.staged():]
	acc := 0
	for u := s * units / g.sums; u < (s+1)*units/g.sums; u++ {
		at, y0 := u/g.parts*g.Groups+group, u%g.parts*g.part
		rows := min(g.part, g.oh-y0)
		g.st.fill(isa, image, g.x[at*g.cg*g.h*g.w:], g.cg, y0)
		g.gather(dy, g.dy[at*g.og*g.oh*g.ow+y0*g.ow:], rows)
		pixels := (rows-1)*g.st.pw + g.ow
		if g.cols == 1 {
			g.dots(sum, image, dy, pixels, acc)
		} else {
			g.tiles(sum, image, dy, pixels, acc)
		}
		acc = 1
	}
	scratch.give()
}

// gather lays dY's channels out in panels of cols, each [pixels][cols].
func (g *weightGrad) gather(dst, dy []float32, rows int) {
	plane, gap := g.oh*g.ow, g.st.pw-g.ow
	for o := 0; o < g.og; o += g.cols {
		panel, w := dst[o*g.pixels:][:g.cols*g.pixels], min(g.cols, g.og-o)
		if gap > 0 || w < g.cols {
			clear(panel)
		}
		if gap == 0 {
			isa.packT(panel, g.cols, operand{dy[o*plane:], plane, 1}, w, rows*g.ow)
			continue
		}
		for r := range rows {
			isa.packT(panel[r*g.st.pw*g.cols:], g.cols, operand{dy[o*plane+r*g.ow:], plane, 1}, w, g.ow)
		}
	}
}

// tiles multiplies tile by tile, a block of pixels after another.
func (g *weightGrad) tiles(sum, image, dy []float32, pixels, acc int) {
	h, k := len(isa.grad), g.k()
	for o := 0; o < g.ld; o += g.cols {
		for p := 0; p < pixels; p += gradPixels {
			n, add := min(gradPixels, pixels-p), acc
			if p > 0 {
				add = 1
			}
			b := &dy[o*g.pixels+p*g.cols]
			for i := 0; i < k; i += h {
				isa.grad[min(h, k-i)-1](n, &image[p], &g.off[i], b, &sum[i*g.ld+o], g.ld, add, isa.lanes)
			}
		}
	}
}

// dots is for few channels, depthwise convolution for one: a dot product for
// each tap.
func (g *weightGrad) dots(sum, image, dy []float32, pixels, acc int) {
	for i, off := range g.off {
		for o := range g.og {
			d := isa.dot(pixels, &image[off], &dy[o*g.pixels])
			if acc > 0 {
				d += sum[i*g.ld+o]
			}
			sum[i*g.ld+o] = d
		}
	}
}

// finish adds a group's partial sums, in order, and transposes them into dW.
func (g *weightGrad) finish(group int) {
	k := g.k()
	n := k * g.ld
	sum := g.sum[group*g.sums*n:]
	for s := 1; s < g.sums; s++ {
		isa.add(n, &sum[0], &sum[s*n])
	}
	isa.packT(g.dw[group*g.og*k:], k, operand{sum, g.ld, 1}, k, g.og)
}

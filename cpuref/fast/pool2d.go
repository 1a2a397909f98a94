package fast

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// windowFunc computes, for row r of rows and column i of n, over the taps t,
// y[r·ldy+i] = max or sum of x[r·ldx + i·stride + off[t]].
type windowFunc = func(rows, n int, x *float32, ldx, taps int, off *int32, y *float32, ldy int)

// windowIndexFunc also gives the maximum's place, counted from first at x.
type windowIndexFunc = func(rows, n int, x *float32, ldx, taps int, off *int32, y *float32, ldy int, idx *int32, first int)

// windows is what an instruction set has for pooling, for strides 1 and 2; the
// plain set has nothing.
type windows struct {
	maxPool, sumPool []windowFunc
	maxPoolIndex     []windowIndexFunc
}

// span is the part of a pooling window within the image along one axis, and its
// share of an average's divisor.
type span struct{ lo, hi, count int }

// pool is a pooling of planes: h x w to oh x ow.
type pool struct {
	at           cpuref.Pool2dAttrs
	planes       int
	h, w, oh, ow int
	off          []int32 // taps from a window's first element
	y0, y1       int     // output rows and columns whose windows have no padding
	x0, x1       int
}

func newPool(attrs any, image, out []int) *pool {
	at := attrs.(cpuref.Pool2dAttrs).WithDefaults()
	p := &pool{at: at, planes: image[0] * image[1], h: image[2], w: image[3], oh: out[2], ow: out[3]}
	for i := range at.Kernel[0] {
		for j := range at.Kernel[1] {
			p.off = append(p.off, int32(i*at.Dilation[0]*p.w+j*at.Dilation[1]))
		}
	}
	p.y0, p.y1 = p.inner(0, p.h, p.oh)
	p.x0, p.x1 = p.inner(1, p.w, p.ow)
	if n := at.Stride[1]; n > len(isa.sumPool) || p.y0 >= p.y1 || p.x0 >= p.x1 {
		p.y0, p.y1, p.x0, p.x1 = 0, 0, 0, 0 // all one by one
	}
	return p
}

func (p *pool) inner(axis, size, out int) (lo, hi int) {
	s, pad := p.at.Stride[axis], p.at.Padding[axis]
	lo = min((pad+s-1)/s, out)
	if room := size - 1 - (p.at.Kernel[axis]-1)*p.at.Dilation[axis] + pad; room >= 0 {
		hi = min(room/s+1, out)
	}
	return lo, hi
}

// edges calls f for the windows outside the inner rectangle.
func (p *pool) edges(f func(y, x int)) {
	for y := range p.oh {
		if y < p.y0 || y >= p.y1 {
			for x := range p.ow {
				f(y, x)
			}
			continue
		}
		for x := range p.x0 {
			f(y, x)
		}
		for x := p.x1; x < p.ow; x++ {
			f(y, x)
		}
	}
}

// first is the inner rectangle's first element, in the image and in the output.
func (p *pool) first() (in, out int) {
	in = (p.y0*p.at.Stride[0]-p.at.Padding[0])*p.w + p.x0*p.at.Stride[1] - p.at.Padding[1]
	return in, p.y0*p.ow + p.x0
}

func (p *pool) cost() int { return p.planes * p.oh * p.ow * (1 + len(p.off)/4) }

// MaxPool2d prepares cpuref.MaxPool2d.
func MaxPool2d(a *cpuref.Args[float32]) func() {
	x, y := a.In[0].F, a.Out[0].F
	var idx []int32
	if len(a.Out) > 1 {
		idx = a.Out[1].I
	}
	p := newPool(a.Attrs, a.In[0].Shape, a.Out[0].Shape)
	body := func(i int) {
		var at []int32
		if idx != nil {
			at = idx[i*p.oh*p.ow:][:p.oh*p.ow]
		}
		p.max(x[i*p.h*p.w:][:p.h*p.w], y[i*p.oh*p.ow:][:p.oh*p.ow], at)
	}
	return func() { Parallel(p.planes, p.cost(), body) }
}

func (p *pool) max(x, y []float32, idx []int32) {
	if p.y1 > p.y0 {
		in, out := p.first()
		s, ldx := p.at.Stride[1]-1, p.at.Stride[0]*p.w
		if idx == nil {
			isa.maxPool[s](p.y1-p.y0, p.x1-p.x0, &x[in], ldx, len(p.off), &p.off[0], &y[out], p.ow)
		} else {
			isa.maxPoolIndex[s](p.y1-p.y0, p.x1-p.x0, &x[in], ldx, len(p.off), &p.off[0], &y[out], p.ow, &idx[out], in)
		}
	}
	p.edges(func(oy, ox int) {
		best, at := float32(math.Inf(-1)), -1
		for i := range p.at.Kernel[0] {
			h := oy*p.at.Stride[0] - p.at.Padding[0] + i*p.at.Dilation[0]
			if h < 0 || h >= p.h {
				continue
			}
			for j := range p.at.Kernel[1] {
				w := ox*p.at.Stride[1] - p.at.Padding[1] + j*p.at.Dilation[1]
				if w < 0 || w >= p.w {
					continue
				}
				if v := x[h*p.w+w]; at < 0 || v > best || v != v {
					best, at = v, h*p.w+w
				}
			}
		}
		y[oy*p.ow+ox] = best
		if idx != nil {
			idx[oy*p.ow+ox] = int32(at)
		}
	})
}

// MaxPool2dGrad prepares cpuref.MaxPool2dGrad.
func MaxPool2dGrad(a *cpuref.Args[float32]) func() {
	dy, idx, dx := a.In[0], a.In[1].I, a.Out[0]
	from, to := dy.Shape[2]*dy.Shape[3], dx.Shape[2]*dx.Shape[3]
	planes := dx.Shape[0] * dx.Shape[1]
	body := func(i int) {
		out, up := dx.F[i*to:][:to], dy.F[i*from:][:from]
		clear(out)
		for j, at := range idx[i*from:][:from] {
			if at >= 0 {
				out[at] += up[j]
			}
		}
	}
	return func() { Parallel(planes, len(dy.F)*2+len(dx.F)/4, body) }
}

// AvgPool2d prepares cpuref.AvgPool2d.
func AvgPool2d(a *cpuref.Args[float32]) func() {
	x, y := a.In[0].F, a.Out[0].F
	p := newPool(a.Attrs, a.In[0].Shape, a.Out[0].Shape)
	rows, cols := p.spans()
	inverse := 1 / float32(len(p.off))
	body := func(i int) {
		in, out := x[i*p.h*p.w:][:p.h*p.w], y[i*p.oh*p.ow:][:p.oh*p.ow]
		if p.y1 > p.y0 {
			at, to := p.first()
			isa.sumPool[p.at.Stride[1]-1](p.y1-p.y0, p.x1-p.x0, &in[at], p.at.Stride[0]*p.w,
				len(p.off), &p.off[0], &out[to], p.ow)
			isa.scale(len(out), &out[0], &out[0], &inverse)
		}
		p.edges(func(oy, ox int) {
			r, c := rows[oy], cols[ox]
			var sum float32
			for h := r.lo; h < r.hi; h++ {
				if n := c.hi - c.lo; n > 0 {
					sum += isa.sum(n, &in[h*p.w+c.lo])
				}
			}
			out[oy*p.ow+ox] = sum / float32(r.count*c.count)
		})
	}
	return func() { Parallel(p.planes, p.cost(), body) }
}

// AvgPool2dGrad prepares cpuref.AvgPool2dGrad.
func AvgPool2dGrad(a *cpuref.Args[float32]) func() {
	dy, dx := a.In[0], a.Out[0]
	p := newPool(a.Attrs, dx.Shape, dy.Shape)
	rows, cols := p.spans()
	body := func(i int) {
		up, out := dy.F[i*p.oh*p.ow:][:p.oh*p.ow], dx.F[i*p.h*p.w:][:p.h*p.w]
		clear(out)
		for y, r := range rows {
			for x, c := range cols {
				share := up[y*p.ow+x] / float32(r.count*c.count)
				for h := r.lo; h < r.hi; h++ {
					row := out[h*p.w:][c.lo:c.hi]
					for j := range row {
						row[j] += share
					}
				}
			}
		}
	}
	return func() { Parallel(p.planes, p.cost()*2, body) }
}

// spans are the averaging windows along both axes.
func (p *pool) spans() (rows, cols []span) {
	along := func(axis, size, out int) (list []span) {
		k, s, pad := p.at.Kernel[axis], p.at.Stride[axis], p.at.Padding[axis]
		for i := range out {
			from := i*s - pad
			to := min(from+k, size+pad)
			v := span{lo: max(from, 0), hi: max(min(to, size), max(from, 0))}
			v.count = v.hi - v.lo
			if p.at.CountIncludePad {
				v.count = to - from
			}
			list = append(list, v)
		}
		return list
	}
	return along(0, p.h, p.oh), along(1, p.w, p.ow)
}

package fast

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// pool3d is a pooling of volumes: its windows along each axis, and what averages
// divide by where it isn't the window's count.
type pool3d struct {
	planes, size, out int
	h, w              int // of the image
	windows           [3][]cpuref.Reach
	divisor, taps     int
}

func newPool3d(attrs any, image, result []int) *pool3d {
	at := attrs.(cpuref.Pool3dAttrs).WithDefaults()
	p := &pool3d{planes: image[0] * image[1], h: image[3], w: image[4], divisor: at.Divisor, taps: 1}
	p.size, p.out = image[2]*p.h*p.w, result[2]*result[3]*result[4]
	for axis := range 3 {
		most := 0
		for o := range result[2+axis] {
			r := at.Reach(axis, o, image[2+axis], result[2+axis])
			p.windows[axis], most = append(p.windows[axis], r), max(most, r.N)
		}
		p.taps *= most
	}
	return p
}

func (p *pool3d) cost() int { return p.planes * p.out * (6 + 2*p.taps) }

// row is where row (i, j) of a window starts in its plane.
func (p *pool3d) row(d, h, w *cpuref.Reach, i, j int) int {
	return ((d.First+i*d.Step)*p.h+h.First+j*h.Step)*p.w + w.First
}

// each calls f for every window, with its place in the result.
func (p *pool3d) each(f func(o int, d, h, w *cpuref.Reach)) {
	o := 0
	for d := range p.windows[0] {
		for h := range p.windows[1] {
			for w := range p.windows[2] {
				f(o, &p.windows[0][d], &p.windows[1][h], &p.windows[2][w])
				o++
			}
		}
	}
}

// MaxPool3d prepares cpuref.MaxPool3d.
func MaxPool3d(a *cpuref.Args[float32]) func() {
	p := newPool3d(a.Attrs, a.In[0].Shape, a.Out[0].Shape)
	var idx []int32
	if len(a.Out) > 1 {
		idx = a.Out[1].I
	}
	body := func(plane int) {
		x, y := a.In[0].F[plane*p.size:][:p.size], a.Out[0].F[plane*p.out:][:p.out]
		p.each(func(o int, d, h, w *cpuref.Reach) {
			best, at := float32(math.Inf(-1)), -1
			for i := range d.N {
				for j := range h.N {
					for k, q := 0, p.row(d, h, w, i, j); k < w.N; k, q = k+1, q+w.Step {
						if v := x[q]; !(v <= best) && (v != v || best == best) || at < 0 {
							best, at = v, q // larger, or the last NaN
						}
					}
				}
			}
			y[o] = best
			if idx != nil {
				idx[plane*p.out+o] = int32(at)
			}
		})
	}
	return func() { Parallel(p.planes, p.cost(), body) }
}

// AvgPool3d prepares cpuref.AvgPool3d.
func AvgPool3d(a *cpuref.Args[float32]) func() {
	p := newPool3d(a.Attrs, a.In[0].Shape, a.Out[0].Shape)
	body := func(plane int) {
		x, y := a.In[0].F[plane*p.size:][:p.size], a.Out[0].F[plane*p.out:][:p.out]
		p.each(func(o int, d, h, w *cpuref.Reach) {
			var sum float32
			for i := range d.N {
				for j := range h.N {
					for k, q := 0, p.row(d, h, w, i, j); k < w.N; k, q = k+1, q+w.Step {
						sum += x[q]
					}
				}
			}
			y[o] = sum / p.by(d, h, w)
		})
	}
	return func() { Parallel(p.planes, p.cost(), body) }
}

// AvgPool3dGrad prepares cpuref.AvgPool3dGrad.
func AvgPool3dGrad(a *cpuref.Args[float32]) func() {
	p := newPool3d(a.Attrs, a.Out[0].Shape, a.In[0].Shape)
	body := func(plane int) {
		dx, dy := a.Out[0].F[plane*p.size:][:p.size], a.In[0].F[plane*p.out:][:p.out]
		clear(dx)
		p.each(func(o int, d, h, w *cpuref.Reach) {
			share := dy[o] / p.by(d, h, w)
			for i := range d.N {
				for j := range h.N {
					for k, q := 0, p.row(d, h, w, i, j); k < w.N; k, q = k+1, q+w.Step {
						dx[q] += share
					}
				}
			}
		})
	}
	return func() { Parallel(p.planes, p.cost(), body) }
}

func (p *pool3d) by(d, h, w *cpuref.Reach) float32 {
	if p.divisor != 0 {
		return float32(p.divisor)
	}
	return float32(d.Count * h.Count * w.Count)
}

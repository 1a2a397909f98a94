package fast

import (
	"runtime"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// volumeConv is a 3-d convolution as products with a column matrix: row
// (c, h, i, j) of it holds, for each output pixel, what that element of the kernel
// meets. The matrix is made for some rows of the output at a time, so that it
// stays in cache.
type volumeConv struct {
	cpuref.Conv3dAttrs
	n, cg, og  int
	in, k, out [3]int // of the image, the kernel and the result
	rows       int    // output rows in a column matrix
	x, w, y    []float32
}

// columnFloats is about the size of a column matrix: 1 MiB.
const columnFloats = 1 << 18

func newVolumeConv(attrs any, x, w, y cpuref.Arg[float32]) *volumeConv {
	at := attrs.(cpuref.Conv3dAttrs).WithDefaults()
	v := &volumeConv{
		Conv3dAttrs: at, n: x.Shape[0], cg: w.Shape[1], og: w.Shape[0] / at.Groups,
		in: [3]int(x.Shape[2:]), k: [3]int(w.Shape[2:]), out: [3]int(y.Shape[2:]), x: x.F, w: w.F, y: y.F,
	}
	v.rows = max(1, min(v.out[0]*v.out[1], columnFloats/max(1, v.terms()*v.out[2])))
	pixels := v.rows * v.out[2]
	need := max(v.columns(), gemmScratch(v.og, pixels, v.terms()), gemmScratch(v.terms(), pixels, v.og), gemmScratch(v.og, v.terms(), pixels))
	perThread.reserve(need, 2*runtime.GOMAXPROCS(0)) // columns, and within it a product's
	return v
}

func (v *volumeConv) terms() int   { return v.cg * v.k[0] * v.k[1] * v.k[2] }
func (v *volumeConv) volume() int  { return v.in[0] * v.in[1] * v.in[2] }
func (v *volumeConv) area() int    { return v.out[0] * v.out[1] * v.out[2] }
func (v *volumeConv) columns() int { return v.terms() * v.rows * v.out[2] }
func (v *volumeConv) cost() int {
	return 2 * v.n * v.Groups * v.og * v.terms() * v.area() / isa.flops
}

// group is an image's group: its part of X, of W and of Y.
func (v *volumeConv) group(i int) (x, w, y []float32) {
	g, vol, kernel, area := i%v.Groups, v.cg*v.volume(), v.og*v.terms(), v.og*v.area()
	return v.x[i*vol:][:vol], v.w[g*kernel:][:kernel], v.y[i*area:][:area]
}

// parts calls f for the output rows [r, r+rows) after each other.
func (v *volumeConv) parts(f func(r, rows int)) {
	all := v.out[0] * v.out[1]
	for r := 0; r < all; r += v.rows {
		f(r, min(v.rows, all-r))
	}
}

// Conv3d prepares cpuref.Conv3d.
func Conv3d(a *cpuref.Args[float32]) func() {
	v := newVolumeConv(a.Attrs, a.In[0], a.In[1], a.Out[0])
	one := func(i int) {
		x, w, y := v.group(i)
		s := perThread.take(v.columns())
		v.parts(func(r, rows int) {
			pixels := rows * v.out[2]
			v.gather(s.buf, x, r, rows)
			Gemm(false, false, v.og, pixels, v.terms(), w, v.terms(), s.buf, pixels, y[r*v.out[2]:], v.area(), false)
		})
		s.give()
	}
	return func() { Parallel(v.n*v.Groups, v.cost(), one) }
}

// Conv3dData prepares cpuref.Conv3dData.
func Conv3dData(a *cpuref.Args[float32]) func() {
	v := newVolumeConv(a.Attrs, a.Out[0], a.In[1], a.In[0])
	one := func(i int) {
		x, w, y := v.group(i)
		s := perThread.take(v.columns())
		clear(x)
		v.parts(func(r, rows int) {
			pixels := rows * v.out[2]
			Gemm(true, false, v.terms(), pixels, v.og, w, v.terms(), y[r*v.out[2]:], v.area(), s.buf, pixels, false)
			v.scatter(x, s.buf, r, rows)
		})
		s.give()
	}
	return func() { Parallel(v.n*v.Groups, v.cost(), one) }
}

// Conv3dWeight prepares cpuref.Conv3dWeight.
func Conv3dWeight(a *cpuref.Args[float32]) func() {
	v := newVolumeConv(a.Attrs, a.In[0], a.Out[0], a.In[1])
	one := func(g int) {
		s := perThread.take(v.columns())
		clear(v.w[g*v.og*v.terms():][:v.og*v.terms()])
		for n := range v.n {
			x, w, y := v.group(n*v.Groups + g)
			v.parts(func(r, rows int) {
				pixels := rows * v.out[2]
				v.gather(s.buf, x, r, rows)
				Gemm(false, true, v.og, v.terms(), pixels, y[r*v.out[2]:], v.area(), s.buf, pixels, w, v.terms(), true)
			})
		}
		s.give()
	}
	return func() { Parallel(v.Groups, v.cost(), one) }
}

// gather fills the column matrix for some rows of the output.
func (v *volumeConv) gather(col, x []float32, r, rows int) {
	v.visit(r, rows, func(to, from, lo, hi int) {
		row := col[to:][:v.out[2]]
		clear(row[:lo])
		clear(row[hi:])
		if s := v.Stride[2]; s == 1 && hi > lo {
			copy(row[lo:hi], x[from+lo:])
		} else {
			for i := lo; i < hi; i++ {
				row[i] = x[from+i*s]
			}
		}
	})
}

// scatter adds a column matrix to the pixels that it stands for.
func (v *volumeConv) scatter(x, col []float32, r, rows int) {
	v.visit(r, rows, func(to, from, lo, hi int) {
		row, s := col[to:][:v.out[2]], v.Stride[2]
		for i := lo; i < hi; i++ {
			x[from+i*s] += row[i]
		}
	})
}

// visit calls f for each row of the column matrix and output row: where they meet
// in it, and columns [lo, hi) of them, which meet pixels from + i·stride.
func (v *volumeConv) visit(r, rows int, f func(to, from, lo, hi int)) {
	taps := v.k[0] * v.k[1] * v.k[2]
	for e := range v.terms() {
		tap := e % taps
		dz := tap/(v.k[1]*v.k[2])*v.Dilation[0] - v.Padding[0]
		dy := tap/v.k[2]%v.k[1]*v.Dilation[1] - v.Padding[1]
		dx := tap%v.k[2]*v.Dilation[2] - v.Padding[2]
		lo, hi := within(dx, v.Stride[2], v.in[2], v.out[2])
		hi = max(hi, lo)
		for q := range rows {
			z, y := (r+q)/v.out[1]*v.Stride[0]+dz, (r+q)%v.out[1]*v.Stride[1]+dy
			to := (e*rows + q) * v.out[2]
			if z < 0 || z >= v.in[0] || y < 0 || y >= v.in[1] || lo >= v.out[2] {
				f(to, 0, 0, 0)
				continue
			}
			f(to, ((e/taps*v.in[0]+z)*v.in[1]+y)*v.in[2]+dx, lo, hi)
		}
	}
}

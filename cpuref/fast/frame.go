package fast

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// frameDim is a dimension of n elements of which size, from first on and step
// apart, come from the source, where they lie stride apart.
type frameDim struct{ n, first, size, step, stride int }

// framer fills an array but for a block: rows of the last dimension, which is
// contiguous on both sides, the others before it.
type framer struct {
	dst, src []float32
	from     int // where the block begins in src
	value    float32
	outer    []frameDim
	row      frameDim
}

// SliceGrad prepares cpuref.SliceGrad.
func SliceGrad(a *cpuref.Args[float32]) func() {
	s, dy, dx := a.Attrs.(cpuref.SliceGradAttrs), &a.In[0], &a.Out[0]
	from := steps(dy.Shape)
	var dims []frameDim
	for d, n := range dx.Shape {
		dims = append(dims, frameDim{n, s.Start.V[d], dy.Shape[d], s.Step.V[d], from[d]})
	}
	return framed(words(dx), words(dy), 0, 0, dims)
}

// Pad prepares cpuref.Pad.
func Pad(a *cpuref.Args[float32]) func() {
	at, x, y := a.Attrs.(cpuref.PadAttrs), &a.In[0], &a.Out[0]
	from := steps(x.Shape)
	begin := 0
	var dims []frameDim
	for d, n := range y.Shape {
		first, size := at.Kept(d, x.Shape[d])
		begin += first * from[d]
		dims = append(dims, frameDim{n, first + at.Before.V[d], size, 1, from[d]})
	}
	value := float32(at.Value)
	if y.F == nil {
		value = math.Float32frombits(uint32(int32(at.Value)))
	}
	return framed(words(y), words(x), begin, value, dims)
}

// framed prepares a fill with value but for the block that is copied from src.
func framed(dst, src []float32, from int, value float32, dims []frameDim) func() {
	if len(dst) == 0 {
		return func() {}
	}
	f := &framer{dst: dst, src: src, from: from, value: value, row: frameDim{1, 0, 1, 1, 1}}
	var joined []frameDim // innermost first
	empty := false
	for i := len(dims) - 1; i >= 0; i-- {
		d, last := dims[i], len(joined)-1
		empty = empty || d.size == 0
		if last >= 0 && joined[last].first == 0 && joined[last].size == joined[last].n && joined[last].step == 1 && d.step == 1 &&
			d.stride == joined[last].n*joined[last].stride {
			k := joined[last].n
			joined[last] = frameDim{d.n * k, d.first * k, d.size * k, 1, joined[last].stride}
		} else {
			joined = append(joined, d)
		}
	}
	if empty {
		joined = []frameDim{{len(dst), 0, 0, 1, 1}}
	}
	if len(joined) > 0 {
		f.row = joined[0]
		for i := len(joined) - 1; i > 0; i-- {
			f.outer = append(f.outer, joined[i])
		}
	}
	rows := len(dst) / f.row.n
	per := max(1, copyTile/f.row.n)
	body := func(i int) { f.run(i*per, min((i+1)*per, rows)) }
	return func() { Parallel((rows+per-1)/per, len(dst)/3, body) }
}

// run writes rows lo to hi of dst.
func (f *framer) run(lo, hi int) {
	var i [cpuref.MaxRank]int
	for d, rest := len(f.outer)-1, lo; d >= 0; d-- {
		i[d] = rest % f.outer[d].n
		rest /= f.outer[d].n
	}
	for r := lo; r < hi; r++ {
		from, inside := f.from, true
		for d := range f.outer {
			o := &f.outer[d]
			k := i[d] - o.first
			if o.step != 1 {
				if k%o.step != 0 {
					inside = false
					break
				}
				k /= o.step
			}
			if k < 0 || k >= o.size {
				inside = false
				break
			}
			from += k * o.stride
		}
		row := f.dst[r*f.row.n : (r+1)*f.row.n]
		if inside {
			f.write(row, from)
		} else {
			f.fill(row)
		}
		for d := len(f.outer) - 1; d >= 0; d-- {
			if i[d]++; i[d] < f.outer[d].n {
				break
			}
			i[d] = 0
		}
	}
}

// write is a row that has a part of the block, from src[from] on.
func (f *framer) write(row []float32, from int) {
	w := f.row
	if w.step == 1 && w.stride == 1 {
		f.fill(row[:w.first])
		copy(row[w.first:w.first+w.size], f.src[from:])
		f.fill(row[w.first+w.size:])
		return
	}
	f.fill(row)
	at := w.first
	for range w.size {
		row[at] = f.src[from]
		at += w.step
		from += w.stride
	}
}

func (f *framer) fill(row []float32) {
	switch {
	case len(row) <= 4:
		for i := range row {
			row[i] = f.value
		}
	case math.Float32bits(f.value) == 0:
		clear(row)
	default:
		fillWith(row, f.value)
	}
}

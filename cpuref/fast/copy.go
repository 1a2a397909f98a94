package fast

import (
	"slices"
	"unsafe"

	"github.com/vulgo-ml/vulgo/cpuref"
)

const (
	copyTile      = 1 << 13 // elements of a tile that is copied by rows
	transposeTile = 64      // rows and columns of a tile that is transposed
)

// copyDim is a dimension of a strided copy: its size and the distances between
// its elements on both sides.
type copyDim struct{ n, src, dst int }

// copier is a strided copy. Its two inner dimensions, rows of cols, are cut into
// tiles; outer, outermost first, holds the others and the tiles.
type copier struct {
	dst, src   []float32
	at, from   int // where the block begins in dst and src
	outer      []copyDim
	rows, cols copyDim
	tr, tc     int // a whole tile
	tile       func(dst, src []float32, at, from int, rows, cols copyDim)
}

// words are the elements of an operand, whatever its dtype: copies move bits.
func words(a *cpuref.Arg[float32]) []float32 {
	if a.F != nil || len(a.I) == 0 {
		return a.F
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&a.I[0])), len(a.I))
}

// Permute prepares cpuref.Permute.
func Permute(a *cpuref.Args[float32]) func() {
	x, y := &a.In[0], &a.Out[0]
	p := a.Attrs.(cpuref.PermuteAttrs).Perm
	from, to := steps(x.Shape), steps(y.Shape)
	var dims []copyDim
	for i, d := range p.V[:p.N] {
		dims = append(dims, copyDim{x.Shape[d], from[d], to[i]})
	}
	return strided(words(y), words(x), 0, 0, dims)
}

// Expand prepares cpuref.Expand.
func Expand(a *cpuref.Args[float32]) func() {
	x, y := &a.In[0], &a.Out[0]
	from, to := steps(x.Shape), steps(y.Shape)
	lead := len(y.Shape) - len(x.Shape)
	var dims []copyDim
	for d, n := range y.Shape {
		if d < lead || x.Shape[d-lead] == 1 {
			dims = append(dims, copyDim{n, 0, to[d]})
		} else {
			dims = append(dims, copyDim{n, from[d-lead], to[d]})
		}
	}
	return strided(words(y), words(x), 0, 0, dims)
}

// Slice prepares cpuref.Slice.
func Slice(a *cpuref.Args[float32]) func() {
	x, y, s := &a.In[0], &a.Out[0], a.Attrs.(cpuref.SliceAttrs)
	from, to := steps(x.Shape), steps(y.Shape)
	var dims []copyDim
	begin := 0
	for d, n := range y.Shape {
		begin += from[d] * s.Start.V[d]
		dims = append(dims, copyDim{n, from[d] * s.Step.V[d], to[d]})
	}
	return strided(words(y), words(x), 0, begin, dims)
}

// Concat prepares cpuref.Concat.
func Concat(a *cpuref.Args[float32]) func() {
	y, axis := &a.Out[0], a.Attrs.(cpuref.ConcatAttrs).Axis
	to := steps(y.Shape)
	var copies []func()
	at := 0
	for i := range a.In {
		x := &a.In[i]
		from := steps(x.Shape)
		var dims []copyDim
		for d, n := range x.Shape {
			dims = append(dims, copyDim{n, from[d], to[d]})
		}
		copies = append(copies, strided(words(y), words(x), at, 0, dims))
		at += x.Shape[axis] * to[axis]
	}
	return func() {
		for _, c := range copies {
			c()
		}
	}
}

// steps are the distances between the elements of an array along its dimensions.
func steps(shape []int) []int {
	st := make([]int, len(shape))
	n := 1
	for d := len(shape) - 1; d >= 0; d-- {
		st[d] = n
		n *= shape[d]
	}
	return st
}

// strided prepares dst[at + Σ i·dst] = src[from + Σ i·src] over the dimensions,
// outermost first.
func strided(dst, src []float32, at, from int, dims []copyDim) func() {
	total := 1
	for _, d := range dims {
		total *= d.n
	}
	if total == 0 {
		return func() {}
	}
	c := &copier{dst: dst, src: src, at: at, from: from}
	c.plan(joinDims(dims))
	tiles, size := 1, c.tr*c.tc
	for _, d := range c.outer {
		tiles *= d.n
	}
	per := max(1, copyTile/size)
	body := func(i int) { c.run(i*per, min((i+1)*per, tiles)) }
	return func() { Parallel((tiles+per-1)/per, total/3, body) }
}

// joinDims leaves out dimensions of size 1 and makes one of two neighbours that
// are walked as one on both sides.
func joinDims(dims []copyDim) (out []copyDim) {
	for _, d := range dims {
		if d.n == 1 {
			continue
		}
		if last := len(out) - 1; last >= 0 && out[last].src == d.n*d.src && out[last].dst == d.n*d.dst {
			out[last] = copyDim{out[last].n * d.n, d.src, d.dst}
		} else {
			out = append(out, d)
		}
	}
	return out
}

// plan chooses the two inner dimensions and their tiles: columns that lie side by
// side in dst, and, where those lie apart in src, the rows that don't there.
func (c *copier) plan(dims []copyDim) {
	c.rows, c.cols = copyDim{n: 1}, copyDim{1, 1, 1}
	slices.SortStableFunc(dims, func(a, b copyDim) int { return max(b.dst, -b.dst) - max(a.dst, -a.dst) })
	if last := len(dims) - 1; last >= 0 {
		c.cols, dims = dims[last], dims[:last]
	}
	row := len(dims) - 1
	across := slices.IndexFunc(dims, func(d copyDim) bool { return d.src == 1 })
	transposes := c.cols.dst == 1 && c.cols.src > 1 && across >= 0 && dims[across].dst > 1
	if transposes {
		row = across
	}
	if row >= 0 {
		c.rows = dims[row]
		dims = slices.Delete(dims, row, row+1)
	}
	c.tc = min(c.cols.n, copyTile)
	c.tr = min(c.rows.n, max(1, copyTile/c.tc))
	switch {
	case transposes:
		c.tc, c.tr = min(c.cols.n, transposeTile), min(c.rows.n, transposeTile)
		c.tile = transposeTiles
	case c.cols.src == 1 && c.cols.dst == 1:
		c.tile = copyRuns
	case c.cols.src == 0 && c.cols.dst == 1:
		c.tile = repeatRuns
	default:
		c.tile = copySteps
	}
	tiles := func(d copyDim, size int) copyDim {
		return copyDim{(d.n + size - 1) / size, d.src * size, d.dst * size}
	}
	c.outer = append(dims, tiles(c.rows, c.tr), tiles(c.cols, c.tc))
}

// run copies tiles lo to hi, counted in the order of outer.
func (c *copier) run(lo, hi int) {
	var i [cpuref.MaxRank + 2]int
	last := len(c.outer) - 1
	at, from := c.at, c.from
	for d, rest := last, lo; d >= 0; d-- {
		o := c.outer[d]
		i[d] = rest % o.n
		rest /= o.n
		at += i[d] * o.dst
		from += i[d] * o.src
	}
	for range hi - lo {
		rows, cols := c.rows, c.cols
		rows.n = min(c.tr, rows.n-i[last-1]*c.tr)
		cols.n = min(c.tc, cols.n-i[last]*c.tc)
		c.tile(c.dst, c.src, at, from, rows, cols)
		for d := last; d >= 0; d-- {
			o := c.outer[d]
			at += o.dst
			from += o.src
			if i[d]++; i[d] < o.n {
				break
			}
			at -= o.n * o.dst
			from -= o.n * o.src
			i[d] = 0
		}
	}
}

// copyRuns copies rows that are contiguous on both sides.
func copyRuns(dst, src []float32, at, from int, rows, cols copyDim) {
	for range rows.n {
		d := dst[at : at+cols.n]
		s := src[from : from+cols.n]
		if len(d) < 16 { // less than a call costs
			for i := range d {
				d[i] = s[i]
			}
		} else {
			copy(d, s)
		}
		at += rows.dst
		from += rows.src
	}
}

// repeatRuns fills each row with one number.
func repeatRuns(dst, src []float32, at, from int, rows, cols copyDim) {
	for range rows.n {
		fillWith(dst[at:at+cols.n], src[from])
		at += rows.dst
		from += rows.src
	}
}

// fillWith writes v everywhere: a few by hand, which are then copied.
func fillWith(d []float32, v float32) {
	head := d[:min(len(d), 64)]
	for i := range head {
		head[i] = v
	}
	for done := len(head); done < len(d); {
		done += copy(d[done:], d[:min(done, 1024)])
	}
}

func copySteps(dst, src []float32, at, from int, rows, cols copyDim) {
	for range rows.n {
		to, s := at, from
		if cols.dst == 1 {
			d := dst[at : at+cols.n]
			for i := range d {
				d[i] = src[s]
				s += cols.src
			}
		} else {
			for range cols.n {
				dst[to] = src[s]
				to += cols.dst
				s += cols.src
			}
		}
		at += rows.dst
		from += rows.src
	}
}

// transposeTiles reads along the rows' dimension, which lies side by side in src,
// and writes along the columns', 16 of which fill a cache line.
func transposeTiles(dst, src []float32, at, from int, rows, cols copyDim) {
	for c := 0; c < cols.n; c += 16 {
		w := min(16, cols.n-c)
		isa.packT(dst[at+c:], rows.dst, operand{src[from+c*cols.src:], cols.src, 1}, w, rows.n)
	}
}

package fast

import (
	"math"
	"unsafe"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// chooser is what amax, amin, argmax and argmin are made of. most and least may
// lose a NaN; magnitude is the largest |x|, NaN if there is one; more and less
// put x and the int whose bits s holds in best and at where x is better or NaN
// and best isn't NaN.
type chooser struct {
	most, least, magnitude func(n int, x *float32) float32
	more, less             func(n int, best, at, x, s *float32)
}

const (
	choicePiece = 16384 // elements of a row that a thread goes through at a time
	choiceBlock = 512   // elements among which the best are found by vectors
)

// AMax prepares cpuref.AMax.
func AMax(a *cpuref.Args[float32]) func() { return chosen(a, cpuref.AMax[float32], false) }

// AMin prepares cpuref.AMin.
func AMin(a *cpuref.Args[float32]) func() { return chosen(a, cpuref.AMin[float32], true) }

// ArgMax prepares cpuref.ArgMax.
func ArgMax(a *cpuref.Args[float32]) func() { return chosen(a, cpuref.ArgMax[float32], false) }

// ArgMin prepares cpuref.ArgMin.
func ArgMin(a *cpuref.Args[float32]) func() { return chosen(a, cpuref.ArgMin[float32], true) }

// chosen knows the shapes that sum knows.
func chosen(a *cpuref.Args[float32], plain func(*cpuref.Args[float32]), least bool) func() {
	x := a.In[0].F
	dims, first := joined(a.In[0].Shape, a.Attrs.(cpuref.ReduceAttrs))
	if len(x) <= small || len(dims) > 3 {
		return func() { plain(a) }
	}
	c := &choice{x: x, y: a.Out[0].F, at: a.Out[0].I, least: least}
	for len(dims) < 3 {
		dims = append(dims, 1)
	}
	switch {
	case first && dims[1] == 1:
		return c.rows(1, 1, dims[0])
	case first && dims[2] == 1:
		return c.columns(1, dims[0], dims[1])
	case first:
		return c.rows(dims[0], dims[1], dims[2])
	case dims[2] == 1:
		return c.rows(1, dims[0], dims[1])
	}
	return c.columns(dims[0], dims[1], dims[2])
}

// choice is a call: values go to y or places to at.
type choice struct {
	x, y  []float32
	at    []int32
	least bool
}

func (c *choice) put(i int, v float32, at int32) {
	if c.y != nil {
		c.y[i] = v
	} else {
		c.at[i] = at
	}
}

func (c *choice) better(v, best float32) bool {
	return best == best && (v != v || c.least && v < best || !c.least && v > best)
}

// rows chooses, for each k of kept, among outer rows of n, kept·n apart; a long
// row is several pieces.
func (c *choice) rows(outer, kept, n int) func() {
	pieces := (n + choicePiece - 1) / choicePiece
	best, at := make([]float32, kept*pieces), make([]int32, kept*pieces)
	perBody := max(1, 4096/max(1, outer*n))
	body := func(i int) {
		for p := i * perBody; p < min((i+1)*perBody, len(best)); p++ {
			k, from := p/pieces, p%pieces*choicePiece
			w := min(choicePiece, n-from)
			for o := range outer {
				v, j := c.of(c.x[(o*kept+k)*n+from:][:w])
				if o == 0 || c.better(v, best[p]) {
					best[p], at[p] = v, int32(o*n+from+j)
				}
			}
		}
	}
	return func() {
		Parallel((len(best)+perBody-1)/perBody, len(c.x)/6, body)
		for k := range kept {
			p := k * pieces
			for q := p + 1; q < (k+1)*pieces; q++ {
				b, v := best[p], best[q]
				if same := v == b || v != v && b != b; c.better(v, b) || same && at[q] < at[p] {
					p = q
				}
			}
			c.put(k, best[p], at[p])
		}
	}
}

// of is the best of x and its place; the place is found only where it is wanted.
func (c *choice) of(x []float32) (v float32, place int) {
	v = float32(math.NaN())
	from := -1
	for i := 0; i < len(x); i += choiceBlock {
		w := min(choiceBlock, len(x)-i)
		if nan := isa.magnitude(w, &x[i]); nan != nan {
			v, from = nan, i
			break
		}
		b := c.block(w, &x[i])
		if from < 0 || c.better(b, v) {
			v, from = b, i
		}
	}
	if c.at == nil {
		return v, 0
	}
	for place = from; x[place] != v && x[place] == x[place]; place++ {
	}
	return v, place
}

func (c *choice) block(n int, x *float32) float32 {
	if c.least {
		return isa.least(n, x)
	}
	return isa.most(n, x)
}

// columns chooses, for each of outer blocks, among n lines of kept.
func (c *choice) columns(outer, n, kept int) func() {
	strips := (kept + wideStrip - 1) / wideStrip
	reserve(2*wideStrip + 1)
	better := isa.more
	if c.least {
		better = isa.less
	}
	body := func(i int) {
		o, from := i/strips, i%strips*wideStrip
		w := min(wideStrip, kept-from)
		s := perThread.take(2*wideStrip + 1)
		best, at, place := s.buf[:w], s.buf[wideStrip:][:w], &s.buf[2*wideStrip]
		copy(best, c.x[o*n*kept+from:])
		clear(at)
		for l := 1; l < n; l++ {
			*place = math.Float32frombits(uint32(l))
			better(w, &best[0], &at[0], &c.x[(o*n+l)*kept+from], place)
		}
		for j, v := range best {
			c.put(o*kept+from+j, v, int32(math.Float32bits(at[j])))
		}
		s.give()
	}
	return func() { Parallel(outer*strips, len(c.x)/4, body) }
}

func plainChooser() chooser {
	fold := func(start float32, f func(a, b float32) float32) func(n int, x *float32) float32 {
		return func(n int, x *float32) float32 {
			r := start
			for _, v := range unsafe.Slice(x, n) {
				r = f(r, v)
			}
			return r
		}
	}
	keep := func(better func(v, best float32) bool) func(n int, best, at, x, s *float32) {
		return func(n int, best, at, x, s *float32) {
			b, a := unsafe.Slice(best, n), unsafe.Slice(at, n)
			for i, v := range unsafe.Slice(x, n) {
				if b[i] == b[i] && (v != v || better(v, b[i])) {
					b[i], a[i] = v, *s
				}
			}
		}
	}
	inf := float32(math.Inf(1))
	return chooser{
		most:      fold(-inf, func(a, b float32) float32 { return max(a, b) }),
		least:     fold(inf, func(a, b float32) float32 { return min(a, b) }),
		magnitude: fold(0, func(a, b float32) float32 { return max(a, abs1(b)) }),
		more:      keep(func(v, best float32) bool { return v > best }),
		less:      keep(func(v, best float32) bool { return v < best }),
	}
}

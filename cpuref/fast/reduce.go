package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// A sum is taken in float32 over short stretches, by vectors, and in float64
// over those: close to the oracle's float64 whatever the length.
const (
	stretch   = 1024  // floats of a row
	tall      = 64    // lines of a column
	sumPiece  = 16384 // floats of a row that one piece sums
	wideStrip = 256   // columns of a piece
	small     = 512   // floats that are summed in float64, one by one
)

// Sum prepares cpuref.Sum.
func Sum(a *cpuref.Args[float32]) func() { return sum(a, false) }

// Mean prepares cpuref.Mean.
func Mean(a *cpuref.Args[float32]) func() { return sum(a, true) }

// sum knows the shapes that training meets, whose dimensions, neighbours of one
// sort joined, are reduced between, before or after those kept; cpuref's body
// has the rest.
func sum(a *cpuref.Args[float32], mean bool) func() {
	x, y := a.In[0].F, a.Out[0].F
	dims, first := joined(a.In[0].Shape, a.Attrs.(cpuref.ReduceAttrs))
	scale := 1.0
	if len(x) <= small || len(dims) > 3 {
		if mean {
			return func() { cpuref.Mean(a) }
		}
		return func() { cpuref.Sum(a) }
	}
	if mean {
		scale = float64(len(y)) / float64(len(x))
	}
	if first { // reduced, kept, reduced
		for len(dims) < 3 {
			dims = append(dims, 1)
		}
		switch {
		case dims[1] == 1:
			return rows(x, y, 1, 1, dims[0], scale)
		case dims[2] == 1:
			return columns(x, y, 1, dims[0], dims[1], scale)
		default:
			return rows(x, y, dims[0], dims[1], dims[2], scale)
		}
	}
	for len(dims) < 3 { // kept, reduced, kept
		dims = append(dims, 1)
	}
	if dims[2] == 1 {
		return rows(x, y, 1, dims[0], dims[1], scale)
	}
	return columns(x, y, dims[0], dims[1], dims[2], scale)
}

// joined are the sizes of the runs of dimensions that are all reduced or all
// kept; first tells whether they begin with reduced ones.
func joined(shape []int, at cpuref.ReduceAttrs) (dims []int, first bool) {
	last := false
	for d, n := range shape {
		if n == 1 {
			continue
		}
		has := at.Has(d)
		if len(dims) > 0 && has == last {
			dims[len(dims)-1] *= n
			continue
		}
		if len(dims) == 0 {
			first = has
		}
		dims, last = append(dims, n), has
	}
	return dims, first
}

// total is the sum of x.
func (s *set) total(x []float32) float64 {
	sum := 0.0
	for i := 0; i < len(x); i += stretch {
		sum += float64(s.sum(min(stretch, len(x)-i), &x[i]))
	}
	return sum
}

// totalDot is the sum of x·y.
func (s *set) totalDot(x, y []float32) float64 {
	sum := 0.0
	for i := 0; i < len(x); i += stretch {
		sum += float64(s.dot(min(stretch, len(x)-i), &x[i], &y[i]))
	}
	return sum
}

// totalExp writes y = exp(x - *most) and gives its sum.
func (s *set) totalExp(y, x []float32, most *float32) float64 {
	sum := 0.0
	for i := 0; i < len(x); i += stretch {
		sum += float64(s.expSum(min(stretch, len(x)-i), &y[i], &x[i], most))
	}
	return sum
}

// rows sums, for each k of kept, outer rows of n floats, kept·n apart. A long
// row is several pieces.
func rows(x, y []float32, outer, kept, n int, scale float64) func() {
	pieces := (n + sumPiece - 1) / sumPiece
	part := make([]float64, kept*pieces)
	perBody := max(1, 4096/max(1, outer*n)) // many short rows at a time
	body := func(i int) {
		for p := i * perBody; p < min((i+1)*perBody, len(part)); p++ {
			k, from := p/pieces, p%pieces*sumPiece
			s := 0.0
			for o := range outer {
				s += isa.total(x[(o*kept+k)*n+from:][:min(sumPiece, n-from)])
			}
			part[p] = s
		}
	}
	return func() {
		Parallel((len(part)+perBody-1)/perBody, len(x)/8, body)
		for k := range kept {
			s := 0.0
			for _, p := range part[k*pieces : (k+1)*pieces] {
				s += p
			}
			y[k] = float32(s * scale)
		}
	}
}

// columns sums, for each of outer blocks, n lines of kept floats.
func columns(x, y []float32, outer, n, kept int, scale float64) func() {
	strips := (kept + wideStrip - 1) / wideStrip
	total := make([]float64, outer*kept)
	reserve(wideStrip)
	body := func(i int) {
		o, from := i/strips, i%strips*wideStrip
		w := min(wideStrip, kept-from)
		sums := total[o*kept+from:][:w]
		clear(sums)
		s := perThread.take(wideStrip)
		tmp := s.buf[:w]
		for r := 0; r < n; r += tall {
			clear(tmp)
			for l := r; l < min(r+tall, n); l++ {
				isa.add(w, &tmp[0], &x[(o*n+l)*kept+from])
			}
			for j, v := range tmp {
				sums[j] += float64(v)
			}
		}
		s.give()
		for j, v := range sums {
			y[o*kept+from+j] = float32(v * scale)
		}
	}
	return func() { Parallel(outer*strips, len(x)/8, body) }
}

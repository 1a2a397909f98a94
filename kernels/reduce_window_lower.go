package kernels

import "math"

// storageElems is how many 32-bit elements a storage binding may have.
func storageElems(t *Target) int {
	if t.MaxStorageRange == 0 {
		return math.MaxInt32
	}
	return t.MaxStorageRange / 4
}

// reduceWindow is some of the outputs, from the first, out, on: parts of what they
// reduce, each within a window.
type reduceWindow struct {
	out, outputs int
	parts        []windowPart
}

// windowPart begins at element from, which is in place first of what is reduced.
type windowPart struct {
	v           reduceView
	from, first int
}

// windows cuts a reduction along the outermost dimension, to at most limit
// elements where one step of it is no more. A kept one gives stretches of one
// part. Of a reduced one the parts' results are reduced in turn; these have to
// become fewer, so where a window holds a single step, stretches are so short
// that all their results fit.
func (v reduceView) windows(limit int) (all []reduceWindow) {
	d, kept := v.outermost()
	rows := max(1, limit/d.stride)
	if kept {
		each := v.outputs / d.size // outputs a step
		for w := 0; w < d.size; w += rows {
			n := min(rows, d.size-w)
			all = append(all, reduceWindow{w * each, n * each, []windowPart{{v.part(n, true), w * d.stride, 0}}})
		}
		return all
	}
	cut, inner, step := v, dim{1, 0}, v.outputs
	block, first := 1, v.elems/d.size
	if rows == 1 {
		cut = v.part(1, false)
		inner, _ = cut.outermost()
		step = v.outputs / inner.size
		block = max(1, limit/(d.size*step)&^3)
		cut.odd = d.stride%4 != 0
	}
	for b := 0; b < inner.size; b += block {
		m := min(block, inner.size-b)
		s := reduceWindow{out: b * step, outputs: m * step}
		for w := 0; w < d.size; w += rows {
			p := windowPart{from: w*d.stride + b*inner.stride, first: w * first}
			if rows == 1 {
				p.v = cut.part(m, true)
			} else {
				p.v = v.part(min(rows, d.size-w), false)
			}
			s.parts = append(s.parts, p)
		}
		all = append(all, s)
	}
	return all
}

// rest is the reduction of the parts' results.
func (s reduceWindow) rest(columns bool) reduceView {
	n := len(s.parts)
	return reduceView{outputs: s.outputs, elems: n, columns: columns, red: []dim{{n, s.outputs}}, kept: []dim{{s.outputs, 1}}}
}

// outermost is the dimension of the largest stride, and whether it is kept.
func (v reduceView) outermost() (d dim, kept bool) {
	if n := len(v.red); n > 0 {
		d = v.red[n-1]
	}
	if n := len(v.kept); n > 0 && v.kept[n-1].stride >= d.stride {
		return v.kept[n-1], true
	}
	return d, false
}

// part is the view of so many steps of the outermost dimension.
func (v reduceView) part(rows int, kept bool) reduceView {
	cut := func(ds []dim) []dim {
		n := len(ds) - 1
		if rows == 1 && ds[n].stride > 1 {
			return ds[:n]
		}
		return append(append([]dim(nil), ds[:n]...), dim{rows, ds[n].stride})
	}
	if kept {
		v.outputs = v.outputs / v.kept[len(v.kept)-1].size * rows
		v.kept = cut(v.kept)
	} else {
		v.elems = v.elems / v.red[len(v.red)-1].size * rows
		v.red = cut(v.red)
	}
	return v
}

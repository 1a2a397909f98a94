package kernels

import (
	"math"
	"math/bits"
	"slices"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// copyDim is a dimension of a strided copy.
type copyDim struct{ size, src, dst int }

// stridedCopy copies a block, dimensions outermost first, offsets and strides in
// elements. What lies as one stretch on both sides goes as one; what a binding
// can't hold goes in parts.
func stridedCopy(t *Target, c *Call, src, dst Bind, srcOff, dstOff int, block []copyDim) []Dispatch {
	var ds []copyDim // innermost first, joined
	n := 1
	for i := len(block) - 1; i >= 0; i-- {
		d := block[i]
		n *= d.size
		last := len(ds) - 1
		switch {
		case d.size == 1:
		case last >= 0 && d.src == ds[last].size*ds[last].src && d.dst == ds[last].size*ds[last].dst:
			ds[last].size *= d.size
		default:
			ds = append(ds, d)
		}
	}
	if n == 0 {
		return nil
	}
	if len(ds) == 0 {
		ds = []copyDim{{1, 1, 1}}
	}
	if len(ds) == 1 && ds[0].src == 1 && ds[0].dst == 1 && srcOff%FlatAlign == 0 && dstOff%FlatAlign == 0 {
		return []Dispatch{{Bind: []Bind{src.Part(srcOff, n), dst.Part(dstOff, n)}}}
	}
	// part is the copy of size steps of dimension k from its step first on.
	part := func(k, first, size int) []Dispatch {
		inner := slices.Clone(ds)
		inner[k].size = size
		slices.Reverse(inner)
		return stridedCopy(t, c, src, dst, srcOff+first*ds[k].src, dstOff+first*ds[k].dst, inner)
	}
	if k := len(ds) - 1; k >= copyRank { // a copy for each step of the outermost
		var all []Dispatch
		for i := range ds[k].size {
			all = append(all, part(k, i, 1)...)
		}
		return all
	}
	limit := t.MaxStorageRange / 4
	if limit == 0 {
		limit = math.MaxInt
	}
	srcLo, srcHi, srcWidest := stretch(srcOff, ds, func(d copyDim) int { return d.src })
	dstLo, dstHi, dstWidest := stretch(dstOff, ds, func(d copyDim) int { return d.dst })
	halves := func(k int) []Dispatch {
		half := ds[k].size / 2
		return append(part(k, 0, half), part(k, half, ds[k].size-half)...)
	}
	largeSrc, largeDst := c.operand(src).Elems() > limit, c.operand(dst).Elems() > limit
	switch {
	case largeSrc && srcHi-srcLo > limit:
		return halves(srcWidest)
	case largeDst && dstHi-dstLo > limit:
		return halves(dstWidest)
	}
	if largeSrc {
		src, srcOff = src.Part(srcLo, srcHi-srcLo), srcOff-srcLo
	}
	if largeDst {
		dst, dstOff = dst.Part(dstLo, dstHi-dstLo), dstOff-dstLo
	}
	vec, from, step := 1, 2, ds[0].src
	if quads(dstOff, ds, func(d copyDim) int { return d.dst }) {
		whole := quads(srcOff, ds, func(d copyDim) int { return d.src })
		vec, n, dstOff = 4, n/4, dstOff/4
		ds[0].size /= 4
		if whole {
			srcOff /= 4
		}
		for i := range ds {
			ds[i].dst /= 4
			if whole {
				ds[i].src /= 4
			}
		}
		ds[0].dst = 1
		switch {
		case whole:
			from, ds[0].src = 1, 1
		case step == 0:
			from = 0
		default:
			ds[0].src *= 4
		}
	}
	push := append(words(n, srcOff, dstOff, step, 0), make([]uint32, 22)...)
	for i, d := range ds {
		if i < copyRank-1 {
			mul, shift := reciprocal(d.size)
			push[4] |= shift << (6 * i)
			push[5+i], push[10+i] = uint32(d.size), mul
		}
		push[15+i], push[21+i] = uint32(int32(d.src)), uint32(int32(d.dst))
	}
	d := flat(t, "copy", n, push, src, dst)
	d.Spec = append(d.Spec, uint32(vec), uint32(len(ds)), uint32(from))
	return []Dispatch{d}
}

// stretch is [lo, hi), what a copy touches of one side, lo rounded down to where
// a binding may start, and the dimension that spans most of it.
func stretch(off int, ds []copyDim, stride func(copyDim) int) (lo, hi, widest int) {
	lo, hi = off, off+1
	most := -1
	for k, d := range ds {
		span := (d.size - 1) * stride(d)
		lo, hi = lo+min(span, 0), hi+max(span, 0)
		if span = max(span, -span); span > most {
			most, widest = span, k
		}
	}
	return lo / FlatAlign * FlatAlign, hi, widest
}

// copyRank is the dimensions the shader takes.
const copyRank = 6

// reciprocal makes a division by d a multiplication: for i < 2^31,
//
//	i / d = (high 32 bits of i·mul + i) >> shift
func reciprocal(d int) (mul, shift uint32) {
	shift = uint32(bits.Len32(uint32(d - 1)))
	return uint32((uint64(1)<<(32+shift)+uint64(d)-1)/uint64(d) - 1<<32), shift
}

// quads tells whether one side of a copy can go four elements at a time.
func quads(off int, ds []copyDim, stride func(copyDim) int) bool {
	ok := off%4 == 0 && ds[0].size%4 == 0 && stride(ds[0]) == 1
	for _, d := range ds[1:] {
		ok = ok && stride(d)%4 == 0
	}
	return ok
}

// copies are the variants of an op that is nothing but strided copies.
func copies(block func(t *Target, c *Call) []Dispatch, body Prepare[float32]) []Variant {
	return []Variant{
		{Name: "copy", Kind: Vulkan, Lower: func(t *Target, c *Call) (Lowered, error) {
			return Lowered{Dispatches: block(t, c)}, nil
		}},
		{Name: "fast", Kind: CPU, Prepare: body},
	}
}

func permuteCopy(t *Target, c *Call) []Dispatch {
	from, to := c.In[0].Shape.Strides(), c.Out[0].Shape.Strides()
	p := c.Attrs.(cpuref.PermuteAttrs).Perm
	var ds []copyDim
	for i, n := range c.Out[0].Shape {
		ds = append(ds, copyDim{n, from[p.V[i]], to[i]})
	}
	return stridedCopy(t, c, In(0), Out(0), 0, 0, ds)
}

func expandCopy(t *Target, c *Call) []Dispatch {
	x, y := c.In[0].Shape, c.Out[0].Shape
	from, to := x.Strides(), y.Strides()
	lead := len(y) - len(x)
	var ds []copyDim
	for i, n := range y {
		d := copyDim{n, 0, to[i]}
		if i >= lead && x[i-lead] != 1 {
			d.src = from[i-lead]
		}
		ds = append(ds, d)
	}
	return stridedCopy(t, c, In(0), Out(0), 0, 0, ds)
}

// sliceBlock is a slice of that size of an array: where it starts and its strides.
func sliceBlock(of tensor.Shape, start, step cpuref.Ints) (off int, strides []int) {
	strides = of.Strides()
	for d := range strides {
		off += start.V[d] * strides[d]
		strides[d] *= step.V[d]
	}
	return off, strides
}

func sliceCopy(t *Target, c *Call) []Dispatch {
	s, y := c.Attrs.(cpuref.SliceAttrs), c.Out[0].Shape
	off, from := sliceBlock(c.In[0].Shape, s.Start, s.Step)
	to := y.Strides()
	var ds []copyDim
	for d, n := range y {
		ds = append(ds, copyDim{n, from[d], to[d]})
	}
	return stridedCopy(t, c, In(0), Out(0), off, 0, ds)
}

func sliceGradCopy(t *Target, c *Call) []Dispatch {
	if c.Out[0].Elems() == 0 {
		return nil
	}
	s, dy := c.Attrs.(cpuref.SliceGradAttrs), c.In[0].Shape
	off, to := sliceBlock(c.Out[0].Shape, s.Start, s.Step)
	from := dy.Strides()
	var ds []copyDim
	for d, n := range dy {
		ds = append(ds, copyDim{n, from[d], to[d]})
	}
	return append(fillAll(t, c, Out(0), 0), stridedCopy(t, c, In(0), Out(0), 0, off, ds)...)
}

func concatCopy(t *Target, c *Call) []Dispatch {
	axis, to := c.Attrs.(cpuref.ConcatAttrs).Axis, c.Out[0].Shape.Strides()
	var all []Dispatch
	off := 0
	for i, x := range c.In {
		from := x.Shape.Strides()
		var ds []copyDim
		for d, n := range x.Shape {
			ds = append(ds, copyDim{n, from[d], to[d]})
		}
		all = append(all, stridedCopy(t, c, In(i), Out(0), 0, off, ds)...)
		off += x.Shape[axis] * to[axis]
	}
	return all
}

package kernels

import (
	"math"

	"github.com/vulgo-ml/vulgo/tensor"
)

// dim is a dimension of an array: its size and the elements from one step to the next.
type dim struct{ size, stride int }

// reduceView is a reduction with neighbouring dimensions of a kind joined,
// innermost first; no dimension has size 1. Of 8 dimensions at most 4 are left
// of each kind, since the kinds take turns.
type reduceView struct {
	kept, red []dim
	outputs   int  // product of the kept sizes
	elems     int  // product of the reduced sizes
	columns   bool // the innermost dimension is a kept one
	odd       bool // columns don't begin at multiples of four elements
}

func viewReduction(shape tensor.Shape, reduced func(axis int) bool) reduceView {
	v := reduceView{outputs: 1, elems: 1}
	stride, last := 1, -1
	for d := len(shape) - 1; d >= 0; d-- {
		n, kind, list := shape[d], 0, &v.kept
		v0 := &v.outputs
		if reduced(d) {
			kind, list, v0 = 1, &v.red, &v.elems
		}
		*v0 *= n
		if n == 1 {
			continue
		}
		if kind == last {
			(*list)[len(*list)-1].size *= n
		} else {
			*list = append(*list, dim{n, stride})
			if last < 0 {
				v.columns = kind == 0
			}
			last = kind
		}
		stride *= n
	}
	return v
}

// dimTable writes up to n dimensions as shaders read them: all sizes but the
// outermost's, then all strides; unit is how many elements a stride counts.
func dimTable(ds []dim, n, unit int) []uint32 {
	w := make([]uint32, 2*n-1)
	for i := range n {
		d := dim{1, 0}
		if i < len(ds) {
			d = ds[i]
		}
		if i < n-1 {
			w[i] = uint32(d.size)
		}
		w[n-1+i] = uint32(max(d.stride/unit, min(d.stride, 1)))
	}
	return w
}

// The kinds of reduction, as reduce.glsl numbers them.
const (
	reduceOpSum = iota
	reduceOpMax
	reduceOpMin
	reduceOpProd
)

// What is reduced of each element: itself, its squared distance from a centre,
// or e to its distance from one.
const (
	mapNone = iota
	mapSquare
	mapExp
)

// reduceLoop is how many loads an invocation makes before the sum is cut into
// chunks: more where outputs alone keep the device busy.
func reduceLoop(t *Target, outputs int) int {
	switch {
	case outputs >= 1024:
		return 1024
	case t.Software:
		return 256
	}
	return 64
}

// lowerReduce is a reduction of the elements themselves; empty is its value over
// nothing, elems the number of elements reduced for each output.
func lowerReduce(op int, empty float32, scale func(elems int) float32) func(t *Target, c *Call, f laneForm) (Lowered, error) {
	return func(t *Target, c *Call, f laneForm) (Lowered, error) {
		v := viewReduction(c.In[0].Shape, reduceOf(c.Attrs).Has)
		if v.outputs == 0 {
			return Lowered{}, nil
		}
		if v.elems == 0 {
			return Lowered{Dispatches: []Dispatch{fillWith(t, Out(0), v.outputs, math.Float32bits(empty))}}, nil
		}
		r := reducer{t: t, f: f, op: op, scale: 1}
		if scale != nil {
			r.scale = scale(v.elems)
		}
		r.add(v, place{bind: In(0), size: v.outputs * v.elems}, place{bind: Out(0), size: v.outputs}, place{})
		return r.low, nil
	}
}

func reduceServes(_ *Target, c *Call, _ laneForm) bool { return c.In[0].DType.IsFloat() }

// reducer collects the passes of a reduction.
type reducer struct {
	t     *Target
	f     laneForm
	low   Lowered
	op    int
	kind  int // what is reduced of each element
	log   bool
	scale float32
}

// place is where, in an operand of size elements, a pass begins.
type place struct {
	bind      Bind
	off, size int
}

func (p place) to(off int) place { p.off += off; return p }
func (p place) ro() place        { p.bind = p.bind.RO(); return p }

// work is a new workspace of n floats, to be written.
func (r *reducer) work(n int) place {
	r.low.Work = append(r.low.Work, 4*n)
	return place{bind: Work(len(r.low.Work) - 1).WO(), size: n}
}

// at binds what begins at p and holds n floats; start is where it begins in the
// binding. What a device can bind is bound whole.
func (p place) at(limit, n int) (b Bind, start int) {
	if p.size <= limit {
		return p.bind, p.off
	}
	start = p.off % FlatAlign
	return p.bind.Part(p.off-start, start+n), start
}

// add reduces from to to, both beginning at their places; centre holds a number
// an output, if the kind wants it. What is more than a device can bind goes in
// windows.
func (r *reducer) add(v reduceView, from, to, centre place) {
	bound := storageElems(r.t) - FlatAlign
	if v.elems*v.outputs <= r.loads() && v.outputs <= bound {
		r.passes(v, from, to, centre)
		return
	}
	for _, s := range v.windows(min(r.loads()-FlatAlign, bound)) {
		to, centre := to.to(s.out), centre.to(s.out)
		if len(s.parts) == 1 {
			r.add(s.parts[0].v, from.to(s.parts[0].from), to, centre)
			continue
		}
		last := *r
		partial := r.work(len(s.parts) * s.outputs)
		for w, p := range s.parts {
			r.scale, r.log = 1, false
			r.add(p.v, from.to(p.from), partial.to(w*s.outputs), centre)
		}
		r.scale, r.log, r.kind = last.scale, last.log, mapNone
		r.add(s.rest(true), partial.ro(), to, centre)
		r.kind = last.kind
	}
}

// loads is how many elements what is reduced may have.
func (r *reducer) loads() int {
	if r.f.texel {
		return r.t.MaxTexels
	}
	return storageElems(r.t)
}

// passes reduces what one binding holds: each pass leaves a chunk's result, the
// next reduces those. What is reduced lies along rows or down columns throughout.
func (r *reducer) passes(v reduceView, from, to, centre place) {
	kind := r.kind
	for {
		d, chunks := v.pass(r.t, r.f, r.op)
		next, scale, log := to, r.scale, r.log
		if chunks > 1 {
			next, scale, log = r.work(v.outputs*chunks), 1, false
		}
		x, xStart := from.at(r.loads(), v.outputs*v.elems)
		y, yStart := next.at(storageElems(r.t), v.outputs*chunks)
		if v.columns {
			xStart /= v.vec()
		}
		d.Push[1] = math.Float32bits(scale)
		d.Push = append(d.Push, words(xStart, yStart, 0)...)
		d.Bind = []Bind{v.seen(x, r.f), y}
		if kind != mapNone || log {
			m, mStart := centre.at(storageElems(r.t), v.outputs)
			d.Bind = append(d.Bind, m)
			d.Push[len(d.Push)-1] = uint32(mStart)
			d.Spec = append(d.Spec, uint32(kind), truth(log))
			d.Shader = d.Shader[:len(d.Shader)-len(r.f.suffix)] + "_map" + r.f.suffix
		}
		r.low.Dispatches = append(r.low.Dispatches, d)
		if chunks == 1 {
			return
		}
		from, kind = next.ro(), mapNone
		v = v.next(chunks)
	}
}

// next is the reduction of chunks partial results an output.
func (v reduceView) next(chunks int) reduceView {
	n := reduceView{outputs: v.outputs, elems: chunks, columns: v.columns, red: []dim{{chunks, 1}}}
	kept := dim{v.outputs, chunks}
	if v.columns {
		n.red[0].stride, kept.stride = v.outputs, 1
	}
	if v.outputs > 1 {
		n.kept = []dim{kept}
	}
	return n
}

// vec is the floats a load takes.
func (v reduceView) vec() int {
	if v.columns && (v.odd || v.kept[0].size%4 != 0) {
		return 1
	}
	return 4
}

// seen is how the shader reads its input.
func (v reduceView) seen(b Bind, f laneForm) Bind {
	switch {
	case !f.texel:
		return b
	case v.vec() == 4:
		return b.Texel4()
	}
	return b.Texel1()
}

// pass is one dispatch, but for its scale and bindings, and the chunks it
// leaves an output.
func (v reduceView) pass(t *Target, f laneForm, op int) (Dispatch, int) {
	inner := dim{1, 0}
	rest := v.red
	if len(v.red) > 0 {
		inner, rest = v.red[0], v.red[1:]
	}
	q := v.elems / inner.size
	lanes, each := 1, 1 // threads and loads for a stretch of the innermost
	vec := v.vec()
	shader, unit := "reduce_cols", vec
	if !v.columns {
		shader, unit, each = "reduce_rows", 1, 4
		lanes = f.rowLanes(inner.size, v.elems)
	}
	step := each * lanes // elements of the innermost a load of all threads takes
	most := reduceLoop(t, v.outputs)
	cost := parts(inner.size, step) + 2
	lChunk, qChunk := inner.size, max(1, most/cost)
	if cost > 2*most {
		lChunk, qChunk = most*step, 1
	}
	qChunk = min(qChunk, q)
	lChunks := parts(inner.size, lChunk)
	chunks := lChunks * parts(q, qChunk)
	jobs := v.outputs * chunks
	if v.columns {
		jobs /= vec
	}
	push := words(jobs, 0, q, inner.size, qChunk, lChunk, lChunks, chunks, max(inner.stride/unit, min(inner.stride, 1)))
	kept := append([]dim(nil), v.kept...)
	if v.columns {
		kept[0].size /= vec
	}
	push = append(append(push, dimTable(kept, 4, unit)...), dimTable(rest, 3, unit)...)
	return f.dispatch(t, shader, jobs, lanes, words(op, vec), push), chunks
}

// rowLanes is the threads for a row of elems elements, size of them in a stretch.
func (f laneForm) rowLanes(size, elems int) int {
	if f.texel {
		if elems <= 64 {
			return 1
		}
		return f.lanes(size / 8)
	}
	return f.lanes(size / 16)
}

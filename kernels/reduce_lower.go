package kernels

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
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

// lowerReduce reduces in passes: each leaves a chunk's result, the next reduces
// those. What is reduced lies along rows or down columns throughout.
func lowerReduce(op int, mean bool) func(t *Target, c *Call, f laneForm) (Lowered, error) {
	return func(t *Target, c *Call, f laneForm) (Lowered, error) {
		v := viewReduction(c.In[0].Shape, c.Attrs.(cpuref.ReduceAttrs).Has)
		if v.outputs == 0 {
			return Lowered{}, nil
		}
		scale := float32(1)
		if mean {
			scale = 1 / float32(v.elems)
		}
		if v.elems == 0 {
			empty := math.Float32bits(0 * scale) // 0, or NaN for the mean
			return Lowered{Dispatches: []Dispatch{fillWith(t, Out(0), v.outputs, empty)}}, nil
		}
		var low Lowered
		from := In(0)
		for {
			d, chunks := v.pass(t, f, op)
			to := Out(0)
			if chunks > 1 {
				to = Work(len(low.Work)).WO()
				low.Work = append(low.Work, 4*v.outputs*chunks)
				d.Push[1] = math.Float32bits(1)
			} else {
				d.Push[1] = math.Float32bits(scale)
			}
			d.Bind = append([]Bind{v.seen(from, f)}, to)
			low.Dispatches = append(low.Dispatches, d)
			if chunks == 1 {
				return low, nil
			}
			from = to.RO()
			v = v.next(chunks)
		}
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
	if v.columns && v.kept[0].size%4 != 0 {
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

// lowerArgMax is lowerReduce for argmax: two values, place and key, pass on. The
// gather is general, a division a dimension; on software devices a thread takes
// a whole chunk, for the tree is slow there.
func lowerArgMax(t *Target, c *Call) (Lowered, error) {
	v := viewReduction(c.In[0].Shape, c.Attrs.(cpuref.ReduceAttrs).Has)
	if v.outputs == 0 {
		return Lowered{}, nil
	}
	var low Lowered
	values, places := In(0), unread(In(0))
	for pass := 0; ; pass++ {
		f := laneForm{local: 64, most: 64}
		if t.Software {
			f.most = 1
		}
		lanes := f.lanes(v.elems / 8)
		chunk := 256 * lanes
		chunks := parts(v.elems, chunk)
		push := append(words(v.outputs*chunks, chunks, v.elems, chunk), dimTable(v.kept, 4, 1)...)
		push = append(push, dimTable(v.red, 4, 1)...)
		d := f.dispatch(t, "reduce_arg", v.outputs*chunks, lanes, []uint32{truth(pass > 0), truth(chunks == 1), uint32(max(1, len(v.red)))}, push)
		if chunks == 1 {
			d.Bind = []Bind{values, places, Out(0), unread(Out(0))}
			low.Dispatches = append(low.Dispatches, d)
			return low, nil
		}
		n := len(low.Work)
		low.Work = append(low.Work, 4*v.outputs*chunks, 4*v.outputs*chunks)
		d.Bind = []Bind{values, places, Work(n).WO(), Work(n + 1).WO()}
		low.Dispatches = append(low.Dispatches, d)
		values, places = Work(n+1).RO(), Work(n).RO()
		v.columns = false
		v = v.next(chunks)
	}
}

package kernels

import (
	"math"
	"slices"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// normRow is the longest row that one row of threads takes; longer ones are cut
// into chunks, as are channels of a batch.
const normRow = 1 << 14

// normChunks is about how many chunks a channel is cut into at most.
const normChunks = 4096

// normPasses is how often the shaders go through a row.
const normPasses = 3

// normServes asks that every operand fits a binding; the loops' lengths follow
// from normRow and normChunks.
func normServes(t *Target, c *Call, _ laneForm) bool {
	return inRange(t, c) && loopFits(t, normPasses*normRow)
}

// channels is an array as [Q, C, L], whose sums over Q and L are wanted, cut into
// chunks that a row of lanes threads takes.
type channels struct {
	Q, C, L                         int
	lanes                           int
	qChunk, lChunk, lChunks, chunks int
}

func (f laneForm) cut(t *Target, q, c, l int) channels {
	v := channels{Q: q, C: c, L: l}
	v.lanes = f.lanes(l / 4)
	if f.texel {
		v.lanes = f.lanes(l / 16)
	}
	loads := parts(l, v.lanes)
	most := max(reduceLoop(t, c), parts(q*loads, normChunks))
	v.lChunk, v.qChunk = l, max(1, most/loads)
	if loads > most {
		v.lChunk = most * v.lanes
	}
	v.qChunk = min(v.qChunk, q)
	v.lChunks = parts(l, v.lChunk)
	v.chunks = v.lChunks * parts(q, v.qChunk)
	return v
}

func (v channels) push(more ...int) []uint32 {
	return words(append([]int{v.C * v.chunks, v.C, v.Q, v.L, v.qChunk, v.lChunk, v.lChunks}, more...)...)
}

// orUnread binds operand i of a list where it is there, else other in its place.
func orUnread(list []tensor.Type, i int, bind func(int) Bind, other Bind) Bind {
	if i < len(list) && list[i].Present() {
		return bind(i)
	}
	return unread(other)
}

// bits has bit k for each of the list's operands from first on that is there.
func presence(list []tensor.Type, first int) (bits uint32) {
	for i := first; i < len(list); i++ {
		bits |= truth(list[i].Present()) << (i - first)
	}
	return bits
}

func lowerNorm(t *Target, c *Call, f laneForm) (Lowered, error) {
	at := c.Attrs.(cpuref.NormAttrs)
	v := at.View(c.In[0].Shape)
	rows, n := v.Stats(), v.Size()
	if rows == 0 {
		return Lowered{}, nil
	}
	eps := math.Float32bits(float32(at.Eps))
	rms, stats, affine := truth(at.Over == cpuref.NormRMS), presence(c.Out, 1), presence(c.In, 1)
	params := func(in func(int) Bind) []Bind { // weight and bias
		return []Bind{orUnread(c.In, 1, in, in(0)), orUnread(c.In, 2, in, in(0))}
	}
	saved := func(y Bind) []Bind {
		return []Bind{orUnread(c.Out, 1, Out, y), orUnread(c.Out, 2, Out, y), orUnread(c.Out, 3, Out, y)}
	}
	if !v.Batch && n <= normRow {
		push := append(append(words(rows, n, v.G, v.D), magic(v.S)...), eps)
		d := f.dispatch(t, "norm_rows", rows, axisLanes(f, n, 1), []uint32{rms, affine, stats}, push,
			slices.Concat([]Bind{f.in(0)}, params(f.in), []Bind{Out(0)}, saved(Out(0)))...)
		return Lowered{Dispatches: []Dispatch{d}}, nil
	}
	k, inner := f.cut(t, 1, rows, n), v.D*v.S
	if v.Batch {
		k, inner = f.cut(t, v.B, v.G, v.S), v.S
	}
	low := Lowered{Work: []int{4 * 3 * k.C * k.chunks, 4 * 3 * k.C}}
	low.Dispatches = []Dispatch{
		f.dispatch(t, "norm_stats", k.C*k.chunks, k.lanes, []uint32{rms}, k.push(), f.in(0), Work(0).WO()),
		f.dispatch(t, "norm_merge", k.C, f.lanes(k.chunks/4), []uint32{rms, stats}, append(k.push(), eps),
			append([]Bind{Work(0).RO(), Work(1).WO()}, saved(Work(1))...)...),
		applyNorm(t, "norm_apply", rows*n, inner, k.C, v, nil, []uint32{affine},
			slices.Concat([]Bind{In(0), Work(1).RO()}, params(In), []Bind{Out(0)})...),
	}
	return low, nil
}

// applyNorm is one pass over n elements, of which inner neighbours share a mean,
// number C of them.
func applyNorm(t *Target, shader string, n, inner, C int, v cpuref.NormView, more, spec []uint32, bind ...Bind) Dispatch {
	quad, jobs, weights := v.S%4 == 0, n, v.G*v.D
	if quad {
		jobs /= 4
	}
	push := append(words(jobs, C, weights), more...)
	if len(push)%2 == 1 {
		push = append(push, 0) // pairs begin at even words
	}
	for _, d := range []int{inner, C, v.S, weights} {
		push = append(push, magic(d)...)
	}
	d := flat(t, shader, jobs, push, bind...)
	d.Spec = append(append(d.Spec, truth(quad)), spec...)
	return d
}

func lowerNormGrad(t *Target, c *Call, f laneForm) (Lowered, error) {
	at := c.Attrs.(cpuref.NormAttrs)
	v := at.View(c.In[0].Shape)
	rows, n := v.Stats(), v.Size()
	if rows == 0 {
		return Lowered{}, nil
	}
	rms := truth(at.Over == cpuref.NormRMS)
	weight, mean := orUnread(c.In, 3, In, In(2)), orUnread(c.In, 4, In, In(2))
	weighted := presence(c.In[:min(4, len(c.In))], 3)
	if !v.Batch && n <= normRow {
		d := f.dispatch(t, "norm_rows_grad", rows, axisLanes(f, n, 1), []uint32{rms, weighted}, append(words(rows, n, v.G, v.D), magic(v.S)...),
			f.in(0), f.in(1), In(2), orUnread(c.In, 3, f.in, f.in(0)), mean, Out(0))
		return Lowered{Dispatches: []Dispatch{d}}, nil
	}
	k := f.cut(t, 1, rows, n)
	low := Lowered{Work: []int{4 * rows}}
	gn, g := Work(0), unread(Work(0))
	if rms == 0 {
		low.Work, g = append(low.Work, 4*rows), Work(1)
	}
	sums := f.dispatch(t, "norm_sums", k.C*k.chunks, k.lanes, []uint32{1, 0, 1 - rms, weighted, 1 - rms}, append(k.push(v.G, v.D, 0), magic(v.S)...),
		f.in(0), f.in(1), f.in(2), orUnread(c.In, 4, f.in, f.in(0)), orUnread(c.In, 3, f.in, f.in(0)))
	low.fold(t, f, k, sums, gn, g)
	low.Dispatches = append(low.Dispatches, applyNorm(t, "norm_apply_grad", rows*n, n, rows, v, words(n), []uint32{rms, weighted, 0},
		In(0), In(1), In(2), weight, mean, gn.RO(), readable(g), Out(0)))
	return low, nil
}

func lowerBatchNormGrad(t *Target, c *Call) (Lowered, error) {
	v, n := c.Attrs.(cpuref.NormAttrs).View(c.In[0].Shape), c.In[0].Elems()
	if n == 0 {
		return Lowered{}, nil
	}
	d := applyNorm(t, "norm_apply_grad", n, v.S, v.G, v, words(v.Size()), []uint32{0, presence(c.In, 6), 1},
		In(0), In(1), In(2), orUnread(c.In, 6, In, In(2)), In(3), In(4), In(5), Out(0))
	return Lowered{Dispatches: []Dispatch{d}}, nil
}

// readable marks a bind as only read, where it is used at all.
func readable(b Bind) Bind { b.Access &= Read; return b }

// writable marks a bind as only written, where it is used at all.
func writable(b Bind) Bind { b.Access &= Write; return b }

// fold adds norm_sums, whose last two bindings are gn and g, or workspaces that
// norm_fold adds up to those. g is unread where only gn is wanted.
func (low *Lowered) fold(t *Target, f laneForm, k channels, sums Dispatch, gn, g Bind) {
	if k.chunks == 1 {
		sums.Bind = append(sums.Bind, writable(gn), writable(g))
		low.Dispatches = append(low.Dispatches, sums)
		return
	}
	both, size := g.Access != 0, 4*k.C*k.chunks
	partGN := Work(len(low.Work))
	partG := unread(partGN)
	low.Work = append(low.Work, size)
	if both {
		partG = Work(len(low.Work))
		low.Work = append(low.Work, size)
	}
	sums.Bind = append(sums.Bind, writable(partGN), writable(partG))
	fold := f.dispatch(t, "norm_fold", k.C, f.lanes(k.chunks/4), []uint32{truth(both)}, words(k.C, k.chunks),
		readable(partGN), readable(partG), writable(gn), writable(g))
	low.Dispatches = append(low.Dispatches, sums, fold)
}

func lowerNormWeightGrad(t *Target, c *Call, f laneForm) (Lowered, error) {
	at := c.Attrs.(cpuref.NormAttrs)
	v := at.View(c.In[0].Shape)
	both, weights := c.Out[1].Present(), v.G*v.D
	var low Lowered
	switch {
	case weights == 0:
	case v.B*v.S == 0:
		low.Dispatches = append(low.Dispatches, fillWith(t, Out(0), weights, 0))
		if both {
			low.Dispatches = append(low.Dispatches, fillWith(t, Out(1), weights, 0))
		}
	default:
		k := f.cut(t, v.B, weights, v.S)
		spec := []uint32{0, truth(!v.Batch), truth(at.Over != cpuref.NormRMS), 0, truth(both)}
		sums := f.dispatch(t, "norm_sums", k.C*k.chunks, k.lanes, spec, append(k.push(v.G, v.D, 0), magic(v.S)...),
			f.in(0), f.in(1), f.in(2), orUnread(c.In, 3, f.in, f.in(0)), unread(f.in(0)))
		low.fold(t, f, k, sums, Out(0), orUnread(c.Out, 1, Out, Out(0)))
	}
	return low, nil
}

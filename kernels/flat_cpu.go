package kernels

import (
	"math"
	"sync"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/expr"
)

// flatChunk is the elements of a parameter that are updated at a time: all that
// the formulas touch of them stays in a cache.
const flatChunk = 4096

// flatPiece is a stretch of a parameter with its part of the flat operands.
type flatPiece[T cpuref.Float] struct {
	n   int
	in  []expr.Vec[T] // G, p, 3 states, the same as they get
	out [][]T         // states, then p
}

// flatRun is an update on the CPU, bound to its operands.
type flatRun[T cpuref.Float] struct {
	f       *flatFuncs
	n       int
	a       *cpuref.Args[T]
	outs    []*expr.Program[T]
	direct  []bool // the state as it was is not read once this output is made
	once    []*expr.Program[float64]
	values  []float64 // constants, lr, gscale, once
	scalars []expr.Vec[float64]
	one     *expr.Space
	pieces  []flatPiece[T]
	gaps    [][]T // the padding of the states
	spaces  map[int]*expr.Space

	mu   sync.Mutex
	free [][]T // a chunk for each state that isn't direct
}

func bindFlat[T cpuref.Float](f *flatFuncs, a *cpuref.Args[T], compile func(expr.Func) *expr.Program[T]) *flatRun[T] {
	at := a.Attrs.(FlatAttrs)
	r := &flatRun[T]{f: f, n: at.N, a: a, values: f.constants(at), spaces: map[int]*expr.Space{}}
	r.values = append(r.values, make([]float64, 2+len(f.once))...)
	r.one = space(nil, 3)
	for range 3 {
		r.scalars = append(r.scalars, expr.Vec[float64]{F: []float64{0}})
	}
	for _, o := range f.once {
		r.once = append(r.once, program(o, 0, func() *expr.Program[float64] { return expr.Compile[float64](o) }))
	}
	for i, o := range f.outs {
		r.outs = append(r.outs, compile(o))
		used := i == len(f.states)
		for _, later := range f.outs[i+1:] {
			_, kept := later.Compact()
			for _, k := range kept {
				used = used || k == 2+i
			}
		}
		r.direct = append(r.direct, !used || i == len(f.states))
	}
	off := 0
	for i := range r.n {
		size := len(a.In[i].F)
		for from := 0; from < size; from += flatChunk {
			r.pieces = append(r.pieces, r.piece(i, from, min(from+flatChunk, size), off))
		}
		end := off + FlatPad(size)
		for k := range f.states {
			r.gaps = append(r.gaps, a.Out[r.n+k].F[off+size:end])
		}
		off = end
	}
	return r
}

// space is that of args contiguous vectors of a shape.
func space(shape []int, args int) *expr.Space {
	shapes := make([][]int, args)
	for i := range shapes {
		shapes[i] = shape
	}
	sp, err := expr.NewSpace(shape, shapes...)
	if err != nil {
		panic("kernels: " + err.Error()) // equal shapes always fit
	}
	return &sp
}

// piece is elements from to to of parameter i, which stands at off.
func (r *flatRun[T]) piece(i, from, to, off int) flatPiece[T] {
	p := flatPiece[T]{n: to - from, in: make([]expr.Vec[T], flatArgs)}
	if r.spaces[p.n] == nil {
		r.spaces[p.n] = space([]int{p.n}, flatArgs)
	}
	p.in[0].F = r.a.In[r.n].F[off+from : off+to]
	p.in[1].F = r.a.In[i].F[from:to]
	for k := range 3 {
		p.in[2+k].F, p.in[5+k].F = p.in[0].F, p.in[0].F // unread
		if k < len(r.f.states) {
			p.in[2+k].F = r.a.In[r.n+1+k].F[off+from : off+to]
			p.out = append(p.out, r.a.Out[r.n+k].F[off+from:off+to])
		}
	}
	p.out = append(p.out, r.a.Out[i].F[from:to])
	return p
}

// begin computes what is the same for all elements.
func (r *flatRun[T]) begin() {
	at := r.n + 1 + len(r.f.states)
	t := r.a.In[at+1].F
	lr, gscale := float64(r.a.In[at].F[0]), 1.0
	if at+2 < len(r.a.In) && r.a.In[at+2].Present() {
		gscale = float64(r.a.In[at+2].F[0])
	}
	r.scalars[0].F[0], r.scalars[1].F[0], r.scalars[2].F[0] = lr, float64(t[0]), float64(t[len(t)-1])
	k := r.f.consts
	r.values[k], r.values[k+1] = lr, gscale
	for i, o := range r.once {
		o.Run(r.one, expr.Vec[float64]{F: r.values[k+2+i : k+3+i]}, r.scalars, r.values[:k], 0, 1)
	}
	for _, g := range r.gaps {
		clear(g)
	}
}

// update makes piece i's states one after the other, then its parameters.
func (r *flatRun[T]) update(i int) {
	p := &r.pieces[i]
	spare := r.take()
	sp := r.spaces[p.n]
	for k, o := range r.outs {
		dst := p.out[k]
		if !r.direct[k] {
			dst = spare[k*flatChunk:][:p.n]
		}
		o.Run(sp, expr.Vec[T]{F: dst}, p.in, r.values, 0, p.n)
		if k < len(r.f.states) {
			p.in[5+k].F = dst
		}
	}
	for k := range r.f.states {
		if !r.direct[k] {
			copy(p.out[k], p.in[5+k].F)
		}
	}
	r.mu.Lock()
	r.free = append(r.free, spare)
	r.mu.Unlock()
}

func (r *flatRun[T]) take() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		s := r.free[n-1]
		r.free = r.free[:n-1]
		return s
	}
	for _, d := range r.direct {
		if !d {
			return make([]T, 3*flatChunk)
		}
	}
	return nil
}

// flatBody is the plain body: the formulas in T, a piece after the other.
func flatBody[T cpuref.Float](of func(any) *flatFuncs) Prepare[T] {
	return func(a *cpuref.Args[T]) func() {
		kind := 1
		if _, is := any(T(0)).(float64); is {
			kind = 0
		}
		r := bindFlat(of(a.Attrs), a, func(f expr.Func) *expr.Program[T] {
			return program(f, kind, func() *expr.Program[T] { return expr.Compile[T](f) })
		})
		return func() {
			r.begin()
			for i := range r.pieces {
				r.update(i)
			}
		}
	}
}

// flatFast shares the pieces between threads.
func flatFast(of func(any) *flatFuncs) Prepare[float32] {
	return func(a *cpuref.Args[float32]) func() {
		r := bindFlat(of(a.Attrs), a, func(f expr.Func) *expr.Program[float32] {
			return program(f, 2, func() *expr.Program[float32] { return expr.CompileWith(f, vectors) })
		})
		ns, elems := 0.0, 0
		for _, o := range r.f.outs {
			ns += o.Cost()
		}
		for _, p := range r.pieces {
			elems += p.n
		}
		cost := int(math.Min(ns*float64(elems), math.MaxInt32))
		return func() {
			r.begin()
			fast.Parallel(len(r.pieces), cost, r.update)
		}
	}
}

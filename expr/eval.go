package expr

import (
	"fmt"
	"math"
	"sync"
)

// Number is the float type a program computes in.
type Number interface{ ~float32 | ~float64 }

// Vec is one operand: F holds floats, I int32 and bool (0 or 1).
type Vec[T Number] struct {
	F []T
	I []int32
}

// Vectors are faster loops for one-operand float functions in float32, by
// operation: dst[i] = op(src[i]), dst and src the same or apart, of one length.
type Vectors map[Op]func(dst, src []float32)

// block is the elements a program handles at a time: ten temporaries of float32
// stay within a 32 KiB L1 cache.
const block = 512

// Program is a function compiled to loops over blocks. It is immutable; any
// number of goroutines may Run it.
type Program[T Number] struct {
	steps  []step[T]
	slots  []slot
	args   []int16 // slot of each argument; -1 where the body doesn't use it
	result Type

	mu   sync.Mutex
	free []*scratch[T]
}

type slotKind uint8

const (
	temp slotKind = iota
	argument
	fixed
	parameter
	output
)

type slot struct {
	kind slotKind
	typ  Type
	idx  int // argument or attribute
	num  float64
}

type step[T Number] struct {
	op      Op
	typ     Type // of the operands
	unary   func(dst, src []T)
	dst     int16
	a, b, c int16
}

// scratch is what one running Program needs: a buffer a slot, and what each
// slot stands for in the block at hand.
type scratch[T Number] struct {
	f, bufF [][]T
	i, bufI [][]int32
	full    []int // how many elements of a buffer hold its first one, of those filled with a scalar
}

// Compile makes a program of f. In float64 it computes with package math, the
// oracle; in float32 with this package's own functions, good to an ulp.
func Compile[T Number](f Func) *Program[T] { return compile[T](f, nil) }

// CompileWith is Compile in float32 with other vector functions, where v has them.
func CompileWith(f Func, v Vectors) *Program[float32] { return compile[float32](f, v) }

func compile[T Number](f Func, v Vectors) *Program[T] {
	p := &Program[T]{result: f.Result(), args: make([]int16, len(f.Args))}
	for i := range p.args {
		p.args[i] = -1
	}
	where := map[*Expr]int16{}
	add := func(s slot) int16 {
		p.slots = append(p.slots, s)
		return int16(len(p.slots) - 1)
	}
	uses := map[*Expr]int{}
	var order []*Expr
	walk(func(e *Expr) {
		order = append(order, e)
		for _, a := range e.Inputs() {
			uses[a]++
		}
	}, f.Body)
	var idle [3][]int16 // temporaries of each type that nobody reads any more
	out := int16(-1)
	for _, e := range order {
		switch e.op {
		case OpArg:
			where[e] = add(slot{kind: argument, typ: e.typ, idx: e.idx})
			p.args[e.idx] = where[e]
			continue
		case OpConst:
			where[e] = add(slot{kind: fixed, typ: e.typ, num: e.num})
			continue
		case OpAttr:
			where[e] = add(slot{kind: parameter, typ: e.typ, idx: e.idx})
			continue
		}
		s := step[T]{op: e.op, typ: e.in[0].typ, unary: unary[T](e.op, v)}
		if e.op == Where {
			s.typ = e.typ
		}
		for i, a := range e.Inputs() {
			*[]*int16{&s.a, &s.b, &s.c}[i] = where[a]
		}
		// An operand's last use frees its slot for the result: the loops read
		// element i before they write it.
		for _, a := range e.Inputs() {
			uses[a]--
			if uses[a] == 0 && ops[a.op].arity > 0 {
				idle[a.typ] = append(idle[a.typ], where[a])
			}
		}
		switch k := len(idle[e.typ]); {
		case e == f.Body:
			out = add(slot{kind: output, typ: e.typ})
			s.dst = out
		case k > 0:
			s.dst = idle[e.typ][k-1]
			idle[e.typ] = idle[e.typ][:k-1]
		default:
			s.dst = add(slot{kind: temp, typ: e.typ})
		}
		where[e] = s.dst
		p.steps = append(p.steps, s)
	}
	if out < 0 { // the body is a leaf: copy it
		s := step[T]{op: OpArg, typ: f.Body.typ, a: where[f.Body]}
		s.dst = add(slot{kind: output, typ: f.Body.typ})
		p.steps = append(p.steps, s)
	}
	return p
}

func (p *Program[T]) scratch() *scratch[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		s := p.free[n-1]
		p.free = p.free[:n-1]
		return s
	}
	n := len(p.slots)
	s := &scratch[T]{make([][]T, n), make([][]T, n), make([][]int32, n), make([][]int32, n), make([]int, n)}
	for k, sl := range p.slots {
		switch {
		case sl.kind == output:
		case sl.typ == Float:
			s.bufF[k] = make([]T, block)
			fill(s.bufF[k], T(sl.num))
		default:
			s.bufI[k] = make([]int32, block)
			fill(s.bufI[k], int32(sl.num))
		}
	}
	return s
}

// fill makes n elements of float slot k v, which they mostly are from the run before.
func (s *scratch[T]) fill(k, n int, v T) {
	buf := s.bufF[k]
	if s.full[k] < n || math.Float64bits(float64(buf[0])) != math.Float64bits(float64(v)) {
		fill(buf[:n], v)
		s.full[k] = n
	}
}

func (p *Program[T]) release(s *scratch[T]) {
	for k, sl := range p.slots { // keep nothing of the caller's alive
		if sl.kind == argument || sl.kind == output {
			s.f[k], s.i[k] = nil, nil
		}
	}
	p.mu.Lock()
	p.free = append(p.free, s)
	p.mu.Unlock()
}

// Run computes outputs lo to hi (exclusive) of the space: out[k] = f(in...[k]).
// out and in are whole operands; out may be an argument that isn't broadcast.
// Parts may run at the same time in different goroutines. It allocates nothing
// once as many goroutines have run as ever do. It panics when the operands are
// fewer or shorter than the function's and the space's.
func (p *Program[T]) Run(sp *Space, out Vec[T], in []Vec[T], attrs []float64, lo, hi int) {
	if len(in) < len(p.args) {
		panic(fmt.Sprintf("expr: %d operands for %d arguments", len(in), len(p.args)))
	}
	if lo >= hi {
		return
	}
	s := p.scratch()
	n := min(block, hi-lo)
	for k, sl := range p.slots {
		switch sl.kind {
		case parameter:
			s.fill(k, n, T(attrs[sl.idx]))
		case argument:
			if sp.Scalar(sl.idx) {
				if sl.typ == Float {
					s.fill(k, n, in[sl.idx].F[0])
				} else {
					fill(s.bufI[k][:n], in[sl.idx].I[0])
				}
			}
		}
	}
	for at := lo; at < hi; at += block {
		n := min(block, hi-at)
		for k, sl := range p.slots {
			if sl.typ == Float {
				s.f[k] = p.bind(s, sp, sl, k, at, n, out, in)
			} else {
				s.i[k] = p.bindInt(s, sp, sl, k, at, n, out, in)
			}
		}
		for k := range p.steps {
			p.steps[k].run(s)
		}
	}
	p.release(s)
}

// bind is what float slot k is in the block at [at, at+n): the caller's memory
// where the layout allows, else a buffer.
func (p *Program[T]) bind(s *scratch[T], sp *Space, sl slot, k, at, n int, out Vec[T], in []Vec[T]) []T {
	switch {
	case sl.kind == output:
		return out.F[at : at+n]
	case sl.kind == argument && !sp.Scalar(sl.idx):
		if sp.Contiguous(sl.idx) {
			return in[sl.idx].F[at : at+n]
		}
		gather(s.bufF[k][:n], in[sl.idx].F, sp, sl.idx, at)
		s.full[k] = 0
	}
	return s.bufF[k][:n]
}

func (p *Program[T]) bindInt(s *scratch[T], sp *Space, sl slot, k, at, n int, out Vec[T], in []Vec[T]) []int32 {
	switch {
	case sl.kind == output:
		return out.I[at : at+n]
	case sl.kind == argument && !sp.Scalar(sl.idx):
		if sp.Contiguous(sl.idx) {
			return in[sl.idx].I[at : at+n]
		}
		gather(s.bufI[k][:n], in[sl.idx].I, sp, sl.idx, at)
	}
	return s.bufI[k][:n]
}

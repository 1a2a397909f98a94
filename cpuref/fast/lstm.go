package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// recurrent is a layer's walk through time. The recurrent weights are packed once
// a sequence, and the batch is split: each part walks all steps by itself, so
// that no step waits for another thread.
type recurrent struct {
	reverse     bool
	steps, n, h int
	in, out     []cpuref.Arg[float32]
	packed      []float32
	whh         operand // the right side of a step's product: k x cols
	k, cols     int
	rows, parts int
	pack, walk  func(i int)
}

// time gives the index of the s-th step.
func (r *recurrent) time(s int) int {
	if r.reverse {
		return r.steps - 1 - s
	}
	return s
}

func newRecurrent(a *cpuref.Args[float32], whh operand, shape []int, k, cols int) *recurrent {
	r := &recurrent{
		reverse: a.Attrs.(cpuref.LSTMAttrs).Reverse, steps: shape[0], n: shape[1], h: shape[2],
		in: a.In, out: a.Out, whh: whh, k: k, cols: cols,
	}
	r.pack = func(i int) {
		j := i * isa.nr
		isa.packPanel(r.packed[j*k:][:isa.nr*k], whh, 0, k, j, min(isa.nr, cols-j))
	}
	perCall.reserve(r.weights(), 1)
	reserve(r.scratch(r.n))
	return r
}

func (r *recurrent) weights() int { return roundUp(r.cols, isa.nr) * r.k }

// scratch is a part's floats: packed rows of A, gates, a cell state, a zero row.
func (r *recurrent) scratch(rows int) int {
	return roundUp(roundUp(rows, isa.mr)*r.k+8, 16) + 4*r.h*rows + r.h
}

func (r *recurrent) run() {
	if r.n*r.h == 0 {
		return
	}
	cost := r.steps * r.n * (8*r.h*r.h/isa.flops + 2*r.h)
	r.rows = (r.n + max(1, threads(cost)) - 1) / max(1, threads(cost))
	r.parts = (r.n + r.rows - 1) / r.rows
	packed := perCall.take(r.weights())
	r.packed = packed.buf
	Parallel(roundUp(r.cols, isa.nr)/isa.nr, r.weights()/2, r.pack)
	Parallel(r.parts, cost, r.walk)
	r.packed = nil
	packed.give()
}

// product is out[rows, cols] = a[rows, k]·whh.
func (r *recurrent) product(buf []float32, rows int, a, out []float32) {
	t := block{s: isa, m: rows, n: r.cols, k: r.k, ldc: r.cols}
	t.packRows(buf, operand{a, r.k, 1}, 0, 0)
	t.panels(r.packed, out)
}

// LSTM prepares cpuref.LSTM.
func LSTM(a *cpuref.Args[float32]) func() {
	h := a.Out[0].Shape[2]
	r := newRecurrent(a, stored(a.In[1].F, h, true), a.Out[0].Shape, h, 4*h)
	r.walk = r.forward
	return r.run
}

func (r *recurrent) forward(part int) {
	lo := part * r.rows
	rows, h, steps := min(r.rows, r.n-lo), r.h, r.steps
	gx, h0, c0 := r.in[0].F, r.in[2].F, r.in[3].F
	y, hN, cN := r.out[0].F, r.out[1].F[lo*h:][:rows*h], r.out[2].F[lo*h:][:rows*h]
	gates, cs := r.out[3].F, r.out[4].F
	s := perThread.take(r.scratch(rows))
	z := s.buf[roundUp(roundUp(rows, isa.mr)*r.k+8, 16):]
	prev := h0[lo*h:][:rows*h]
	cell := c0[lo*h:][:rows*h]
	for i := range steps {
		t := r.time(i)*r.n + lo
		r.product(s.buf, rows, prev, z)
		next := cN
		if cs != nil {
			next = cs[t*h:][:rows*h]
		}
		for b := range rows {
			act := &z[b*4*h]
			if gates != nil {
				act = &gates[(t+b)*4*h]
			}
			isa.cell(h, &z[b*4*h], &gx[(t+b)*4*h], act, &cell[b*h], &next[b*h], &y[(t+b)*h], h)
		}
		prev, cell = y[t*h:][:rows*h], next
	}
	copy(cN, cell)
	copy(hN, prev)
	s.give()
}

// LSTMGrad prepares cpuref.LSTMGrad.
func LSTMGrad(a *cpuref.Args[float32]) func() {
	shape := a.In[3].Shape
	h := shape[2]
	r := newRecurrent(a, stored(a.In[0].F, h, false), shape, 4*h, h)
	r.walk = r.backward
	return r.run
}

func (r *recurrent) backward(part int) {
	lo := part * r.rows
	rows, h, steps := min(r.rows, r.n-lo), r.h, r.steps
	c0, gates, cs := r.in[1].F, r.in[2].F, r.in[3].F
	dy, dhN, dcN := r.in[4].F, r.in[5].F, r.in[6].F
	dgx, dh, dc := r.out[0].F, r.out[1].F[lo*h:][:rows*h], r.out[2].F[lo*h:][:rows*h]
	s := perThread.take(r.scratch(rows))
	zero := s.buf[roundUp(roundUp(rows, isa.mr)*r.k+8, 16):][:h]
	clear(zero)
	start(dh, dhN, lo*h)
	start(dc, dcN, lo*h)
	for i := steps - 1; i >= 0; i-- {
		t := r.time(i)*r.n + lo
		prev := c0[lo*h:]
		if i > 0 {
			prev = cs[(r.time(i-1)*r.n+lo)*h:]
		}
		for b := range rows {
			up := &zero[0]
			if dy != nil {
				up = &dy[(t+b)*h]
			}
			isa.cellGrad(h, &gates[(t+b)*4*h], &cs[(t+b)*h], &prev[b*h], up, &dh[b*h], &dc[b*h], &dgx[(t+b)*4*h], h)
		}
		r.product(s.buf, rows, dgx[t*4*h:][:rows*4*h], dh)
	}
	s.give()
}

// start is a gradient that comes from behind the last step, zero where absent.
func start(dst, from []float32, at int) {
	if from == nil {
		clear(dst)
		return
	}
	copy(dst, from[at:])
}

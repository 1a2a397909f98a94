package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// LSTM prepares cpuref.LSTM.
func LSTM(a *cpuref.Args[float32]) func() {
	h := a.Out[0].Shape[2]
	r := newRecurrent(a, a.Attrs.(cpuref.LSTMAttrs).Reverse, stored(a.In[1].F, h, true), a.Out[0].Shape, h, 4*h)
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
	z := s.buf[r.packedRows(rows):]
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
	r := newRecurrent(a, a.Attrs.(cpuref.LSTMAttrs).Reverse, stored(a.In[0].F, h, false), shape, 4*h, h)
	r.walk = r.backward
	return r.run
}

func (r *recurrent) backward(part int) {
	lo := part * r.rows
	rows, h, steps := min(r.rows, r.n-lo), r.h, r.steps
	c0, gates, cs := r.in[1].F, r.in[2].F, r.in[3].F
	dy, dhN, dcN, dcs := r.in[4].F, r.in[5].F, r.in[6].F, r.in[7].F
	dgx, dh, dc := r.out[0].F, r.out[1].F[lo*h:][:rows*h], r.out[2].F[lo*h:][:rows*h]
	s := perThread.take(r.scratch(rows))
	zero := s.buf[r.packedRows(rows):][:h]
	clear(zero)
	start(dh, dhN, lo*h)
	start(dc, dcN, lo*h)
	for i := steps - 1; i >= 0; i-- {
		t := r.time(i)*r.n + lo
		prev := c0[lo*h:]
		if i > 0 {
			prev = cs[(r.time(i-1)*r.n+lo)*h:]
		}
		if dcs != nil {
			isa.add(rows*h, &dc[0], &dcs[t*h])
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

package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// RNN prepares cpuref.RNN.
func RNN(a *cpuref.Args[float32]) func() {
	at, shape := a.Attrs.(cpuref.RNNAttrs), a.Out[0].Shape
	h := shape[2]
	r := newRecurrent(a, at.Reverse, stored(a.In[1].F, h, true), shape, h, h)
	r.relu = at.Relu
	r.walk = r.rnn
	return r.run
}

func (r *recurrent) rnn(part int) {
	lo := part * r.rows
	rows, h := min(r.rows, r.n-lo), r.h
	gx, prev := r.in[0].F, r.in[2].F[lo*h:][:rows*h]
	y, hN := r.out[0].F, r.out[1].F
	s := perThread.take(r.scratch(rows))
	for i := range r.steps {
		t := r.time(i)*r.n + lo
		next := y[t*h:][:rows*h]
		r.product(s.buf, rows, prev, next)
		isa.add(rows*h, &next[0], &gx[t*h])
		if r.relu {
			for j, v := range next {
				if v <= 0 { // NaN stays
					next[j] = 0
				}
			}
		} else {
			isa.tanh(rows*h, &next[0], &next[0])
		}
		prev = next
	}
	if hN != nil {
		copy(hN[lo*h:], prev)
	}
	s.give()
}

// RNNGrad prepares cpuref.RNNGrad; dh0 has to be there, dh is carried in it.
func RNNGrad(a *cpuref.Args[float32]) func() {
	at, shape := a.Attrs.(cpuref.RNNAttrs), a.In[1].Shape
	h := shape[2]
	r := newRecurrent(a, at.Reverse, stored(a.In[0].F, h, false), shape, h, h)
	r.relu = at.Relu
	r.walk = r.rnnGrad
	return r.run
}

func (r *recurrent) rnnGrad(part int) {
	lo := part * r.rows
	rows, h := min(r.rows, r.n-lo), r.h
	y, dy := r.in[1].F, r.in[2].F
	dgx, dh := r.out[0].F, r.out[1].F[lo*h:][:rows*h]
	s := perThread.take(r.scratch(rows))
	start(dh, r.in[3].F, lo*h)
	for i := r.steps - 1; i >= 0; i-- {
		t := r.time(i)*r.n + lo
		if dy != nil {
			isa.add(rows*h, &dh[0], &dy[t*h])
		}
		d, v := dgx[t*h:][:rows*h], y[t*h:][:rows*h]
		if r.relu {
			for j, u := range dh {
				if v[j] <= 0 {
					u = 0
				}
				d[j] = u
			}
		} else {
			for j, u := range dh {
				d[j] = u * (1 - v[j]*v[j])
			}
		}
		r.product(s.buf, rows, d, dh)
	}
	s.give()
}

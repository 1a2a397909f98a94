package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// GRU prepares cpuref.GRU.
func GRU(a *cpuref.Args[float32]) func() {
	shape := a.Out[0].Shape
	h := shape[2]
	r := newRecurrent(a, a.Attrs.(cpuref.GRUAttrs).Reverse, stored(a.In[1].F, h, true), shape, h, 3*h)
	r.walk = r.gru
	return r.run
}

func (r *recurrent) gru(part int) {
	lo := part * r.rows
	rows, h := min(r.rows, r.n-lo), r.h
	gx, prev, bhh := r.in[0].F, r.in[2].F[lo*h:][:rows*h], r.in[3].F
	y, hN, gates := r.out[0].F, r.out[1].F, r.out[2].F
	s := perThread.take(r.scratch(rows))
	z := s.buf[r.packedRows(rows):]
	for i := range r.steps {
		t := r.time(i)*r.n + lo
		r.product(s.buf, rows, prev, z)
		for b := range rows {
			a, x := z[b*3*h:][:3*h], gx[(t+b)*3*h:][:3*h]
			if bhh != nil {
				isa.add(3*h, &a[0], &bhh[0])
			}
			if gates != nil {
				copy(gates[(t+b)*4*h+3*h:][:h], a[2*h:])
			}
			isa.add(2*h, &a[0], &x[0])
			isa.sigmoid(2*h, &a[0], &a[0])
			reset, keep, n := a[:h], a[h:][:h], a[2*h:][:h]
			isa.multiply(h, &n[0], &n[0], &reset[0])
			isa.add(h, &n[0], &x[2*h])
			isa.tanh(h, &n[0], &n[0])
			if gates != nil {
				copy(gates[(t+b)*4*h:], a)
			}
			next, was := y[(t+b)*h:][:h], prev[b*h:][:h]
			for j, k := range keep {
				next[j] = (1-k)*n[j] + k*was[j]
			}
		}
		prev = y[t*h:][:rows*h]
	}
	if hN != nil {
		copy(hN[lo*h:], prev)
	}
	s.give()
}

// GRUGrad prepares cpuref.GRUGrad.
func GRUGrad(a *cpuref.Args[float32]) func() {
	shape := a.In[2].Shape
	h := shape[2]
	r := newRecurrent(a, a.Attrs.(cpuref.GRUAttrs).Reverse, stored(a.In[0].F, h, false), shape, 3*h, h)
	r.walk = r.gruGrad
	return r.run
}

func (r *recurrent) gruGrad(part int) {
	lo := part * r.rows
	rows, h := min(r.rows, r.n-lo), r.h
	h0, y, gates, dy := r.in[1].F, r.in[2].F, r.in[3].F, r.in[4].F
	dgx, da, dh := r.out[0].F, r.out[1].F, r.out[2].F[lo*h:][:rows*h]
	s := perThread.take(r.scratch(rows))
	through := s.buf[r.packedRows(rows):][:rows*h]
	start(dh, r.in[5].F, lo*h)
	for i := r.steps - 1; i >= 0; i-- {
		t := r.time(i)*r.n + lo
		prev := h0[lo*h:]
		if i > 0 {
			prev = y[(r.time(i-1)*r.n+lo)*h:]
		}
		if dy != nil {
			isa.add(rows*h, &dh[0], &dy[t*h])
		}
		for b := range rows {
			gruCellGrad(h, gates[(t+b)*4*h:], prev[b*h:], dh[b*h:], dgx[(t+b)*3*h:], da[(t+b)*3*h:])
		}
		r.product(s.buf, rows, da[t*3*h:][:rows*3*h], through)
		isa.add(rows*h, &dh[0], &through[0])
	}
	s.give()
}

// gruCellGrad is one row's step back; dh becomes its part that reaches the state
// before the step straight, through z.
func gruCellGrad(h int, gates, prev, dh, dgx, da []float32) {
	r, z, n, p := gates[:h], gates[h:][:h], gates[2*h:][:h], gates[3*h:][:h]
	prev, dh = prev[:h], dh[:h]
	xr, xz, xn := dgx[:h], dgx[h:][:h], dgx[2*h:][:h]
	ar, az, an := da[:h], da[h:][:h], da[2*h:][:h]
	for j, d := range dh {
		dn := d * (1 - z[j]) * (1 - n[j]*n[j])
		dr := dn * p[j] * r[j] * (1 - r[j])
		dz := d * (prev[j] - n[j]) * z[j] * (1 - z[j])
		xr[j], xz[j], xn[j] = dr, dz, dn
		ar[j], az[j], an[j] = dr, dz, dn*r[j]
		dh[j] = d * z[j]
	}
}

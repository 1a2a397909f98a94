package fast

import (
	"math"
	"unsafe"
)

// optimizer is an instruction set's update of n elements of a parameter; s points
// to the scalars: gscale, decay, lr and, with momentum, momentum, 1-dampening;
// for Adam to adamScalars.
type optimizer struct {
	sgd                      func(n int, out, p, g, s *float32)
	sgdMomentum, sgdNesterov func(n int, out, p, g, bufOut, buf, s *float32)
	adam                     func(n int, out, p, g, mOut, m, vOut, v, s *float32)
	amsgrad                  func(n int, out, p, g, mOut, m, vOut, v, maxOut, max, s *float32)
}

// adamScalars are what one step of Adam is made of, in the order that the
// assembly reads them: p = keep·p - step·m/(sqrt(v)·invRoot2 + eps).
type adamScalars struct {
	gscale, decay, keep, step, beta1, rest1, beta2, rest2, invRoot2, eps float32
}

func plainOptimizer() optimizer {
	momentum := func(nesterov bool) func(n int, out, p, g, bufOut, buf, s *float32) {
		return func(n int, out, p, g, bufOut, buf, s *float32) {
			o, ps, gs := unsafe.Slice(out, n), unsafe.Slice(p, n), unsafe.Slice(g, n)
			bo, bs, k := unsafe.Slice(bufOut, n), unsafe.Slice(buf, n), unsafe.Slice(s, 5)
			for i, w := range ps {
				d := k[0]*gs[i] + k[1]*w
				b := k[3]*bs[i] + k[4]*d
				bo[i] = b
				if nesterov {
					b = d + k[3]*b
				}
				o[i] = w - k[2]*b
			}
		}
	}
	return optimizer{
		sgd: func(n int, out, p, g, s *float32) {
			o, ps, gs, k := unsafe.Slice(out, n), unsafe.Slice(p, n), unsafe.Slice(g, n), unsafe.Slice(s, 3)
			for i, w := range ps {
				o[i] = w - k[2]*(k[0]*gs[i]+k[1]*w)
			}
		},
		sgdMomentum: momentum(false), sgdNesterov: momentum(true),
		adam: func(n int, out, p, g, mOut, m, vOut, v, s *float32) {
			plainAdam(n, out, p, g, mOut, m, vOut, v, nil, nil, s)
		},
		amsgrad: plainAdam,
	}
}

func plainAdam(n int, out, p, g, mOut, m, vOut, v, maxOut, most, s *float32) {
	k := (*adamScalars)(unsafe.Pointer(s))
	o, ps, gs := unsafe.Slice(out, n), unsafe.Slice(p, n), unsafe.Slice(g, n)
	mo, ms, vo, vs := unsafe.Slice(mOut, n), unsafe.Slice(m, n), unsafe.Slice(vOut, n), unsafe.Slice(v, n)
	for i, w := range ps {
		d := k.gscale*gs[i] + k.decay*w
		mi := k.beta1*ms[i] + k.rest1*d
		vi := k.beta2*vs[i] + k.rest2*d*d
		mo[i], vo[i] = mi, vi
		if most != nil {
			vi = max(unsafe.Slice(most, n)[i], vi)
			unsafe.Slice(maxOut, n)[i] = vi
		}
		o[i] = k.keep*w - k.step*(mi/(float32(math.Sqrt(float64(vi)))*k.invRoot2+k.eps))
	}
}

package main

import . "github.com/mmcloughlin/avo/build"

// optimizers: g = gscale·G + decay·p; see cpuref for the rest.
func optimizers(v vec) {
	// s: gscale, decay, lr
	v.each("sgd", []string{"out", "p", "grad"}, 3, func(e *elems) {
		p, g := e.load("p"), e.load("grad")
		VMULPS(e.s[0], g, g)
		VFMADD231PS(e.s[1], p, g)
		VFNMADD231PS(e.s[2], g, p)
		e.store("out", p)
	})
	// s: gscale, decay, lr, momentum, 1-dampening
	for _, nesterov := range []bool{false, true} {
		name := "sgdMomentum"
		if nesterov {
			name = "sgdNesterov"
		}
		v.each(name, []string{"out", "p", "grad", "bufOut", "buf"}, 5, func(e *elems) {
			p, g, b := e.load("p"), e.load("grad"), e.load("buf")
			VMULPS(e.s[0], g, g)
			VFMADD231PS(e.s[1], p, g)
			VMULPS(e.s[3], b, b)
			VFMADD231PS(e.s[4], g, b)
			e.store("bufOut", b)
			if nesterov {
				VFMADD231PS(e.s[3], b, g)
				b = g
			}
			VFNMADD231PS(e.s[2], b, p)
			e.store("out", p)
		})
	}
	// s: gscale, decay, 1 - lr·decoupled decay, step, beta1, 1-beta1, beta2,
	// 1-beta2, 1/root2, eps
	for _, amsgrad := range []bool{false, true} {
		name, slices := "adam", []string{"out", "p", "grad", "mOut", "m", "vOut", "v"}
		if amsgrad {
			name, slices = "amsgrad", append(slices, "maxOut", "max")
		}
		v.each(name, slices, 10, func(e *elems) {
			p, g := e.load("p"), e.load("grad")
			VMULPS(e.s[0], g, g)
			VFMADD231PS(e.s[1], p, g)
			m := e.load("m")
			VMULPS(e.s[4], m, m)
			VFMADD231PS(e.s[5], g, m)
			e.store("mOut", m)
			VMULPS(g, g, g)
			w := e.load("v")
			VMULPS(e.s[6], w, w)
			VFMADD231PS(e.s[7], g, w)
			e.store("vOut", w)
			if amsgrad {
				VMAXPS(w, e.load("max"), w) // w if it is NaN
				e.store("maxOut", w)
			}
			VSQRTPS(w, w)
			VMULPS(e.s[8], w, w)
			VADDPS(e.s[9], w, w)
			VDIVPS(w, m, m)
			VMULPS(e.s[2], p, p)
			VFNMADD231PS(e.s[3], m, p)
			e.store("out", p)
		})
	}
}

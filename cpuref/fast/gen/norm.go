package main

import (
	. "github.com/mmcloughlin/avo/build"
)

// norms are the loops of the normalisations.
func norms(v vec) {
	v.each("affine", []string{"y", "x"}, 3, func(e *elems) { // y = (x - s0)·s1 + s2
		x, y := e.load("x"), v.copy(e.s[2])
		VSUBPS(e.s[0], x, x)
		VFMADD231PS(e.s[1], x, y)
		e.store("y", y)
	})
	v.each("affineRow", []string{"y", "x", "w", "b"}, 3, func(e *elems) { // y = ((x - s0)·s1 + s2)·w + b
		x, t, b := e.load("x"), v.copy(e.s[2]), e.load("b")
		VSUBPS(e.s[0], x, x)
		VFMADD231PS(e.s[1], x, t)
		VFMADD231PS(e.load("w"), t, b)
		e.store("y", b)
	})
	v.each("normGrad", []string{"dx", "up", "x"}, 4, func(e *elems) { // dx = s0·g + s1·(x - s2) + s3
		g, x, d := e.load("up"), e.load("x"), v.copy(e.s[3])
		VSUBPS(e.s[2], x, x)
		VFMADD231PS(e.s[1], x, d)
		VFMADD231PS(e.s[0], g, d)
		e.store("dx", d)
	})
	zero := float(0)
	v.reduce("squares", []string{"x"}, 1, zero, func(e *elems) { // Σ (x - s0)²
		x := e.load("x")
		e.fill(x, e.s[0])
		VSUBPS(e.s[0], x, x)
		VFMADD231PS(x, x, e.acc)
	}, addTo)
	v.reduce("dotShift", []string{"y", "x"}, 1, zero, func(e *elems) { // Σ y·(x - s0)
		x := e.load("x")
		VSUBPS(e.s[0], x, x)
		VFMADD231PS(e.load("y"), x, e.acc)
	}, addTo)
}

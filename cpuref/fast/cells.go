package fast

import "unsafe"

// cells is an instruction set's pass over the n hidden units of one sequence at
// one step; gates lie stride apart, in order i, f, g, o.
type cells struct {
	// out = the gates z + gx activated, c = f·cPrev + i·g, h = o·tanh(c).
	cell func(n int, z, gx, out, cPrev, c, h *float32, stride int)
	// dh + dy and dc + (dh+dy)·o·(1-tanh²(c)) go back through the gates to dz;
	// dc becomes the gradient by cPrev.
	cellGrad func(n int, gates, c, cPrev, dy, dh, dc, dz *float32, stride int)
}

func plainCell(n int, z, gx, out, cPrev, c, h *float32, stride int) {
	zs, xs, act := unsafe.Slice(z, 3*stride+n), unsafe.Slice(gx, 3*stride+n), unsafe.Slice(out, 3*stride+n)
	prev, cs, hs := unsafe.Slice(cPrev, n), unsafe.Slice(c, n), unsafe.Slice(h, n)
	for j := range n {
		at := [4]int{j, j + stride, j + 2*stride, j + 3*stride}
		var v [4]float32
		for q, k := range at {
			v[q] = zs[k] + xs[k]
			if q == 2 {
				v[q] = tanh1(v[q])
			} else {
				v[q] = sigmoid1(v[q])
			}
			act[k] = v[q]
		}
		cs[j] = v[1]*prev[j] + v[0]*v[2]
		hs[j] = v[3] * tanh1(cs[j])
	}
}

func plainCellGrad(n int, gates, c, cPrev, dy, dh, dc, dz *float32, stride int) {
	act, out := unsafe.Slice(gates, 3*stride+n), unsafe.Slice(dz, 3*stride+n)
	cs, prev, up := unsafe.Slice(c, n), unsafe.Slice(cPrev, n), unsafe.Slice(dy, n)
	dhs, dcs := unsafe.Slice(dh, n), unsafe.Slice(dc, n)
	for j := range n {
		i, f, g, o := act[j], act[j+stride], act[j+2*stride], act[j+3*stride]
		t, h := tanh1(cs[j]), dhs[j]+up[j]
		d := dcs[j] + h*o*(1-t*t)
		out[j] = d * g * i * (1 - i)
		out[j+stride] = d * prev[j] * f * (1 - f)
		out[j+2*stride] = d * i * (1 - g*g)
		out[j+3*stride] = h * t * o * (1 - o)
		dcs[j] = d * f
	}
}

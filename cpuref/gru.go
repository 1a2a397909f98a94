package cpuref

// GRUAttrs are the attributes of gru and gru_grad.
type GRUAttrs struct {
	// Reverse walks time backwards, from the last step to the first; y[t] still
	// stands at index t.
	Reverse bool
}

// GRU runs a layer over a whole sequence, gates in PyTorch's order r, z, n; the
// reset gate applies after the product and its bias:
//
//	a = h·whhᵀ + bhh            r, z = sigmoid(gx_r + a_r, gx_z + a_z)
//	n = tanh(gx_n + r·a_n)      h = y[t] = (1 - z)·n + z·h
//
// In: gx [T,N,3H], whh [3H,H], h0 [N,H], bhh [3H] (optional: zero). Out: y
// [T,N,H], hN [N,H] (optional), gates [T,N,4H] = r, z, n, a_n (optional). Where
// z is 1, h is carried exactly.
func GRU[T Float](a *Args[T]) {
	at := a.Attrs.(GRUAttrs)
	gx, whh, prev, bhh := a.In[0].F, a.In[1].F, a.In[2].F, &a.In[3]
	y, hN, gates := a.Out[0].F, a.Out[1].F, &a.Out[2]
	steps, n, h := a.Out[0].Shape[0], a.Out[0].Shape[1], a.Out[0].Shape[2]

	for s := range steps {
		t := stepIndex(at.Reverse, s, steps)
		for b := range n {
			for j := range h {
				var p [3]T
				for q := range p {
					if bhh.Present() {
						p[q] = bhh.F[q*h+j]
					}
					for k := range h {
						p[q] += prev[b*h+k] * whh[(q*h+j)*h+k]
					}
				}
				x := gx[(t*n+b)*3*h+j:]
				r, z := sigmoid(x[0]+p[0]), sigmoid(x[h]+p[1])
				c := tanh(x[2*h] + r*p[2])
				y[(t*n+b)*h+j] = (1-z)*c + z*prev[b*h+j]
				if gates.Present() {
					for q, v := range [4]T{r, z, c, p[2]} {
						gates.F[(t*n+b)*4*h+q*h+j] = v
					}
				}
			}
		}
		prev = y[t*n*h : (t+1)*n*h]
	}
	copy(hN, prev)
}

// GRUGrad goes back through the sequence, where next is the step that GRU ran
// after t, prev the one before it, and dhN stands behind the last one:
//
//	dh = dy[t] + dh[next]·z[next] + da[next]·whh
//	dn = dh·(1-z)·(1-n²)        dz = dh·(h[prev] - n)·z(1-z)   dr = dn·a_n·r(1-r)
//	dgx[t] = (dr, dz, dn)       da[t] = (dr, dz, dn·r)
//
// In: whh [3H,H], h0 [N,H], y [T,N,H], gates [T,N,4H], dy [T,N,H], dhN [N,H]
// (the last two optional: zero). Out: dgx and da [T,N,3H], dh0 [N,H], in which
// dh is carried.
func GRUGrad[T Float](a *Args[T]) {
	at := a.Attrs.(GRUAttrs)
	whh, h0, y, gates, dy, dhN := a.In[0].F, a.In[1].F, a.In[2].F, a.In[3].F, &a.In[4], a.In[5].F
	dgx, da, dh0 := a.Out[0].F, a.Out[1].F, a.Out[2].F
	steps, n, h := a.In[2].Shape[0], a.In[2].Shape[1], a.In[2].Shape[2]

	clear(dh0)
	copy(dh0, dhN)
	for s := steps - 1; s >= 0; s-- {
		t := stepIndex(at.Reverse, s, steps)
		prev := h0
		if s > 0 {
			prev = y[stepIndex(at.Reverse, s-1, steps)*n*h:]
		}
		for b := range n {
			for j := range h {
				dh := dh0[b*h+j]
				if dy.Present() {
					dh += dy.F[(t*n+b)*h+j]
				}
				g := gates[(t*n+b)*4*h+j:]
				r, z, c, p := g[0], g[h], g[2*h], g[3*h]
				dc := dh * (1 - z) * (1 - c*c)
				d := [4]T{dc * p * r * (1 - r), dh * (prev[b*h+j] - c) * z * (1 - z), dc, dc * r}
				for q, at := range [3]int{0, 1, 3} {
					dgx[(t*n+b)*3*h+q*h+j], da[(t*n+b)*3*h+q*h+j] = d[q], d[at]
				}
				dh0[b*h+j] = dh * z
			}
			for j := range h { // what reaches the state before the step through the product
				for k, v := range da[(t*n+b)*3*h:][:3*h] {
					dh0[b*h+j] += v * whh[k*h+j]
				}
			}
		}
	}
}

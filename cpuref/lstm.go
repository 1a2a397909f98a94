package cpuref

import "math"

// LSTMAttrs are the attributes of lstm and lstm_grad.
type LSTMAttrs struct {
	// Reverse walks time backwards, from the last step to the first; y[t] still
	// stands at index t.
	Reverse bool
}

// LSTM runs a layer over a whole sequence, gates in PyTorch's order i, f, g, o:
//
//	z = gx[t] + h·whhᵀ        i, f, o = sigmoid(z_i, z_f, z_o), g = tanh(z_g)
//	c = f·c + i·g             h = y[t] = o·tanh(c)
//
// In: gx [T,N,4H], whh [4H,H], h0 [N,H], c0 [N,H]. Out: y [T,N,H], hN [N,H]
// (optional), cN [N,H], gates [T,N,4H] (activated; optional), cs [T,N,H]
// (optional). The cell state is carried in cN.
func LSTM[T Float](a *Args[T]) {
	at := a.Attrs.(LSTMAttrs)
	gx, whh, h0, c0 := a.In[0].F, a.In[1].F, a.In[2].F, a.In[3].F
	y, hN, cN := a.Out[0].F, a.Out[1].F, a.Out[2].F
	gates, cs := &a.Out[3], &a.Out[4]
	steps, n, h := a.Out[0].Shape[0], a.Out[0].Shape[1], a.Out[0].Shape[2]

	copy(cN, c0)
	prev := h0
	for s := range steps {
		t := stepIndex(at.Reverse, s, steps)
		for b := range n {
			for j := range h {
				var z [4]T
				for q := range z {
					z[q] = gx[(t*n+b)*4*h+q*h+j]
					row := whh[(q*h+j)*h:]
					for k := range h {
						z[q] += prev[b*h+k] * row[k]
					}
				}
				i, f, g, o := sigmoid(z[0]), sigmoid(z[1]), tanh(z[2]), sigmoid(z[3])
				c := f*cN[b*h+j] + i*g
				cN[b*h+j] = c
				y[(t*n+b)*h+j] = o * tanh(c)
				if gates.Present() {
					for q, v := range [4]T{i, f, g, o} {
						gates.F[(t*n+b)*4*h+q*h+j] = v
					}
				}
				if cs.Present() {
					cs.F[(t*n+b)*h+j] = c
				}
			}
		}
		prev = y[t*n*h : (t+1)*n*h]
	}
	copy(hN, prev)
}

// LSTMGrad goes back through the sequence:
//
//	dh = dy[t] + dz[next]·whh      dc = dcs[t] + dc·f[next] + dh·o·(1 - tanh²(c))
//	dz = dgx[t] = (dc·g·i(1-i), dc·c_prev·f(1-f), dc·i·(1-g²), dh·tanh(c)·o(1-o))
//
// where next is the step that LSTM ran after t; behind the last one stand dhN
// and dcN.
//
// In: whh [4H,H], c0 [N,H], gates [T,N,4H], cs [T,N,H], dy [T,N,H], dhN [N,H],
// dcN [N,H], dcs [T,N,H] (the last four optional: zero). Out: dgx [T,N,4H], dh0 [N,H]
// (optional), dc0 [N,H], in which dc is carried.
func LSTMGrad[T Float](a *Args[T]) {
	at := a.Attrs.(LSTMAttrs)
	whh, c0, gates, cs := a.In[0].F, a.In[1].F, a.In[2].F, a.In[3].F
	dy, dhN, dcN, dcs := &a.In[4], &a.In[5], &a.In[6], &a.In[7]
	dgx, dh0, dc0 := a.Out[0].F, a.Out[1].F, a.Out[2].F
	steps, n, h := a.In[3].Shape[0], a.In[3].Shape[1], a.In[3].Shape[2]

	clear(dc0)
	if dcN.Present() {
		copy(dc0, dcN.F)
	}
	// through is the gradient that reaches h of sequence b through the step at
	// t: dz[t]·whh.
	through := func(t, b, j int) T {
		var sum T
		dz := dgx[(t*n+b)*4*h:]
		for k := range 4 * h {
			sum += dz[k] * whh[k*h+j]
		}
		return sum
	}
	for s := steps - 1; s >= 0; s-- {
		t := stepIndex(at.Reverse, s, steps)
		prev := c0
		if s > 0 {
			p := stepIndex(at.Reverse, s-1, steps)
			prev = cs[p*n*h : (p+1)*n*h]
		}
		for b := range n {
			for j := range h {
				var dh T
				if s < steps-1 {
					dh = through(stepIndex(at.Reverse, s+1, steps), b, j)
				} else if dhN.Present() {
					dh = dhN.F[b*h+j]
				}
				if dy.Present() {
					dh += dy.F[(t*n+b)*h+j]
				}
				z := (t*n+b)*4*h + j
				i, f, g, o := gates[z], gates[z+h], gates[z+2*h], gates[z+3*h]
				tc := tanh(cs[(t*n+b)*h+j])
				dc := dc0[b*h+j] + dh*o*(1-tc*tc)
				if dcs.Present() {
					dc += dcs.F[(t*n+b)*h+j]
				}
				dgx[z] = dc * g * i * (1 - i)
				dgx[z+h] = dc * prev[b*h+j] * f * (1 - f)
				dgx[z+2*h] = dc * i * (1 - g*g)
				dgx[z+3*h] = dh * tc * o * (1 - o)
				dc0[b*h+j] = dc * f
			}
		}
	}
	if !a.Out[1].Present() {
		return
	}
	if steps == 0 {
		clear(dh0)
		copy(dh0, dhN.F)
		return
	}
	first := stepIndex(at.Reverse, 0, steps)
	for b := range n {
		for j := range h {
			dh0[b*h+j] = through(first, b, j)
		}
	}
}

func sigmoid[T Float](x T) T { return T(1 / (1 + math.Exp(-float64(x)))) }

func tanh[T Float](x T) T { return T(math.Tanh(float64(x))) }

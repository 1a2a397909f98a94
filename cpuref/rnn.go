package cpuref

// RNNAttrs are the attributes of rnn and rnn_grad.
type RNNAttrs struct {
	// Relu makes act = relu; else it is tanh.
	Relu bool
	// Reverse walks time backwards, from the last step to the first; y[t] still
	// stands at index t.
	Reverse bool
}

// stepIndex is where the s-th of so many steps stands in the sequence.
func stepIndex(reverse bool, s, steps int) int {
	if reverse {
		return steps - 1 - s
	}
	return s
}

// RNN runs a plain recurrent layer over a whole sequence:
//
//	h = y[t] = act(gx[t] + h·whhᵀ)
//
// In: gx [T,N,H], whh [H,H], h0 [N,H]. Out: y [T,N,H], hN [N,H] (optional).
func RNN[T Float](a *Args[T]) {
	at := a.Attrs.(RNNAttrs)
	gx, whh, prev := a.In[0].F, a.In[1].F, a.In[2].F
	y, hN := a.Out[0].F, a.Out[1].F
	steps, n, h := a.Out[0].Shape[0], a.Out[0].Shape[1], a.Out[0].Shape[2]

	for s := range steps {
		t := stepIndex(at.Reverse, s, steps)
		for b := range n {
			for j := range h {
				z := gx[(t*n+b)*h+j]
				for k := range h {
					z += prev[b*h+k] * whh[j*h+k]
				}
				switch {
				case !at.Relu:
					z = tanh(z)
				case z <= 0: // NaN stays
					z = 0
				}
				y[(t*n+b)*h+j] = z
			}
		}
		prev = y[t*n*h : (t+1)*n*h]
	}
	copy(hN, prev)
}

// RNNGrad goes back through the sequence, where next is the step that RNN ran
// after t and dhN stands behind the last one:
//
//	dh = dy[t] + dgx[next]·whh
//	dgx[t] = dh·(1 - y[t]²), or with Relu dh where y[t] > 0
//
// In: whh [H,H], y [T,N,H], dy [T,N,H], dhN [N,H] (the last two optional: zero).
// Out: dgx [T,N,H], dh0 [N,H] (optional).
func RNNGrad[T Float](a *Args[T]) {
	at := a.Attrs.(RNNAttrs)
	whh, y, dy, dhN := a.In[0].F, a.In[1].F, &a.In[2], a.In[3].F
	dgx, dh0 := a.Out[0].F, &a.Out[1]
	steps, n, h := a.In[1].Shape[0], a.In[1].Shape[1], a.In[1].Shape[2]

	// reaching is the gradient that reaches h after the s-th step from later ones.
	reaching := func(s, b, j int) T {
		if s == steps-1 {
			if dhN == nil {
				return 0
			}
			return dhN[b*h+j]
		}
		dz := dgx[(stepIndex(at.Reverse, s+1, steps)*n+b)*h:]
		var sum T
		for k := range h {
			sum += dz[k] * whh[k*h+j]
		}
		return sum
	}
	for s := steps - 1; s >= 0; s-- {
		t := stepIndex(at.Reverse, s, steps)
		for b := range n {
			for j := range h {
				i := (t*n+b)*h + j
				dh := reaching(s, b, j)
				if dy.Present() {
					dh += dy.F[i]
				}
				switch {
				case !at.Relu:
					dh *= 1 - y[i]*y[i]
				case y[i] <= 0:
					dh = 0
				}
				dgx[i] = dh
			}
		}
	}
	if dh0.Present() {
		for i := range dh0.F {
			dh0.F[i] = reaching(-1, i/h, i%h)
		}
	}
}

package cpuref

import "math"

// AdamAttrs are the hyper-parameters of torch.optim.Adam and, with Decoupled,
// AdamW; N is how many parameters one call updates.
type AdamAttrs struct {
	N                              int
	Beta1, Beta2, Eps, WeightDecay float64
	Decoupled, AMSGrad             bool
}

// Adam updates N parameters as torch.optim.Adam does, or AdamW with Decoupled:
//
//	g = gscale·G, + WeightDecay·p unless Decoupled, else p -= lr·WeightDecay·p
//	m = Beta1·m + (1-Beta1)·g      v = Beta2·v + (1-Beta2)·g²
//	d = sqrt(v or, with AMSGrad, vmax = max(vmax, v)) / sqrt(1-Beta2^t) + Eps
//	p -= lr/(1-Beta1^t)·m/d
//
// where 1-beta^t is -expm1(t·ln beta). A NaN in v goes into vmax.
//
// In: p_0 ... p_{N-1}, G flat, m flat, v flat, vmax flat (only with AMSGrad),
// lr, t (the step's number from 1), gscale (optional: 1), the last three of
// rank 0. In a flat operand each parameter stands at the next multiple of 64
// elements. Out: p_i, then m, v and vmax; each may be its input's memory.
func Adam[T Float](a *Args[T]) {
	at := a.Attrs.(AdamAttrs)
	n := at.N
	flat, m, v := a.In[n].F, a.In[n+1].F, a.In[n+2].F
	mOut, vOut := a.Out[n].F, a.Out[n+1].F
	next := n + 3
	var vmax, vmaxOut []T
	if at.AMSGrad {
		vmax, vmaxOut = a.In[next].F, a.Out[n+2].F
		next++
	}
	lr, t, gscale := a.In[next].F[0], float64(a.In[next+1].F[0]), optional(a.In, next+2)

	step := lr / T(-math.Expm1(t*math.Log(at.Beta1)))
	root2 := T(math.Sqrt(-math.Expm1(t * math.Log(at.Beta2))))
	decay, decoupled := T(at.WeightDecay), T(0)
	if at.Decoupled {
		decay, decoupled = 0, lr*decay
	}
	off := 0
	for i := range n {
		p, out := a.In[i].F, a.Out[i].F
		for j, w := range p {
			k := off + j
			g := flat[k]*gscale + decay*w
			mk := T(at.Beta1)*m[k] + T(1-at.Beta1)*g
			vk := T(at.Beta2)*v[k] + T(1-at.Beta2)*g*g
			mOut[k], vOut[k] = mk, vk
			if at.AMSGrad {
				vk = max(vmax[k], vk)
				vmaxOut[k] = vk
			}
			d := T(math.Sqrt(float64(vk)))/root2 + T(at.Eps)
			out[j] = w - decoupled*w - step*mk/d
		}
		end := flatNext(off, len(p))
		for _, state := range [][]T{mOut, vOut, vmaxOut} {
			if state != nil {
				clear(state[off+len(p) : end])
			}
		}
		off = end
	}
}

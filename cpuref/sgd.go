package cpuref

// flatAlign is what each parameter's place in a flat operand is rounded up to,
// in elements.
const flatAlign = 64

// flatNext is where the parameter after one of n elements at off stands.
func flatNext(off, n int) int { return off + (n+flatAlign-1)/flatAlign*flatAlign }

// optional gives a scalar operand's value, or 1 where the operand is absent.
func optional[T Float](in []Arg[T], i int) T {
	if i < len(in) && in[i].Present() {
		return in[i].F[0]
	}
	return 1
}

// SGDAttrs are torch.optim.SGD's hyper-parameters; N is how many parameters
// one call updates.
type SGDAttrs struct {
	N                                int
	Momentum, Dampening, WeightDecay float64
	Nesterov                         bool
}

// SGD updates N parameters as torch.optim.SGD does:
//
//	g = gscale·G + WeightDecay·p
//	buf = g at the first step, then Momentum·buf + (1-Dampening)·g
//	p -= lr·(g + Momentum·buf if Nesterov, else buf; g without momentum)
//
// In: p_0 ... p_{N-1}, G flat, buf flat (only with Momentum), lr, t (the step's
// number from 1), gscale (optional: 1), the last three of rank 0. In a flat
// operand each parameter stands at the next multiple of 64 elements. Out: p_i,
// then buf; each may be its input's memory.
func SGD[T Float](a *Args[T]) {
	at := a.Attrs.(SGDAttrs)
	next := at.N + 1
	var buf, bufOut []T
	if at.Momentum != 0 {
		buf, bufOut = a.In[next].F, a.Out[at.N].F
		next++
	}
	lr, t, gscale := a.In[next].F[0], a.In[next+1].F[0], optional(a.In, next+2)
	flat := a.In[at.N].F

	off := 0
	for i := range at.N {
		p, out := a.In[i].F, a.Out[i].F
		for j, w := range p {
			g := flat[off+j]*gscale + T(at.WeightDecay)*w
			if at.Momentum != 0 {
				b := g
				if t != 1 {
					b = T(at.Momentum)*buf[off+j] + T(1-at.Dampening)*g
				}
				bufOut[off+j] = b
				if at.Nesterov {
					g += T(at.Momentum) * b
				} else {
					g = b
				}
			}
			out[j] = w - lr*g
		}
		end := flatNext(off, len(p))
		if bufOut != nil {
			clear(bufOut[off+len(p) : end])
		}
		off = end
	}
}

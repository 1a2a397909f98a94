package cpuref

// FMAChainAttrs are the attributes of fma_chain.
type FMAChainAttrs struct {
	Steps int // 1 or more
	A, B  float64
}

// FMAChain takes Steps times y = A·y + B, from y = x.
//
// In: x [...]. Out: y [...].
func FMAChain[T Float](a *Args[T]) {
	at := a.Attrs.(FMAChainAttrs)
	for i, y := range a.In[0].F {
		for range at.Steps {
			y = T(at.A)*y + T(at.B)
		}
		a.Out[0].F[i] = y
	}
}

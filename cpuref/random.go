package cpuref

import "github.com/vulgo-ml/vulgo/tensor"

// UniformAttrs: the shape drawn, and the draw's number within its graph, so
// that each draw of a step has numbers of its own.
type UniformAttrs struct {
	Shape Ints
	Seq   int
}

// Uniform fills U with numbers in [0, 1): element 4b+i is word i of Philox
// block b, shifted right by 8, / 2^24. The key is seed = {seed, step}, the
// counter's high half Seq: the same bits on every device, in any order.
func Uniform[T Float](a *Args[T]) {
	seed := a.In[0].I
	key := uint64(uint32(seed[0])) | uint64(uint32(seed[1]))<<32
	u := a.Out[0].F
	for b := 0; 4*b < len(u); b++ {
		words := tensor.PhiloxBlock(key, uint64(a.Attrs.(UniformAttrs).Seq), uint64(b))
		for i, w := range words[:min(4, len(u)-4*b)] {
			u[4*b+i] = T(w>>8) / (1 << 24)
		}
	}
}

package cpuref

// Pack lays the inputs side by side in the output, each at the next multiple of
// 64 elements, zeros between. An input that already lies there is left alone.
func Pack[T Float](a *Args[T]) {
	out := a.Out[0].F
	at := 0
	for i := range a.In {
		in := a.In[i].F
		if len(in) > 0 && &in[0] != &out[at] {
			copy(out[at:], in)
		}
		end := (at + len(in) + 63) / 64 * 64
		clear(out[at+len(in) : end])
		at = end
	}
}

package cpuref

// PadAttrs: what is added to each dimension before and behind; less than nothing
// cuts off. Value fills what is new.
type PadAttrs struct {
	Before, After Ints
	Value         float64
}

// Pad is X with Before and After more elements in each dimension, of Value.
func Pad[T Float](a *Args[T]) {
	at := a.Attrs.(PadAttrs)
	x, y := &a.In[0], &a.Out[0]
	var from, to [MaxRank]int
	var src, dst walk
	rowMajor(&from, x.Shape)
	rowMajor(&to, y.Shape)
	run := 1 // elements side by side in both
	for d := range x.Shape {
		first, size := at.Kept(d, x.Shape[d])
		src.off += first * from[d]
		dst.off += (first + at.Before.V[d]) * to[d]
		if d == len(x.Shape)-1 {
			run = size
			break
		}
		src.push(size, from[d])
		dst.push(size, to[d])
	}
	for i := range y.F {
		y.F[i] = T(at.Value)
	}
	for i := range y.I {
		y.I[i] = int32(at.Value)
	}
	for range src.count() {
		if run == 0 {
			return
		}
		if y.F != nil {
			copy(y.F[dst.off:dst.off+run], x.F[src.off:])
		} else {
			copy(y.I[dst.off:dst.off+run], x.I[src.off:])
		}
		src.next()
		dst.next()
	}
}

// Kept is which of n elements along dimension d are kept: size from first on.
func (at PadAttrs) Kept(d, n int) (first, size int) {
	first = min(n, max(0, -at.Before.V[d]))
	return first, max(0, n-first-max(0, -at.After.V[d]))
}

package cpuref

// MaxRank is the most dimensions a tensor may have.
const MaxRank = 8

// Ints is a short list of ints for attributes: a shape, axes, one number a
// dimension. Unlike a slice it compares with ==. A list longer than MaxRank
// keeps its true length and loses the rest, so that a shape rule can refuse it.
type Ints struct {
	N int
	V [MaxRank]int
}

// IntList is the list of these numbers.
func IntList(v ...int) Ints {
	l := Ints{N: len(v)}
	copy(l.V[:], v)
	return l
}

// Slice is the list as a new slice.
func (l Ints) Slice() []int { return append([]int{}, l.V[:min(l.N, MaxRank)]...) }

// walk steps through a strided block of an array in row-major order: off is the
// present element's place. After the last element it is back at the first.
type walk struct {
	rank             int
	size, stride, at [MaxRank]int
	off              int
}

// push adds a dimension inside the others; it joins the last one where the two
// lie as one.
func (w *walk) push(size, stride int) {
	if size == 1 {
		return
	}
	if d := w.rank - 1; d >= 0 && w.stride[d] == size*stride {
		w.size[d] *= size
		w.stride[d] = stride
		return
	}
	w.size[w.rank], w.stride[w.rank] = size, stride
	w.rank++
}

// pop takes the innermost dimension off: a run to loop over by hand.
func (w *walk) pop() (size, stride int) {
	if w.rank == 0 {
		return 1, 0
	}
	w.rank--
	return w.size[w.rank], w.stride[w.rank]
}

func (w *walk) count() int {
	n := 1
	for _, s := range w.size[:w.rank] {
		n *= s
	}
	return n
}

func (w *walk) next() {
	for d := w.rank - 1; d >= 0; d-- {
		w.at[d]++
		w.off += w.stride[d]
		if w.at[d] < w.size[d] {
			return
		}
		w.off -= w.size[d] * w.stride[d]
		w.at[d] = 0
	}
}

// rowMajor fills st with the strides of a contiguous array of that shape.
func rowMajor(st *[MaxRank]int, shape []int) {
	n := 1
	for d := len(shape) - 1; d >= 0; d-- {
		st[d] = n
		n *= shape[d]
	}
}

// around is how an axis sees a shape: outer blocks of n steps of inner elements.
func around(shape []int, axis int) (outer, n, inner int) {
	outer, inner = 1, 1
	for _, s := range shape[:axis] {
		outer *= s
	}
	for _, s := range shape[axis+1:] {
		inner *= s
	}
	return outer, shape[axis], inner
}

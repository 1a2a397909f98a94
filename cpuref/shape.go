package cpuref

// ReshapeAttrs: the new shape; one size may be -1, the one that fits.
type ReshapeAttrs struct{ Shape Ints }

// PermuteAttrs: output dimension i is input dimension Perm[i].
type PermuteAttrs struct{ Perm Ints }

// ExpandAttrs: the shape that the input, aligned at the last dimension, is
// repeated to.
type ExpandAttrs struct{ Shape Ints }

// SliceAttrs, for each dimension: Size elements from Start on, Step apart (a
// negative Step goes backwards).
type SliceAttrs struct{ Start, Size, Step Ints }

// SliceGradAttrs: the shape that was sliced, and where the slice began.
type SliceGradAttrs struct{ Shape, Start, Step Ints }

// ConcatAttrs: the dimension along which the inputs follow each other.
type ConcatAttrs struct{ Axis int }

// gather copies the elements that w visits in src to dst in order; scatter
// copies src in order to where w goes in dst.
func gather[E any](dst, src []E, w walk) {
	for i := range dst {
		dst[i] = src[w.off]
		w.next()
	}
}

func scatter[E any](dst, src []E, w walk) {
	for i := range src {
		dst[w.off] = src[i]
		w.next()
	}
}

// gatherArg is gather for either element type.
func gatherArg[T Float](dst, src *Arg[T], w walk) {
	if src.F != nil {
		gather(dst.F, src.F, w)
	} else {
		gather(dst.I, src.I, w)
	}
}

// Permute is Y[i_0, i_1, ...] = X with index i_k at dimension Perm[k].
func Permute[T Float](a *Args[T]) {
	p := a.Attrs.(PermuteAttrs).Perm
	x, y := &a.In[0], &a.Out[0]
	var st [MaxRank]int
	var w walk
	rowMajor(&st, x.Shape)
	for _, d := range p.V[:p.N] {
		w.push(x.Shape[d], st[d])
	}
	gatherArg(y, x, w)
}

// Expand repeats X along missing dimensions and those of size 1.
func Expand[T Float](a *Args[T]) {
	x, y := &a.In[0], &a.Out[0]
	var st [MaxRank]int
	var w walk
	rowMajor(&st, x.Shape)
	lead := len(y.Shape) - len(x.Shape)
	for d, n := range y.Shape {
		if d < lead || x.Shape[d-lead] == 1 {
			w.push(n, 0)
		} else {
			w.push(n, st[d-lead])
		}
	}
	gatherArg(y, x, w)
}

// block is the walk over a slice of an array of that shape.
func block(shape, size []int, start, step *Ints) walk {
	var st [MaxRank]int
	var w walk
	rowMajor(&st, shape)
	for d, n := range size {
		w.push(n, st[d]*step.V[d])
		w.off += st[d] * start.V[d]
	}
	return w
}

// Slice is Y[i] = X[start + i·step], in each dimension.
func Slice[T Float](a *Args[T]) {
	s := a.Attrs.(SliceAttrs)
	x, y := &a.In[0], &a.Out[0]
	gatherArg(y, x, block(x.Shape, y.Shape, &s.Start, &s.Step))
}

// SliceGrad is zero but for dX[start + i·step] = dY[i].
func SliceGrad[T Float](a *Args[T]) {
	s := a.Attrs.(SliceGradAttrs)
	dy, dx := &a.In[0], &a.Out[0]
	w := block(dx.Shape, dy.Shape, &s.Start, &s.Step)
	clear(dx.F)
	clear(dx.I)
	scatter(dx.F, dy.F, w)
	scatter(dx.I, dy.I, w)
}

// Concat puts the inputs one after the other along the axis.
func Concat[T Float](a *Args[T]) {
	y := &a.Out[0]
	outer, n, inner := around(y.Shape, a.Attrs.(ConcatAttrs).Axis)
	at := 0
	for i := range a.In {
		x := &a.In[i]
		run := x.Shape[a.Attrs.(ConcatAttrs).Axis] * inner
		for o := range outer {
			to := o*n*inner + at
			if x.F != nil {
				copy(y.F[to:to+run], x.F[o*run:])
			}
			if x.I != nil {
				copy(y.I[to:to+run], x.I[o*run:])
			}
		}
		at += run
	}
}

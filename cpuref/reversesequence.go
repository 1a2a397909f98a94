package cpuref

// ReverseSequenceAttrs: the dimension that counts time, and the one that counts
// the sequences.
type ReverseSequenceAttrs struct{ Time, Batch int }

// ReverseSequence turns each sequence round within its own length; what lies
// behind the length stays where it is:
//
//	Y[t, n] = X[len[n]-1-t, n] for t < len[n], else X[t, n]
//
// A length below 0 counts as 0, one above the steps as all of them.
//
// In: X with T steps along Time and N sequences along Batch, len [N] int32. Out: Y as X.
func ReverseSequence[T Float](a *Args[T]) {
	at := a.Attrs.(ReverseSequenceAttrs)
	x, y, length := &a.In[0], &a.Out[0], a.In[1].I
	_, steps, inner := around(x.Shape, at.Time)
	_, batch, within := around(x.Shape, at.Batch)
	for i := range max(len(x.F), len(x.I)) {
		t, n := i/inner%steps, i/within%batch
		from := i
		if l := min(int(length[n]), steps); t < l {
			from += (l - 1 - 2*t) * inner
		}
		if x.F != nil {
			y.F[i] = x.F[from]
		} else {
			y.I[i] = x.I[from]
		}
	}
}

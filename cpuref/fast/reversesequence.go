package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// ReverseSequence prepares cpuref.ReverseSequence: what lies inside both axes goes
// as one piece.
func ReverseSequence(a *cpuref.Args[float32]) func() {
	at, x, y, length := a.Attrs.(cpuref.ReverseSequenceAttrs), &a.In[0], &a.Out[0], a.In[1].I
	stride := func(axis int) int {
		n := 1
		for _, size := range x.Shape[axis+1:] {
			n *= size
		}
		return n
	}
	steps, inner, batch, within := x.Shape[at.Time], stride(at.Time), x.Shape[at.Batch], stride(at.Batch)
	elems := max(len(x.F), len(x.I))
	run := min(inner, within)
	if elems == 0 {
		return func() {}
	}
	runs := elems / run
	perBody := max(1, 4096/run)
	body := func(piece int) {
		for r := piece * perBody; r < min((piece+1)*perBody, runs); r++ {
			to := r * run
			t, n := to/inner%steps, to/within%batch
			from := to
			if l := min(int(length[n]), steps); t < l {
				from += (l - 1 - 2*t) * inner
			}
			if x.F != nil {
				copy(y.F[to:to+run], x.F[from:])
			} else {
				copy(y.I[to:to+run], x.I[from:])
			}
		}
	}
	return func() { Parallel((runs+perBody-1)/perBody, runs*5+elems/4, body) }
}

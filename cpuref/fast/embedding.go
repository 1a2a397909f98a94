package fast

import "github.com/vulgo-ml/vulgo/cpuref"

const (
	rowsOfPiece = 64  // rows that one piece of work copies
	colsOfPiece = 128 // columns of a table's gradient that one piece adds up
)

// Embedding prepares cpuref.Embedding.
func Embedding(a *cpuref.Args[float32]) func() {
	table, idx, y := a.In[0].F, a.In[1].I, a.Out[0].F
	v, d := a.In[0].Shape[0], a.In[0].Shape[1]
	body := func(i int) {
		for r := i * rowsOfPiece; r < min((i+1)*rowsOfPiece, len(idx)); r++ {
			row := y[r*d : (r+1)*d]
			if at := int(idx[r]); at < 0 || at >= v {
				clear(row)
			} else {
				copy(row, table[at*d:])
			}
		}
	}
	return func() { Parallel((len(idx)+rowsOfPiece-1)/rowsOfPiece, len(y)/2, body) }
}

// EmbeddingGrad prepares cpuref.EmbeddingGrad: the indexes in order, each piece
// its own columns.
func EmbeddingGrad(a *cpuref.Args[float32]) func() {
	idx, dy, dt := a.In[0].I, a.In[1].F, a.Out[0].F
	v, d := a.Out[0].Shape[0], a.Out[0].Shape[1]
	body := func(i int) {
		from := i * colsOfPiece
		w := min(colsOfPiece, d-from)
		for r := range v {
			clear(dt[r*d+from:][:w])
		}
		for r, at := range idx {
			if at >= 0 && int(at) < v {
				isa.add(w, &dt[int(at)*d+from], &dy[r*d+from])
			}
		}
	}
	return func() { Parallel((d+colsOfPiece-1)/colsOfPiece, (len(dy)+len(dt))/2, body) }
}

package cpuref

// EmbeddingGradAttrs are the attributes of embedding_grad.
type EmbeddingGradAttrs struct {
	Rows int // V, the table's rows
}

// Embedding picks rows: y[i] = table[idx[i]]. An index outside the table gives
// a row of zeros.
//
// In: table [V,D], idx [...] int32. Out: y [...,D].
func Embedding[T Float](a *Args[T]) {
	table, idx, y := a.In[0].F, a.In[1].I, a.Out[0].F
	v, d := a.In[0].Shape[0], a.In[0].Shape[1]
	for i, r := range idx {
		row := y[i*d : (i+1)*d]
		if r < 0 || int(r) >= v {
			clear(row)
			continue
		}
		copy(row, table[int(r)*d:])
	}
}

// EmbeddingGrad adds up the gradient of each row, in the order of the indexes:
// dTable[r] = sum over idx[i] == r of dy[i]. Indexes outside the table add
// nothing.
//
// In: idx [...] int32, dy [...,D]. Out: dTable [V,D].
func EmbeddingGrad[T Float](a *Args[T]) {
	idx, dy, dt := a.In[0].I, a.In[1].F, a.Out[0].F
	v, d := a.Out[0].Shape[0], a.Out[0].Shape[1]
	clear(dt)
	for i, r := range idx {
		if r < 0 || int(r) >= v {
			continue
		}
		for j := range d {
			dt[int(r)*d+j] += dy[i*d+j]
		}
	}
}

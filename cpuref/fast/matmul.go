package fast

import "github.com/vulgo-ml/vulgo/cpuref"

// MatMul prepares cpuref.MatMul.
func MatMul(a *cpuref.Args[float32]) func() {
	at := a.Attrs.(cpuref.MatMulAttrs)
	A, B, C := a.In[0], a.In[1], a.Out[0]
	rank := len(C.Shape)
	m, n, k := C.Shape[rank-2], C.Shape[rank-1], A.Shape[len(A.Shape)-1]
	lda, ldb := k, n
	if at.TransA {
		k = A.Shape[len(A.Shape)-2]
		lda = m
	}
	if at.TransB {
		ldb = k
	}
	batch := 1
	for _, d := range C.Shape[:rank-2] {
		batch *= d
	}
	aStep, bStep := m*k, k*n
	if len(A.Shape) == 2 {
		aStep = 0
	}
	if len(B.Shape) == 2 {
		bStep = 0
	}
	if bStep == 0 && !at.TransA && (aStep > 0 || batch == 1) { // one tall product
		m, batch = batch*m, 1
	}
	reserve(gemmScratch(m, n, k))
	return func() {
		GemmBatch(batch, at.TransA, at.TransB, m, n, k, A.F, lda, aStep, B.F, ldb, bStep, C.F, n, m*n, false)
	}
}

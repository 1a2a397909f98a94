package cpuref

// MatMulAttrs says which operands are stored transposed: with TransA the stored
// A is [.., K, M], with TransB the stored B is [.., N, K].
type MatMulAttrs struct{ TransA, TransB bool }

// MatMul is C[m,n] = sum over k of A[m,k]·B[k,n], for each matrix of the batch;
// an operand of rank 2 serves the whole batch. The sum runs from k = 0 upwards.
// NaN and Inf propagate as IEEE has it: 0·Inf is NaN. K = 0 gives zeros.
func MatMul[T Float](a *Args[T]) {
	at := a.Attrs.(MatMulAttrs)
	A, B, C := a.In[0], a.In[1], a.Out[0]
	rank := len(C.Shape)
	M, N, K := C.Shape[rank-2], C.Shape[rank-1], A.Shape[len(A.Shape)-1]
	am, ak := K, 1 // element strides of A by row and by k
	if at.TransA {
		K = A.Shape[len(A.Shape)-2]
		am, ak = 1, M
	}
	bk, bn := N, 1
	if at.TransB {
		bk, bn = 1, K
	}
	aBatch, bBatch := M*K, K*N
	if len(A.Shape) == 2 {
		aBatch = 0
	}
	if len(B.Shape) == 2 {
		bBatch = 0
	}
	clear(C.F)
	if K == 0 {
		return
	}
	for i := 0; i < len(C.F); i += N {
		batch, m := i/(M*N), i/N%M
		x, y, row := A.F[batch*aBatch+m*am:], B.F[batch*bBatch:], C.F[i:i+N]
		for k := range K {
			v := x[k*ak]
			for n := range row {
				row[n] += v * y[k*bk+n*bn]
			}
		}
	}
}

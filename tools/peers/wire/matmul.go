package wire

import "encoding/json"

// Matmul is C [M, N] = A·B; A is [M, K], or [K, M] with TransA, B likewise.
type Matmul struct {
	M, N, K        int
	TransA, TransB bool
	A, B, C        []float32
}

// Matmul reads the op's operands; other work is lacked.
func (w *Work) Matmul() (*Matmul, error) {
	if w.Kind != "op" || w.Op != "matmul" {
		return nil, Lacks("only matmul")
	}
	var m Matmul
	if err := json.Unmarshal(w.Attrs, &m); err != nil {
		return nil, err
	}
	a, b := w.In[0], w.In[1]
	if len(a.Shape) != 2 || len(b.Shape) != 2 {
		return nil, Lacks("only products of two matrices")
	}
	m.M, m.K, m.N = a.Shape[0], a.Shape[1], b.Shape[1]
	if m.TransA {
		m.M, m.K = m.K, m.M
	}
	if m.TransB {
		m.N = b.Shape[0]
	}
	var err error
	if m.A, err = a.Floats(); err != nil {
		return nil, err
	}
	m.B, err = b.Floats()
	m.C = make([]float32, m.M*m.N)
	return &m, err
}

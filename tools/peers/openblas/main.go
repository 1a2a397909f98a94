//go:build cgo

// Command openblas is OpenBLAS as a peer of cmd/bench: matmul.
package main

// #cgo pkg-config: openblas
// #include <cblas.h>
import "C"

import (
	"github.com/vulgo-ml/vulgo/tools/peers/wire"
)

func main() {
	wire.Serve(wire.Peer{
		Name: "OpenBLAS", Version: C.GoString(C.openblas_get_config()),
		Threads: func(n int) { C.openblas_set_num_threads(C.int(n)) },
		Prepare: prepare,
	})
}

func prepare(w *wire.Work) (wire.Runner, [][]float32, error) {
	m, err := w.Matmul()
	if err != nil {
		return nil, nil, err
	}
	ta, tb, lda, ldb := C.enum_CBLAS_TRANSPOSE(C.CblasNoTrans), C.enum_CBLAS_TRANSPOSE(C.CblasNoTrans), m.K, m.N
	if m.TransA {
		ta, lda = C.CblasTrans, m.M
	}
	if m.TransB {
		tb, ldb = C.CblasTrans, m.K
	}
	run := func() error {
		C.cblas_sgemm(C.CblasRowMajor, ta, tb, C.blasint(m.M), C.blasint(m.N), C.blasint(m.K),
			1, (*C.float)(&m.A[0]), C.blasint(lda), (*C.float)(&m.B[0]), C.blasint(ldb), 0, (*C.float)(&m.C[0]), C.blasint(m.N))
		return nil
	}
	return run, [][]float32{m.C}, run()
}

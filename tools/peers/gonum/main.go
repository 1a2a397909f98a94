// Command gonum is Gonum's BLAS in pure Go as a peer of cmd/bench: matmul.
package main

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/vulgo-ml/vulgo/tools/peers/wire"
)

func main() {
	wire.Serve(wire.Peer{Name: "Gonum BLAS", Module: "gonum.org/v1/gonum", Prepare: prepare})
}

func prepare(w *wire.Work) (wire.Runner, [][]float32, error) {
	m, err := w.Matmul()
	if err != nil {
		return nil, nil, err
	}
	ta, tb, lda, ldb := blas.NoTrans, blas.NoTrans, m.K, m.N
	if m.TransA {
		ta, lda = blas.Trans, m.M
	}
	if m.TransB {
		tb, ldb = blas.Trans, m.K
	}
	run := func() error {
		gonum.Implementation{}.Sgemm(ta, tb, m.M, m.N, m.K, 1, m.A, lda, m.B, ldb, 0, m.C, m.N)
		return nil
	}
	return run, [][]float32{m.C}, run()
}

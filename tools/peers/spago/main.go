// Command spago is spaGO as a peer of cmd/bench: matmul and the training of the
// MLP, example by example, as its layers are made for.
package main

import (
	"errors"
	"sync"

	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/losses"
	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/nn"
	"github.com/nlpodyssey/spago/nn/linear"
	"github.com/nlpodyssey/spago/optimizers/adam"

	"github.com/vulgo-ml/vulgo/tools/peers/wire"
)

func main() {
	wire.Serve(wire.Peer{Name: "spaGO", Module: "github.com/nlpodyssey/spago", Prepare: prepare})
}

func prepare(w *wire.Work) (wire.Runner, [][]float32, error) {
	if w.Name == "train/mlp" {
		return training(w)
	}
	m, err := w.Matmul()
	if err != nil {
		return nil, nil, err
	}
	if m.TransA || m.TransB {
		return nil, nil, wire.Lacks("no product with a transpose")
	}
	a, b := dense(m.A, m.M, m.K), dense(m.B, m.K, m.N)
	run := func() error {
		a.Mul(b)
		return nil
	}
	return run, [][]float32{floats(a.Mul(b))}, nil
}

func dense(x []float32, shape ...int) mat.Matrix {
	return mat.NewDense[float32](mat.WithShape(shape...), mat.WithBacking(x))
}

func floats(m mat.Tensor) []float32 { return mat.Data[float32](m.(mat.Matrix)) }

type mlp struct{ Hidden, Out *linear.Model }

// update is what optimizers.Optimizer does, and waits until it is done.
func update(rule *adam.Adam, params ...*nn.Param) error {
	errs := make([]error, len(params))
	var all sync.WaitGroup
	for i, p := range params {
		all.Add(1)
		go func() {
			defer all.Done()
			errs[i] = rule.OptimizeParams(p)
		}()
	}
	all.Wait()
	return errors.Join(errs...)
}

func layer(w *wire.Work, name string) (*linear.Model, error) {
	x, shape, err := w.Param(name + ".weight")
	if err != nil {
		return nil, err
	}
	b, _, err := w.Param(name + ".bias")
	if err != nil {
		return nil, err
	}
	return &linear.Model{W: nn.NewParam(dense(x, shape...)), B: nn.NewParam(dense(b, len(b)))}, nil
}

func training(w *wire.Work) (wire.Runner, [][]float32, error) {
	batches, err := w.Batches()
	if err != nil {
		return nil, nil, err
	}
	model := &mlp{}
	if model.Hidden, err = layer(w, "hidden"); err != nil {
		return nil, nil, err
	}
	if model.Out, err = layer(w, "out"); err != nil {
		return nil, nil, err
	}
	rule := adam.New(adam.NewConfig(w.LR, 0.9, 0.999, 1e-8))
	turn := 0
	return w.Trained(func() (float32, error) {
		b := batches[turn%len(batches)]
		turn++
		n := len(b.Labels)
		xs := make([]mat.Tensor, n)
		for i := range xs {
			xs[i] = dense(b.X[i*len(b.X)/n:][:len(b.X)/n], len(b.X)/n)
		}
		hidden := model.Hidden.Forward(xs...)
		for i, h := range hidden {
			hidden[i] = ag.ReLU(h)
		}
		each := model.Out.Forward(hidden...)
		for i, y := range each {
			each[i] = losses.CrossEntropy(y, int(b.Labels[i]))
		}
		loss := ag.ProdScalar(ag.Sum(each...), mat.Scalar(float32(1)/float32(n)))
		if err := ag.Backward(loss); err != nil {
			return 0, err
		}
		if err := update(rule, model.Hidden.W, model.Hidden.B, model.Out.W, model.Out.B); err != nil {
			return 0, err
		}
		rule.IncExample()
		return loss.Value().Item().F32(), nil
	})
}

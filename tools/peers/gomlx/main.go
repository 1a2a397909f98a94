// Command gomlx is GoMLX with its backend in pure Go as a peer of cmd/bench: matmul
// and the training of the MLP.
package main

import (
	"fmt"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/gomlx/gomlx/pkg/ml/context"
	"github.com/gomlx/gomlx/pkg/ml/layers/activations"
	"github.com/gomlx/gomlx/pkg/ml/train"
	"github.com/gomlx/gomlx/pkg/ml/train/losses"
	"github.com/gomlx/gomlx/pkg/ml/train/optimizers"

	"github.com/vulgo-ml/vulgo/tools/peers/wire"
)

func main() {
	wire.Serve(wire.Peer{Name: "GoMLX simplego", Module: "github.com/gomlx/gomlx", Prepare: prepare})
}

func prepare(w *wire.Work) (wire.Runner, [][]float32, error) {
	backend, err := simplego.New("")
	if err != nil {
		return nil, nil, err
	}
	switch w.Name {
	case "train/mlp":
		return training(backend, w)
	case "train/cnn":
		return nil, nil, wire.Lacks("its backend has no gradient of convolutions")
	}
	return matmul(backend, w)
}

func matmul(backend backends.Backend, w *wire.Work) (wire.Runner, [][]float32, error) {
	m, err := w.Matmul()
	if err != nil {
		return nil, nil, err
	}
	a := tensors.FromFlatDataAndDimensions(m.A, w.In[0].Shape...)
	b := tensors.FromFlatDataAndDimensions(m.B, w.In[1].Shape...)
	left, right := 1, 0
	if m.TransA {
		left = 0
	}
	if m.TransB {
		right = 1
	}
	exec, err := graph.NewExec(backend, func(a, b *graph.Node) *graph.Node {
		return graph.DotGeneral(a, []int{left}, nil, b, []int{right}, nil)
	})
	if err != nil {
		return nil, nil, err
	}
	c, err := exec.Exec1(a, b)
	if err != nil {
		return nil, nil, err
	}
	run := func() error {
		c, err := exec.Exec1(a, b)
		if err == nil {
			err = c.FinalizeAll()
		}
		return err
	}
	flat, err := tensors.CopyFlatData[float32](c)
	return run, [][]float32{flat}, err
}

// variables gives the model's, with the values of the work at first.
type variables struct {
	ctx *context.Context
	g   *graph.Graph
	w   *wire.Work
}

func (v variables) get(name string, matrix bool) *graph.Node {
	x, shape, err := v.w.Param(name)
	if err != nil {
		panic(err)
	}
	if matrix { // [in, out] here
		x, shape = transposed(x, shape), []int{shape[1], shape[0]}
	}
	return v.ctx.Checked(false).VariableWithValue(name, tensors.FromFlatDataAndDimensions(x, shape...)).ValueGraph(v.g)
}

func transposed(x []float32, shape []int) []float32 {
	y := make([]float32, 0, len(x))
	for j := range shape[1] {
		for i := range shape[0] {
			y = append(y, x[i*shape[1]+j])
		}
	}
	return y
}

func (v variables) linear(name string, x *graph.Node) *graph.Node {
	b := v.get(name+".bias", false)
	return graph.Add(graph.Dot(x, v.get(name+".weight", true)), graph.ExpandLeftToRank(b, 2))
}

func mlp(v variables, x *graph.Node) *graph.Node {
	return v.linear("out", activations.Relu(v.linear("hidden", x)))
}

func training(backend backends.Backend, w *wire.Work) (wire.Runner, [][]float32, error) {
	batches, err := w.Batches()
	if err != nil {
		return nil, nil, err
	}
	predict := func(ctx *context.Context, _ any, in []*graph.Node) []*graph.Node {
		return []*graph.Node{mlp(variables{ctx, in[0].Graph(), w}, in[0])}
	}
	adam := optimizers.Adam().LearningRate(w.LR).Betas(0.9, 0.999).Epsilon(1e-8).Done()
	trainer := train.NewTrainer(backend, context.New(), predict, losses.SparseCategoricalCrossEntropyLogits, adam, nil, nil)
	turn := 0
	return w.Trained(func() (float32, error) {
		b := batches[turn%len(batches)]
		turn++
		x := tensors.FromFlatDataAndDimensions(b.X, b.Shape...)
		y := tensors.FromFlatDataAndDimensions(b.Labels, len(b.Labels), 1)
		metrics, err := trainer.TrainStep(nil, []*tensors.Tensor{x}, []*tensors.Tensor{y})
		if err != nil {
			return 0, err
		}
		loss, ok := metrics[0].Value().(float32)
		if !ok {
			return 0, fmt.Errorf("the loss is %T", metrics[0].Value())
		}
		return loss, nil
	})
}

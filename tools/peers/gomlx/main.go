// Command gomlx is GoMLX with its backend in pure Go as a peer of cmd/bench: matmul
// and the training of the MLP and the CNN.
package main

import (
	"fmt"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/gomlx/gomlx/pkg/core/tensors/images"
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
		return training(backend, w, mlp)
	case "train/cnn":
		return training(backend, w, cnn)
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

func (v variables) get(name string, permute func(x []float32, shape []int) ([]float32, []int)) *graph.Node {
	x, shape, err := v.w.Param(name)
	if err != nil {
		panic(err)
	}
	if permute != nil {
		x, shape = permute(x, shape)
	}
	return v.ctx.Checked(false).VariableWithValue(name, tensors.FromFlatDataAndDimensions(x, shape...)).ValueGraph(v.g)
}

// swapped are the first two axes the other way round.
func swapped(x []float32, shape []int) ([]float32, []int) {
	a, b, rest := shape[0], shape[1], 1
	for _, n := range shape[2:] {
		rest *= n
	}
	y := make([]float32, len(x))
	for i := range a {
		for j := range b {
			copy(y[(j*a+i)*rest:][:rest], x[(i*b+j)*rest:][:rest])
		}
	}
	return y, append([]int{b, a}, shape[2:]...)
}

func (v variables) linear(name string, x *graph.Node) *graph.Node {
	b := v.get(name+".bias", nil)
	return graph.Add(graph.Dot(x, v.get(name+".weight", swapped)), graph.ExpandLeftToRank(b, 2))
}

func (v variables) conv(name string, x *graph.Node) *graph.Node {
	y := graph.Convolve(x, v.get(name+".weight", swapped)).ChannelsAxis(images.ChannelsFirst).PadSame().Done()
	b := v.get(name+".bias", nil)
	return graph.Add(y, graph.Reshape(b, 1, b.Shape().Dimensions[0], 1, 1))
}

func mlp(v variables, x *graph.Node) *graph.Node {
	return v.linear("out", activations.Relu(v.linear("hidden", x)))
}

func cnn(v variables, x *graph.Node) *graph.Node {
	for _, name := range []string{"conv1", "conv2"} {
		x = graph.MaxPool(activations.Relu(v.conv(name, x))).ChannelsAxis(images.ChannelsFirst).Window(2).Done()
	}
	return mlp(v, graph.Reshape(x, x.Shape().Dimensions[0], -1))
}

func training(backend backends.Backend, w *wire.Work, model func(v variables, x *graph.Node) *graph.Node) (wire.Runner, [][]float32, error) {
	batches, err := w.Batches()
	if err != nil {
		return nil, nil, err
	}
	predict := func(ctx *context.Context, _ any, in []*graph.Node) []*graph.Node {
		return []*graph.Node{model(variables{ctx, in[0].Graph(), w}, in[0])}
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

package train_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vulgo-ml/vulgo/checkpoint"
	"github.com/vulgo-ml/vulgo/data"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
	"github.com/vulgo-ml/vulgo/train"
)

// line is a data.Dataset: points of y = 2x + 1, x from -1 to 1.
type line struct{}

func (line) Len() int             { return 64 }
func (line) Types() []tensor.Type { return []tensor.Type{tensor.F32(1), tensor.F32(1)} }

func (line) Example(i int, _ *tensor.Philox, dst []*tensor.Tensor) error {
	x := 2*float32(i)/63 - 1
	dst[0].F32[0], dst[1].F32[0] = x, 2*x+1
	return nil
}

// A line is fitted and saved; a new run, not trained, loads it and knows as much.
func ExampleRun_Dict() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "line.safetensors")
	dev, err := engine.Open("cpu")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dev.Close()

	points := &data.DataLoader{Dataset: line{}, BatchSize: 16, Shuffle: true}
	fit := train.Fit{
		Model: &nn.Linear{In: 1, Out: 1}, Loss: nn.MSE, Optimizer: optim.SGD{LR: 0.2},
		Data: points, Epochs: 20, Seed: 1,
	}
	run, err := fit.Run(context.Background(), dev)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	if err := checkpoint.Save(path, run.Dict(), nil); err != nil {
		fmt.Println(err)
		return
	}

	fit.Model = &nn.Linear{In: 1, Out: 1}
	loaded, err := fit.New(dev)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer loaded.Close()
	if _, err := checkpoint.Load(path, loaded.Dict()); err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range loaded.Dict().Names() {
		t, err := loaded.Dict().Tensor(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %v %.2f\n", name, t.Type, t.F32)
	}
	result, err := loaded.Evaluate(points)
	fmt.Printf("loss %.4f %v\n", result.Loss, err)
	// Output:
	// weight float32[1 1] [2.00]
	// bias float32[1] [1.00]
	// loss 0.0000 <nil>
}

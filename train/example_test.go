package train_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/checkpoint"
	"github.com/vulgo-ml/vulgo/data"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/train"
)

type Net struct{ Hidden, Out nn.Linear }

func (n *Net) Forward(x graph.Value) graph.Value {
	return n.Out.Forward(n.Hidden.Forward(x.Flatten(1)).Relu())
}

func learn(dev *engine.Device, path string) (result train.Result, err error) {
	digits, test, err := data.Glyphs(1, 4000, 1000)
	if err != nil {
		return result, err
	}
	run, err := train.Fit{
		Model: &Net{Hidden: nn.Linear{In: 28 * 28, Out: 128}, Out: nn.Linear{In: 128, Out: 10}},
		Data:  &data.DataLoader{Dataset: digits, BatchSize: 64, Shuffle: true, Seed: 1},
		Loss:  nn.CrossEntropy, Optimizer: optim.Adam{LR: 1e-3}, Epochs: 5, Seed: 1,
	}.Run(context.Background(), dev)
	if err != nil {
		return result, err
	}
	defer run.Close()
	if err := checkpoint.Save(path, run.Dict(), nil); err != nil {
		return result, err
	}
	return run.Evaluate(&data.DataLoader{Dataset: test, BatchSize: 64})
}

func ExampleFit() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	dev, err := engine.Open("cpu")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dev.Close()
	result, err := learn(dev, filepath.Join(dir, "net.safetensors"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Examples, "pictures of faces never seen; three in four right:", result.Metrics["accuracy"] > 0.75)
	// Output: 1000 pictures of faces never seen; three in four right: true
}

// The README's code is the example's, so that it compiles and runs.
func TestTheReadmesCodeIsTheExample(t *testing.T) {
	example, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	readme, err := os.ReadFile("../README.zh.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	require.NotEmpty(t, blocks)
	for _, b := range blocks {
		require.Contains(t, string(example), strings.TrimSpace(string(b[1])))
	}
}

package tasks

import (
	"fmt"
	"path/filepath"

	"github.com/vulgo-ml/vulgo/data"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/metrics"
	"github.com/vulgo-ml/vulgo/metrics/plot"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
	"github.com/vulgo-ml/vulgo/train"
)

// DigitsNet reads a 28x28 picture of a digit: two convolutions, each with ReLU
// and pooling, and two dense layers.
type DigitsNet struct {
	Conv1, Conv2 nn.Conv2d
	Hidden, Out  nn.Linear
}

const (
	digitSize    = 28
	digitClasses = 10
	glyphsTrain  = 8000
	glyphsTest   = 2000
	glyphsEpochs = 3
	mnistEpochs  = 10
)

// NewDigitsNet is the net of the benchmark train/cnn.
func NewDigitsNet() *DigitsNet {
	return &DigitsNet{
		Conv1:  nn.Conv2d{In: 1, Out: 32, Kernel: 3, Padding: 1},
		Conv2:  nn.Conv2d{In: 32, Out: 64, Kernel: 3, Padding: 1},
		Hidden: nn.Linear{In: 64 * 7 * 7, Out: 128},
		Out:    nn.Linear{In: 128, Out: digitClasses},
	}
}

// Forward gives the ten scores of each picture of x [N 1 28 28].
func (n *DigitsNet) Forward(x graph.Value) graph.Value {
	x = n.Conv1.Forward(x).Relu().MaxPool2d(2)
	x = n.Conv2.Forward(x).Relu().MaxPool2d(2)
	return n.Out.Forward(n.Hidden.Forward(x.Flatten(1)).Relu())
}

// digitSets are the pictures: MNIST's format in a folder, else drawn glyphs.
func digitSets(dir string, seed uint64) (tr, te *data.Images, about string, err error) {
	if dir == "" {
		tr, te, err = data.Glyphs(seed, glyphsTrain, glyphsTest)
		about = fmt.Sprintf("digits drawn from the Go fonts, %d to train and %d of other faces to test", glyphsTrain, glyphsTest)
		return tr, te, about, err
	}
	if tr, te, err = data.MNIST(dir); err != nil {
		return nil, nil, "", err
	}
	if tr.H != digitSize || tr.W != digitSize || tr.Classes != digitClasses {
		return nil, nil, "", fmt.Errorf("tasks: digits: the pictures in %s are %dx%d of %d classes; the net takes %dx%d of %d",
			dir, tr.H, tr.W, tr.Classes, digitSize, digitSize, digitClasses)
	}
	return tr, te, fmt.Sprintf("%s, %d pictures to train and %d to test", dir, tr.Len(), te.Len()), nil
}

func digits(o *Options) (*job, error) {
	tr, te, about, err := digitSets(o.Data, o.Seed)
	if err != nil {
		return nil, err
	}
	net := NewDigitsNet()
	j := &job{task: "digits", about: about, batch: or(o.Batch, 64)}
	test := &data.DataLoader{Dataset: te, BatchSize: max(j.batch, 250)}
	j.fit = train.Fit{
		Model: net, Loss: nn.CrossEntropy, Optimizer: optim.Adam{LR: or(o.LR, 1e-3)}, Seed: o.Seed,
		Data:  &data.DataLoader{Dataset: tr, BatchSize: j.batch, Shuffle: true, Seed: o.Seed},
		Valid: test,
	}
	epochs := glyphsEpochs
	if o.Data != "" {
		epochs = mnistEpochs
	}
	o.limits(&j.fit, epochs, 0)
	j.after = func(r *train.Run, rep *Report) error {
		res, err := r.Evaluate(&data.DataLoader{Dataset: data.Range(tr, 0, min(tr.Len(), te.Len())), BatchSize: test.BatchSize})
		if err != nil {
			return err
		}
		setResult(rep.Metrics, "train", res)
		return confusion(r.State, net, test, rep)
	}
	return j, nil
}

// scores is the net as a function of in0, the pictures.
func scores(st *engine.State, net nn.Module) *engine.Func {
	return engine.NewFunc(st, func(g *graph.Graph, in map[string]tensor.Type) {
		g.Output("scores", net.Forward(g.Input("in0", in["in0"])))
	})
}

func confusion(st *engine.State, net nn.Module, test data.Source, rep *Report) error {
	f := scores(st, net)
	defer f.Close()
	var m metrics.Confusion
	for batch, err := range test.From(0, 0) {
		if err != nil {
			return err
		}
		t, err := f.Run(engine.Feeds{"in0": batch[0]})
		if err != nil {
			return err
		}
		out, err := t.Tensor("scores")
		if err != nil {
			return err
		}
		if err := m.Add(out, batch[1]); err != nil {
			return err
		}
	}
	for d := range len(m.Counts) {
		set(rep.Metrics, "test", fmt.Sprintf("recall_%d", d), m.Recall(d))
		set(rep.Metrics, "test", fmt.Sprintf("precision_%d", d), m.Precision(d))
	}
	path := filepath.Join(rep.out, "digits-confusion.png")
	if err := plot.Confusion(path, "digits on "+rep.Device, &m, nil); err != nil {
		return fmt.Errorf("tasks: the confusion matrix: %w", err)
	}
	rep.Files = append(rep.Files, path)
	return nil
}

// or is v, or without one the task's own choice.
func or[T int | float64](v, own T) T {
	if v != 0 {
		return v
	}
	return own
}

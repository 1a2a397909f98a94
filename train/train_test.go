package train_test

import (
	"context"
	"errors"
	"iter"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/data"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
	"github.com/vulgo-ml/vulgo/train"
)

func TestMain(m *testing.M) { devtest.Main(m) }

// ring is points of the plane, inside a circle or out.
type ring int

func (r ring) Len() int             { return int(r) }
func (r ring) Types() []tensor.Type { return []tensor.Type{tensor.F32(2), tensor.I32()} }

func (r ring) Example(i int, _ *tensor.Philox, dst []*tensor.Tensor) error {
	rng := &tensor.Philox{Seed: 7, Stream: uint64(i)}
	x, y := rng.Uniform(-1, 1), rng.Uniform(-1, 1)
	dst[0].F32[0], dst[0].F32[1] = float32(x), float32(y)
	dst[1].I32[0] = 0
	if x*x+y*y < 0.6 {
		dst[1].I32[0] = 1
	}
	return nil
}

type net struct{ Hidden, Out nn.Linear }

func (n *net) Forward(x graph.Value) graph.Value {
	return n.Out.Forward(n.Hidden.Forward(x).Tanh())
}

func ringFit() train.Fit {
	return train.Fit{
		Model: &net{nn.Linear{In: 2, Out: 16}, nn.Linear{In: 16, Out: 2}}, Loss: nn.CrossEntropy,
		Optimizer: optim.Adam{LR: 0.03},
		Data:      &data.DataLoader{Dataset: ring(200), BatchSize: 32, Shuffle: true, Seed: 1}, Epochs: 25, Seed: 1,
	}
}

func mustRun(t *testing.T, f train.Fit, d *engine.Device) *train.Run {
	t.Helper()
	r, err := f.Run(context.Background(), d)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func TestFitLearns(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		f := ringFit()
		f.Valid = &data.DataLoader{Dataset: ring(200), BatchSize: 64}
		f.ClipNorm = 5
		var steps []train.Step
		f.OnStep = func(s train.Step) { steps = append(steps, s) }
		r := mustRun(t, f, d.Device)
		require.Len(t, r.Epochs, 25)
		require.Equal(t, 25*7, r.Done)
		require.Len(t, r.Losses, r.Done)
		for i, s := range steps {
			require.Equal(t, i, s.Step)
			require.Equal(t, i/7, s.Epoch)
			require.Equal(t, r.Losses[i], s.Loss)
			require.Greater(t, s.Norm, 0.0)
			want := 32
			if i%7 == 6 {
				want = 200 - 6*32
			}
			require.Equal(t, want, s.Examples)
		}
		first, last := r.Epochs[0], r.Epochs[24]
		require.Less(t, last.TrainLoss, first.TrainLoss/2)
		require.Greater(t, last.Valid.Metrics["accuracy"], 0.93)
		require.Equal(t, 200, last.Valid.Examples)

		// The mean over uneven batches is the mean over the examples.
		whole, err := r.Evaluate(&data.DataLoader{Dataset: ring(200), BatchSize: 200})
		require.NoError(t, err)
		require.InDelta(t, whole.Loss, last.Valid.Loss, 1e-6)
		require.InDelta(t, whole.Metrics["accuracy"], last.Valid.Metrics["accuracy"], 1e-6)
	})
}

func TestSeeds(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		f := ringFit()
		f.Epochs, f.Steps = 0, 10 // as many epochs as it takes
		one, two := mustRun(t, f, d.Device), mustRun(t, f, d.Device)
		require.Len(t, one.Losses, 10)
		require.Equal(t, one.Losses, two.Losses)
		f.Seed = 2
		require.NotEqual(t, one.Losses, mustRun(t, f, d.Device).Losses)
	})
}

func TestScheduleAndClipping(t *testing.T) {
	d := devtest.Devices()[0].Device
	f := ringFit()
	f.Optimizer, f.Epochs, f.Steps = optim.SGD{LR: 1}, 0, 3
	f.Schedule = optim.Lambda(func(step int) float64 { return map[bool]float64{true: 0.5}[step == 1] })
	r, err := f.New(d)
	require.NoError(t, err)
	defer r.Close()
	weights := func() []float32 {
		w, err := r.State.Get(r.Vars[0])
		require.NoError(t, err)
		return w.F32
	}
	before := weights()
	var after [][]float32
	r.Fit.OnStep = func(train.Step) { after = append(after, weights()) }
	require.NoError(t, r.Train(context.Background()))
	require.NotEqual(t, before, after[2]) // step 1 moved them
	f.Schedule = optim.Lambda(func(int) float64 { return 0 })
	still := mustRun(t, f, d)
	got, err := still.State.Get(still.Vars[0])
	require.NoError(t, err)
	require.Equal(t, before, got.F32)

	// |Δw| of all parameters together is the rate times the clipped norm.
	f.Schedule, f.Steps, f.ClipNorm = nil, 1, 0.01
	clipped := mustRun(t, f, d)
	sum := 0.0
	for _, v := range clipped.Vars {
		w, err := clipped.State.Get(v)
		require.NoError(t, err)
		for i, x := range v.Init().F32 {
			sum += math.Pow(float64(w.F32[i]-x), 2)
		}
	}
	require.InEpsilon(t, 0.01, math.Sqrt(sum), 1e-3)
}

func TestCancel(t *testing.T) {
	d := devtest.Devices()[0].Device
	ctx, cancel := context.WithCancel(context.Background())
	f := ringFit()
	f.OnStep = func(s train.Step) {
		if s.Step == 3 {
			cancel()
		}
	}
	r, err := f.Run(ctx, d)
	require.ErrorIs(t, err, context.Canceled)
	defer r.Close()
	require.Len(t, r.Losses, r.Done, "every step that ran was reported")
	require.Less(t, r.Done, 7)
	for _, name := range r.Dict().Names() {
		_, err := r.Dict().Tensor(name)
		require.NoError(t, err)
	}
}

// counting has a loss that is the carried count of batches, beside a parameter.
func counting(batches int, src data.Source) train.Fit {
	m := &net{nn.Linear{In: 2, Out: 2}, nn.Linear{In: 2, Out: 2}}
	return train.Fit{
		Model: m, Optimizer: optim.SGD{LR: 0.1}, Data: src, Epochs: batches,
		Step: func(b *train.Batch) graph.Value {
			n := b.Carry("count")
			b.SetCarry("count", n.AddScalar(1))
			return m.Forward(b.In[0]).Sum().MulScalar(0).Add(n)
		},
	}
}

func TestCarryStartsAtZeroEachEpoch(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		src := &data.DataLoader{Dataset: ring(12), BatchSize: 4}
		f := counting(2, src)
		f.Valid = src
		r := mustRun(t, f, d.Device)
		require.Equal(t, []float64{0, 1, 2, 0, 1, 2}, r.Losses)
		for range 2 {
			res, err := r.Evaluate(src)
			require.NoError(t, err)
			require.Equal(t, 1.0, res.Loss)
		}
	})
}

// none is a source without batches; bad one that fails.
type none struct{ *data.DataLoader }

func (none) From(int, int) iter.Seq2[[]*tensor.Tensor, error] {
	return func(func([]*tensor.Tensor, error) bool) {}
}

type bad struct{ *data.DataLoader }

var errRead = errors.New("the disk is gone")

func (bad) From(int, int) iter.Seq2[[]*tensor.Tensor, error] {
	return func(yield func([]*tensor.Tensor, error) bool) { yield(nil, errRead) }
}

func TestRefusals(t *testing.T) {
	d := devtest.Devices()[0].Device
	fails := func(want string, change func(f *train.Fit)) {
		t.Helper()
		f := ringFit()
		change(&f)
		r, err := f.Run(context.Background(), d)
		require.ErrorContains(t, err, want)
		if r != nil {
			require.NoError(t, r.Close())
		}
	}
	loader := ringFit().Data.(*data.DataLoader)
	fails("Fit.Optimizer is missing", func(f *train.Fit) { f.Optimizer = nil })
	fails("Fit needs Step, or Model and Loss", func(f *train.Fit) { f.Loss = nil })
	fails("Fit needs Epochs or Steps", func(f *train.Fit) { f.Epochs = 0 })
	fails("Fit.Data is missing", func(f *train.Fit) { f.Data = nil })
	fails("has no Forward", func(f *train.Fit) { f.Model = &struct{ A nn.Linear }{nn.Linear{In: 2, Out: 2}} })
	fails("no batches", func(f *train.Fit) { f.Data, f.Epochs, f.Steps = none{loader}, 0, 5 })
	fails("nothing to evaluate", func(f *train.Fit) { f.Valid = none{loader} })
	fails("the disk is gone", func(f *train.Fit) { f.Data = bad{loader} })
	fails("inner sizes differ", func(f *train.Fit) { f.Model.(*net).Hidden.In = 3 })
	fails("enough", func(f *train.Fit) { f.OnEpoch = func(train.Epoch) error { return errors.New("enough") } })
	fails("the loss is", func(f *train.Fit) {
		f.Loss = func(out, y graph.Value) graph.Value { return nn.CrossEntropy(out, y).AddScalar(-100).Log() }
	})
}

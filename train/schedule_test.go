package train_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/train"
)

// rates records what a schedule is asked.
type rates struct {
	optim.Schedule
	steps []int
	heard []float64
}

func (r *rates) Rate(base float64, step int) float64 {
	r.steps = append(r.steps, step)
	return r.Schedule.Rate(base, step)
}

func (r *rates) Observe(metric float64) { r.heard = append(r.heard, metric) }

func TestSchedulesCountStepsOrEpochsAndHearTheLoss(t *testing.T) {
	d := devtest.Devices()[0].Device
	f := ringFit()
	f.Epochs = 2
	s := &rates{Schedule: optim.Exponential{Gamma: 0.5}}
	f.Schedule = s
	r := mustRun(t, f, d)
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, s.steps)
	require.Equal(t, []float64{r.Epochs[0].TrainLoss, r.Epochs[1].TrainLoss}, s.heard)
	s.steps, f.PerEpoch = nil, true
	mustRun(t, f, d)
	require.Equal(t, []int{0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1}, s.steps)
}

// A frozen layer stays, the other two have optimizers of their own, clipped
// together; the averages are evaluated and put back.
func TestGroupsClippingAndAveragesInOneFit(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		f := ringFit()
		weights := func(p *graph.Variable) bool { return len(p.Type.Shape) == 2 && p.Name != "out.weight" }
		f.Optimizer = optim.Groups{
			{Name: "weights", Match: weights, Optimizer: optim.AdamW{LR: 0.03}},
			{Name: "biases", Match: optim.Named("hidden.bias"), Optimizer: optim.SGD{LR: 0.1, Momentum: 0.9}},
			{Name: "out", Match: optim.Named("out.weight"), Optimizer: optim.RMSprop{LR: 0.01}},
		}
		f.Epochs, f.Average, f.ClipNorm, f.NormType, f.ClipValue = 4, &optim.Averaging{Decay: 0.9}, 1, math.Inf(1), 0.5
		f.Schedule = optim.Warmup{Steps: 3}
		f.OnStep = func(s train.Step) { require.LessOrEqual(t, s.Norm, 0.5) }
		r := mustRun(t, f, d.Device)
		require.Less(t, r.Epochs[3].TrainLoss, r.Epochs[0].TrainLoss)
		byName := map[string][]float32{}
		for _, v := range r.Vars {
			w, err := r.State.Get(v)
			require.NoError(t, err)
			byName[v.Name] = w.F32
			if v.Name == "out.bias" {
				require.Equal(t, v.Init().F32, w.F32, "no group picks it")
			} else {
				require.NotEqual(t, v.Init().F32, w.F32, v.Name)
			}
		}
		require.NoError(t, r.Average.Swap(r.State))
		res, err := r.Evaluate(f.Data)
		require.NoError(t, err)
		require.NotEqual(t, r.Epochs[3].TrainLoss, res.Loss)
		for _, v := range r.Average.Params {
			w, err := r.State.Get(v)
			require.NoError(t, err)
			require.NotEqual(t, byName[v.Name], w.F32)
		}
		require.NoError(t, r.Average.Swap(r.State))
		for _, v := range r.Vars {
			w, err := r.State.Get(v)
			require.NoError(t, err)
			require.Equal(t, byName[v.Name], w.F32)
		}
	})
}

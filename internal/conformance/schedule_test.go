package conformance

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/optim"
)

func TestSchedulesByTheNamesOfPyTorch(t *testing.T) {
	for _, c := range []struct {
		torch, args string
		want        []float64 // from base rate 1
	}{
		{"torch.optim.lr_scheduler.ExponentialLR", `{"gamma": 0.5}`, []float64{1, 0.5, 0.25}},
		{"LinearLR", `{"start_factor": 1, "end_factor": 0, "total_iters": 2}`, []float64{1, 0.5, 0}},
		{"lr_scheduler.LambdaLR", `{"lr_lambda": "lambda epoch: 1/(1+epoch)"}`, []float64{1, 0.5}},
		{"MultiplicativeLR", `{"formula": "0.5"}`, []float64{1, 0.5, 0.25}},
		{"SequentialLR([ConstantLR,ExponentialLR])", `{"constant": {"factor": 0.5, "total_iters": 9}, "exponential": {"gamma": 0.5}, "milestones": [1]}`, []float64{0.5, 1, 0.5}},
		{"SequentialLR([LinearLR, StepLR, StepLR])", `{"warmup": {"start_factor": 0.5, "total_iters": 1}, "step1": {"step_size": 1}, "step2": {"step_size": 1, "gamma": 0.5}, "milestones": [1, 2]}`,
			[]float64{0.5, 1, 1, 0.5}},
		{"ChainedScheduler", `{"schedulers": [{"name": "ConstantLR", "factor": 0.5, "total_iters": 1}, {"type": "ExponentialLR", "args": {"gamma": 0.5}}]}`, []float64{0.5, 0.5, 0.25}},
		{"PolynomialLR", `{"total_iters": 2}`, []float64{1, 0.5, 0}},
		{"CosineAnnealingWarmRestarts", `{"T_0": 2, "T_mult": 2}`, []float64{1, 0.5, 1}},
	} {
		var args map[string]any
		require.NoError(t, json.Unmarshal([]byte(c.args), &args))
		s, err := schedule(c.torch, args)
		require.NoError(t, err, c.torch)
		for i, want := range c.want {
			require.InDelta(t, want, s.Rate(1, i), 1e-15, "%s at %d", c.torch, i)
		}
	}
	for _, torch := range []string{"NoSuchLR", "SequentialLR([NoSuchLR])", "LambdaLR"} {
		_, err := schedule(torch, nil)
		_, missing := IsMissing(err)
		require.True(t, missing, torch)
	}
}

func TestOptimizersByTheNamesOfPyTorch(t *testing.T) {
	args := map[string]any{"lr": 0.5, "betas": []any{0.0, 0.9}, "eps": 0.0, "weight_decay": 0.0, "maximize": true}
	for _, name := range []string{"SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop", "Lion", "LAMB", "Muon"} {
		o, err := optimizer("torch.optim."+name, args)
		require.NoError(t, err)
		require.Equal(t, 0.5, o.Rate(), name)
	}
	o, err := optimizer("torch.optim.AdamW", args)
	require.NoError(t, err)
	require.Equal(t, optim.AdamW{LR: 0.5, Beta1: -1, Beta2: 0.9, Eps: -1, WeightDecay: -1, Maximize: true}, o, "zeros are no defaults")
	_, err = optimizer("torch.optim.LBFGS", args)
	_, missing := IsMissing(err)
	require.True(t, missing)
}

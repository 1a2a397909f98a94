package optim_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/tensor"
)

// One step down the gradient of Σw², which is 2w: w - 0.25·2w is half of w.
// Package train does this for a whole training.
func ExampleRule_Apply() {
	w := &graph.Variable{
		Name: "w", Type: tensor.F32(2), Trainable: true,
		Init: func() *tensor.Tensor { return tensor.FromF32([]float32{1, -3}, 2) },
	}
	rule := optim.SGD{}.For([]*graph.Variable{w})

	dev, err := engine.Open("cpu")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dev.Close()
	state, err := engine.NewState(dev)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer state.Close()
	step, err := engine.Compile(state, func(g *graph.Graph) {
		x := g.Read(w)
		loss := x.Square().Sum()
		g.Output("loss", loss)
		rule.Apply(graph.Grad(loss, x), 0)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer step.Close()

	for range 2 {
		run, err := step.Run(engine.Feeds{optim.LRInput: tensor.Scalar(0.25)})
		if err != nil {
			fmt.Println(err)
			return
		}
		loss, err := run.Scalar("loss")
		if err != nil {
			fmt.Println(err)
			return
		}
		now, err := state.Get(w)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("the loss was", loss, "and w is now", now.F32)
	}
	// Output:
	// the loss was 10 and w is now [0.5 -1.5]
	// the loss was 2.5 and w is now [0.25 -0.75]
}

// Two weights learn at rates of their own; a third, which no group picks, stays.
func ExampleGroups() {
	var params []*graph.Variable
	for _, name := range []string{"body.weight", "head.weight", "head.bias"} {
		params = append(params, &graph.Variable{Name: name, Type: tensor.F32(2), Trainable: true})
	}
	rule := optim.Groups{
		{Name: "weights", Match: optim.Named("head.weight"), Optimizer: optim.AdamW{LR: 1e-3}},
		{Name: "biases", Match: optim.Named("head.bias"), Optimizer: optim.SGD{LR: 1e-2, Momentum: 0.9}},
	}.For(params)
	for _, r := range rule.Rates {
		fmt.Println("input", r.Input, "is", r.Base)
	}
	for _, v := range rule.State {
		fmt.Println(v.Name)
	}
	// Output:
	// input lr is 0.001
	// input lr.biases is 0.01
	// optim.weights.exp_avg
	// optim.weights.exp_avg_sq
	// optim.weights.step
	// optim.biases.momentum_buffer
	// optim.biases.step
}

// A schedule is a formula of the base rate and the step.
func ExampleSchedule() {
	s := optim.Warmup{Steps: 4, Then: optim.CosineAnnealing{TMax: 4}}
	for step := range 9 {
		fmt.Printf("%.3f ", s.Rate(0.1, step))
	}
	// Output: 0.025 0.050 0.075 0.100 0.100 0.085 0.050 0.015 0.000
}

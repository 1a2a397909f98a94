package nn_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Modules in a row make a model without a type of one's own.
func ExampleSequential() {
	model := nn.Sequential{
		nn.Flatten{},
		&nn.Linear{In: 64, Out: 32}, nn.SELU{}, nn.AlphaDropout{P: 0.1},
		&nn.Linear{In: 32, Out: 10},
	}
	vars, err := nn.Init(&model, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range vars {
		fmt.Println(v.Name, v.Type)
	}
	g := graph.New()
	fmt.Println(model.Forward(g.Input("x", tensor.F32(16, 8, 8))).Shape(), g.Err())
	// Output:
	// 1.weight float32[32 64]
	// 1.bias float32[32]
	// 4.weight float32[10 32]
	// 4.bias float32[10]
	// [16 10] <nil>
}

// A loss is a struct of options; its Forward is what train.Fit takes as Loss.
// Here rare classes weigh more, and padding, labelled -100, counts nothing.
func ExampleCrossEntropyLoss() {
	loss := nn.CrossEntropyLoss{Weight: tensor.FromF32([]float32{1, 3}, 2), LabelSmoothing: 0.1}.Forward
	dev, err := engine.Open("cpu")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer dev.Close()
	st, err := engine.NewState(dev)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer st.Close()
	x, y := tensor.FromF32([]float32{2, 0, 0, 2, 1, 1}, 3, 2), tensor.FromI32([]int32{0, 0, -100}, 3)
	p, err := engine.Compile(st, func(g *graph.Graph) {
		g.Output("loss", loss(g.Input("x", x.Type), g.Input("y", y.Type)))
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	run, err := p.Run(engine.Feeds{"x": x, "y": y})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := run.Scalar("loss")
	fmt.Printf("%.4f %v\n", v, err)
	// Output: 1.2396 <nil>
}

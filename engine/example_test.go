package engine_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// A program is compiled once and run many times. A variable keeps its value
// from run to run, in the State's memory.
func Example() {
	dev, err := engine.Open("cpu") // "auto" takes a GPU, if there is one
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

	total := &graph.Variable{Name: "total", Type: tensor.F32(2)}
	program, err := engine.Compile(state, func(g *graph.Graph) {
		sum := g.Read(total).Add(g.Input("x", tensor.F32(2)))
		g.Assign(total, sum)
		g.Output("mean", sum.Mean())
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer program.Close()

	for i := range 3 {
		run, err := program.Run(engine.Feeds{"x": tensor.FromF32([]float32{1, float32(i)}, 2)})
		if err != nil {
			fmt.Println(err)
			return
		}
		mean, err := run.Scalar("mean") // waits for the run
		fmt.Println(mean, err)
	}
	sums, err := state.Get(total)
	fmt.Println(sums.F32, err)
	// Output:
	// 0.5 <nil>
	// 1.5 <nil>
	// 3 <nil>
	// [3 3] <nil>
}

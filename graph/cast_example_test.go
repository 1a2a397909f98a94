package graph_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

// A net whose input is float16 has activations in 16 bits, and parameters and
// their gradients in float32. The loss is better taken in float32.
func ExampleValue_Half() {
	l := &nn.Linear{In: 4, Out: 2}
	if _, err := nn.Init(l, 1); err != nil {
		fmt.Println(err)
		return
	}
	g := graph.New()
	y := l.Forward(g.Input("x", tensor.F32(3, 4)).Half()).Relu()
	loss := nn.CrossEntropy(y.Float(), g.Input("label", tensor.I32(3)))
	d := graph.Grad(loss, y, g.Read(l.Weight))
	fmt.Println("y", y.Type())
	fmt.Println("loss", loss.Type())
	fmt.Println("gradients", d[0].Type(), d[1].Type())
	// Output:
	// y float16[3 2]
	// loss float32[]
	// gradients float16[3 2] float32[2 4]
}

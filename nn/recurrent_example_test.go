package nn_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Sequences of different lengths go through in one batch, padded to the longest.
func ExampleGRU_ForwardLengths() {
	gru := &nn.GRU{In: 8, Hidden: 16, Bidirectional: true, BatchFirst: true}
	if _, err := nn.Init(gru, 1); err != nil {
		fmt.Println(err)
		return
	}
	g := graph.New()
	x, lengths := g.Input("x", tensor.F32(32, 50, 8)), g.Input("lengths", tensor.I32(32))
	y, h := gru.ForwardLengths(x, lengths, graph.Value{})
	fmt.Println(y.Shape(), h.Shape(), g.Err())
	// Output: [32 50 32] [2 32 16] <nil>
}

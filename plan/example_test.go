package plan_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/plan"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Bias and activation become part of the product's step. Each operand stands
// with its place: the slab, the offset and the bytes.
func ExampleBuild() {
	g := graph.New()
	x := g.Input("x", tensor.F32(8, 4))
	w := g.Read(&graph.Variable{Name: "w", Type: tensor.F32(2, 4)})
	b := g.Read(&graph.Variable{Name: "b", Type: tensor.F32(2)})
	g.Output("y", x.MatMulT(w).Add(b).Relu())

	p, err := plan.Build(g, kernels.CPUTarget(), plan.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(p)
	// Output:
	// plan for cpu: 1 steps, 0 dispatches, 0 barriers
	// memory: arena [] (at least 0), fixed 0, const 0, in 256, out 256 bytes
	//   0 matmul+add+relu.fast {TransA:false TransB:true} [8 4]in[0+128] [2 4]state[0+32] +[2]state[256+8] -> [8 2]out[0+64]
	// out y float32[8 2] out[0+64]
}

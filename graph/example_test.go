package graph_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// A gradient is a value like any other, so it has a gradient too.
func ExampleGrad() {
	g := graph.New()
	x := g.Input("x", tensor.F32())
	y := x.Mul(x)
	dy := graph.Grad(y, x)[0]
	ddy := graph.Grad(dy, x)[0]
	g.Output("y", y)
	g.Output("dy", dy)
	g.Output("ddy", ddy)

	out, _, err := engine.Oracle(g, engine.Feeds{"x": tensor.Scalar(3)}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out["y"].At(0), out["dy"].At(0), out["ddy"].At(0))
	// Output: 9 6 2
}

// Shapes are checked when an op is added. The first error is kept, and what
// follows from it is absent, so one check at the end is enough.
func ExampleGraph_Err() {
	g := graph.New()
	x := g.Input("x", tensor.F32(3, 5))
	w := g.Input("w", tensor.F32(4, 2))
	y := x.MatMul(w).Relu()
	fmt.Println(y.Valid())
	fmt.Println(g.Err())
	// Output:
	// false
	// graph/example_test.go:37: matmul: [3 5] · [4 2]: inner sizes differ: 5 and 4
}

// Attention's scores of each query and key, by labels: no transposing by hand.
func ExampleEinsum() {
	g := graph.New()
	q := g.Input("q", tensor.F32(2, 10, 8, 64)) // batch, query, head, feature
	k := g.Input("k", tensor.F32(2, 12, 8, 64))
	scores := graph.Einsum("bqhd,bkhd->bhqk", q, k)
	fmt.Println(scores.Shape(), g.Err())
	// Output: [2 8 10 12] <nil>
}

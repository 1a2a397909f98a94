package cpuref_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
)

// One body serves both precisions: float64 is the oracle, float32 the fallback.
func ExampleMatMul() {
	args := cpuref.Args[float64]{
		Attrs: cpuref.MatMulAttrs{TransB: true}, // B is stored [N, K]
		In: []cpuref.Arg[float64]{
			{Shape: []int{1, 2}, F: []float64{1, 2}},
			{Shape: []int{3, 2}, F: []float64{1, 0, 0, 1, 1, 1}},
		},
		Out: []cpuref.Arg[float64]{{Shape: []int{1, 3}, F: make([]float64, 3)}},
	}
	cpuref.MatMul(&args)
	fmt.Println(args.Out[0].F)
	// Output: [1 2 3]
}

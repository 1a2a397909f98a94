package kernels_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// An op's declaration holds its formula and its shape rule, whose error names
// the op and the shapes.
func ExampleOp_Infer() {
	op := kernels.Lookup("matmul")
	fmt.Println(op.Doc)

	_, out, err := op.Infer(cpuref.MatMulAttrs{}, []tensor.Type{tensor.F32(3, 5), tensor.F32(5, 2)})
	fmt.Println(out, err)
	_, _, err = op.Infer(cpuref.MatMulAttrs{}, []tensor.Type{tensor.F32(3, 5), tensor.F32(4, 2)})
	fmt.Println(err)
	// Output:
	// C = A·B  (A [.., M, K], B [.., K, N] -> C [.., M, N])
	// [float32[3 2]] <nil>
	// matmul: [3 5] · [4 2]: inner sizes differ: 5 and 4
}

// Choose picks the kernel that serves a call on a device.
func ExampleChoose() {
	call := &kernels.Call{
		Op: kernels.Embedding,
		In: []tensor.Type{tensor.F32(1000, 64), tensor.I32(32)}, Out: []tensor.Type{tensor.F32(32, 64)},
	}
	gpu := kernels.MinimalVulkan()
	variant, err := kernels.Choose(gpu, call, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	low, err := variant.Lower(gpu, call)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range low.Dispatches {
		fmt.Println(variant.Name, "runs", d.Shader, "with grid", d.Grid)
	}
	// Output: flat runs embedding_4 with grid [8 1 1]
}

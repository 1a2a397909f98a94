package expr_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/expr"
)

// A formula runs on the CPU, prints as GLSL and differentiates itself.
func Example() {
	f, err := expr.Parse("x, slope:attr -> where(x > 0, x, slope*x)")
	if err != nil {
		fmt.Println(err)
		return
	}
	x := expr.Vec[float32]{F: []float32{-2, -1, 0, 3}}
	y := expr.Vec[float32]{F: make([]float32, 4)}
	space, _ := expr.NewSpace([]int{4}, []int{4})
	expr.Compile[float32](f).Run(&space, y, []expr.Vec[float32]{x}, []float64{0.5}, 0, 4)
	fmt.Println(y.F)

	g, uses, _ := f.Grad(0) // over x (0) and the upstream gradient (2)
	fmt.Println(g, uses)
	fmt.Print(f.GLSL("leaky_relu"))
	// Output:
	// [-1 -0.5 0 3]
	// x0, x1, a0:attr -> t0 = x0 > 0; where(t0, x1, 0) + where(t0, 0, x1) * a0 [0 2]
	// float leaky_relu(float x0, float a0) {
	//     precise bool t0 = x0 > uintBitsToFloat(0x00000000u);
	//     precise float t1 = a0 * x0;
	//     precise float y = (t0 ? x0 : t1);
	//     return y;
	// }
}

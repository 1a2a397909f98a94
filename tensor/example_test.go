package tensor_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/tensor"
)

// A tensor is a type, which is a dtype with a shape, and row-major data.
func Example() {
	t := tensor.FromF32([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	fmt.Println(t.Type, t.Elems(), "elements,", t.Bytes(), "bytes, strides", t.Shape.Strides())
	fmt.Println("row 1, column 2:", t.At(1*3+2))
	// Output:
	// float32[2 3] 6 elements, 24 bytes, strides [3 1]
	// row 1, column 2: 6
}

// A generator of the same seed and stream draws the same numbers everywhere.
func ExamplePhilox() {
	a, b := tensor.Philox{Seed: 1}, tensor.Philox{Seed: 1}
	other := tensor.Philox{Seed: 1, Stream: 7}
	fmt.Println(a.Uint32() == b.Uint32(), a.Uint32() == other.Uint32())
	fmt.Println(a.Perm(5))
	// Output:
	// true false
	// [0 1 4 3 2]
}

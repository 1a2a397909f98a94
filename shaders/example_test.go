package shaders_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/shaders"
)

// The committed SPIR-V is found by its build's name; its first word is SPIR-V's
// magic number.
func ExampleSPIRV() {
	words, err := shaders.SPIRV("embedding_4")
	fmt.Printf("%#x %v\n", words[0], err)
	_, err = shaders.SPIRV("embedding_5")
	fmt.Println(err)
	// Output:
	// 0x7230203 <nil>
	// shaders: no shader "embedding_5": is shaders/spv/embedding_5.spv committed? tools/glslc.sh builds it
}

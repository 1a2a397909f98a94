package checkpoint_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/vulgo-ml/vulgo/checkpoint"
	"github.com/vulgo-ml/vulgo/tensor"
)

func ExampleWriteFile() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "net.safetensors")
	weights := map[string]*tensor.Tensor{"fc.weight": tensor.FromF32([]float32{1, 2, 3, 4, 5, 6}, 2, 3)}
	if err := checkpoint.WriteFile(path, weights, map[string]string{"task": "digits"}); err != nil {
		fmt.Println(err)
		return
	}
	file, err := checkpoint.ReadFile(path)
	fmt.Println(file.Names, file.Tensors["fc.weight"].Type, file.Meta["task"], err)
	// Output: [fc.weight] float32[2 3] digits <nil>
}

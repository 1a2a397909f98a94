package plot_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/vulgo-ml/vulgo/metrics/plot"
)

func ExampleCurves() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "loss.png")
	err = plot.Curves(path, "training", "step", "loss",
		plot.Line{Name: "train", X: []float64{0, 100, 200}, Y: []float64{2.3, 0.4, 0.2}},
		plot.Line{Name: "test", X: []float64{0, 100, 200}, Y: []float64{2.3, 0.5, 0.3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := os.ReadFile(path)
	fmt.Printf("%q %v\n", file[1:4], err)
	// Output: "PNG" <nil>
}

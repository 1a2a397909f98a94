package metrics_test

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/metrics"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Metrics add up batches of scores [N C] and labels [N].
func Example() {
	scores := tensor.FromF32([]float32{
		0.9, 0.1,
		0.2, 0.8,
		0.6, 0.4,
		0.3, 0.7,
	}, 4, 2)
	labels := tensor.FromI32([]int32{0, 1, 1, 1}, 4)

	var accuracy metrics.Accuracy
	var confusion metrics.Confusion
	for range 2 {
		if err := accuracy.Add(scores, labels); err != nil {
			fmt.Println(err)
			return
		}
		if err := confusion.Add(scores, labels); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(accuracy.Right, "of", accuracy.Total)
	fmt.Println("counts:", confusion.Counts)
	fmt.Printf("precision of class 0: %.2f, recall of class 1: %.2f\n", confusion.Precision(0), confusion.Recall(1))
	// Output:
	// 6 of 8
	// counts: [[2 0] [2 4]]
	// precision of class 0: 0.50, recall of class 1: 0.67
}

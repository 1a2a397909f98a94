package kernels_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// The example of ONNX's ReverseSequence, time_axis 0 and batch_axis 1.
func TestReverseSequenceKeepsWhatIsBehindTheLength(t *testing.T) {
	x := []float32{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}
	y := make([]float32, 16)
	kernels.ReverseSequence.CPU.F32(&cpuref.Args[float32]{
		Attrs: cpuref.ReverseSequenceAttrs{Time: 0, Batch: 1},
		In:    []cpuref.Arg[float32]{{Shape: []int{4, 4}, F: x}, {Shape: []int{4}, I: []int32{4, 3, 2, 1}}},
		Out:   []cpuref.Arg[float32]{{Shape: []int{4, 4}, F: y}},
	})()
	require.Equal(t, []float32{3, 6, 9, 12, 2, 5, 8, 13, 1, 4, 10, 14, 0, 7, 11, 15}, y)
}

func TestReverseSequenceRefusesWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		at  cpuref.ReverseSequenceAttrs
		len tensor.Type
		err string
	}{
		{cpuref.ReverseSequenceAttrs{Time: 0, Batch: 0}, tensor.I32(4), "time and batch are both axis 0"},
		{cpuref.ReverseSequenceAttrs{Time: 2, Batch: 0}, tensor.I32(4), "no axis 2"},
		{cpuref.ReverseSequenceAttrs{Time: 0, Batch: 1}, tensor.I32(4), "wants int32 [5]"},
		{cpuref.ReverseSequenceAttrs{Time: 0, Batch: 1}, tensor.F32(5), "wants int32 [5]"},
	} {
		_, _, err := kernels.ReverseSequence.Infer(c.at, []tensor.Type{tensor.F32(4, 5), c.len})
		require.ErrorContains(t, err, c.err)
	}
}

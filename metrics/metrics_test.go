package metrics

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

func TestArgmaxTakesTheFirstOfEqualsAndNoNaN(t *testing.T) {
	nan := float32(math.NaN())
	got, err := Argmax(tensor.FromF32([]float32{1, 3, 3, nan, 9, 1, 9, 1, nan, -1, -2, -3}, 4, 3))
	require.NoError(t, err)
	require.Equal(t, []int{1, -1, -1, 0}, got)
	_, err = Argmax(tensor.FromI32([]int32{1}, 1, 1))
	require.ErrorContains(t, err, "int32[1 1]")
	_, err = Argmax(tensor.New(tensor.F32(2, 0)))
	require.Error(t, err)
}

func TestAccuracyAndConfusion(t *testing.T) {
	nan := float32(math.NaN())
	scores := tensor.FromF32([]float32{0.9, 0.1, 0.2, 0.8, 0.7, 0.3, nan, 1}, 4, 2)
	labels := tensor.FromI32([]int32{0, 1, 1, 1}, 4)
	var a Accuracy
	var m Confusion
	require.True(t, math.IsNaN(a.Value()))
	for range 2 {
		require.NoError(t, a.Add(scores, labels))
		require.NoError(t, m.Add(scores, labels))
	}
	require.Equal(t, Accuracy{Right: 4, Total: 8}, a)
	require.Equal(t, "50.00 % (4 of 8)", a.String())
	require.Equal(t, [][]int{{2, 0}, {2, 2}}, m.Counts)
	require.Equal(t, 2, m.NaN)
	require.Equal(t, a, m.Accuracy())
	require.Equal(t, 0.5, m.Recall(1))
	require.Equal(t, 0.5, m.Precision(0))
	require.Equal(t, "label     0     1\n    0     2     0\n    1     2     2", m.String())

	require.ErrorContains(t, a.Add(scores, tensor.FromI32([]int32{0}, 1)), "int32[4]")
	require.ErrorContains(t, m.Add(scores, tensor.FromI32([]int32{0, 1, 2, 0}, 4)), "label 2")
}

func TestMeanAndPerplexity(t *testing.T) {
	var m Mean
	require.True(t, math.IsNaN(m.Value()))
	m.Add(1, 64)
	m.Add(2, 32)
	require.InDelta(t, 4./3, m.Value(), 1e-15)
	m.Add(math.NaN(), 1)
	require.True(t, math.IsNaN(m.Value()))
	require.InDelta(t, 65, Perplexity(math.Log(65)), 1e-12)
}

func ExampleAccuracy() {
	var a Accuracy
	scores := tensor.FromF32([]float32{0.1, 0.9, 0.8, 0.2}, 2, 2)
	if err := a.Add(scores, tensor.FromI32([]int32{1, 1}, 2)); err != nil {
		fmt.Println(err)
	}
	fmt.Println(a.String())
	// Output: 50.00 % (1 of 2)
}

package cpuref

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMaxPool2d(t *testing.T) {
	nan := math.NaN()
	x := Arg[float64]{Shape: []int{1, 1, 3, 4}, F: []float64{
		1, 5, 5, 2,
		3, 5, nan, 0,
		-1, -2, nan, -4,
	}}
	y := Arg[float64]{Shape: []int{1, 1, 2, 2}, F: make([]float64, 4)}
	idx := Arg[float64]{Shape: y.Shape, I: make([]int32, 4)}
	at := Pool2dAttrs{Kernel: [2]int{2, 2}, Ceil: true}
	MaxPool2d(&Args[float64]{Attrs: at, In: []Arg[float64]{x}, Out: []Arg[float64]{y, idx}})
	require.Equal(t, []int32{1, 6, 8, 10}, idx.I)
	require.Equal(t, 5.0, y.F[0])
	require.True(t, math.IsNaN(y.F[1]) && math.IsNaN(y.F[3]))
	require.Equal(t, -1.0, y.F[2])

	dx := Arg[float64]{Shape: x.Shape, F: make([]float64, 12)}
	dy := Arg[float64]{Shape: y.Shape, F: []float64{1, 2, 3, 4}}
	MaxPool2dGrad(&Args[float64]{Attrs: at, In: []Arg[float64]{dy, idx}, Out: []Arg[float64]{dx}})
	require.Equal(t, []float64{0, 1, 0, 0, 0, 0, 2, 0, 3, 0, 4, 0}, dx.F)
}

// Image 3x3, kernel 2, stride 2, padding 1: the first window of a side holds one
// row or column of padding, which CountIncludePad counts.
func TestAvgPool2dDivisor(t *testing.T) {
	x := Arg[float64]{Shape: []int{1, 1, 3, 3}, F: []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}}
	y := Arg[float64]{Shape: []int{1, 1, 2, 2}, F: make([]float64, 4)}
	at := Pool2dAttrs{Kernel: [2]int{2, 2}, Padding: [2]int{1, 1}}
	args := &Args[float64]{Attrs: at, In: []Arg[float64]{x}, Out: []Arg[float64]{y}}
	AvgPool2d(args)
	require.Equal(t, []float64{1, 2.5, 5.5, 7}, y.F)
	at.CountIncludePad = true
	args.Attrs = at
	AvgPool2d(args)
	require.Equal(t, []float64{.25, 1.25, 2.75, 7}, y.F)

	// Ceil: the last window of kernel 2, stride 2 hangs over the edge, and what
	// hangs over is never counted.
	at = Pool2dAttrs{Kernel: [2]int{2, 2}, Ceil: true, CountIncludePad: true}
	AvgPool2d(&Args[float64]{Attrs: at, In: []Arg[float64]{x}, Out: []Arg[float64]{y}})
	require.Equal(t, []float64{3, 4.5, 7.5, 9}, y.F)
}

func TestAvgPool2dGradIsTheAdjoint(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, at := range []Pool2dAttrs{
		{Kernel: [2]int{2, 2}},
		{Kernel: [2]int{3, 2}, Stride: [2]int{1, 2}, Padding: [2]int{1, 1}},
		{Kernel: [2]int{3, 3}, Stride: [2]int{2, 1}, Padding: [2]int{1, 0}, CountIncludePad: true},
	} {
		s := at.WithDefaults().Stride
		oh, ow := (7+2*at.Padding[0]-at.Kernel[0])/s[0]+1, (6+2*at.Padding[1]-at.Kernel[1])/s[1]+1
		x, dy := randoms(r, 2, 3, 7, 6), randoms(r, 2, 3, oh, ow)
		y, dx := randoms(r, dy.Shape...), randoms(r, x.Shape...)
		AvgPool2d(&Args[float64]{Attrs: at, In: []Arg[float64]{x}, Out: []Arg[float64]{y}})
		AvgPool2dGrad(&Args[float64]{Attrs: at, In: []Arg[float64]{dy}, Out: []Arg[float64]{dx}})
		require.InDelta(t, dot(dy.F, y.F), dot(dx.F, x.F), 1e-12)
	}
}

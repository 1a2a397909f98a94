package kernels

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// By hand: 1 to 12 as 3 slices of 2x2 under a kernel whose first slice is
// [1 2; 3 4] and whose second is [0 0; 0 10], padded by one slice in front.
func TestConv3dByHand(t *testing.T) {
	at := cpuref.Conv3dAttrs{Padding: [3]int{1, 0, 0}, PadMore: [3]int{-1, 0, 0}}
	in := []tensor.Type{tensor.F32(1, 1, 3, 2, 2), tensor.F32(1, 1, 2, 2, 2)}
	x := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	w := []float64{1, 2, 3, 4, 0, 0, 0, 10}
	attrs, out, err := Conv3d.Infer(at, in)
	require.NoError(t, err)
	require.Equal(t, tensor.Shape{1, 1, 3, 1, 1}, out[0].Shape)
	y := make([]float64, 3)
	Conv3d.CPU.F64(&cpuref.Args[float64]{
		Attrs: attrs, In: []cpuref.Arg[float64]{{Shape: in[0].Shape, F: x}, {Shape: in[1].Shape, F: w}},
		Out: []cpuref.Arg[float64]{{Shape: out[0].Shape, F: y}},
	})()
	require.Equal(t, []float64{40, 1 + 4 + 9 + 16 + 80, 5 + 12 + 21 + 32 + 120}, y)

	// By data, an upstream gradient of [1 0 0] meets the kernel's second slice,
	// which lies on the image's first.
	at.Size = [3]int{3, 2, 2}
	attrs, out, err = Conv3dData.Infer(at, []tensor.Type{tensor.F32(1, 1, 3, 1, 1), in[1]})
	require.NoError(t, err)
	dx := make([]float64, 12)
	Conv3dData.CPU.F64(&cpuref.Args[float64]{
		Attrs: attrs, In: []cpuref.Arg[float64]{{Shape: []int{1, 1, 3, 1, 1}, F: []float64{1, 0, 0}}, {Shape: in[1].Shape, F: w}},
		Out: []cpuref.Arg[float64]{{Shape: out[0].Shape, F: dx}},
	})()
	require.Equal(t, []float64{0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0}, dx)
}

func TestConv3dSaysWhatIsWrong(t *testing.T) {
	type at = cpuref.Conv3dAttrs
	for _, c := range []struct {
		op    *Op
		attrs at
		in    []tensor.Type
		want  string
	}{
		{Conv3d, at{}, []tensor.Type{tensor.F32(3, 8, 8, 8), tensor.F32(4, 3, 3, 3, 3)},
			"conv3d: image [3 8 8 8], kernel [4 3 3 3 3]: wants 5 dimensions each: batch, channels, depth, height, width"},
		{Conv3d, at{Groups: 2}, []tensor.Type{tensor.F32(1, 3, 8, 8, 8), tensor.F32(4, 3, 3, 3, 3)},
			"conv3d: image [1 3 8 8 8], kernel [4 3 3 3 3]: 3 channels, and a kernel for 3 in 2 groups"},
		{Conv3d, at{Padding: [3]int{0, 1, 1}}, []tensor.Type{tensor.F32(1, 3, 2, 8, 8), tensor.F32(4, 3, 3, 3, 3)},
			"conv3d: image [1 3 2 8 8], kernel [4 3 3 3 3]: the kernel spans 3, more than the padded image's 2"},
		{Conv3dData, at{Size: [3]int{8, 9, 8}}, []tensor.Type{tensor.F32(1, 4, 6, 6, 6), tensor.F32(4, 3, 3, 3, 3)},
			"conv3d_data: dY [1 4 6 6 6], kernel [4 3 3 3 3], size [8 9 8]: an image of that size gives [1 4 6 7 6], not dY"},
		{Conv3dWeight, at{Size: [3]int{3, 3, 2}}, []tensor.Type{tensor.F32(1, 3, 8, 8, 8), tensor.F32(1, 4, 6, 6, 6)},
			"conv3d_weight: image [1 3 8 8 8], dY [1 4 6 6 6], kernel [3 3 2]: a kernel of that size gives [1 4 6 6 7], not dY"},
	} {
		_, _, err := c.op.Infer(c.attrs, c.in)
		require.EqualError(t, err, c.want)
	}
}

// Grids fold over 65,535 workgroups, sums over 65,535 iterations are refused by
// name forward and cut into slices by weight.
func TestConv3dAtTheLimits(t *testing.T) {
	target := MinimalVulkan()
	lower := func(op *Op, at cpuref.Conv3dAttrs, in ...tensor.Type) (Lowered, error) {
		attrs, out, err := op.Infer(at, in)
		require.NoError(t, err)
		return lowerConv3d(target, &Call{Op: op, Attrs: attrs, In: in, Out: out})
	}
	for n, grid := range map[int][3]uint32{65535: {65535, 1, 1}, 65536: {32768, 2, 1}} {
		low, err := lower(Conv3d, cpuref.Conv3dAttrs{}, tensor.F32(1, 1, n, 1, 32), tensor.F32(1, 1, 1, 1, 1))
		require.NoError(t, err)
		require.Equal(t, grid, low.Dispatches[0].Grid)
	}
	_, err := lower(Conv3d, cpuref.Conv3dAttrs{}, tensor.F32(1, 16*65534, 1, 1, 1), tensor.F32(1, 16*65534, 1, 1, 1))
	require.NoError(t, err)
	_, err = lower(Conv3d, cpuref.Conv3dAttrs{}, tensor.F32(1, 16*65535, 1, 1, 1), tensor.F32(1, 16*65535, 1, 1, 1))
	require.EqualError(t, err, "conv3d: sums of 1048560 terms take 65536 loop iterations, over the 65535 the device can be trusted with")
	low, err := lower(Conv3dWeight, cpuref.Conv3dAttrs{Size: [3]int{1, 1, 1}}, tensor.F32(1, 1, 16, 1024, 1024), tensor.F32(1, 1, 16, 1024, 1024))
	require.NoError(t, err)
	require.Greater(t, low.Dispatches[0].Grid[2], uint32(1))
}

package kernels

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// run64 is an op's plain body in float64 on one input of floats and one of ints.
func run64(t *testing.T, op *Op, attrs any, in []tensor.Type, f []float64, idx []int32) (y []float64, i []int32) {
	at, out, err := op.Infer(attrs, in)
	require.NoError(t, err)
	a := &cpuref.Args[float64]{Attrs: at, In: []cpuref.Arg[float64]{{Shape: in[0].Shape, F: f}}}
	if idx != nil {
		a.In = append(a.In, cpuref.Arg[float64]{Shape: in[1].Shape, I: idx})
	}
	for _, o := range out {
		arg := cpuref.Arg[float64]{Shape: o.Shape}
		if o.DType == tensor.Int32 {
			arg.I = make([]int32, o.Elems())
		} else {
			arg.F = make([]float64, o.Elems())
		}
		a.Out = append(a.Out, arg)
	}
	op.CPU.F64(a)()
	if len(a.Out) > 1 {
		i = a.Out[1].I
	}
	return a.Out[0].F, i
}

// By hand: windows of PyTorch's adaptive pooling of 5 to 3 are [0,2), [1,4), [3,5).
func TestAdaptiveWindowsOverlap(t *testing.T) {
	at := cpuref.Pool3dAttrs{Adaptive: [3]int{1, 1, 3}}
	x := []tensor.Type{tensor.F32(1, 1, 1, 1, 5)}
	y, _ := run64(t, AvgPool3d, at, x, []float64{2, 4, 9, 5, 7}, nil)
	require.Equal(t, []float64{3, 6, 6}, y)
	y, idx := run64(t, MaxPool3d, at, x, []float64{2, 4, 9, 5, 7}, nil)
	require.Equal(t, []float64{4, 9, 7}, y)
	require.Equal(t, []int32{1, 2, 4}, idx)
	at.Size = [3]int{1, 1, 5}
	dx, _ := run64(t, AvgPool3dGrad, at, []tensor.Type{tensor.F32(1, 1, 1, 1, 3)}, []float64{2, 6, 10}, nil)
	require.Equal(t, []float64{1, 3, 2, 7, 5}, dx)
}

// By hand: 1 to 6 padded by one at each end, windows of 3 every 2.
func TestAveragesDivideByWhatTheyAreTold(t *testing.T) {
	for _, c := range []struct {
		at   cpuref.Pool3dAttrs
		want []float64
	}{
		{cpuref.Pool3dAttrs{}, []float64{1.5, 3, 5}},
		{cpuref.Pool3dAttrs{CountIncludePad: true}, []float64{1, 3, 5}},
		{cpuref.Pool3dAttrs{Divisor: 2}, []float64{1.5, 4.5, 7.5}},
		{cpuref.Pool3dAttrs{Ceil: true}, []float64{1.5, 3, 5, 6}},
		{cpuref.Pool3dAttrs{Ceil: true, CountIncludePad: true}, []float64{1, 3, 5, 3}},
	} {
		c.at.Kernel, c.at.Stride, c.at.Padding = [3]int{1, 1, 3}, [3]int{1, 1, 2}, [3]int{0, 0, 1}
		y, _ := run64(t, AvgPool3d, c.at, []tensor.Type{tensor.F32(1, 1, 1, 1, 6)}, []float64{1, 2, 3, 4, 5, 6}, nil)
		require.Equal(t, c.want, y, "%+v", c.at)
	}
}

// An index counts a volume's elements: (d·H + h)·W + w.
func TestIndicesCountTheVolume(t *testing.T) {
	x := make([]float64, 2*3*4)
	x[(1*3+2)*4+1], x[(0*3+1)*4+3] = 5, math.NaN()
	y, idx := run64(t, MaxPool3d, cpuref.Pool3dAttrs{Kernel: [3]int{2, 3, 2}}, []tensor.Type{tensor.F32(1, 1, 2, 3, 4)}, x, nil)
	require.Equal(t, 5.0, y[0])
	require.True(t, math.IsNaN(y[1]))
	require.Equal(t, []int32{21, 7}, idx)
}

// torch.nn.MaxUnpool2d's documentation, and indices that several share: the last
// one stays.
func TestUnpoolingPutsMaximaBack(t *testing.T) {
	size := cpuref.MaxUnpoolAttrs{Size: cpuref.IntList(4, 4)}
	in := []tensor.Type{tensor.F32(1, 1, 2, 2), tensor.I32(1, 1, 2, 2)}
	y, _ := run64(t, MaxUnpool, size, in, []float64{6, 8, 14, 16}, []int32{5, 7, 13, 15})
	require.Equal(t, []float64{0, 0, 0, 0, 0, 6, 0, 8, 0, 0, 0, 0, 0, 14, 0, 16}, y)
	y, _ = run64(t, MaxUnpool, size, in, []float64{6, 8, 14, 16}, []int32{5, 99, 5, -1})
	require.Equal(t, []float64{0, 0, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, y)
	y, _ = run64(t, PoolGather, cpuref.PoolGatherAttrs{}, in, []float64{6, 8, 14, 16}, []int32{3, 0, -1, 4})
	require.Equal(t, []float64{16, 6, 0, 0}, y)
}

func TestVolumePoolingSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		op    *Op
		attrs any
		in    []tensor.Type
		want  string
	}{
		{MaxPool3d, cpuref.Pool3dAttrs{Kernel: [3]int{2, 2, 2}}, []tensor.Type{tensor.F32(3, 8, 8, 8)},
			"max_pool3d: image float32[3 8 8 8]: wants 5 dimensions of floats: batch, channels, depth, height, width"},
		{AvgPool3d, cpuref.Pool3dAttrs{Adaptive: [3]int{2, 0, 2}}, []tensor.Type{tensor.F32(1, 3, 8, 8, 8)},
			"avg_pool3d: image [1 3 8 8 8]: an adaptive pooling to [2 0 2]: sizes start at 1"},
		{AvgPool3dGrad, cpuref.Pool3dAttrs{Kernel: [3]int{2, 2, 2}, Size: [3]int{8, 8, 8}}, []tensor.Type{tensor.F32(1, 3, 5, 4, 4)},
			"avg_pool3d_grad: dY [1 3 5 4 4]: an image of [8 8 8] gives [1 3 4 4 4]"},
		{MaxUnpool, cpuref.MaxUnpoolAttrs{Size: cpuref.IntList(4)}, []tensor.Type{tensor.F32(1, 3, 2, 2), tensor.I32(1, 3, 2, 2)},
			"max_unpool: input float32[1 3 2 2], size [4]: wants 2 sizes"},
		{PoolGather, cpuref.PoolGatherAttrs{}, []tensor.Type{tensor.F32(1, 3, 2, 2), tensor.I32(1, 2, 2, 2)},
			"pool_gather: input float32[1 3 2 2], indices int32[1 2 2 2]: batches and channels differ"},
	} {
		_, _, err := c.op.Infer(c.attrs, c.in)
		require.EqualError(t, err, c.want)
	}
}

// A grid over 65,535 workgroups folds; loops over what a device is trusted with,
// and bindings over its range, are refused.
func TestVolumePoolingAtTheLimits(t *testing.T) {
	target := MinimalVulkan()
	call := func(at cpuref.Pool3dAttrs, x tensor.Type) *Call {
		attrs, out, err := MaxPool3d.Infer(at, []tensor.Type{x})
		require.NoError(t, err)
		return &Call{Op: MaxPool3d, Attrs: attrs, In: []tensor.Type{x}, Out: out}
	}
	for n, grid := range map[int][3]uint32{65535: {65535, 1, 1}, 65536: {32768, 2, 1}} {
		low, err := lowerPool3d(target, call(cpuref.Pool3dAttrs{Kernel: [3]int{1, 1, 1}}, tensor.F32(1, n, 1, 1, 64)))
		require.NoError(t, err)
		require.Equal(t, grid, low.Dispatches[0].Grid)
	}
	whole := func(n int) cpuref.Pool3dAttrs { return cpuref.Pool3dAttrs{Kernel: [3]int{1, 1, n}} }
	_, err := lowerPool3d(target, call(whole(8190), tensor.F32(1, 1, 1, 1, 8190)))
	require.NoError(t, err)
	_, err = lowerPool3d(target, call(whole(8191), tensor.F32(1, 1, 1, 1, 8191)))
	require.EqualError(t, err, "max_pool3d: a window takes 32768 loop iterations, over the 32767 the device can be trusted with")
	_, err = lowerPool3d(target, call(whole(2), tensor.F32(1, 1, 1, 1<<14, 1<<12)))
	require.EqualError(t, err, "max_pool3d: float32[1 1 1 16384 4096] takes 268435456 bytes, over the device's 134217728 a binding")
}

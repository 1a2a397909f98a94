package kernels

import (
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestConvolutionAndPoolingSayWhatIsWrong(t *testing.T) {
	type conv = cpuref.Conv2dAttrs
	type pool = cpuref.Pool2dAttrs
	for _, c := range []struct {
		op    *Op
		attrs any
		in    []tensor.Type
		want  string
	}{
		{Conv2d, conv{}, []tensor.Type{tensor.F32(3, 8, 8), tensor.F32(4, 3, 3, 3)},
			"conv2d: image [3 8 8], kernel [4 3 3 3]: wants 4 dimensions each: batch, channels, height, width"},
		{Conv2d, conv{}, []tensor.Type{tensor.F32(2, 5, 8, 8), tensor.F32(4, 3, 3, 3)},
			"conv2d: image [2 5 8 8], kernel [4 3 3 3]: 5 channels, and a kernel for 3 in 1 groups"},
		{Conv2d, conv{Groups: 2}, []tensor.Type{tensor.F32(2, 6, 8, 8), tensor.F32(5, 3, 3, 3)},
			"conv2d: image [2 6 8 8], kernel [5 3 3 3]: 5 output channels don't split into 2 groups"},
		{Conv2d, conv{Padding: [2]int{0, 1}}, []tensor.Type{tensor.F32(1, 1, 2, 2), tensor.F32(1, 1, 3, 3)},
			"conv2d: image [1 1 2 2], kernel [1 1 3 3]: the kernel spans 3, more than the padded image's 2"},
		{Conv2d, conv{}, []tensor.Type{tensor.F32(1, 1, 2, 2), tensor.I32(1, 1, 2, 2)},
			"conv2d: image [1 1 2 2], kernel [1 1 2 2]: dtypes float32 and int32: both must be the same float"},
		{Conv2d, conv{Stride: [2]int{-1, 1}}, []tensor.Type{tensor.F32(1, 1, 2, 2), tensor.F32(1, 1, 2, 2)},
			"conv2d: image [1 1 2 2], kernel [1 1 2 2]: stride [-1 1], padding [0 0], dilation [1 1]: strides and dilations start at 1, paddings at 0"},
		{Conv2d, conv{Groups: -1}, []tensor.Type{tensor.F32(1, 1, 2, 2), tensor.F32(1, 1, 2, 2)},
			"conv2d: image [1 1 2 2], kernel [1 1 2 2]: -1 groups"},
		{Conv2d, conv{Padding: [2]int{-1, 0}}, []tensor.Type{tensor.F32(1, 1, 4, 4), tensor.F32(1, 1, 2, 2)},
			"conv2d: image [1 1 4 4], kernel [1 1 2 2]: stride [1 1], padding [-1 0], dilation [1 1]: strides and dilations start at 1, paddings at 0"},
		{Conv2dData, conv{Size: [2]int{9, 8}}, []tensor.Type{tensor.F32(2, 4, 6, 6), tensor.F32(4, 3, 3, 3)},
			"conv2d_data: dY [2 4 6 6], kernel [4 3 3 3], size [9 8]: an image of that size gives [2 4 7 6], not dY"},
		{Conv2dWeight, conv{Size: [2]int{3, 3}, Groups: 2}, []tensor.Type{tensor.F32(2, 3, 8, 8), tensor.F32(2, 4, 6, 6)},
			"conv2d_weight: image [2 3 8 8], dY [2 4 6 6], kernel [3 3]: 3 channels don't split into 2 groups"},
		{MaxPool2d, pool{Kernel: [2]int{2, 2}}, []tensor.Type{tensor.F32(3, 8, 8)},
			"max_pool2d: image float32[3 8 8]: wants 4 dimensions of floats: batch, channels, height, width"},
		{MaxPool2d, pool{Kernel: [2]int{2, 2}, Padding: [2]int{2, 0}}, []tensor.Type{tensor.F32(1, 3, 8, 8)},
			"max_pool2d: image [1 3 8 8]: padding 2 is more than half of a window of 2"},
		{MaxPool2d, pool{Kernel: [2]int{9, 1}}, []tensor.Type{tensor.F32(1, 3, 8, 8)},
			"max_pool2d: image [1 3 8 8]: a window of 9 is larger than the padded image's 8"},
		{AvgPool2d, pool{Kernel: [2]int{2, 2}, Dilation: [2]int{2, 2}}, []tensor.Type{tensor.F32(1, 3, 8, 8)},
			"avg_pool2d: dilation [2 2]: average pooling has none"},
		{AvgPool2dGrad, pool{Kernel: [2]int{2, 2}, Size: [2]int{8, 8}}, []tensor.Type{tensor.F32(1, 3, 5, 4)},
			"avg_pool2d_grad: dY [1 3 5 4]: an image of [8 8] gives [1 3 4 4]"},
		{MaxPool2dGrad, pool{Kernel: [2]int{2, 2}, Size: [2]int{8, 8}}, []tensor.Type{tensor.F32(1, 3, 4, 4), tensor.F32(1, 3, 4, 4)},
			"max_pool2d_grad: dY float32[1 3 4 4], Idx float32[1 3 4 4]: wants int32 indices of dY's shape"},
	} {
		_, _, err := c.op.Infer(c.attrs, c.in)
		require.EqualError(t, err, c.want)
	}
}

func imageOps() []*Op {
	return []*Op{Conv2d, Conv2dData, Conv2dWeight, MaxPool2d, MaxPool2dGrad, AvgPool2d, AvgPool2dGrad}
}

// Whatever variant serves a case stays within the device's limits, and a device
// of the least limits is served always.
func TestImageOpsStayWithinADevicesLimits(t *testing.T) {
	soft := &Target{
		Kind: Vulkan, Name: "software", Software: true, SubgroupSize: 8, SubgroupShuffle: true, SubgroupArithmetic: true,
		MaxInvocations: 256, MaxWorkgroup: [3]int{256, 256, 64}, MaxGroups: [3]int{65535, 65535, 65535}, SharedMemory: 32 << 10,
		MaxStorageRange: 128 << 20, MaxTexels: 1 << 27, MaxPush: 128, MaxStorageBuffers: 8, MaxLoop: 65535,
	}
	for _, target := range []*Target{MinimalVulkan(), soft} {
		for _, op := range imageOps() {
			for _, cs := range append(op.Cases[:len(op.Cases):len(op.Cases)], op.Bench...) {
				attrs, out, err := op.Infer(cs.Attrs, cs.In)
				require.NoError(t, err)
				c := &Call{Op: op, Attrs: attrs, In: cs.In, Out: out}
				_, err = Choose(target, c, nil)
				require.NoError(t, err)
				for _, v := range op.Variants {
					if v.Kind != Vulkan || !v.When(target, c) {
						continue
					}
					low, err := v.Lower(target, c)
					require.NoError(t, err, "%s %s", op.Name, v.Name)
					for _, d := range low.Dispatches {
						require.LessOrEqual(t, 4*len(d.Push), target.MaxPush, d.Shader)
						require.LessOrEqual(t, len(d.Bind), 8, d.Shader)
						for i, n := range d.Grid {
							require.LessOrEqual(t, int(n), target.MaxGroups[i], "%s %s", op.Name, cs.Name)
							require.Positive(t, n)
						}
					}
				}
			}
		}
	}
}

// Loops that a device would cut short are refused, and another variant serves.
func TestLongSumsAreRefusedByTheSubgroupShape(t *testing.T) {
	target := MinimalVulkan()
	target.Software, target.SubgroupShuffle, target.SubgroupSize, target.MaxTexels = true, true, 8, 1<<27
	in := []tensor.Type{tensor.F32(1, 300000, 1, 1), tensor.F32(1, 300000, 1, 1)}
	attrs, out, err := Conv2d.Infer(cpuref.Conv2dAttrs{}, in)
	require.NoError(t, err)
	c := &Call{Op: Conv2d, Attrs: attrs, In: in, Out: out}
	_, err = lowerConvSubgroup(target, c)
	require.EqualError(t, err, "conv2d: sums of 300000 terms take 75002 loop iterations, over the 65535 the device can be trusted with")
	v, err := Choose(target, c, nil)
	require.NoError(t, err)
	require.Equal(t, "tile", v.Name)
}

// The slices of a by-weight sum cover every image and pixel once, and none takes
// more steps than a device's loops can be trusted with.
func TestSlicesCoverTheSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 10000 {
		g := &conv{N: 1 + r.IntN(300), OH: 1 + r.IntN(600), OW: 1 + r.IntN(600)}
		ku, want, loop := []int{1, 4}[r.IntN(2)], 1+r.IntN(64), 1000+r.IntN(65536)
		if g.OH*g.OW%4 != 0 {
			ku = 1
		}
		images, pixels, strips, slices := convSlices(g, ku, want, loop)
		require.Zero(t, pixels%ku)
		require.True(t, pixels*strips >= g.OH*g.OW && pixels*(strips-1) < g.OH*g.OW, "%+v", *g)
		require.Equal(t, (g.N+images-1)/images*strips, slices)
		require.LessOrEqual(t, images*(pixels/ku+1), loop, "%+v ku %d want %d", *g, ku, want)
	}
}

// shaders/divide.glsl in Go.
func TestMagicDivides(t *testing.T) {
	divide := func(n uint32, m []uint32) uint32 {
		high, _ := bits.Mul32(n, m[0])
		return (high + n) >> m[1]
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 200000 {
		d := 1 + r.Uint32()>>(1+r.IntN(31))
		n := r.Uint32() >> 1
		for _, n := range []uint32{n, n / d * d, n/d*d + d - 1, 0, 1<<31 - 1} {
			if n < 1<<31 {
				require.Equal(t, n/d, divide(n, magic(int(d))), "%d / %d", n, d)
			}
		}
	}
}

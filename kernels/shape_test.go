package kernels

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestReciprocalDividesExactly(t *testing.T) {
	rng := &tensor.Philox{Seed: 1}
	divide := func(i, d int) int {
		mul, shift := reciprocal(d)
		return int((uint32(uint64(i)*uint64(mul)>>32) + uint32(i)) >> shift)
	}
	for _, d := range []int{1, 2, 3, 5, 7, 10, 28, 641, 1 << 15, 65535, 65537, 1<<24 + 1, 1<<30 - 1, 1 << 30, 1<<31 - 1} {
		for _, i := range []int{0, 1, d - 1, d, d + 1, 3*d - 1, 1<<31 - 1} {
			if i >= 0 && i < 1<<31 {
				require.Equal(t, i/d, divide(i, d), "%d / %d", i, d)
			}
		}
		for range 1000 {
			i := int(rng.Uint32() >> 1)
			require.Equal(t, i/d, divide(i, d), "%d / %d", i, d)
		}
	}
}

func TestCopiesGoTheShortWay(t *testing.T) {
	kind := func(op *Op, attrs any, in ...tensor.Type) (kinds []string) {
		l, err := op.Variants[0].Lower(MinimalVulkan(), callOf(t, op, attrs, in...))
		require.NoError(t, err)
		for _, d := range l.Dispatches {
			k := "copy command"
			if d.Shader == "copy" {
				k = map[uint32]string{1: "words", 4: "quads"}[d.Spec[1]]
			} else if d.Shader != "" {
				k = d.Shader
			}
			kinds = append(kinds, k)
		}
		return kinds
	}
	x := tensor.F32(64, 8)
	require.Equal(t, []string{"copy command"}, kind(Permute, cpuref.PermuteAttrs{Perm: cpuref.IntList(0, 1)}, x))
	require.Equal(t, []string{"quads"}, kind(Permute, cpuref.PermuteAttrs{Perm: cpuref.IntList(1, 0)}, x))
	require.Equal(t, []string{"words"}, kind(Permute, cpuref.PermuteAttrs{Perm: cpuref.IntList(1, 0)}, tensor.F32(5, 8)))
	require.Equal(t, []string{"copy command", "copy command"}, kind(Concat, cpuref.ConcatAttrs{Axis: 0}, x, x))
	require.Equal(t, []string{"quads", "quads"}, kind(Concat, cpuref.ConcatAttrs{Axis: 1}, x, x))
	require.Equal(t, []string{"copy command"}, kind(Slice, cpuref.SliceAttrs{Start: cpuref.IntList(8, 0), Size: cpuref.IntList(9, 8)}, x))
	require.Equal(t, []string{"fill", "words"}, kind(SliceGrad, cpuref.SliceGradAttrs{Shape: cpuref.IntList(64, 9), Start: cpuref.IntList(0, 1)}, x))
	require.Len(t, kind(Permute, cpuref.PermuteAttrs{Perm: cpuref.IntList(7, 6, 5, 4, 3, 2, 1, 0)}, tensor.F32(2, 2, 2, 2, 2, 2, 2, 2)), 4)
}

func TestShapeErrorsSayWhatIsWrong(t *testing.T) {
	ints := cpuref.IntList
	for _, k := range []struct {
		op    *Op
		attrs any
		in    []tensor.Type
		want  string
	}{
		{Reshape, cpuref.ReshapeAttrs{Shape: ints(4, -1)}, []tensor.Type{tensor.F32(2, 3)}, "reshape: [2 3] has 6 elements and can't be [4 -1]"},
		{Permute, cpuref.PermuteAttrs{Perm: ints(0, 0)}, []tensor.Type{tensor.F32(2, 3)}, "permute: [2 3]: perm [0 0] doesn't name each dimension once"},
		{Expand, cpuref.ExpandAttrs{Shape: ints(3, 4)}, []tensor.Type{tensor.F32(3, 2)}, "expand: [3 2] can't be expanded to [3 4]: sizes must agree, counted from the last dimension, or be 1"},
		{Expand, cpuref.ExpandAttrs{Shape: ints(1, 1, 1, 1, 1, 1, 1, 1, 1)}, []tensor.Type{tensor.F32()}, "expand: a shape of 9 dimensions: at most 8"},
		{Slice, cpuref.SliceAttrs{Start: ints(0, 1), Size: ints(2, 3)}, []tensor.Type{tensor.F32(2, 3)}, "slice: [2 3]: dimension 1 of size 3 has no elements 1 to 3"},
		{Slice, cpuref.SliceAttrs{Start: ints(0), Size: ints(2)}, []tensor.Type{tensor.F32(2, 3)}, "slice: [2 3]: size has 1 numbers, wants 2, one a dimension (at most 8)"},
		{Concat, cpuref.ConcatAttrs{Axis: 1}, []tensor.Type{tensor.F32(2, 3), tensor.F32(3, 3)}, "concat: float32[2 3] and float32[3 3]: types and sizes must agree but for axis 1"},
		{Softmax, cpuref.AxisAttrs{Axis: 2}, []tensor.Type{tensor.F32(2, 3)}, "softmax: [2 3] has no axis 2"},
		{CrossEntropy, cpuref.CrossEntropyAttrs{}, []tensor.Type{tensor.F32(2, 3), tensor.I32(3)}, "cross_entropy: logits float32[2 3] with labels int32[3]: wants float32[N C] and int32[N]"},
		{Uniform, cpuref.UniformAttrs{Shape: ints(-1)}, []tensor.Type{tensor.I32(2)}, "uniform: shape [-1] has a negative size"},
	} {
		_, _, err := k.op.Infer(k.attrs, k.in)
		require.EqualError(t, err, k.want)
	}
	_, out, err := Reshape.Infer(cpuref.ReshapeAttrs{Shape: ints(3, -1)}, []tensor.Type{tensor.F32(2, 3)})
	require.NoError(t, err)
	require.Equal(t, tensor.Shape{3, 2}, out[0].Shape)
}

package checkpoint

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

// A file loads into wider types exactly, and into narrower ones not at all.
func TestLoadingConvertsWhatTheStateHoldsExactly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.safetensors")
	file := map[string]*tensor.Tensor{
		"half": tensor.FromF16([]uint16{0x3c00, 0x0001}, 2), "brain": tensor.FromBF16([]uint16{0xc000}, 1),
		"single": tensor.Scalar(0.1), "count": tensor.FromI64([]int64{-7}, 1), "mask": {Type: tensor.Type{DType: tensor.Bool, Shape: tensor.Shape{1}}, I32: []int32{1}},
	}
	require.NoError(t, WriteFile(path, file, nil))
	s := state{
		"half": tensor.New(tensor.F32(2)), "brain": tensor.New(tensor.Type{DType: tensor.Float64, Shape: tensor.Shape{1}}),
		"single": tensor.New(tensor.Type{DType: tensor.Float64}), "count": tensor.New(tensor.I32(1)), "mask": tensor.New(tensor.I32(1)),
	}
	_, err := Load(path, s)
	require.NoError(t, err)
	require.Equal(t, []float32{1, 0x1p-24}, s["half"].F32)
	require.Equal(t, []float64{-2}, s["brain"].F64)
	require.Equal(t, []float64{float64(float32(0.1))}, s["single"].F64)
	require.Equal(t, []int32{-7}, s["count"].I32)
	require.Equal(t, []int32{1}, s["mask"].I32)

	s = state{"single": tensor.New(tensor.Type{DType: tensor.Float16}), "count": tensor.New(tensor.F32(1))}
	f, err := ReadFile(path)
	require.NoError(t, err)
	err = f.LoadInto(s)
	require.ErrorContains(t, err, "single is float32[], not float16[]: convert it first, since float16 doesn't hold all its values")
	require.ErrorContains(t, err, "count is int64[1], not float32[1]")

	file["count"].I64[0] = 1 << 31
	require.NoError(t, WriteFile(path, file, nil))
	f, err = ReadFile(path)
	require.NoError(t, err)
	require.ErrorContains(t, f.LoadInto(state{"count": tensor.New(tensor.I32(1))}), "count is int64[1], not int32[1]: element 0 is 2147483648")
}

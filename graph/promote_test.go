package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// The types of sums: PyTorch's, but for variables and constants beside 16 bits.
func TestFloatTypesArePromoted(t *testing.T) {
	g := graph.New()
	in := func(name string, d tensor.DType, shape ...int) graph.Value {
		return g.Input(name, tensor.Type{DType: d, Shape: shape})
	}
	f16, b16 := in("f16", tensor.Float16, 3), in("b16", tensor.BFloat16, 3)
	f32, f64 := in("f32", tensor.Float32, 3), in("f64", tensor.Float64, 3)
	s16, s32, s64 := in("s16", tensor.Float16), in("s32", tensor.Float32), in("s64", tensor.Float64)
	w := g.Read(&graph.Variable{Name: "w", Type: tensor.F32(3)})
	for i, c := range []struct {
		a, b graph.Value
		want tensor.DType
	}{
		{f16, f16, tensor.Float16}, {f16, b16, tensor.Float32}, {f16, f32, tensor.Float32}, {f32, f64, tensor.Float64}, {b16, f64, tensor.Float64},
		{f16, s32, tensor.Float16}, {f16, s64, tensor.Float16}, {f32, s64, tensor.Float32}, {f64, s16, tensor.Float64}, {s16, s32, tensor.Float32},
		{f16, g.Scalar(0.1), tensor.Float16}, {f64, g.Scalar(0.1), tensor.Float64}, {s16, g.Scalar(0.1), tensor.Float16},
		{f16, w, tensor.Float16}, {b16, w.Reshape(1, 3), tensor.BFloat16}, {f64, w, tensor.Float64}, {f16, w.MulScalar(2).Add(w), tensor.Float16}, {f16, w.Add(f32), tensor.Float32},
		{f16, g.Zeros(3), tensor.Float16}, {s16, w, tensor.Float32},
	} {
		require.Equal(t, c.want, c.a.Add(c.b).Type().DType, "case %d: %v + %v", i, c.a, c.b)
		require.Equal(t, c.want, c.b.Add(c.a).Type().DType, "case %d: %v + %v", i, c.b, c.a)
	}
	require.NoError(t, g.Err())

	// Views and casts take any type; comparisons give bools.
	require.Equal(t, tensor.Float16, f16.Reshape(1, 3).Detach().Type().DType)
	require.Equal(t, tensor.Bool, f16.Lt(b16).Type().DType)
	require.Equal(t, tensor.BFloat16, f16.BFloat16().Type().DType)
	require.Equal(t, tensor.Int32, f64.Int().Type().DType)
	require.Equal(t, tensor.Int32, f16.Cast(tensor.Int64).Type().DType)

	// One cast serves all readers, and gradients come back through it.
	before := g.Values()
	_, _ = f16.Relu(), f16.Relu()
	require.Equal(t, before+2, g.Values()) // relu and its rounding; f16 in float32 was there
	d := graph.Grad(f16.Mul(w).Sum(), f16, w)
	require.Equal(t, tensor.Float16, d[0].Type().DType)
	require.Equal(t, tensor.Float32, d[1].Type().DType)
	require.NoError(t, g.Err())
}

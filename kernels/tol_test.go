package kernels

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

func TestNaNsAndInfinitiesAreToldApart(t *testing.T) {
	one := func(v float64) *tensor.Tensor {
		x := tensor.New(tensor.Type{DType: tensor.Float64, Shape: tensor.Shape{1}})
		x.F64[0] = v
		return x
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		got, want float64
		ok        bool
	}{{nan, nan, true}, {1, nan, false}, {nan, 1, false}, {inf, inf, true}, {inf, -inf, false}, {inf, 1e39, true}, {1, 1 + Unit, true}, {1, 1.1, false}} {
		_, err := ULP(1).Compare(one(c.got), one(c.want), one(c.want))
		require.Equal(t, c.ok, err == nil, "%v for %v: %v", c.got, c.want, err)
	}
}

func TestCompareHoldsEachTolerance(t *testing.T) {
	nan := math.NaN()
	want := tensor.FromF64([]float64{100, 1, 0, nan, math.Inf(1)}, 5)
	scale := tensor.FromF64([]float64{100, 1000, 1, 1, 1}, 5)
	got := func(change func(x []float64)) *tensor.Tensor {
		x := append([]float64(nil), want.F64...)
		change(x)
		return tensor.FromF64(x, 5)
	}
	step := 8 * Unit // of 1
	for _, c := range []struct {
		tol    Tol
		change func(x []float64)
		ok     bool
	}{
		{Exact(), func([]float64) {}, true},
		{Exact(), func(x []float64) { x[1] += step }, false},
		{ULP(4), func(x []float64) { x[1] += step }, true},
		{ULP(3), func(x []float64) { x[1] += step }, false},
		{Sum(1), func(x []float64) { x[1] += step }, true},
		{Sum(1), func(x []float64) { x[1] += 1001 * Unit }, false},
		{Max(1), func(x []float64) { x[2] += 99 * Unit }, true},
		{Max(1), func(x []float64) { x[2] += 101 * Unit }, false},
		{ULP(1), func(x []float64) { x[2] = smallestNormal / 2 }, true},
		{Max(1e9), func(x []float64) { x[0] = nan }, false},
		{Max(1e9), func(x []float64) { x[3] = 1 }, false},
		{Max(1e9), func(x []float64) { x[4] = 1 }, false},
		{Max(1e9), func(x []float64) { x[0] = math.Inf(1) }, false},
	} {
		_, err := c.tol.Compare(got(c.change), want, scale)
		require.Equal(t, c.ok, err == nil, "%v: %v", c.tol, err)
	}
	_, err := Exact().Compare(nil, want, scale)
	require.Error(t, err)
	_, err = Exact().Compare(tensor.FromF64(want.F64, 5, 1), want, scale)
	require.Error(t, err)
}

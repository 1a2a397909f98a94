package tensor

import (
	"fmt"
	"math"
)

// At is element i, in row-major order, whatever the dtype.
func (t *Tensor) At(i int) float64 {
	switch t.DType {
	case Float32:
		return float64(t.F32[i])
	case Float64:
		return t.F64[i]
	case Float16:
		return float64(F16ToF32(t.U16[i]))
	case BFloat16:
		return float64(BF16ToF32(t.U16[i]))
	case Int64:
		return float64(t.I64[i])
	}
	return float64(t.I32[i])
}

// Set gives element i a value: rounded to the nearest, ties to even, by way of
// float32 for float16 and bfloat16; towards zero for ints, which end at their
// largest and smallest number and have 0 for NaN; true, which is 1, for what is
// not 0, NaN included.
func (t *Tensor) Set(i int, v float64) {
	switch t.DType {
	case Float32:
		t.F32[i] = float32(v)
	case Float64:
		t.F64[i] = v
	case Float16:
		t.U16[i] = F16FromF32(float32(v))
	case BFloat16:
		t.U16[i] = BF16FromF32(float32(v))
	case Int64:
		t.I64[i] = toInt[int64](v, math.MinInt64, math.MaxInt64)
	case Int32:
		t.I32[i] = toInt[int32](v, math.MinInt32, math.MaxInt32)
	case Bool:
		t.I32[i] = 0
		if v != 0 {
			t.I32[i] = 1
		}
	}
}

func toInt[I int32 | int64](v float64, least, most I) I {
	switch {
	case v != v:
		return 0
	case v <= float64(least):
		return least
	case v >= float64(most):
		return most
	}
	return I(v)
}

// To is a copy of another dtype, its elements as Set gives them. An int64 that is
// no int32 is an error.
func (t *Tensor) To(d DType) (*Tensor, error) {
	if t.DType == d {
		return t.Clone(), nil
	}
	c := New(Type{d, append(Shape(nil), t.Shape...)})
	switch {
	case t.DType == Int64 && d == Int32:
		return c, Narrow(c.I32, t.I64)
	case t.DType == Int64 && d == Bool:
		for i, v := range t.I64 {
			c.Set(i, float64(v))
		}
		return c, nil
	}
	for i := range t.Elems() {
		c.Set(i, t.At(i))
	}
	return c, nil
}

// Narrow copies int64 values to int32; its error names the first that doesn't fit.
func Narrow(dst []int32, src []int64) error {
	for i, v := range src {
		if v != int64(int32(v)) {
			return fmt.Errorf("element %d is %d, which int32 doesn't hold", i, v)
		}
		dst[i] = int32(v)
	}
	return nil
}

// Widens tells whether every value of d is also one of to.
func (d DType) Widens(to DType) bool {
	switch d {
	case Float16, BFloat16:
		return d == to || to == Float32 || to == Float64
	case Float32:
		return d == to || to == Float64
	case Bool:
		return d == to || to == Int32 || to == Int64
	case Int32:
		return d == to || to == Int64 || to == Float64
	}
	return d == to
}

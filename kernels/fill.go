package kernels

import (
	"math"

	"github.com/vulgo-ml/vulgo/tensor"
)

// FillDefault draws standard normal floats, and ints 0 or 1.
func FillDefault(rng *tensor.Philox, t *tensor.Tensor) {
	if t.DType.IsFloat() {
		for i := range t.Elems() {
			r := math.Sqrt(-2 * math.Log(1-rng.Float64()))
			t.Set(i, r*math.Cos(2*math.Pi*rng.Float64()))
		}
	}
	for i := range t.I32 {
		t.I32[i] = int32(rng.Intn(2))
	}
}

// FillInts draws ints below n.
func FillInts(n int) Filler {
	return func(rng *tensor.Philox, t *tensor.Tensor) {
		for i := range t.I32 {
			t.I32[i] = int32(rng.Intn(n))
		}
	}
}

// FillRange draws floats in [lo, hi).
func FillRange(lo, hi float64) Filler {
	return func(rng *tensor.Philox, t *tensor.Tensor) {
		for i := range t.Elems() {
			t.Set(i, rng.Uniform(lo, hi))
		}
	}
}

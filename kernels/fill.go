package kernels

import (
	"math"

	"github.com/vulgo-ml/vulgo/tensor"
)

// FillDefault draws standard normal floats, and ints 0 or 1.
func FillDefault(rng *tensor.Philox, t *tensor.Tensor) {
	for i := range t.F32 {
		r := math.Sqrt(-2 * math.Log(1-rng.Float64()))
		t.F32[i] = float32(r * math.Cos(2*math.Pi*rng.Float64()))
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
		for i := range t.F32 {
			t.F32[i] = float32(rng.Uniform(lo, hi))
		}
	}
}

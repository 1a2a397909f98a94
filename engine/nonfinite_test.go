package engine_test

import (
	"math"
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/internal/opcheck"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// specials draws few different values, so that there are ties, and every mark of
// them, at a place that wanders from row to row, one of the values given.
func specials(mark int, values ...float64) kernels.Filler {
	return func(rng *tensor.Philox, t *tensor.Tensor) {
		for i := range t.F32 {
			t.F32[i] = float32(rng.Intn(9)-4) / 2
			if rng.Intn(mark) == 0 {
				t.F32[i] = float32(values[rng.Intn(len(values))])
			}
		}
	}
}

// NaN, infinities, negative zero and ties, in reductions and softmaxes: the
// oracle follows PyTorch, and every variant follows the oracle.
func TestNaNAndInfinityOnEveryDevice(t *testing.T) {
	inf, nan, zero := math.Inf(1), math.NaN(), math.Copysign(0, -1)
	fills := []kernels.Filler{specials(20, inf, -inf, nan, zero), specials(40, nan), specials(3, -inf, zero), specials(2, inf), specials(1, -inf)}
	shapes := []struct {
		shape tensor.Shape
		axis  int
	}{{tensor.Shape{37, 10}, 1}, {tensor.Shape{37, 10}, 0}, {tensor.Shape{7, 133}, 1}, {tensor.Shape{133, 8}, 0}, {tensor.Shape{5, 7, 3}, 1}}
	for fi, fill := range fills {
		run := func(op *kernels.Op, k kernels.Case) { testCase(t, opcheck.NewFixture(op, k, uint64(fi), true), 1) }
		for _, s := range shapes {
			in := []tensor.Type{tensor.F32(s.shape...)}
			for _, op := range []*kernels.Op{kernels.ReduceSum, kernels.ReduceMean, kernels.AMax, kernels.AMin, kernels.ArgMax, kernels.ArgMin} {
				at := cpuref.ReduceAttrs{Axes: cpuref.IntList(s.axis)}
				run(op, kernels.Case{Attrs: at, In: in, Fill: []kernels.Filler{fill}})
			}
			for _, op := range []*kernels.Op{kernels.Softmax, kernels.LogSoftmax} {
				run(op, kernels.Case{Attrs: cpuref.AxisAttrs{Axis: s.axis}, In: in, Fill: []kernels.Filler{fill}})
			}
			if len(s.shape) == 2 {
				labels := kernels.FillInts(s.shape[1] + 2) // some are no class
				k := kernels.Case{
					Attrs: cpuref.CrossEntropyAttrs{IgnoreIndex: 1},
					In:    append(in, tensor.I32(s.shape[0])), Fill: []kernels.Filler{fill, labels},
				}
				run(kernels.CrossEntropy, k)
				k.In = append(k.In, tensor.F32(s.shape[0]), tensor.F32(s.shape[0]))
				run(kernels.CrossEntropyGrad, k)
			}
		}
	}
}

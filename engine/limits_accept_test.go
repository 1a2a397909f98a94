//go:build accept

package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/internal/opcheck"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

func over(axes ...int) cpuref.ReduceAttrs {
	return cpuref.ReduceAttrs{Axes: cpuref.IntList(axes...)}
}

// Sizes at and just over 65,535 workgroups a dimension and 65,535 loop trips an
// invocation, which lavapipe would cut short in silence. An op may refuse, by
// name; what it computes must be right.
func TestAcceptSizesAtTheLimits(t *testing.T) {
	const groups = 65535
	type s = tensor.Shape
	type sizes struct {
		op    string
		attrs any
		in    []tensor.Type
		fill  []kernels.Filler
	}
	floats := func(shapes ...s) (in []tensor.Type) {
		for _, shape := range shapes {
			in = append(in, tensor.F32(shape...))
		}
		return in
	}
	list := []sizes{
		{op: "matmul", attrs: cpuref.MatMulAttrs{}, in: floats(s{1, groups + 2}, s{groups + 2, 1})},
		{op: "matmul", attrs: cpuref.MatMulAttrs{}, in: floats(s{3, 16*groups + 16}, s{16*groups + 16, 2})},
		{op: "matmul", attrs: cpuref.MatMulAttrs{TransA: true}, in: floats(s{2, 8*groups + 8}, s{2, 1})},
		{op: "matmul", attrs: cpuref.MatMulAttrs{}, in: floats(s{groups + 1, 2, 2}, s{groups + 1, 2, 3})},
		{op: "conv2d", attrs: cpuref.Conv2dAttrs{Padding: [2]int{1, 1}}, in: floats(s{1, 8192, 3, 3}, s{1, 8192, 3, 3})},
		{op: "conv2d", attrs: cpuref.Conv2dAttrs{}, in: floats(s{1, 2, 260, 260}, s{1, 2, 257, 257})},
		{op: "conv2d", attrs: cpuref.Conv2dAttrs{}, in: floats(s{groups + 1, 1, 3, 3}, s{2, 1, 3, 3})},
		{op: "max_pool2d", attrs: cpuref.Pool2dAttrs{Kernel: [2]int{257, 257}}, in: floats(s{1, 2, 300, 300})},
		{op: "avg_pool2d", attrs: cpuref.Pool2dAttrs{Kernel: [2]int{257, 257}}, in: floats(s{1, 2, 300, 300})},
		{op: "max_pool2d", attrs: cpuref.Pool2dAttrs{Kernel: [2]int{2, 2}}, in: floats(s{groups + 1, 1, 2, 2})},
		{op: "embedding", in: []tensor.Type{tensor.F32(3, 4), tensor.I32(16*groups + 1)}, fill: []kernels.Filler{nil, kernels.FillInts(3)}},
		{op: "embedding_grad", attrs: cpuref.EmbeddingGradAttrs{Rows: 3}, in: []tensor.Type{tensor.I32(groups + 2), tensor.F32(groups+2, 4)}, fill: []kernels.Filler{kernels.FillInts(3)}},
		{op: "cross_entropy", attrs: cpuref.CrossEntropyAttrs{IgnoreIndex: -100}, in: []tensor.Type{tensor.F32(groups+1, 3), tensor.I32(groups + 1)}, fill: []kernels.Filler{nil, kernels.FillInts(3)}},
		{op: "cross_entropy", attrs: cpuref.CrossEntropyAttrs{IgnoreIndex: -100}, in: []tensor.Type{tensor.F32(2, groups+2), tensor.I32(2)}, fill: []kernels.Filler{nil, kernels.FillInts(9)}},
		{op: "permute", attrs: cpuref.PermuteAttrs{Perm: cpuref.IntList(1, 0)}, in: floats(s{2049, 2049})},
		{op: "uniform", attrs: cpuref.UniformAttrs{Shape: cpuref.IntList(64*groups + 1), Seq: 1}, in: []tensor.Type{tensor.I32(2)}},
		{op: "lstm", attrs: cpuref.LSTMAttrs{}, in: floats(s{1, groups + 1, 4}, s{4, 1}, s{groups + 1, 1}, s{groups + 1, 1})},
	}
	for _, n := range []int{64 * groups, 64*groups + 1, 256 * groups, 256*groups + 4, 256*groups + 5} {
		list = append(list, sizes{op: "add", in: floats(s{n}, s{n})}, sizes{op: "relu", in: floats(s{n})})
	}
	for _, op := range []string{"sum", "mean", "amax", "argmax", "prod", "logsumexp"} {
		for _, k := range []struct {
			shape s
			axis  int
		}{{s{groups, 3}, 1}, {s{groups + 1, 3}, 1}, {s{3, 16*groups + 16}, 1}, {s{16*groups + 16, 3}, 0}, {s{2, groups + 1, 2}, 2}} {
			list = append(list, sizes{op: op, attrs: over(k.axis), in: floats(k.shape)})
		}
	}
	for _, op := range []string{"softmax", "log_softmax"} {
		for _, k := range []struct {
			shape s
			axis  int
		}{{s{groups + 1, 3}, 1}, {s{2, 2*groups + 2}, 1}, {s{2*groups + 2, 2}, 0}} {
			list = append(list, sizes{op: op, attrs: cpuref.AxisAttrs{Axis: k.axis}, in: floats(k.shape)})
		}
	}
	refused := 0
	for _, k := range list {
		op := kernels.Lookup(k.op)
		require.NotNil(t, op, k.op)
		t.Run(fmt.Sprint(k.op, k.in), func(t *testing.T) {
			f := opcheck.NewFixture(op, kernels.Case{Attrs: k.attrs, In: k.in, Fill: k.fill}, 1, true)
			for _, d := range devtest.Devices() {
				variants, err := f.Variants(d.Target)
				require.NoError(t, err)
				if len(variants) == 0 {
					_, err := f.Run(d.Device, "", 1)
					require.ErrorContains(t, err, op.Name)
					refused++
				}
				for _, v := range variants {
					testVariant(t, f, d, v, 1)
				}
			}
		})
	}
	t.Logf("accept: %d cases at and over 65,535 groups and loop trips, %d refused by name", len(list), refused)
}

// Operands of 160 MB and more, over the 128 MiB that lavapipe binds: on each
// device the same as on the CPU, but for what may be refused by name.
func TestAcceptLargerThanABinding(t *testing.T) {
	const n = 40_000_003
	sgd := cpuref.SGDAttrs{N: 1, Momentum: 0.9}
	flat := kernels.FlatPad(n)
	scalar := func(v float32) kernels.Filler {
		return func(_ *tensor.Philox, t *tensor.Tensor) { t.F32[0] = v }
	}
	padded := func(rng *tensor.Philox, t *tensor.Tensor) {
		kernels.FillDefault(rng, t)
		clear(t.F32[n:])
	}
	for _, k := range []struct {
		op    string
		attrs any
		in    []tensor.Type
		fill  []kernels.Filler
	}{
		{op: "add", in: []tensor.Type{tensor.F32(n), tensor.F32(n)}},
		{op: "relu", in: []tensor.Type{tensor.F32(n)}},
		{op: "sum", attrs: over(), in: []tensor.Type{tensor.F32(n)}},
		{op: "amax", attrs: over(1), in: []tensor.Type{tensor.F32(6000, 6700)}},
		{op: "mean", attrs: over(0), in: []tensor.Type{tensor.F32(6000, 6700)}},
		{op: "permute", attrs: cpuref.PermuteAttrs{Perm: cpuref.IntList(1, 0)}, in: []tensor.Type{tensor.F32(6000, 6700)}},
		{op: "slice", attrs: cpuref.SliceAttrs{Start: cpuref.IntList(n - 1), Size: cpuref.IntList(n), Step: cpuref.IntList(-1)}, in: []tensor.Type{tensor.F32(n)}},
		{op: "sgd", attrs: sgd, in: []tensor.Type{tensor.F32(n), tensor.F32(flat), tensor.F32(flat), tensor.F32(), tensor.F32()},
			fill: []kernels.Filler{nil, padded, padded, scalar(0.1), scalar(2)}},
	} {
		t.Run(k.op, func(t *testing.T) {
			op := kernels.Lookup(k.op)
			testCase(t, opcheck.NewFixture(op, kernels.Case{Attrs: k.attrs, In: k.in, Fill: k.fill}, 1, true), 1)
		})
	}
}

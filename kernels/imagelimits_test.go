package kernels

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// At 65,535 workgroups and loop iterations, and one over: grids fold, and what a
// device's loops can't be trusted with is cut or refused.
func TestImageOpsAtTheLimits(t *testing.T) {
	target := MinimalVulkan()
	call := func(op *Op, at any, in ...tensor.Type) *Call {
		attrs, out, err := op.Infer(at, in)
		require.NoError(t, err)
		return &Call{Op: op, Attrs: attrs, In: in, Out: out}
	}
	choose := func(c *Call) (string, Lowered) {
		v, err := Choose(target, c, nil)
		require.NoError(t, err)
		low, err := v.Lower(target, c)
		require.NoError(t, err)
		return v.Name, low
	}
	one, many := tensor.F32(1, 1, 1, 1), 16*65535
	type conv = cpuref.Conv2dAttrs
	pool := func(k int) cpuref.Pool2dAttrs { return cpuref.Pool2dAttrs{Kernel: [2]int{1, k}} }
	for n, grid := range map[int][3]uint32{65535: {65535, 1, 1}, 65536: {32768, 2, 1}} {
		for _, c := range []*Call{
			call(Conv2d, conv{}, tensor.F32(1, 1, n, 32), one),
			call(Conv2dData, conv{Size: [2]int{n, 32}}, tensor.F32(1, 1, n, 32), one),
			call(Conv2d, conv{Groups: 2}, tensor.F32(1, 2, n, 32), tensor.F32(2, 1, 1, 1)),
			call(MaxPool2d, pool(1), tensor.F32(1, 1, n, 64)),
			call(AvgPool2d, pool(1), tensor.F32(1, 1, n, 64)),
			call(PoolGather, cpuref.PoolGatherAttrs{}, tensor.F32(1, 1, 1), tensor.I32(1, 1, n*64)),
		} {
			_, low := choose(c)
			last := low.Dispatches[len(low.Dispatches)-1]
			require.Equal(t, grid, last.Grid, "%s %d", c.Op.Name, n)
		}
	}

	name, _ := choose(call(Conv2d, conv{}, tensor.F32(1, many-16, 1, 1), tensor.F32(1, many-16, 1, 1)))
	require.Equal(t, "tile", name)
	_, err := Choose(target, call(Conv2d, conv{}, tensor.F32(1, many, 1, 1), tensor.F32(1, many, 1, 1)), nil)
	require.EqualError(t, err, "conv2d: no kernel serves [float32[1 1048560 1 1] float32[1 1048560 1 1]] on minimal")
	_, low := choose(call(Conv2dWeight, conv{Size: [2]int{1, 1}}, tensor.F32(1, 1, 4096, 4096), tensor.F32(1, 1, 4096, 4096)))
	require.Greater(t, low.Dispatches[0].Grid[2], uint32(1), "long sums come in slices")

	choose(call(MaxPool2d, pool(32767), tensor.F32(1, 1, 1, 32767)))
	_, err = Choose(target, call(MaxPool2d, pool(32768), tensor.F32(1, 1, 1, 32768)), nil)
	require.EqualError(t, err, "max_pool2d: no kernel serves [float32[1 1 1 32768]] on minimal")
	_, err = Choose(target, call(AvgPool2d, pool(1), tensor.F32(1, 1, 1<<13, 1<<12+1)), nil)
	require.EqualError(t, err, "avg_pool2d: no kernel serves [float32[1 1 8192 4097]] on minimal", "over the range of a binding")
}

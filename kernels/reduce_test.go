package kernels

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

func software() *Target {
	t := MinimalVulkan()
	t.Name, t.Software, t.SubgroupArithmetic, t.SubgroupShuffle, t.SubgroupSize = "software", true, true, true, 8
	t.MaxTexels = 128 << 20
	return t
}

// callOf infers a call's output types.
func callOf(t *testing.T, op *Op, attrs any, in ...tensor.Type) *Call {
	attrs, out, err := op.Infer(attrs, in)
	require.NoError(t, err)
	return &Call{Op: op, Attrs: attrs, In: in, Out: out}
}

// lowered lowers a call in every variant that serves it and checks what every
// device guarantees.
func lowered(t *testing.T, c *Call, each func(tg *Target, v string, l Lowered)) {
	for _, tg := range []*Target{MinimalVulkan(), software()} {
		served := false
		for _, v := range c.Op.Variants {
			if v.Kind != Vulkan || v.When != nil && !v.When(tg, c) {
				continue
			}
			served = true
			l, err := v.Lower(tg, c)
			require.NoError(t, err)
			for _, d := range l.Dispatches {
				require.LessOrEqual(t, 4*len(d.Push), tg.MaxPush)
				require.LessOrEqual(t, len(d.Bind), tg.MaxStorageBuffers)
				for i, n := range d.Grid {
					require.LessOrEqual(t, int(n), tg.MaxGroups[i])
				}
				if d.Shader != "" {
					require.LessOrEqual(t, int(d.Spec[0]), tg.MaxInvocations)
				}
			}
			each(tg, v.Name, l)
		}
		require.True(t, served, "%s %v on %s", c.Op.Name, c.In, tg.Name)
	}
}

// No invocation of a reduction may loop for long: an addition's share of the
// rounding grows with it, and lavapipe stops after 65,535 iterations.
func TestReductionsLoopBriefly(t *testing.T) {
	for _, k := range []struct {
		shape tensor.Shape
		axes  []int
	}{
		{tensor.Shape{1 << 25}, nil}, {tensor.Shape{1 << 25, 1}, []int{0}}, {tensor.Shape{1 << 24, 2}, []int{0}}, {tensor.Shape{2, 1 << 24}, []int{1}},
		{tensor.Shape{1 << 12, 1 << 12}, []int{0}}, {tensor.Shape{1 << 12, 1 << 12}, []int{1}}, {tensor.Shape{1 << 20, 3, 5}, []int{0, 2}},
		{tensor.Shape{65537, 3, 17}, []int{0, 2}}, {tensor.Shape{3, 65537, 17}, []int{1}}, {tensor.Shape{1 << 22, 2, 2}, []int{0, 2}},
		{tensor.Shape{1 << 25, 1}, []int{1}}, {tensor.Shape{1 << 24, 2}, []int{1}},
	} {
		at := cpuref.ReduceAttrs{Axes: cpuref.IntList(k.axes...)}
		lowered(t, callOf(t, ReduceSum, at, tensor.F32(k.shape...)), func(tg *Target, v string, l Lowered) {
			name := fmt.Sprint(k, tg.Name, v)
			require.LessOrEqual(t, len(l.Dispatches), 4, name)
			for _, d := range l.Dispatches {
				lanes, vec, q, n := int(d.Spec[1]), 1, int(d.Push[4]), int(d.Push[5])
				if d.Shader[:11] == "reduce_rows" {
					vec = 4
				}
				loops := q * (2 + (n+vec*lanes-1)/(vec*lanes))
				require.LessOrEqual(t, loops, 4096, name)
			}
		})
		lowered(t, callOf(t, ArgMax, at, tensor.F32(k.shape...)), func(tg *Target, _ string, l Lowered) {
			for _, d := range l.Dispatches {
				require.LessOrEqual(t, int(d.Push[3]), 256*int(d.Spec[1]))
			}
		})
	}
}

func TestSoftmaxRowsFitTheLoopLimit(t *testing.T) {
	for _, shape := range []tensor.Shape{{1, 1 << 20}, {1 << 20, 1}, {70000, 3}, {3, 70000}, {1 << 20, 8}} {
		for axis := range shape {
			c := callOf(t, Softmax, cpuref.AxisAttrs{Axis: axis}, tensor.F32(shape...))
			_, n, _ := axisRows(c)
			for _, tg := range []*Target{MinimalVulkan(), software()} {
				v, err := Choose(tg, c, nil)
				if err != nil { // a subgroup of 8 goes 3 times through at most 170,000
					require.Greater(t, n, tg.MaxLoop*8/3)
					continue
				}
				l, err := v.Lower(tg, c)
				require.NoError(t, err)
				require.LessOrEqual(t, 3*parts(n, int(l.Dispatches[0].Spec[1])), tg.MaxLoop)
			}
		}
	}
}

func TestReduceAxesAreChecked(t *testing.T) {
	ax, err := Axes(3, -1, 0)
	require.NoError(t, err)
	require.Equal(t, cpuref.IntList(0, 2), ax)
	_, err = Axes(3, 3)
	require.ErrorContains(t, err, "axis 3 of a tensor with 3 dimensions")
	_, err = Axes(3, 2, -1)
	require.ErrorContains(t, err, "twice")

	_, _, err = AMax.Infer(cpuref.ReduceAttrs{Axes: cpuref.IntList(1)}, []tensor.Type{tensor.F32(2, 0)})
	require.EqualError(t, err, "amax: [2 0] over axes [1]: there are no elements to choose from")
	_, _, err = ReduceMean.Infer(cpuref.ReduceAttrs{}, []tensor.Type{tensor.I32(2)})
	require.EqualError(t, err, "mean: X is int32[2], wants floats")
}

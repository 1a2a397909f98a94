package kernels

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestRecurrentOpsNameTheOperandThatDoesntFit(t *testing.T) {
	f := tensor.F32
	for _, c := range []struct {
		op    *Op
		attrs any
		in    []tensor.Type
		want  string
	}{
		{RNN, cpuref.RNNAttrs{}, []tensor.Type{f(5, 3), f(3, 3), f(2, 3)}, "rnn: gx is [5 3], wants [steps, batch, hidden]"},
		{RNN, cpuref.RNNAttrs{}, []tensor.Type{f(5, 2, 3), f(3, 2), f(2, 3)}, "rnn: whh is [3 2]; with gx [5 2 3] (5 steps, batch 2, 3 hidden units) it must be [3 3]"},
		{GRU, cpuref.GRUAttrs{}, []tensor.Type{f(5, 2, 4), f(3, 1), f(2, 1), {}}, "gru: gx is [5 2 4], wants [steps, batch, 3·hidden]"},
		{GRU, cpuref.GRUAttrs{}, []tensor.Type{f(5, 2, 9), f(9, 3), f(2, 3), f(3)}, "gru: bhh is [3]; with gx [5 2 9] (5 steps, batch 2, 3 hidden units) it must be [9]"},
	} {
		_, _, err := c.op.Infer(c.attrs, c.in)
		require.ErrorContains(t, err, c.want)
	}
}

// Every shape of every recurrent op is served by a device of the least limits,
// and by a software one in subgroups; what no binding holds is refused by name.
func TestRecurrentOpsTakeTheShapeThatTheDeviceServes(t *testing.T) {
	for _, k := range []struct {
		op *Op
		c  Case
	}{
		{RNN, rnnCase(64, 32, 256, 0)}, {RNNGrad, rnnGradCase(64, 32, 256, 0)},
		{GRU, gruCase(64, 32, 255, false)}, {GRUGrad, gruGradCase(64, 32, 255, false)},
	} {
		c := call(t, k.op, k.c)
		v, err := Choose(MinimalVulkan(), c, nil)
		require.NoError(t, err)
		require.Equal(t, "tile", v.Name)
		v, err = Choose(softwareTarget(), c, nil)
		require.NoError(t, err)
		require.Equal(t, "subgroup", v.Name)
		none := softwareTarget()
		none.MaxStorageRange = 1 << 12
		_, err = Choose(none, c, nil)
		require.ErrorContains(t, err, k.op.Name+": no kernel serves")
	}
}

// A step touches its own part of each sequence, and of y (or the gradient)
// besides the part that it reads: so steps wait for each other, and for nothing
// else.
func TestRecurrentStepsTouchTheirOwnPart(t *testing.T) {
	touched := func(b Bind) [2]int { return [2]int{b.TouchOff, b.TouchLen} }
	for _, reverse := range []bool{false, true} {
		time := func(s int) int { return seqDims{T: 3, reverse: reverse}.time(s) }
		c := call(t, GRU, gruCase(3, 4, 16, reverse))
		back := call(t, GRUGrad, gruGradCase(3, 4, 16, reverse, 5))
		for i := range 2 {
			low, err := GRU.Variants[i].Lower(softwareTarget(), c)
			require.NoError(t, err)
			require.Len(t, low.Dispatches, 1+3) // weights packed, steps
			for s, d := range low.Dispatches[1:] {
				require.Equal(t, [2]int{192 * time(s), 192}, touched(d.Bind[0]), "gx")
				require.Equal(t, [2]int{64 * time(s), 64}, touched(d.Bind[3]), "y")
				if s > 0 {
					require.Equal(t, [2]int{64 * time(s-1), 64}, touched(d.Bind[2]), "h")
				}
			}
			low, err = GRUGrad.Variants[i].Lower(softwareTarget(), back)
			require.NoError(t, err)
			require.Len(t, low.Dispatches, 1+3+1) // and dh0
			for s, d := range low.Dispatches[1:4] {
				require.Equal(t, [2]int{192 * time(2-s), 192}, touched(d.Bind[4]), "da")
				if s > 0 {
					require.Equal(t, [2]int{192 * time(3-s), 192}, touched(d.Bind[2]), "da after it")
				}
			}
		}
	}
}

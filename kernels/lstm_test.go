package kernels

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestLSTMNamesTheOperandThatDoesntFit(t *testing.T) {
	f := tensor.F32
	good := []tensor.Type{f(5, 2, 12), f(12, 3), f(2, 3), f(2, 3)}
	_, out, err := LSTM.Infer(cpuref.LSTMAttrs{}, good)
	require.NoError(t, err)
	require.Equal(t, []tensor.Type{f(5, 2, 3), f(2, 3), f(2, 3), f(5, 2, 12), f(5, 2, 3)}, out)
	for _, c := range []struct {
		at   int
		with tensor.Type
		want string
	}{
		{0, f(5, 2, 13), "lstm: gx is [5 2 13], wants [steps, batch, 4·hidden]"},
		{0, f(5, 2, 0), "lstm: gx is [5 2 0], wants"},
		{1, f(3, 12), "lstm: whh is [3 12]; with gx [5 2 12] (5 steps, batch 2, 3 hidden units) it must be [12 3]"},
		{2, f(1, 3), "lstm: h0 is [1 3]; with"},
		{3, tensor.I32(2, 3), "lstm: c0 is int32[2 3] and gx float32[5 2 12]: wants one float type"},
	} {
		in := append([]tensor.Type{}, good...)
		in[c.at] = c.with
		_, _, err := LSTM.Infer(cpuref.LSTMAttrs{}, in)
		require.ErrorContains(t, err, c.want)
	}
}

// call is the call of a case, every output wanted.
func call(t *testing.T, op *Op, k Case) *Call {
	attrs, out, err := op.Infer(k.Attrs, k.In)
	require.NoError(t, err)
	return &Call{Op: op, Attrs: attrs, In: k.In, Out: out}
}

func softwareTarget() *Target {
	t := MinimalVulkan()
	t.Software, t.SubgroupSize, t.SubgroupShuffle, t.SubgroupArithmetic = true, 8, true, true
	t.MaxInvocations, t.MaxTexels = 1024, 1<<27
	return t
}

func TestLSTMTakesTheShapeThatTheDeviceServes(t *testing.T) {
	k := lstmCase(64, 32, 256, false)
	for _, c := range []struct {
		name   string
		change func(t *Target)
		want   string
	}{
		{"software", func(t *Target) {}, "subgroup"},
		{"a GPU", func(t *Target) { t.Software = false }, "tile"},
		{"no shuffles", func(t *Target) { t.SubgroupShuffle = false }, "tile"},
		{"few texels", func(t *Target) { t.MaxTexels = 1 << 10 }, "tile"},
		{"the least Vulkan", func(t *Target) { *t = *MinimalVulkan() }, "tile"},
		{"small bindings", func(t *Target) { t.MaxStorageRange = 1 << 21 }, "subgroup"},
	} {
		target := softwareTarget()
		c.change(target)
		v, err := Choose(target, call(t, LSTM, k), nil)
		require.NoError(t, err, c.name)
		require.Equal(t, c.want, v.Name, c.name)
	}
	none := softwareTarget()
	none.MaxStorageRange = 1 << 12
	_, err := Choose(none, call(t, LSTM, k), nil)
	require.ErrorContains(t, err, "lstm: no kernel serves")
}

// Steps must wait for each other, and for nothing else: a step touches exactly
// its own part of each sequence, and of y besides the part it reads.
func TestLSTMStepsTouchTheirOwnPartOfTheSequences(t *testing.T) {
	for _, reverse := range []bool{false, true} {
		c := call(t, LSTM, lstmCase(3, 4, 16, reverse))
		for _, v := range LSTM.Variants {
			if v.Kind != Vulkan {
				continue
			}
			low, err := v.Lower(softwareTarget(), c)
			require.NoError(t, err)
			require.Len(t, low.Dispatches, 2+3) // weights packed, c0 copied, steps
			for i, d := range low.Dispatches[2:] {
				at, before := i*64, (i-1)*64
				if reverse {
					at, before = (2-i)*64, (3-i)*64
				}
				touched := func(b Bind) [2]int { return [2]int{b.TouchOff, b.TouchLen} }
				require.Equal(t, [2]int{4 * at, 256}, touched(d.Bind[0]), "gx")
				if i > 0 {
					require.Equal(t, [2]int{before, 64}, touched(d.Bind[2]), "h")
				} else {
					require.Equal(t, In(2).Index, d.Bind[2].Index)
				}
				require.Equal(t, [2]int{at, 64}, touched(d.Bind[3]), "y")
				require.Equal(t, Write, d.Bind[3].Access)
			}
		}
	}
}

// What no binding of the whole sequence can hold is bound step by step.
func TestLSTMBindsStepsAloneWhereTheSequenceIsTooLarge(t *testing.T) {
	target := softwareTarget()
	target.MaxStorageRange = 20000
	c := call(t, LSTMGrad, lstmGradCase(3, 16, 32, false))
	low, err := LSTMGrad.Variants[0].Lower(target, c)
	require.NoError(t, err)
	for _, d := range low.Dispatches {
		for _, b := range d.Bind {
			elems := b.Len
			if elems == 0 {
				elems = map[Role]func() int{
					RoleIn: func() int { return c.In[b.Index].Elems() }, RoleOut: func() int { return c.Out[b.Index].Elems() },
					RoleWork: func() int { return low.Work[b.Index] / 4 },
				}[b.Role]()
			}
			require.LessOrEqual(t, 4*elems, target.MaxStorageRange)
		}
	}
}

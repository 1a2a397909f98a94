package kernels

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestOptimizersNameTheOperandThatDoesntFit(t *testing.T) {
	f := tensor.F32
	at := cpuref.AdamAttrs{N: 2, Beta1: 0.9, Beta2: 0.999}
	good := []tensor.Type{f(3, 5), f(65), f(192), f(192), f(192), f(), f()}
	_, out, err := Adam.Infer(at, good)
	require.NoError(t, err)
	require.Equal(t, []tensor.Type{f(3, 5), f(65), f(192), f(192)}, out)
	_, _, err = Adam.Infer(at, append(good, f()))
	require.NoError(t, err)

	for _, c := range []struct {
		in   []tensor.Type
		want string
	}{
		{good[:6], "adam: 6 operands for 2 parameters: wants the parameters, then [G exp_avg exp_avg_sq lr t gscale], the last one optional"},
		{[]tensor.Type{f(3, 5), tensor.I32(65), f(192), f(192), f(192), f(), f()}, "adam: parameter 1 is int32[65]"},
		{[]tensor.Type{f(3, 5), f(65), f(192), f(80), f(192), f(), f()}, "adam: exp_avg is float32[80], wants float32[192]: 2 parameters, each padded to 64 elements"},
		{[]tensor.Type{f(3, 5), f(65), f(192), f(192), f(192), f(1), f()}, "adam: lr is float32[1], wants float32[]: a scalar"},
	} {
		_, _, err := Adam.Infer(at, c.in)
		require.ErrorContains(t, err, c.want)
	}
}

func TestFormulaOptimizersNameTheOperandThatDoesntFit(t *testing.T) {
	f := tensor.F32
	at := FlatAttrs{N: 1}
	in := []tensor.Type{f(3), f(64), f(64), f(64), f(), f(2)}
	_, out, err := NAdam.Infer(at, in)
	require.NoError(t, err)
	require.Equal(t, []tensor.Type{f(3), f(64), f(64)}, out)
	in[5] = f()
	_, _, err = NAdam.Infer(at, in)
	require.ErrorContains(t, err, "nadam: t is float32[], wants float32[2]: the step and a scalar")
	in[3] = f(65)
	_, _, err = NAdam.Infer(at, in)
	require.ErrorContains(t, err, "nadam: exp_avg_sq is float32[65], wants float32[64]: 1 parameters, each padded to 64 elements")
	_, _, err = RMSprop.Infer(FlatAttrs{N: 1, Form: 4}, in)
	require.ErrorContains(t, err, "rmsprop: form 4, there are 4")
	states, extra := FlatStates(NAdam, 0)
	require.Equal(t, []string{"exp_avg", "exp_avg_sq"}, states)
	require.Equal(t, "mu_product", extra)
}

// Two runs, the second in windows of what a binding can hold.
func TestOptimizersUpdateEachRunInWindows(t *testing.T) {
	k := flatCase(cpuref.SGDAttrs{N: 3, Momentum: 0.9}, "", 1, false, 1, nil, tensor.Shape{10}, tensor.Shape{100}, tensor.Shape{60})
	c := call(t, SGD, k)
	c.Runs = []Run{{First: 0, Count: 1, Offset: 0, Elems: 64}, {First: 1, Count: 2, Offset: 64, Elems: 192}}
	target := MinimalVulkan()
	target.MaxStorageRange = 4 * 130 // rounded down to 128 elements
	low, err := lowerSGD(target, c)
	require.NoError(t, err)
	type part struct{ param, off, n, flat int }
	var got []part
	for _, d := range low.Dispatches {
		require.Equal(t, "sgd", d.Shader)
		g, p, buf := d.Bind[0], d.Bind[1], d.Bind[2]
		require.Equal(t, [3]int{g.Off, g.Len, p.Len}, [3]int{buf.Off, buf.Len, g.Len})
		require.Equal(t, Read|Write, p.Access&buf.Access)
		got = append(got, part{p.Index, p.Off, p.Len, g.Off})
	}
	require.Equal(t, []part{{0, 0, 64, 0}, {1, 0, 128, 64}, {1, 128, 64, 192}}, got)
}

func TestEmbeddingNamesTheOperandThatDoesntFit(t *testing.T) {
	f, i := tensor.F32, tensor.I32
	for _, c := range []struct {
		op    *Op
		attrs any
		in    []tensor.Type
		want  string
	}{
		{Embedding, nil, []tensor.Type{f(5), i(3)}, "embedding: table is float32[5], wants floats [rows, width], neither 0"},
		{Embedding, nil, []tensor.Type{f(5, 2), f(3)}, "embedding: idx is float32[3], wants int32"},
		{EmbeddingGrad, cpuref.EmbeddingGradAttrs{Rows: 5}, []tensor.Type{i(3), f(4, 2)}, "embedding_grad: dy is float32[4 2], wants floats of idx's shape [3] and a width"},
		{EmbeddingGrad, cpuref.EmbeddingGradAttrs{}, []tensor.Type{i(3), f(3, 2)}, "embedding_grad: a table of 0 rows"},
	} {
		_, _, err := c.op.Infer(c.attrs, c.in)
		require.ErrorContains(t, err, c.want)
	}
}

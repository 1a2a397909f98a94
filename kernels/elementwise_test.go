package kernels

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/expr"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestElementwiseNamesWhatDoesntFit(t *testing.T) {
	for _, c := range []struct {
		op   string
		in   []tensor.Type
		want string
	}{
		{"add", []tensor.Type{tensor.F32(3, 5), tensor.F32(4)}, "add: shapes [[3 5] [4]] don't broadcast"},
		{"add", []tensor.Type{tensor.F32(3), tensor.I32(3)}, "add: [float32[3] int32[3]]: wants operands of type [float float] or [int int], floats alike"},
		{"relu", []tensor.Type{tensor.I32(3)}, "relu: [int32[3]]: wants operands of type [float]"},
		{"relu", []tensor.Type{tensor.F32(3), tensor.F32(3)}, "relu: 2 operands given, wants 1 to 1"},
	} {
		_, _, err := Lookup(c.op).Infer(nil, c.in)
		require.ErrorContains(t, err, c.want)
	}
	_, _, err := FormulaOp.Infer(FormulaAttrs{Formula: "x -> y"}, []tensor.Type{tensor.F32(3)})
	require.ErrorContains(t, err, `formula: expr: "x -> y": no "y"`)
}

func TestGradientsAreOneOpEach(t *testing.T) {
	grad := func(name string, arg int) (string, []int) {
		g := forms[Lookup(name)][0].grads[arg]
		if g.op == nil {
			return "", g.uses
		}
		return g.op.Name, g.uses
	}
	for _, c := range []struct {
		name string
		arg  int
		op   string
		uses []int
	}{
		{"relu", 0, "relu_grad", []int{1, 2}},
		{"tanh", 0, "tanh_grad", []int{1, 2}},
		{"add", 1, "", []int{3}},
		{"sub", 1, "neg", []int{3}},
		{"mul", 0, "mul", []int{1, 3}},
		{"exp", 0, "mul", []int{1, 2}},
		{"div", 0, "div_grad_a", []int{1, 3}},
		{"log", 0, "div_grad_a", []int{0, 2}},
		{"where", 2, "where_grad_b", []int{0, 4}},
		{"clamp", 0, "clamp_grad", []int{0, 2}},
	} {
		op, uses := grad(c.name, c.arg)
		require.Equal(t, c.op, op, c.name)
		require.Equal(t, c.uses, uses, c.name)
	}
	require.True(t, forms[Lookup("floor")][0].grads[0].none)
}

func TestFormulaPutsAttributesInPlace(t *testing.T) {
	x := []tensor.Type{tensor.F32(3)}
	op := Lookup("leaky_relu")
	attrs, _, err := op.Infer(nil, x)
	require.NoError(t, err)
	f, ok := Formula(op, attrs, x)
	require.True(t, ok)
	require.Equal(t, "x0 -> where(x0 > 0, x0, x0 * 0.009999999776482582)", f.Key())
	_, ok = Formula(MatMul, nil, x)
	require.False(t, ok)
	f, ok = Formula(FormulaOp, FormulaAttrs{Formula: "x, a:attr -> x + a", Params: Params{2}}, x)
	require.True(t, ok)
	require.Equal(t, "x0 -> x0 + 2", f.Key())
}

func TestElementwiseTakesFourAtATimeWhereItCan(t *testing.T) {
	for _, c := range []struct {
		a, b tensor.Shape
		want string
		tail uint32
	}{
		{tensor.Shape{64, 4}, tensor.Shape{64, 4}, "vec4", 0},
		{tensor.Shape{7}, tensor.Shape{7}, "vec4", 2},
		{tensor.Shape{8}, tensor.Shape{}, "vec4", 1},
		{tensor.Shape{5, 8}, tensor.Shape{8}, "vec4", 1},
		{tensor.Shape{5, 8}, tensor.Shape{5, 1}, "vec4", 1},
		{tensor.Shape{5, 7}, tensor.Shape{7}, "scalar", 1},
		{tensor.Shape{5, 8}, tensor.Shape{5, 8}, "vec4", 1},
		{tensor.Shape{2, 3, 8}, tensor.Shape{3, 1}, "vec4", 1},
	} {
		k := callOf(t, Lookup("add"), nil, tensor.Type{DType: tensor.Float32, Shape: c.a}, tensor.Type{DType: tensor.Float32, Shape: c.b})
		v, err := Choose(MinimalVulkan(), k, nil)
		require.NoError(t, err)
		require.Equal(t, c.want, v.Name, "%v %v", c.a, c.b)
		low, err := v.Lower(MinimalVulkan(), k)
		require.NoError(t, err)
		require.Len(t, low.Dispatches, 1)
		require.Equal(t, c.tail, low.Dispatches[0].Spec[3], "%v %v", c.a, c.b)
	}
}

// Operands larger than a binding are done in windows that start where a binding
// may and cover each element once.
func TestElementwiseGoesInWindows(t *testing.T) {
	target := MinimalVulkan()
	target.MaxStorageRange = 4 * 10000
	for _, c := range []struct{ a, b tensor.Shape }{
		{tensor.Shape{123457}, tensor.Shape{123457}},
		{tensor.Shape{123457}, tensor.Shape{1}},
		{tensor.Shape{1031, 100}, tensor.Shape{100}},
		{tensor.Shape{1031, 100}, tensor.Shape{1031, 1}},
		{tensor.Shape{2, 1031, 40}, tensor.Shape{1031, 1}},
	} {
		k := callOf(t, Lookup("mul"), nil, tensor.Type{DType: tensor.Float32, Shape: c.a}, tensor.Type{DType: tensor.Float32, Shape: c.b})
		v, err := Choose(target, k, nil)
		if len(c.a) == 3 { // one step of the outermost dimension is too much
			require.Error(t, err)
			continue
		}
		require.NoError(t, err)
		low, err := v.Lower(target, k)
		require.NoError(t, err)
		require.Greater(t, len(low.Dispatches), 1)
		next := [2]int{}
		for _, d := range low.Dispatches {
			out := d.Bind[elementwiseInputs]
			require.Equal(t, next[0], out.Off)
			require.Equal(t, int(d.Push[0]), out.Len)
			next[0] += out.Len
			for _, b := range d.Bind {
				require.Zero(t, b.Off%FlatAlign)
				require.LessOrEqual(t, 4*b.Len, target.MaxStorageRange)
			}
			if b := d.Bind[1]; b.Len > 0 {
				require.Equal(t, next[1], b.Off)
				next[1] += b.Len
			}
		}
		require.Equal(t, c.a.Elems(), next[0])
		require.Contains(t, []int{0, c.b.Elems()}, next[1])
	}
}

func TestEpilogueKeysTellTheirOperandsApart(t *testing.T) {
	f, err := expr.Parse("v, b -> max(v + b, 0)")
	require.NoError(t, err)
	require.NotEqual(t, EpilogueOf(f, true).Key(), EpilogueOf(f, false).Key())
	require.Equal(t, EpilogueOf(f, true).Key(), EpilogueOf(f, true).Key())
}

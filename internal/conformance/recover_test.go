package conformance

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

// numbered is a case of x = 0, 1, 2, .. of a shape and a float64 output.
func numbered(name string, x tensor.Shape, out tensor.Shape, y []float64) *Case {
	c := &Case{Name: name, Torch: "see case name and gen.py"}
	n := x.Elems()
	for i := range n {
		c.data = binary.LittleEndian.AppendUint32(c.data, math.Float32bits(float32(i)))
	}
	for len(c.data)%8 != 0 {
		c.data = append(c.data, 0)
	}
	c.Given = []Given{{Name: "x", Kind: "input", Shape: x, part: part{"f32", 0, 4 * n}}}
	c.Expect = []Expect{{Name: "y", Kind: "output", Shape: out, F64: part{"f64", len(c.data), 8 * len(y)}}}
	for _, v := range y {
		c.data = binary.LittleEndian.AppendUint64(c.data, math.Float64bits(v))
	}
	return c
}

func TestACaseKnownByNameIsFoundByItsNumbers(t *testing.T) {
	for _, c := range []*Case{
		numbered("shape_roll", tensor.Shape{2, 3}, tensor.Shape{2, 3}, []float64{1, 2, 0, 4, 5, 3}),
		numbered("shape_slice_step", tensor.Shape{2, 5}, tensor.Shape{2, 2}, []float64{1, 3, 6, 8}),
		numbered("shape_select_last", tensor.Shape{2, 3}, tensor.Shape{2}, []float64{2, 5}),
		numbered("shape_pad_reflect", tensor.Shape{1, 3}, tensor.Shape{1, 6}, []float64{2, 1, 0, 1, 2, 1}),
		numbered("shape_pad_const", tensor.Shape{1, 2}, tensor.Shape{2, 4}, []float64{7, 0, 1, 7, 7, 7, 7, 7}),
		numbered("shape_triu_below", tensor.Shape{3, 3}, tensor.Shape{3, 3}, []float64{0, 1, 2, 3, 4, 5, 0, 7, 8}),
		numbered("shape_transpose01", tensor.Shape{2, 2}, tensor.Shape{2, 2}, []float64{0, 2, 1, 3}),
		numbered("shape_flip_both", tensor.Shape{2, 2}, tensor.Shape{2, 2}, []float64{3, 2, 1, 0}),
		numbered("shape_rot90_twice", tensor.Shape{2, 2}, tensor.Shape{2, 2}, []float64{3, 2, 1, 0}),
		numbered("shape_topk_smallest", tensor.Shape{4}, tensor.Shape{2}, []float64{0, 1}),
		numbered("shape_cat_twice", tensor.Shape{2}, tensor.Shape{4}, []float64{0, 1, 0, 1}),
		numbered("shape_unfold", tensor.Shape{1, 1, 2, 2}, tensor.Shape{1, 4, 1}, []float64{0, 1, 2, 3}),
		numbered("reduce_var_biased", tensor.Shape{2, 2}, tensor.Shape{2}, []float64{0.25, 0.25}),
		numbered("reduce_max_first_and_last", tensor.Shape{2, 2, 2}, tensor.Shape{2}, []float64{5, 7}),
	} {
		f, err := find(c)
		require.NoError(t, err, c.Name)
		require.True(t, gives(c, f), c.Name)
	}
	_, err := find(numbered("shape_roll", tensor.Shape{2}, tensor.Shape{2}, []float64{5, 6}))
	_, missing := IsMissing(err)
	require.True(t, missing)
}

package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// reduceCases are the test cases and the benchmark's rows of a reduction.
func reduceCases(op *Op) {
	one := func(dtype tensor.DType, keep bool, axes []int, shape tensor.Shape) Case {
		r := cpuref.ReduceAttrs{Axes: cpuref.IntList(axes...), Keep: keep}
		k := Case{Name: fmt.Sprintf("%v over %v keep %v", shape, axes, keep), In: []tensor.Type{{DType: dtype, Shape: shape}}, Attrs: r}
		if v, ok := op.Attrs.(cpuref.VarAttrs); ok {
			v.ReduceAttrs = r
			if viewReduction(shape, r.Has).elems > 1 { // of one it is NaN
				v.Correction = float64(len(axes) % 2)
			}
			k.Attrs = v
		}
		switch {
		case dtype == tensor.Int32:
			k.Name += " of int32"
			k.Fill = []Filler{fillWords}
		case op.Name == "prod":
			k.Fill = []Filler{FillRange(0.95, 1.051)}
		}
		return k
	}
	for i, k := range []struct {
		shape tensor.Shape
		axes  []int
	}{
		{tensor.Shape{}, nil}, {tensor.Shape{1}, nil}, {tensor.Shape{7}, []int{0}}, {tensor.Shape{70001}, nil},
		{tensor.Shape{5, 13}, []int{1}}, {tensor.Shape{5, 13}, []int{0}}, {tensor.Shape{3, 801}, []int{0}}, {tensor.Shape{3, 1031}, []int{1}},
		{tensor.Shape{1031, 3}, []int{0}}, {tensor.Shape{2053, 64}, []int{0}}, {tensor.Shape{33, 10}, []int{1}},
		{tensor.Shape{4, 6, 5, 7}, []int{0, 2, 3}}, {tensor.Shape{4, 6, 5, 7}, []int{1, 3}}, {tensor.Shape{4, 6, 5, 7}, []int{0, 2}},
		{tensor.Shape{2, 3, 2, 3, 2, 3}, []int{0, 2, 4}}, {tensor.Shape{2, 3, 2, 3, 2, 3}, []int{1, 3, 5}},
		{tensor.Shape{3, 1, 4}, []int{1}}, {tensor.Shape{0, 3}, []int{1}}, {tensor.Shape{70000, 2}, []int{1}},
	} {
		if op.Name == "prod" && k.shape.Elems() > 60000 && len(k.axes) == 0 {
			continue // its rounding would be all the tolerance is about
		}
		for _, keep := range []bool{false, true} {
			if keep && k.shape.Elems() > 60000 {
				continue
			}
			op.Cases = append(op.Cases, one(tensor.Float32, keep, k.axes, k.shape))
		}
		if _, _, err := op.Infer(op.Cases[0].Attrs, []tensor.Type{tensor.I32()}); err == nil && i < 16 {
			op.Cases = append(op.Cases, one(tensor.Int32, false, k.axes, k.shape))
		}
	}
	for _, k := range []struct {
		shape tensor.Shape
		axes  []int
	}{{tensor.Shape{1024, 1024}, []int{1}}, {tensor.Shape{1024, 1024}, []int{0}}, {tensor.Shape{1 << 20}, nil}, {tensor.Shape{32, 64, 28, 28}, []int{0, 2, 3}}} {
		if op.Name == "prod" && (len(k.axes) == 0 || len(k.axes) == 3) {
			continue // as above
		}
		b := one(tensor.Float32, false, k.axes, k.shape)
		b.Name = fmt.Sprintf("%v over %v", k.shape, k.axes)
		op.Bench = append(op.Bench, b)
	}
}

// fillWords draws ints of the whole range, so that sums overflow.
func fillWords(rng *tensor.Philox, t *tensor.Tensor) {
	for i := range t.I32 {
		t.I32[i] = int32(rng.Intn(1<<31)) - 1<<30
	}
}

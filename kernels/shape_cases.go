package kernels

import (
	"fmt"
	"slices"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

func shapeCase(attrs any, words string, in ...tensor.Shape) Case {
	k := Case{Attrs: attrs, Name: fmt.Sprint(in, " ", words)}
	for _, s := range in {
		k.In = append(k.In, tensor.F32(s...))
	}
	return k
}

func permuteCase(x tensor.Shape, perm ...int) Case {
	return shapeCase(cpuref.PermuteAttrs{Perm: cpuref.IntList(perm...)}, fmt.Sprint("perm ", perm), x)
}

func expandCase(x tensor.Shape, to ...int) Case {
	return shapeCase(cpuref.ExpandAttrs{Shape: cpuref.IntList(to...)}, fmt.Sprint("to ", to), x)
}

func sliceCase(x tensor.Shape, start, size, step []int) Case {
	a := cpuref.SliceAttrs{Start: cpuref.IntList(start...), Size: cpuref.IntList(size...), Step: cpuref.IntList(step...)}
	return shapeCase(a, fmt.Sprintf("start %v size %v step %v", start, size, step), x)
}

func sliceGradCase(dy tensor.Shape, shape, start, step []int) Case {
	a := cpuref.SliceGradAttrs{Shape: cpuref.IntList(shape...), Start: cpuref.IntList(start...), Step: cpuref.IntList(step...)}
	return shapeCase(a, fmt.Sprintf("into %v start %v step %v", shape, start, step), dy)
}

func concatCase(axis int, in ...tensor.Shape) Case {
	return shapeCase(cpuref.ConcatAttrs{Axis: axis}, fmt.Sprint("axis ", axis), in...)
}

// alsoInts adds the last case over int32 and bool: copies move any dtype.
func alsoInts(ks ...Case) []Case {
	for _, d := range []tensor.DType{tensor.Int32, tensor.Bool} {
		k := ks[len(ks)-1]
		k.In = slices.Clone(k.In)
		for i := range k.In {
			k.In[i].DType = d
		}
		ks = append(ks, k)
	}
	return ks
}

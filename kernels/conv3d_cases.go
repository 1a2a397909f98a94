package kernels

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// one3d is the op's call over the geometry, as a case.
func (f convForm) one3d(name string, attrs cpuref.Conv3dAttrs, x, w tensor.Type) Case {
	at := attrs.WithDefaults()
	c, err := conv3dOf(at, x, w)
	if err != nil {
		panic("kernels: convolution case " + name + ": " + err.Error())
	}
	y := tensor.F32(c.y()...)
	switch f {
	case convData:
		at.Size = c.in
		return Case{Name: name, Attrs: at, In: []tensor.Type{y, w}}
	case convWeight:
		at.Size = c.k
		return Case{Name: name, Attrs: at, In: []tensor.Type{x, y}}
	}
	return Case{Name: name, Attrs: at, In: []tensor.Type{x, w}}
}

func conv3dCases(f convForm) []Case {
	type at = cpuref.Conv3dAttrs
	all := func(n int) [3]int { return [3]int{n, n, n} }
	out := []Case{
		f.one3d("1x1x1 of one pixel", at{}, tensor.F32(1, 1, 1, 1, 1), tensor.F32(1, 1, 1, 1, 1)),
		f.one3d("3x3x3 padded", at{Padding: all(1)}, tensor.F32(2, 3, 4, 5, 3), tensor.F32(5, 3, 3, 3, 3)),
		f.one3d("strided", at{Stride: all(2), Padding: all(1)}, tensor.F32(1, 2, 5, 6, 7), tensor.F32(3, 2, 3, 3, 3)),
		f.one3d("uneven", at{Stride: [3]int{1, 2, 3}, Padding: [3]int{0, 2, 1}, Dilation: [3]int{3, 1, 2}}, tensor.F32(2, 3, 6, 5, 7), tensor.F32(2, 3, 2, 5, 3)),
		f.one3d("stride over kernel", at{Stride: all(3)}, tensor.F32(1, 2, 4, 7, 8), tensor.F32(3, 2, 2, 1, 2)),
		f.one3d("same, even kernel", at{Padding: [3]int{0, 1, 0}, PadMore: [3]int{1, 1, 0}}, tensor.F32(1, 2, 3, 4, 5), tensor.F32(3, 2, 2, 4, 1)),
		f.one3d("cut behind", at{PadMore: all(-1), Dilation: [3]int{1, 2, 1}}, tensor.F32(1, 2, 4, 5, 3), tensor.F32(3, 2, 2, 2, 1)),
		f.one3d("groups", at{Padding: all(1), Groups: 3}, tensor.F32(2, 6, 3, 4, 5), tensor.F32(9, 2, 3, 2, 3)),
		f.one3d("depthwise", at{Groups: 5}, tensor.F32(1, 5, 4, 3, 6), tensor.F32(10, 1, 2, 3, 2)),
		f.one3d("tiles", at{Padding: all(1)}, tensor.F32(2, 5, 4, 9, 11), tensor.F32(33, 5, 3, 3, 3)),
		f.one3d("batch of none", at{Padding: all(1)}, tensor.F32(0, 2, 3, 3, 3), tensor.F32(3, 2, 3, 3, 3)),
	}
	if f == convWeight { // sums in slices
		out = append(out, f.one3d("long sums", at{}, tensor.F32(2, 3, 9, 10, 11), tensor.F32(7, 3, 1, 2, 1)))
	}
	return out
}

func conv3dBench(f convForm) []Case {
	type at = cpuref.Conv3dAttrs
	one := [3]int{1, 1, 1}
	return []Case{
		f.one3d("2x16x8x28x28-32k3", at{Padding: one}, tensor.F32(2, 16, 8, 28, 28), tensor.F32(32, 16, 3, 3, 3)),
		f.one3d("1x3x16x56x56-32k3s2", at{Padding: one, Stride: [3]int{1, 2, 2}}, tensor.F32(1, 3, 16, 56, 56), tensor.F32(32, 3, 3, 3, 3)),
	}
}

package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// convForm is one of the three ops over a convolution's geometry.
type convForm int

const (
	convForward convForm = iota
	convData
	convWeight
)

// one is the op's call over the geometry, as a case.
func (f convForm) one(name string, attrs cpuref.Conv2dAttrs, x, w tensor.Type) Case {
	at := attrs.WithDefaults()
	c, err := convOf(at, x, w)
	if err != nil {
		panic("kernels: convolution case " + name + ": " + err.Error())
	}
	y := tensor.F32(c.y()...)
	switch f {
	case convData:
		at.Size = [2]int{c.H, c.W}
		return Case{Name: name, Attrs: at, In: []tensor.Type{y, w}}
	case convWeight:
		at.Size = [2]int{c.KH, c.KW}
		return Case{Name: name, Attrs: at, In: []tensor.Type{x, y}}
	}
	return Case{Name: name, Attrs: at, In: []tensor.Type{x, w}}
}

func convCases(f convForm) []Case {
	type at = cpuref.Conv2dAttrs
	both := func(n int) [2]int { return [2]int{n, n} }
	var out []Case
	for _, c := range []struct {
		name string
		at   at
		x, w tensor.Type
	}{
		{"1x1 of one pixel", at{}, tensor.F32(1, 1, 1, 1), tensor.F32(1, 1, 1, 1)},
		{"2x2 by hand", at{}, tensor.F32(1, 1, 2, 2), tensor.F32(1, 1, 2, 2)},
		{"3x3", at{}, tensor.F32(2, 3, 8, 8), tensor.F32(4, 3, 3, 3)},
		{"3x3 padded", at{Padding: both(1)}, tensor.F32(2, 4, 7, 9), tensor.F32(6, 4, 3, 3)},
		{"first layer", at{Padding: both(1)}, tensor.F32(3, 1, 14, 14), tensor.F32(32, 1, 3, 3)},
		{"pointwise", at{}, tensor.F32(3, 17, 5, 5), tensor.F32(33, 17, 1, 1)},
		{"pointwise strided", at{Stride: both(2)}, tensor.F32(2, 5, 9, 8), tensor.F32(7, 5, 1, 1)},
		{"pointwise strided, more channels than a tile has", at{Stride: both(2)}, tensor.F32(2, 37, 5, 6), tensor.F32(7, 37, 1, 1)},
		{"stem 7x7", at{Stride: both(2), Padding: both(3)}, tensor.F32(1, 3, 31, 33), tensor.F32(9, 3, 7, 7)},
		{"strided", at{Stride: both(2), Padding: both(1)}, tensor.F32(2, 6, 11, 10), tensor.F32(5, 6, 3, 3)},
		{"stride over kernel", at{Stride: both(3)}, tensor.F32(2, 2, 10, 11), tensor.F32(3, 2, 2, 2)},
		{"dilated", at{Padding: both(2), Dilation: both(2)}, tensor.F32(2, 3, 9, 9), tensor.F32(4, 3, 3, 3)},
		{"dilated and strided", at{Stride: [2]int{2, 3}, Padding: [2]int{3, 1}, Dilation: [2]int{2, 2}}, tensor.F32(1, 2, 13, 12), tensor.F32(3, 2, 3, 3)},
		{"uneven", at{Stride: [2]int{1, 2}, Padding: [2]int{0, 2}, Dilation: [2]int{3, 1}}, tensor.F32(2, 3, 8, 7), tensor.F32(2, 3, 2, 5)},
		{"groups", at{Padding: both(1), Groups: 3}, tensor.F32(2, 6, 7, 7), tensor.F32(9, 2, 3, 3)},
		{"groups strided", at{Stride: both(2), Padding: both(1), Groups: 2}, tensor.F32(2, 8, 9, 9), tensor.F32(40, 4, 3, 3)},
		{"depthwise", at{Padding: both(1), Groups: 13}, tensor.F32(2, 13, 9, 8), tensor.F32(13, 1, 3, 3)},
		{"depthwise twice strided", at{Stride: both(2), Padding: both(1), Groups: 5}, tensor.F32(2, 5, 9, 9), tensor.F32(10, 1, 3, 3)},
		{"primes", at{Padding: both(1)}, tensor.F32(3, 19, 13, 11), tensor.F32(37, 19, 3, 3)},
		{"tiles", at{Padding: both(1)}, tensor.F32(2, 16, 16, 16), tensor.F32(64, 16, 3, 3)},
		{"tiles of 32 by 128", at{Padding: both(1)}, tensor.F32(16, 1, 24, 24), tensor.F32(20, 1, 3, 3)},
		{"tiles of 64", at{Padding: both(1)}, tensor.F32(16, 2, 16, 16), tensor.F32(70, 2, 3, 3)},
		{"tiles of 64 by data", at{}, tensor.F32(16, 70, 16, 16), tensor.F32(3, 70, 1, 1)},
		{"tiles of 128", at{}, tensor.F32(8, 3, 33, 32), tensor.F32(130, 3, 1, 1)},
		{"tiles of 128 by data", at{}, tensor.F32(8, 130, 33, 32), tensor.F32(3, 130, 1, 1)},
		{"same, even kernel", at{Padding: [2]int{1, 3}, PadMore: both(1), Dilation: [2]int{1, 2}}, tensor.F32(2, 3, 7, 9), tensor.F32(4, 3, 4, 4)},
		{"padded behind", at{Groups: 2, Stride: [2]int{2, 1}, PadMore: [2]int{2, 1}}, tensor.F32(1, 4, 6, 5), tensor.F32(6, 2, 1, 1)},
		{"cut behind", at{PadMore: both(-1), Dilation: both(2)}, tensor.F32(1, 2, 8, 7), tensor.F32(3, 2, 3, 2)},
		{"batch of none", at{Padding: both(1)}, tensor.F32(0, 2, 5, 5), tensor.F32(3, 2, 3, 3)},
	} {
		out = append(out, f.one(c.name, c.at, c.x, c.w))
	}
	if f == convWeight { // large tiles take long sums
		out = append(out, f.one("tiles of 128 by weight", at{}, tensor.F32(4, 70, 64, 64), tensor.F32(70, 70, 1, 1)))
	}
	return out
}

func convBench(f convForm) []Case {
	type at = cpuref.Conv2dAttrs
	one, two, three := [2]int{1, 1}, [2]int{2, 2}, [2]int{3, 3}
	ks := []Case{
		f.one("64x1x28x28-32k3", at{Padding: one}, tensor.F32(64, 1, 28, 28), tensor.F32(32, 1, 3, 3)),
		f.one("32x32x14x14-64k3", at{Padding: one}, tensor.F32(32, 32, 14, 14), tensor.F32(64, 32, 3, 3)),
		f.one("8x64x28x28-64k1", at{}, tensor.F32(8, 64, 28, 28), tensor.F32(64, 64, 1, 1)),
		f.one("8x64x28x28-64k3s2", at{Padding: one, Stride: two}, tensor.F32(8, 64, 28, 28), tensor.F32(64, 64, 3, 3)),
		f.one("2x3x112x112-64k7s2", at{Padding: three, Stride: two}, tensor.F32(2, 3, 112, 112), tensor.F32(64, 3, 7, 7)),
		f.one("8x64x28x28-64k3g64", at{Padding: one, Groups: 64}, tensor.F32(8, 64, 28, 28), tensor.F32(64, 1, 3, 3)),
	}
	// A layer of a network: a square image, a square kernel that is padded to keep
	// its size, but for LeNet's second.
	layer := func(n, c, size, out, k, stride, pad int) Case {
		name := fmt.Sprintf("%dx%dx%dx%d-%dk%d", n, c, size, size, out, k)
		if stride > 1 {
			name += fmt.Sprintf("s%d", stride)
		}
		return f.one(name, at{Stride: [2]int{stride, stride}, Padding: [2]int{pad, pad}}, tensor.F32(n, c, size, size), tensor.F32(out, c, k, k))
	}
	ks = append(ks,
		layer(64, 1, 28, 6, 5, 1, 2), layer(64, 6, 14, 16, 5, 1, 0), // LeNet
		layer(64, 32, 14, 64, 3, 1, 1),                                // the small CNN
		layer(8, 64, 32, 64, 3, 1, 1), layer(8, 512, 4, 512, 3, 1, 1), // ResNet-18 on 32x32
		layer(2, 64, 56, 64, 3, 1, 1), layer(2, 512, 7, 512, 3, 1, 1), // ResNet-18
		layer(2, 256, 56, 64, 1, 1, 0)) // ResNet-50
	return append(ks, large(
		layer(8, 3, 224, 64, 7, 2, 3), layer(8, 64, 56, 64, 3, 1, 1), layer(8, 64, 56, 128, 3, 2, 1), // ResNet-18
		layer(8, 128, 28, 128, 3, 1, 1), layer(8, 128, 28, 256, 3, 2, 1), layer(8, 256, 14, 256, 3, 1, 1),
		layer(8, 256, 14, 512, 3, 2, 1), layer(8, 512, 7, 512, 3, 1, 1), layer(8, 64, 56, 128, 1, 2, 0),
		layer(8, 64, 56, 256, 1, 1, 0), layer(8, 256, 56, 128, 1, 1, 0), layer(8, 512, 28, 128, 1, 1, 0), // ResNet-50
		layer(8, 256, 14, 1024, 1, 1, 0), layer(8, 1024, 14, 256, 1, 1, 0), layer(8, 512, 7, 2048, 1, 1, 0),
		layer(2, 3, 224, 64, 3, 1, 1), layer(2, 64, 224, 64, 3, 1, 1), layer(2, 128, 112, 128, 3, 1, 1), // VGG-16
		layer(2, 256, 56, 256, 3, 1, 1), layer(2, 512, 28, 512, 3, 1, 1), layer(2, 512, 14, 512, 3, 1, 1),
	)...)
}

package kernels

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// poolCase is a pooling of x, or with grad its gradient.
func poolCase(name string, at cpuref.Pool2dAttrs, x tensor.Type, grad bool) Case {
	at = at.WithDefaults()
	y, err := poolOf(at, x)
	if err != nil {
		panic("kernels: pooling case " + name + ": " + err.Error())
	}
	if !grad {
		return Case{Name: name, Attrs: at, In: []tensor.Type{x}}
	}
	at.Size = [2]int{x.Shape[2], x.Shape[3]}
	return Case{Name: name, Attrs: at, In: []tensor.Type{tensor.F32(y...)}}
}

var poolSizes = []struct {
	name string
	at   cpuref.Pool2dAttrs
	x    tensor.Type
}{
	{"2x2", cpuref.Pool2dAttrs{Kernel: [2]int{2, 2}}, tensor.F32(2, 3, 8, 8)},
	{"2x2 cut", cpuref.Pool2dAttrs{Kernel: [2]int{2, 2}}, tensor.F32(2, 3, 7, 9)},
	{"2x2 ceil", cpuref.Pool2dAttrs{Kernel: [2]int{2, 2}, Ceil: true}, tensor.F32(2, 3, 7, 9)},
	{"1x1", cpuref.Pool2dAttrs{Kernel: [2]int{1, 1}}, tensor.F32(1, 1, 3, 5)},
	{"overlapping", cpuref.Pool2dAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}}, tensor.F32(2, 2, 11, 10)},
	{"padded", cpuref.Pool2dAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Padding: [2]int{1, 1}}, tensor.F32(2, 5, 9, 12)},
	{"padded ceil", cpuref.Pool2dAttrs{Kernel: [2]int{3, 2}, Stride: [2]int{2, 3}, Padding: [2]int{1, 1}, Ceil: true}, tensor.F32(1, 2, 8, 9)},
	{"with padding counted", cpuref.Pool2dAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Padding: [2]int{1, 1}, Ceil: true, CountIncludePad: true}, tensor.F32(2, 2, 8, 8)},
	{"stride over kernel", cpuref.Pool2dAttrs{Kernel: [2]int{2, 1}, Stride: [2]int{3, 4}}, tensor.F32(2, 2, 9, 11)},
	{"stride one", cpuref.Pool2dAttrs{Kernel: [2]int{5, 4}, Stride: [2]int{1, 1}, Padding: [2]int{2, 2}}, tensor.F32(1, 3, 6, 7)},
	{"global", cpuref.Pool2dAttrs{Kernel: [2]int{7, 7}}, tensor.F32(3, 5, 7, 7)},
	{"batch of none", cpuref.Pool2dAttrs{Kernel: [2]int{2, 2}}, tensor.F32(0, 3, 4, 4)},
}

var dilatedPoolSizes = []struct {
	name string
	at   cpuref.Pool2dAttrs
	x    tensor.Type
}{
	{"dilated", cpuref.Pool2dAttrs{Kernel: [2]int{3, 2}, Stride: [2]int{2, 1}, Padding: [2]int{2, 1}, Dilation: [2]int{2, 3}}, tensor.F32(2, 2, 9, 8)},
	{"window of padding", cpuref.Pool2dAttrs{Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}, Padding: [2]int{2, 2}, Dilation: [2]int{3, 3}}, tensor.F32(1, 2, 1, 2)},
}

func avgPoolCases(grad bool) (out []Case) {
	for _, c := range poolSizes {
		out = append(out, poolCase(c.name, c.at, c.x, grad))
	}
	return out
}

func maxPoolCases(grad bool) (out []Case) {
	for _, c := range append(poolSizes[:len(poolSizes):len(poolSizes)], dilatedPoolSizes...) {
		out = append(out, withIndices(poolCase(c.name, c.at, c.x, grad), grad))
	}
	if !grad {
		c := poolCase("ties, NaN and Inf", cpuref.Pool2dAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Padding: [2]int{1, 1}}, tensor.F32(2, 3, 15, 16), false)
		c.Fill = []Filler{fillTies}
		out = append(out, c)
	}
	return out
}

var poolBenchSizes = []struct {
	name string
	at   cpuref.Pool2dAttrs
	x    tensor.Type
}{
	{"64x32x28x28k2", cpuref.Pool2dAttrs{Kernel: [2]int{2, 2}}, tensor.F32(64, 32, 28, 28)},
	{"8x64x56x56k3s2", cpuref.Pool2dAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Padding: [2]int{1, 1}}, tensor.F32(8, 64, 56, 56)},
	{"32x512x7x7k7", cpuref.Pool2dAttrs{Kernel: [2]int{7, 7}}, tensor.F32(32, 512, 7, 7)},
}

func avgPoolBench(grad bool) (out []Case) {
	for _, c := range poolBenchSizes {
		out = append(out, poolCase(c.name, c.at, c.x, grad))
	}
	return out
}

func maxPoolBench(grad bool) []Case {
	out := avgPoolBench(grad)
	for i := range out {
		out[i] = withIndices(out[i], grad)
	}
	return out
}

// withIndices gives max_pool2d_grad its indices: each an element of its window,
// or -1 where the window has none.
func withIndices(c Case, grad bool) Case {
	if !grad {
		return c
	}
	at := c.Attrs.(cpuref.Pool2dAttrs)
	c.In = append(c.In, tensor.I32(c.In[0].Shape...))
	c.Fill = []Filler{nil, func(rng *tensor.Philox, t *tensor.Tensor) {
		oh, ow := t.Shape[2], t.Shape[3]
		pick := func(axis, o int) int {
			var in []int
			for i := range at.Kernel[axis] {
				if x := o*at.Stride[axis] - at.Padding[axis] + i*at.Dilation[axis]; x >= 0 && x < at.Size[axis] {
					in = append(in, x)
				}
			}
			if in == nil {
				return -1
			}
			return in[rng.Intn(len(in))]
		}
		for i := range t.I32 {
			h, w := pick(0, i/ow%oh), pick(1, i%ow)
			t.I32[i] = int32(h*at.Size[1] + w)
			if h < 0 || w < 0 {
				t.I32[i] = -1
			}
		}
	}}
	return c
}

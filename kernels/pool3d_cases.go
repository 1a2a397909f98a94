package kernels

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// pool3dSize is a pooling by name.
type pool3dSize struct {
	name string
	at   cpuref.Pool3dAttrs
	x    tensor.Type
}

// of is the pooling as a case, or with grad its gradient.
func (s pool3dSize) of(grad bool) Case {
	at := s.at.WithDefaults()
	y, err := pool3dOf(at, s.x)
	if err != nil {
		panic("kernels: pooling case " + s.name + ": " + err.Error())
	}
	if !grad {
		return Case{Name: s.name, Attrs: at, In: []tensor.Type{s.x}}
	}
	at.Size = [3]int(s.x.Shape[2:])
	return Case{Name: s.name, Attrs: at, In: []tensor.Type{tensor.F32(y...)}}
}

var pool3dSizes = []pool3dSize{
	{"2x2x2", cpuref.Pool3dAttrs{Kernel: [3]int{2, 2, 2}}, tensor.F32(2, 3, 4, 6, 5)},
	{"1x1x1", cpuref.Pool3dAttrs{Kernel: [3]int{1, 1, 1}}, tensor.F32(1, 1, 1, 1, 1)},
	{"overlapping", cpuref.Pool3dAttrs{Kernel: [3]int{3, 2, 3}, Stride: [3]int{2, 1, 2}}, tensor.F32(1, 2, 5, 4, 7)},
	{"padded ceil", cpuref.Pool3dAttrs{Kernel: [3]int{3, 2, 3}, Stride: [3]int{2, 3, 2}, Padding: [3]int{1, 1, 0}, Ceil: true}, tensor.F32(2, 1, 6, 5, 8)},
	{"with padding counted", cpuref.Pool3dAttrs{Kernel: [3]int{2, 3, 3}, Stride: [3]int{1, 2, 2}, Padding: [3]int{1, 1, 1}, Ceil: true, CountIncludePad: true}, tensor.F32(1, 2, 3, 8, 6)},
	{"stride over kernel", cpuref.Pool3dAttrs{Kernel: [3]int{1, 2, 1}, Stride: [3]int{2, 3, 4}}, tensor.F32(1, 2, 4, 7, 9)},
	{"adaptive", cpuref.Pool3dAttrs{Adaptive: [3]int{1, 3, 2}}, tensor.F32(2, 3, 1, 7, 5)},
	{"adaptive, larger", cpuref.Pool3dAttrs{Adaptive: [3]int{3, 5, 7}}, tensor.F32(1, 2, 2, 5, 3)},
	{"adaptive of one", cpuref.Pool3dAttrs{Adaptive: [3]int{1, 1, 1}}, tensor.F32(1, 3, 3, 5, 4)},
	{"batch of none", cpuref.Pool3dAttrs{Kernel: [3]int{2, 2, 2}}, tensor.F32(0, 3, 4, 4, 4)},
}

func avgPool3dCases(grad bool) (out []Case) {
	sizes := append(pool3dSizes[:len(pool3dSizes):len(pool3dSizes)],
		pool3dSize{"divisor", cpuref.Pool3dAttrs{Kernel: [3]int{1, 2, 3}, Padding: [3]int{0, 1, 1}, Divisor: 5, Ceil: true}, tensor.F32(2, 2, 2, 6, 7)})
	for _, s := range sizes {
		out = append(out, s.of(grad))
	}
	return out
}

func maxPool3dCases(grad bool) (out []Case) {
	sizes := append(pool3dSizes[:len(pool3dSizes):len(pool3dSizes)],
		pool3dSize{"dilated", cpuref.Pool3dAttrs{Kernel: [3]int{2, 3, 2}, Stride: [3]int{1, 2, 1}, Padding: [3]int{1, 2, 1}, Dilation: [3]int{3, 2, 2}}, tensor.F32(1, 2, 5, 9, 6)})
	for _, s := range sizes {
		out = append(out, withIndices3d(s.of(grad), grad))
	}
	// As many iterations of a loop as any device is trusted with here.
	out = append(out, withIndices3d(pool3dSize{"longest window", cpuref.Pool3dAttrs{Kernel: [3]int{1, 1, 8190}}, tensor.F32(1, 1, 1, 1, 8190)}.of(grad), grad))
	if !grad {
		c := pool3dSize{"ties, NaN and Inf", cpuref.Pool3dAttrs{Kernel: [3]int{2, 3, 3}, Stride: [3]int{1, 2, 2}, Padding: [3]int{1, 1, 1}}, tensor.F32(1, 3, 3, 9, 8)}.of(false)
		c.Fill = []Filler{fillTies}
		out = append(out, c)
	}
	return out
}

// fillTies draws few different numbers, NaN and infinities among them.
func fillTies(rng *tensor.Philox, t *tensor.Tensor) {
	from := []float32{-1, 0, 1, 2, 2, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.Inf(-1)), float32(math.NaN())}
	for i := range t.F32 {
		t.F32[i] = from[rng.Intn(len(from))]
	}
}

var pool3dBenchSizes = []pool3dSize{
	{"4x32x8x28x28k2", cpuref.Pool3dAttrs{Kernel: [3]int{2, 2, 2}}, tensor.F32(4, 32, 8, 28, 28)},
	{"2x16x8x28x28k3s2", cpuref.Pool3dAttrs{Kernel: [3]int{3, 3, 3}, Stride: [3]int{2, 2, 2}, Padding: [3]int{1, 1, 1}}, tensor.F32(2, 16, 8, 28, 28)},
	{"8x64x1x32x32to7", cpuref.Pool3dAttrs{Adaptive: [3]int{1, 7, 7}}, tensor.F32(8, 64, 1, 32, 32)},
}

func avgPool3dBench(grad bool) (out []Case) {
	for _, s := range pool3dBenchSizes {
		out = append(out, s.of(grad))
	}
	return out
}

func maxPool3dBench(grad bool) []Case {
	out := avgPool3dBench(grad)
	for i := range out {
		out[i] = withIndices3d(out[i], grad)
	}
	return out
}

// withIndices3d gives max_pool3d_grad its indices: each an element of its
// window, or -1 where the window has none.
func withIndices3d(c Case, grad bool) Case {
	if !grad {
		return c
	}
	at := c.Attrs.(cpuref.Pool3dAttrs)
	c.In = append(c.In, tensor.I32(c.In[0].Shape...))
	c.Fill = []Filler{nil, func(rng *tensor.Philox, t *tensor.Tensor) {
		for i := range t.I32 {
			place, rest := 0, i
			var o [3]int
			for a := 2; a >= 0; a-- {
				o[a], rest = rest%t.Shape[2+a], rest/t.Shape[2+a]
			}
			for a, in := range at.Size {
				r := at.Reach(a, o[a], in, t.Shape[2+a])
				if r.N == 0 {
					place = -1
					break
				}
				place = place*in + r.First + rng.Intn(r.N)*r.Step
			}
			t.I32[i] = int32(place)
		}
	}}
	return c
}

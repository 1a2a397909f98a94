package cpuref

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func randoms(r *rand.Rand, shape ...int) Arg[float64] {
	n := 1
	for _, d := range shape {
		n *= d
	}
	f := make([]float64, n)
	for i := range f {
		f[i] = r.Float64()*2 - 1
	}
	return Arg[float64]{Shape: shape, F: f}
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// The worked example of a two by two image and filter: one product a pixel,
// -0.5·0 - 0.5·1 + 0.5·2 + 0.5·3 = 2.
func TestConv2dByHand(t *testing.T) {
	y := Arg[float64]{Shape: []int{1, 1, 1, 1}, F: make([]float64, 1)}
	Conv2d(&Args[float64]{Attrs: Conv2dAttrs{}, In: []Arg[float64]{
		{Shape: []int{1, 1, 2, 2}, F: []float64{0, 1, 2, 3}},
		{Shape: []int{1, 1, 2, 2}, F: []float64{-.5, -.5, .5, .5}},
	}, Out: []Arg[float64]{y}})
	require.Equal(t, 2.0, y.F[0])
}

// Conv2d is linear in X and in W, so <dY, conv(X, W)> = <conv2d_data(dY, W), X>
// = <conv2d_weight(X, dY), W>; the forward is held against the definition.
func TestConv2dAgreesWithItsDefinitionAndAdjoints(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		g := 1 + r.IntN(3)
		at := Conv2dAttrs{Groups: g}
		var in, k, out [2]int
		for i := range 2 {
			at.Stride[i], at.Padding[i], at.Dilation[i] = 1+r.IntN(3), r.IntN(3), 1+r.IntN(2)
			k[i] = 1 + r.IntN(4)
			in[i] = max(1, (k[i]-1)*at.Dilation[i]+1-2*at.Padding[i]) + r.IntN(6)
			out[i] = (in[i]+2*at.Padding[i]-(k[i]-1)*at.Dilation[i]-1)/at.Stride[i] + 1
		}
		N, Cg, Og := 1+r.IntN(2), 1+r.IntN(3), 1+r.IntN(3)
		x, w := randoms(r, N, g*Cg, in[0], in[1]), randoms(r, g*Og, Cg, k[0], k[1])
		dy := randoms(r, N, g*Og, out[0], out[1])
		y, dx, dw := randoms(r, dy.Shape...), randoms(r, x.Shape...), randoms(r, w.Shape...)
		Conv2d(&Args[float64]{Attrs: at, In: []Arg[float64]{x, w}, Out: []Arg[float64]{y}})
		i := 0
		for n := range N {
			for o := range g * Og {
				for oy := range out[0] {
					for ox := range out[1] {
						want := 0.0
						for c := range Cg {
							for ky := range k[0] {
								for kx := range k[1] {
									iy := oy*at.Stride[0] + ky*at.Dilation[0] - at.Padding[0]
									ix := ox*at.Stride[1] + kx*at.Dilation[1] - at.Padding[1]
									if iy >= 0 && iy < in[0] && ix >= 0 && ix < in[1] {
										want += w.F[((o*Cg+c)*k[0]+ky)*k[1]+kx] * x.F[((n*g*Cg+o/Og*Cg+c)*in[0]+iy)*in[1]+ix]
									}
								}
							}
						}
						require.InDelta(t, want, y.F[i], 1e-12, "%+v", at)
						i++
					}
				}
			}
		}
		Conv2dData(&Args[float64]{Attrs: at, In: []Arg[float64]{dy, w}, Out: []Arg[float64]{dx}})
		Conv2dWeight(&Args[float64]{Attrs: at, In: []Arg[float64]{x, dy}, Out: []Arg[float64]{dw}})
		s := dot(dy.F, y.F)
		require.InDelta(t, s, dot(dx.F, x.F), 1e-10, "data %+v", at)
		require.InDelta(t, s, dot(dw.F, w.F), 1e-10, "weight %+v", at)
	}
}

package fast

import (
	"fmt"
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
)

type convCase struct {
	n, c, h, w, o, kh, kw int
	at                    cpuref.Conv2dAttrs
}

func two(n int) [2]int { return [2]int{n, n} }

var convCases = []convCase{
	{1, 1, 5, 5, 1, 3, 3, cpuref.Conv2dAttrs{}},
	{2, 3, 9, 11, 5, 3, 3, cpuref.Conv2dAttrs{Padding: two(1)}},
	{3, 5, 16, 16, 13, 3, 3, cpuref.Conv2dAttrs{Padding: two(1)}},
	{2, 4, 14, 14, 25, 3, 3, cpuref.Conv2dAttrs{Padding: two(1)}},
	{2, 9, 7, 7, 8, 3, 3, cpuref.Conv2dAttrs{Padding: two(1)}},
	{2, 3, 23, 37, 7, 7, 7, cpuref.Conv2dAttrs{Stride: two(2), Padding: two(3)}},
	{2, 6, 12, 40, 6, 3, 3, cpuref.Conv2dAttrs{Stride: two(2), Padding: two(1), Groups: 3}},
	{2, 17, 20, 35, 17, 3, 3, cpuref.Conv2dAttrs{Padding: two(1), Groups: 17}},
	{1, 4, 15, 19, 6, 3, 2, cpuref.Conv2dAttrs{Stride: [2]int{3, 1}, Padding: [2]int{2, 0}, Dilation: [2]int{2, 3}, Groups: 2}},
	{2, 7, 6, 9, 20, 1, 1, cpuref.Conv2dAttrs{}},
	{2, 7, 6, 9, 3, 1, 1, cpuref.Conv2dAttrs{Stride: two(2)}},
	{1, 2, 4, 5, 3, 1, 1, cpuref.Conv2dAttrs{Padding: two(2)}},
	{1, 2, 5, 5, 3, 2, 2, cpuref.Conv2dAttrs{Stride: two(3), Dilation: two(3)}},
	{1, 2, 70, 5, 3, 5, 1, cpuref.Conv2dAttrs{Padding: [2]int{4, 0}}},
	{1, 40, 60, 60, 3, 3, 3, cpuref.Conv2dAttrs{Padding: two(1)}},
	{2, 3, 9, 17, 5, 4, 2, cpuref.Conv2dAttrs{Padding: [2]int{1, 0}, PadMore: two(1)}},
	{1, 3, 9, 17, 5, 1, 1, cpuref.Conv2dAttrs{PadMore: [2]int{2, -1}}},
	{2, 4, 12, 18, 5, 3, 3, cpuref.Conv2dAttrs{Stride: two(2), Padding: two(1), PadMore: [2]int{-1, 3}, Groups: 1}},
}

// operands are X, W and Y.
func (c convCase) operands() (x, w, y cpuref.Arg[float32]) {
	at := c.at.WithDefaults()
	oh := (c.h+2*at.Padding[0]+at.PadMore[0]-at.Dilation[0]*(c.kh-1)-1)/at.Stride[0] + 1
	ow := (c.w+2*at.Padding[1]+at.PadMore[1]-at.Dilation[1]*(c.kw-1)-1)/at.Stride[1] + 1
	return floats(c.n, c.c, c.h, c.w), floats(c.o, c.c/at.Groups, c.kh, c.kw), floats(c.n, c.o, oh, ow)
}

func TestConv2d(t *testing.T) {
	for _, c := range convCases {
		x, w, y := c.operands()
		check(t, fmt.Sprintf("conv2d %+v", c), call{c.at, []cpuref.Arg[float32]{x, w}, []cpuref.Arg[float32]{y}},
			Conv2d, cpuref.Conv2d[float64], 2e-6)
	}
}

func TestConv2dData(t *testing.T) {
	for _, c := range convCases {
		x, w, y := c.operands()
		c.at.Size = [2]int{c.h, c.w}
		check(t, fmt.Sprintf("conv2d_data %+v", c), call{c.at, []cpuref.Arg[float32]{y, w}, []cpuref.Arg[float32]{x}},
			Conv2dData, cpuref.Conv2dData[float64], 2e-6)
	}
}

func BenchmarkConv2d(b *testing.B) {
	for _, c := range []convCase{
		{32, 1, 28, 28, 32, 3, 3, cpuref.Conv2dAttrs{Padding: two(1)}},
		{32, 3, 32, 32, 32, 3, 3, cpuref.Conv2dAttrs{Padding: two(1)}},
		{32, 32, 16, 16, 64, 3, 3, cpuref.Conv2dAttrs{Padding: two(1)}},
		{8, 64, 56, 56, 64, 3, 3, cpuref.Conv2dAttrs{Padding: two(1)}},
		{8, 3, 224, 224, 64, 7, 7, cpuref.Conv2dAttrs{Stride: two(2), Padding: two(3)}},
		{8, 128, 56, 56, 128, 3, 3, cpuref.Conv2dAttrs{Padding: two(1), Groups: 128}},
		{8, 64, 56, 56, 64, 1, 1, cpuref.Conv2dAttrs{}},
		{8, 512, 7, 7, 512, 3, 3, cpuref.Conv2dAttrs{Padding: two(1)}},
	} {
		x, w, y := c.operands()
		at := c.at.WithDefaults()
		flops := 2 * float64(len(y.F)) * float64(c.c/at.Groups*c.kh*c.kw)
		dx, dw := floats(x.Shape...), floats(w.Shape...)
		sized := func(h, w int) cpuref.Conv2dAttrs { s := c.at; s.Size = [2]int{h, w}; return s }
		for _, way := range []struct {
			name string
			run  func()
		}{
			{"forward", Conv2d(&cpuref.Args[float32]{Attrs: c.at, In: []cpuref.Arg[float32]{x, w}, Out: []cpuref.Arg[float32]{y}})},
			{"data", Conv2dData(&cpuref.Args[float32]{Attrs: sized(c.h, c.w), In: []cpuref.Arg[float32]{y, w}, Out: []cpuref.Arg[float32]{dx}})},
			{"weight", Conv2dWeight(&cpuref.Args[float32]{Attrs: sized(c.kh, c.kw), In: []cpuref.Arg[float32]{x, y}, Out: []cpuref.Arg[float32]{dw}})},
		} {
			b.Run(fmt.Sprintf("%dx%dx%dx%d-%dk%dg%d/%s", c.n, c.c, c.h, c.w, c.o, c.kh, at.Groups, way.name), func(b *testing.B) {
				for b.Loop() {
					way.run()
				}
				b.ReportMetric(flops*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
	}
}

func TestConv2dWeight(t *testing.T) {
	for _, c := range convCases {
		x, w, y := c.operands()
		c.at.Size = [2]int{c.kh, c.kw}
		check(t, fmt.Sprintf("conv2d_weight %+v", c), call{c.at, []cpuref.Arg[float32]{x, y}, []cpuref.Arg[float32]{w}},
			Conv2dWeight, cpuref.Conv2dWeight[float64], 2e-6)
	}
}

package fast

import (
	"fmt"
	"math"
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
)

var poolCases = []struct {
	n, c, h, w int
	at         cpuref.Pool2dAttrs
}{
	{2, 3, 28, 28, cpuref.Pool2dAttrs{Kernel: two(2)}},
	{2, 3, 14, 14, cpuref.Pool2dAttrs{Kernel: two(2)}},
	{1, 2, 15, 17, cpuref.Pool2dAttrs{Kernel: two(2)}},
	{2, 3, 23, 37, cpuref.Pool2dAttrs{Kernel: two(3), Stride: two(2), Padding: two(1)}},
	{1, 1, 9, 20, cpuref.Pool2dAttrs{Kernel: two(3), Stride: two(1), Padding: two(1)}},
	{1, 2, 7, 7, cpuref.Pool2dAttrs{Kernel: two(7)}},
	{1, 2, 10, 10, cpuref.Pool2dAttrs{Kernel: [2]int{3, 2}, Stride: [2]int{2, 3}, Ceil: true}},
	{1, 2, 8, 30, cpuref.Pool2dAttrs{Kernel: two(3), Stride: [2]int{1, 2}, Ceil: true, CountIncludePad: true, Padding: two(1)}},
	{1, 1, 2, 2, cpuref.Pool2dAttrs{Kernel: two(2), Padding: two(1), Stride: two(1)}},
}

func pooled(size, i int, at cpuref.Pool2dAttrs) int {
	at = at.WithDefaults()
	room := size + 2*at.Padding[i] - at.Dilation[i]*(at.Kernel[i]-1) - 1
	if at.Ceil {
		n := (room+at.Stride[i]-1)/at.Stride[i] + 1
		if (n-1)*at.Stride[i] >= size+at.Padding[i] { // the last window starts in the padding
			n--
		}
		return n
	}
	return room/at.Stride[i] + 1
}

func TestMaxPool2d(t *testing.T) {
	for _, c := range poolCases {
		for _, dilation := range []int{1, 2} {
			at := c.at
			if dilation > 1 && (c.h < 20 || c.w < 20) {
				continue
			}
			at.Dilation = two(dilation)
			x := floats(c.n, c.c, c.h, c.w)
			for i := range x.F { // many equal ones, some NaN and -Inf
				x.F[i] = float32(math.Round(float64(x.F[i]) * 3))
				switch i % 31 {
				case 7:
					x.F[i] = float32(math.NaN())
				case 11, 12, 13:
					x.F[i] = float32(math.Inf(-1))
				}
			}
			oh, ow := pooled(c.h, 0, at), pooled(c.w, 1, at)
			y, idx := floats(c.n, c.c, oh, ow), ints(1, c.n, c.c, oh, ow)
			for _, index := range []cpuref.Arg[float32]{idx, absent} {
				check(t, fmt.Sprintf("max_pool2d %+v", c), call{at, []cpuref.Arg[float32]{x}, []cpuref.Arg[float32]{y, index}},
					MaxPool2d, cpuref.MaxPool2d[float64], 0)
			}
			at.Size = [2]int{c.h, c.w}
			check(t, fmt.Sprintf("max_pool2d_grad %+v", c),
				call{at, []cpuref.Arg[float32]{floats(c.n, c.c, oh, ow), idx}, []cpuref.Arg[float32]{floats(c.n, c.c, c.h, c.w)}},
				MaxPool2dGrad, cpuref.MaxPool2dGrad[float64], 1e-6)
		}
	}
}

func TestAvgPool2d(t *testing.T) {
	for _, c := range poolCases {
		oh, ow := pooled(c.h, 0, c.at), pooled(c.w, 1, c.at)
		x, y := floats(c.n, c.c, c.h, c.w), floats(c.n, c.c, oh, ow)
		check(t, fmt.Sprintf("avg_pool2d %+v", c), call{c.at, []cpuref.Arg[float32]{x}, []cpuref.Arg[float32]{y}},
			AvgPool2d, cpuref.AvgPool2d[float64], 5e-7)
		c.at.Size = [2]int{c.h, c.w}
		check(t, fmt.Sprintf("avg_pool2d_grad %+v", c), call{c.at, []cpuref.Arg[float32]{y}, []cpuref.Arg[float32]{x}},
			AvgPool2dGrad, cpuref.AvgPool2dGrad[float64], 5e-7)
	}
}

func BenchmarkMaxPool2d(b *testing.B) {
	x, y, idx, dx := floats(32, 64, 32, 32), floats(32, 64, 16, 16), ints(1, 32, 64, 16, 16), floats(32, 64, 32, 32)
	at := cpuref.Pool2dAttrs{Kernel: two(2)}
	forward := MaxPool2d(&cpuref.Args[float32]{Attrs: at, In: []cpuref.Arg[float32]{x}, Out: []cpuref.Arg[float32]{y, idx}})
	backward := MaxPool2dGrad(&cpuref.Args[float32]{Attrs: at, In: []cpuref.Arg[float32]{y, idx}, Out: []cpuref.Arg[float32]{dx}})
	b.Run("forward", func(b *testing.B) {
		for b.Loop() {
			forward()
		}
	})
	b.Run("backward", func(b *testing.B) {
		for b.Loop() {
			backward()
		}
	})
}

package fast

import (
	"fmt"
	"testing"

	"github.com/vulgo-ml/vulgo/cpuref"
)

func three(n int) [3]int { return [3]int{n, n, n} }

func TestConv3d(t *testing.T) {
	for _, c := range []struct {
		n, c, o int
		x, w    [3]int
		at      cpuref.Conv3dAttrs
	}{
		{1, 1, 1, three(1), three(1), cpuref.Conv3dAttrs{}},
		{2, 3, 5, [3]int{4, 9, 11}, three(3), cpuref.Conv3dAttrs{Padding: three(1)}},
		{1, 4, 6, [3]int{7, 8, 9}, [3]int{3, 2, 3}, cpuref.Conv3dAttrs{Stride: [3]int{2, 1, 3}, Padding: [3]int{2, 0, 1}, Dilation: [3]int{1, 3, 2}, Groups: 2}},
		{2, 5, 5, [3]int{3, 6, 20}, three(3), cpuref.Conv3dAttrs{Padding: three(1), Groups: 5}},
		{1, 2, 3, three(5), three(2), cpuref.Conv3dAttrs{PadMore: [3]int{1, 0, -1}}},
		{1, 2, 3, three(2), three(1), cpuref.Conv3dAttrs{Padding: three(2), Stride: three(3)}},
		{1, 40, 9, [3]int{3, 30, 41}, three(3), cpuref.Conv3dAttrs{Padding: three(1)}}, // several column matrices
	} {
		at := c.at.WithDefaults()
		var y [3]int
		for i := range y {
			y[i] = (c.x[i]+2*at.Padding[i]+at.PadMore[i]-at.Dilation[i]*(c.w[i]-1)-1)/at.Stride[i] + 1
		}
		x, w := floats(append([]int{c.n, c.c}, c.x[:]...)...), floats(append([]int{c.o, c.c / at.Groups}, c.w[:]...)...)
		dy := floats(append([]int{c.n, c.o}, y[:]...)...)
		name := fmt.Sprintf("%+v", c)
		check(t, "conv3d "+name, call{at, []cpuref.Arg[float32]{x, w}, []cpuref.Arg[float32]{dy}}, Conv3d, cpuref.Conv3d[float64], 2e-6)
		check(t, "conv3d_data "+name, call{at, []cpuref.Arg[float32]{dy, w}, []cpuref.Arg[float32]{x}}, Conv3dData, cpuref.Conv3dData[float64], 2e-6)
		check(t, "conv3d_weight "+name, call{at, []cpuref.Arg[float32]{x, dy}, []cpuref.Arg[float32]{w}}, Conv3dWeight, cpuref.Conv3dWeight[float64], 2e-6)
	}
}

func TestPool3d(t *testing.T) {
	for _, c := range []struct {
		x, y [3]int
		at   cpuref.Pool3dAttrs
	}{
		{[3]int{4, 6, 8}, [3]int{2, 3, 4}, cpuref.Pool3dAttrs{Kernel: three(2)}},
		{[3]int{5, 6, 7}, [3]int{3, 3, 4}, cpuref.Pool3dAttrs{Kernel: three(3), Stride: three(2), Padding: three(1)}},
		{[3]int{1, 7, 5}, [3]int{1, 3, 4}, cpuref.Pool3dAttrs{Adaptive: [3]int{1, 3, 4}}},
	} {
		x, y, idx := floats(append([]int{3, 2}, c.x[:]...)...), floats(append([]int{3, 2}, c.y[:]...)...), ints(1, append([]int{3, 2}, c.y[:]...)...)
		name := fmt.Sprintf("%+v", c)
		for _, index := range []cpuref.Arg[float32]{idx, absent} {
			check(t, "max_pool3d "+name, call{c.at, []cpuref.Arg[float32]{x}, []cpuref.Arg[float32]{y, index}}, MaxPool3d, cpuref.MaxPool3d[float64], 0)
		}
		check(t, "avg_pool3d "+name, call{c.at, []cpuref.Arg[float32]{x}, []cpuref.Arg[float32]{y}}, AvgPool3d, cpuref.AvgPool3d[float64], 5e-7)
		c.at.Size = c.x
		check(t, "avg_pool3d_grad "+name, call{c.at, []cpuref.Arg[float32]{y}, []cpuref.Arg[float32]{x}}, AvgPool3dGrad, cpuref.AvgPool3dGrad[float64], 5e-7)
		check(t, "max_pool3d_grad "+name, call{c.at, []cpuref.Arg[float32]{y, idx}, []cpuref.Arg[float32]{x}}, Planes(cpuref.MaxPool3dGrad[float32]), cpuref.MaxPool3dGrad[float64], 1e-6)
	}
}

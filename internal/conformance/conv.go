package conformance

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
)

var _ = register(map[string]build{
	"torch.nn.Conv1d":            func(b *builder) graph.Value { return flat(conv(b, true)) },
	"torch.nn.Conv2d":            func(b *builder) graph.Value { return conv(b, false) },
	"torch.nn.ConvTranspose2d":   convTranspose,
	"torch.nn.MaxPool1d":         func(b *builder) graph.Value { return flat(pool(b, true).MaxPool2dWith(poolAttrs(b, true))) },
	"torch.nn.MaxPool2d":         func(b *builder) graph.Value { return pool(b, false).MaxPool2dWith(poolAttrs(b, false)) },
	"torch.nn.AvgPool1d":         func(b *builder) graph.Value { return flat(avgPool(b, true)) },
	"torch.nn.AvgPool2d":         func(b *builder) graph.Value { return avgPool(b, false) },
	"torch.nn.AdaptiveAvgPool2d": adaptive(func(w graph.Value, k [2]int) graph.Value { return w.Mean(2, 3) }),
	"torch.nn.AdaptiveMaxPool2d": adaptive(func(w graph.Value, k [2]int) graph.Value {
		return w.MaxPool2dWith(cpuref.Pool2dAttrs{Kernel: k}).Squeeze(3).Squeeze(2)
	}),
})

// flat takes away the height that a 1-d op was given.
func flat(y graph.Value) graph.Value {
	if !y.Valid() {
		return y
	}
	return y.Squeeze(2)
}

func conv(b *builder, line bool) graph.Value {
	x, w := b.x(), b.at("weight")
	a := cpuref.Conv2dAttrs{Groups: int(b.num("groups", 1))}
	if line {
		x, w = x.Unsqueeze(2), w.Unsqueeze(2)
		a.Stride, a.Padding, a.Dilation = b.pair("stride", 1, 1), b.pair("padding", 0, 0), b.pair("dilation", 1, 1)
	} else {
		a.Stride, a.Padding, a.Dilation = b.pair2("stride", 1), b.pair2("padding", 0), b.pair2("dilation", 1)
	}
	if mode := arg(b, "padding_mode", "zeros"); mode != "zeros" {
		for i, p := range a.Padding {
			var at []int
			for k := -p; k < x.Dim(2+i)+p; k++ {
				at = append(at, outside(mode, k, x.Dim(2+i)))
			}
			if p > 0 && at[0] < 0 {
				return b.miss("padding_mode %s", mode)
			}
			if p > 0 {
				x = slice(x, 2+i, at)
			}
		}
		a.Padding = [2]int{}
	}
	return biased(b, x.Conv2d(w, a))
}

// outside is the index that a padding mode takes for index k of n; -1 if there
// is no such mode.
func outside(mode string, k, n int) int {
	switch mode {
	case "circular":
		return (k + n) % n
	case "replicate":
		return min(max(k, 0), n-1)
	case "reflect":
		if k < 0 {
			k = -k
		}
		return n - 1 - max(k-n+1, n-1-k)
	}
	return -1
}

func biased(b *builder, y graph.Value) graph.Value {
	if bias := b.at("bias"); bias.Valid() {
		return y.Add(bias.Reshape(-1, 1, 1))
	}
	return y
}

// convTranspose is the gradient of a convolution by its image, of the size
// (in-1)·stride - 2·padding + dilation·(kernel-1) + output_padding + 1.
func convTranspose(b *builder) graph.Value {
	x, w := b.x(), b.at("weight")
	a := cpuref.Conv2dAttrs{
		Stride: b.pair2("stride", 1), Padding: b.pair2("padding", 0), Dilation: b.pair2("dilation", 1),
		Groups: int(b.num("groups", 1)),
	}
	more := b.pair2("output_padding", 0)
	for i := range 2 {
		a.Size[i] = (x.Dim(2+i)-1)*a.Stride[i] - 2*a.Padding[i] + a.Dilation[i]*(w.Dim(2+i)-1) + more[i] + 1
	}
	return biased(b, apply("conv2d_data", a, x, w))
}

func pool(b *builder, line bool) graph.Value {
	if line {
		return b.x().Unsqueeze(2)
	}
	return b.x()
}

func poolAttrs(b *builder, line bool) cpuref.Pool2dAttrs {
	a := cpuref.Pool2dAttrs{Ceil: b.flag("ceil_mode"), CountIncludePad: arg(b, "count_include_pad", true)}
	if line {
		a.Kernel = b.pair("kernel_size", 1, 1)
		a.Stride, a.Padding, a.Dilation = b.pair("stride", 1, a.Kernel[1]), b.pair("padding", 0, 0), b.pair("dilation", 1, 1)
		return a
	}
	a.Kernel, a.Padding, a.Dilation = b.pair2("kernel_size", 1), b.pair2("padding", 0), b.pair2("dilation", 1)
	if a.Stride = a.Kernel; b.c.Args["stride"] != nil {
		a.Stride = b.pair2("stride", 1)
	}
	return a
}

func avgPool(b *builder, line bool) graph.Value {
	a := poolAttrs(b, line)
	by := b.num("divisor_override", 0)
	if by == 0 {
		return pool(b, line).AvgPool2dWith(a)
	}
	if a.Ceil {
		return b.miss("AvgPool2d with divisor_override and ceil_mode")
	}
	a.CountIncludePad = true
	return pool(b, line).AvgPool2dWith(a).MulScalar(float64(a.Kernel[0]*a.Kernel[1]) / by)
}

// adaptive pools window i of n over rows i·h/n to (i+1)·h/n rounded up.
func adaptive(window func(w graph.Value, k [2]int) graph.Value) build {
	return func(b *builder) graph.Value {
		x, n := b.x(), b.pair2("output_size", 1)
		var cells []graph.Value
		for i := range n[0] {
			for j := range n[1] {
				h, w := x.Dim(2), x.Dim(3)
				y0, y1 := i*h/n[0], ((i+1)*h+n[0]-1)/n[0]
				x0, x1 := j*w/n[1], ((j+1)*w+n[1]-1)/n[1]
				part := x.Narrow(2, y0, y1-y0).Narrow(3, x0, x1-x0)
				cells = append(cells, window(part, [2]int{y1 - y0, x1 - x0}))
			}
		}
		return graph.Stack(2, cells...).Reshape(x.Dim(0), x.Dim(1), n[0], n[1])
	}
}

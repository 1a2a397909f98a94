package conformance

import (
	"fmt"
	"strings"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
)

var _ = register(pools())

// pools are the pooling modules and functions along one to three axes.
func pools() map[string]build {
	modules, family := map[string]build{}, map[string]build{}
	for axes := 1; axes <= 3; axes++ {
		d := fmt.Sprintf("%dd", axes)
		for name, f := range map[string]func(b *builder, axes int) graph.Value{
			"MaxPool": maxPool, "AvgPool": avgPool, "LPPool": lpPool, "MaxUnpool": maxUnpool,
			"AdaptiveMaxPool": adaptiveMaxPool, "AdaptiveAvgPool": adaptiveAvgPool,
		} {
			modules["torch.nn."+name+d] = func(b *builder) graph.Value { return f(b, axes) }
		}
		for name, f := range map[string]func(b *builder, axes int) graph.Value{
			"max_pool": maxPool, "avg_pool": avgPool, "lp_pool": lpPool, "max_unpool": maxUnpool,
			"adaptive_max_pool": adaptiveMaxPool, "adaptive_avg_pool": adaptiveAvgPool,
		} {
			family[name+d] = func(b *builder) graph.Value { return f(b, axes) }
			if f := family[name+d]; name == "max_pool" || name == "adaptive_max_pool" {
				family[name+d+"_with_indices"] = f
			}
		}
	}
	for name, f := range functions(family) {
		modules[name] = f
	}
	return modules
}

// poolAttrs are a pooling's arguments; along fewer axes than three the others
// have a kernel of 1.
func poolAttrs(b *builder, axes int) cpuref.Pool3dAttrs {
	a := cpuref.Pool3dAttrs{
		Kernel: [3]int{1, 1, 1}, Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1},
		Ceil: b.flag("ceil_mode"), CountIncludePad: arg(b, "count_include_pad", true), Divisor: int(b.num("divisor_override", 0)),
	}
	kernel, stride := b.axes("kernel_size", axes, 1), b.axes("stride", axes, 0)
	padding, dilation := b.axes("padding", axes, 0), b.axes("dilation", axes, 1)
	for i := range axes {
		k := 3 - axes + i
		a.Kernel[k], a.Stride[k], a.Padding[k], a.Dilation[k] = kernel[i], stride[i], padding[i], dilation[i]
		if a.Stride[k] == 0 {
			a.Stride[k] = kernel[i]
		}
	}
	return a
}

// plane are the attributes without the depth, line those of the width alone.
func plane(a cpuref.Pool3dAttrs) cpuref.Pool2dAttrs {
	cut := func(v [3]int) [2]int { return [2]int{v[1], v[2]} }
	return cpuref.Pool2dAttrs{
		Kernel: cut(a.Kernel), Stride: cut(a.Stride), Padding: cut(a.Padding), Dilation: cut(a.Dilation),
		Ceil: a.Ceil, CountIncludePad: a.CountIncludePad, Divisor: a.Divisor,
	}
}

func line(a cpuref.Pool3dAttrs) cpuref.Pool1dAttrs {
	return cpuref.Pool1dAttrs{
		Kernel: a.Kernel[2], Stride: a.Stride[2], Padding: a.Padding[2], Dilation: a.Dilation[2],
		Ceil: a.Ceil, CountIncludePad: a.CountIncludePad,
	}
}

// indexed keeps a maximum's indices as a second output.
func (b *builder) indexed(y, idx graph.Value) graph.Value {
	for _, e := range b.c.Expect {
		if e.Kind == "output" && strings.HasPrefix(e.Name, "i") {
			b.out[e.Name] = idx
		}
	}
	return y
}

func maxPool(b *builder, axes int) graph.Value {
	x, a := b.image(), poolAttrs(b, axes)
	switch axes {
	case 1:
		return b.indexed(x.MaxPool1dIndices(line(a)))
	case 2:
		return b.indexed(x.MaxPool2dIndices(plane(a)))
	}
	return b.indexed(x.MaxPool3dIndices(a))
}

func avgPool(b *builder, axes int) graph.Value {
	x, a := b.image(), poolAttrs(b, axes)
	switch axes {
	case 1:
		return x.AvgPool1dWith(line(a))
	case 2:
		return x.AvgPool2dWith(plane(a))
	}
	return x.AvgPool3dWith(a)
}

func lpPool(b *builder, axes int) graph.Value {
	x, p, a := b.image(), b.num("norm_type", 2), poolAttrs(b, axes)
	switch axes {
	case 1:
		return x.LPPool1d(p, line(a))
	case 2:
		return x.LPPool2d(p, plane(a))
	}
	return x.LPPool3d(p, a)
}

func adaptiveMaxPool(b *builder, axes int) graph.Value {
	return b.indexed(b.image().AdaptiveMaxPoolIndices(b.axes("output_size", axes, 0)...))
}

func adaptiveAvgPool(b *builder, axes int) graph.Value {
	return b.image().AdaptiveAvgPool(b.axes("output_size", axes, 0)...)
}

// maxUnpool takes its indices from the case; output_size may hold batch and
// channels too.
func maxUnpool(b *builder, axes int) graph.Value {
	x, idx, a := b.image(), b.given("indices", "idx", "index"), poolAttrs(b, axes)
	if !idx.Valid() {
		return b.miss("max_unpool%dd without indices", axes)
	}
	size := make([]int, axes)
	rank := len(x.Shape())
	if list := b.ints("output_size"); len(list) >= axes {
		copy(size, list[len(list)-axes:])
	} else if rank > axes {
		for i := range size {
			k := 3 - axes + i
			size[i] = (x.Dim(rank-axes+i)-1)*a.Stride[k] - 2*a.Padding[k] + a.Kernel[k]
		}
	}
	return x.MaxUnpool(idx, size...)
}

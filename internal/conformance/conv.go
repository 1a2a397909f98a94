package conformance

import (
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
)

var _ = register(map[string]build{
	"torch.nn.Conv1d":          convModule(1),
	"torch.nn.Conv2d":          convModule(2),
	"torch.nn.Conv3d":          convModule(3),
	"torch.nn.ConvTranspose1d": transposeModule(1),
	"torch.nn.ConvTranspose2d": transposeModule(2),
	"torch.nn.ConvTranspose3d": transposeModule(3),
	"torch.nn.Unfold":          unfold,
	"torch.nn.Fold":            fold,
})

var _ = register(functions(map[string]build{
	"conv1d":           func(b *builder) graph.Value { return convFunction(b, 1) },
	"conv2d":           func(b *builder) graph.Value { return convFunction(b, 2) },
	"conv3d":           func(b *builder) graph.Value { return convFunction(b, 3) },
	"conv_transpose1d": func(b *builder) graph.Value { return transposeFunction(b, 1) },
	"conv_transpose2d": func(b *builder) graph.Value { return transposeFunction(b, 2) },
	"conv_transpose3d": func(b *builder) graph.Value { return transposeFunction(b, 3) },
	"unfold":           unfold,
	"fold":             fold,
}))

// functions are registered under each name that PyTorch has for them.
func functions(family map[string]build) map[string]build {
	out := map[string]build{}
	for name, f := range family {
		for _, prefix := range []string{"torch.nn.functional.", "F.", "torch."} {
			out[prefix+name] = f
		}
	}
	return out
}

// given is the first of these names that the case has a tensor for.
func (b *builder) given(names ...string) graph.Value {
	for _, name := range names {
		if v := b.at(name); v.Valid() {
			return v
		}
	}
	return graph.Value{}
}

// image is what a convolution or pool works on.
func (b *builder) image() graph.Value { return b.given("x", "input", "x0") }

// axes is an argument of a number an axis: a list, or one number for all. null
// stands for def.
func (b *builder) axes(name string, n, def int) []int {
	out := make([]int, n)
	set := func(i int, v any) {
		switch v := v.(type) {
		case nil:
			out[i] = def
		case float64:
			out[i] = int(v)
		default:
			b.miss("%s %v", name, b.c.Args[name])
		}
	}
	list, ok := b.c.Args[name].([]any)
	if ok && len(list) != 1 && len(list) != n {
		b.miss("%s %v", name, list)
		return out
	}
	for i := range out {
		switch {
		case !ok:
			set(i, b.c.Args[name])
		case len(list) == 1:
			set(i, list[0])
		default:
			set(i, list[i])
		}
	}
	return out
}

// padding is a convolution's padding; "same" and "valid" are names.
func (b *builder) padding(n int) (p []int, same bool) {
	switch b.c.Args["padding"] {
	case "same":
		return make([]int, n), true
	case "valid":
		return make([]int, n), false
	}
	return b.axes("padding", n, 0), false
}

// pair and triple are the numbers as arrays.
func pair(v []int) [2]int   { return [2]int(v) }
func triple(v []int) [3]int { return [3]int(v) }

// convModule is the layer, with the case's weight and bias.
func convModule(axes int) build {
	return func(b *builder) graph.Value {
		kernel, stride, dilation := b.axes("kernel_size", axes, 1), b.axes("stride", axes, 1), b.axes("dilation", axes, 1)
		padding, same := b.padding(axes)
		groups, mode := int(b.num("groups", 1)), graph.PadMode(arg(b, "padding_mode", "zeros"))
		in, out := int(b.num("in_channels", 0)), int(b.num("out_channels", 0))
		weight, bias := b.vars["weight"], b.vars["bias"]
		switch axes {
		case 1:
			return (&nn.Conv1d{In: in, Out: out, Kernel: kernel[0], Stride: stride[0], Padding: padding[0], Dilation: dilation[0], Groups: groups,
				Same: same, PaddingMode: mode, Weight: weight, Bias: bias}).Forward(b.image())
		case 2:
			return (&nn.Conv2d{In: in, Out: out, Kernels: pair(kernel), Strides: pair(stride), Paddings: pair(padding), Dilations: pair(dilation), Groups: groups,
				Same: same, PaddingMode: mode, Weight: weight, Bias: bias}).Forward(b.image())
		}
		return (&nn.Conv3d{In: in, Out: out, Kernels: triple(kernel), Strides: triple(stride), Paddings: triple(padding), Dilations: triple(dilation), Groups: groups,
			Same: same, PaddingMode: mode, Weight: weight, Bias: bias}).Forward(b.image())
	}
}

// transposeModule is the layer, with the case's weight and bias.
func transposeModule(axes int) build {
	return func(b *builder) graph.Value {
		kernel, stride, dilation := b.axes("kernel_size", axes, 1), b.axes("stride", axes, 1), b.axes("dilation", axes, 1)
		padding, more := b.axes("padding", axes, 0), b.outputPadding(axes, kernel)
		groups, in, out := int(b.num("groups", 1)), int(b.num("in_channels", 0)), int(b.num("out_channels", 0))
		weight, bias := b.vars["weight"], b.vars["bias"]
		switch axes {
		case 1:
			return (&nn.ConvTranspose1d{In: in, Out: out, Kernel: kernel[0], Stride: stride[0], Padding: padding[0], OutputPadding: more[0],
				Dilation: dilation[0], Groups: groups, Weight: weight, Bias: bias}).Forward(b.image())
		case 2:
			return (&nn.ConvTranspose2d{In: in, Out: out, Kernels: pair(kernel), Strides: pair(stride), Paddings: pair(padding), OutputPaddings: pair(more),
				Dilations: pair(dilation), Groups: groups, Weight: weight, Bias: bias}).Forward(b.image())
		}
		return (&nn.ConvTranspose3d{In: in, Out: out, Kernels: triple(kernel), Strides: triple(stride), Paddings: triple(padding), OutputPaddings: triple(more),
			Dilations: triple(dilation), Groups: groups, Weight: weight, Bias: bias}).Forward(b.image())
	}
}

// outputPadding is the argument of that name, or what an output_size leaves open.
func (b *builder) outputPadding(axes int, kernel []int) []int {
	size, ok := b.c.Args["output_size"].([]any)
	if !ok || len(size) < axes {
		return b.axes("output_padding", axes, 0)
	}
	x := b.image()
	stride, padding, dilation := b.axes("stride", axes, 1), b.axes("padding", axes, 0), b.axes("dilation", axes, 1)
	more := make([]int, axes)
	for i, v := range size[len(size)-axes:] {
		want, _ := v.(float64)
		least := (x.Dim(len(x.Shape())-axes+i)-1)*stride[i] - 2*padding[i] + dilation[i]*(kernel[i]-1) + 1
		more[i] = int(want) - least
	}
	return more
}

// convFunction is F.conv1d to 3d.
func convFunction(b *builder, axes int) graph.Value {
	x, w := b.image(), b.given("weight", "w")
	if !x.Valid() || len(w.Shape()) != axes+2 {
		return b.miss("conv%dd of %v and %v", axes, x.Type(), w.Type())
	}
	stride, dilation, groups := b.axes("stride", axes, 1), b.axes("dilation", axes, 1), int(b.num("groups", 1))
	padding, same := b.padding(axes)
	more := make([]int, axes)
	for i := 0; same && i < axes; i++ {
		padding[i], more[i] = cpuref.SamePadding(w.Dim(2+i), dilation[i])
	}
	switch axes {
	case 1:
		return b.biased(x.Conv1d(w, cpuref.Conv1dAttrs{Stride: stride[0], Padding: padding[0], PadMore: more[0], Dilation: dilation[0], Groups: groups}), 1)
	case 2:
		return b.biased(x.Conv2d(w, cpuref.Conv2dAttrs{Stride: pair(stride), Padding: pair(padding), PadMore: pair(more), Dilation: pair(dilation), Groups: groups}), 2)
	}
	return b.biased(x.Conv3d(w, cpuref.Conv3dAttrs{Stride: triple(stride), Padding: triple(padding), PadMore: triple(more), Dilation: triple(dilation), Groups: groups}), 3)
}

// transposeFunction is F.conv_transpose1d to 3d.
func transposeFunction(b *builder, axes int) graph.Value {
	x, w := b.image(), b.given("weight", "w")
	if !x.Valid() || len(w.Shape()) != axes+2 {
		return b.miss("conv_transpose%dd of %v and %v", axes, x.Type(), w.Type())
	}
	stride, dilation, groups := b.axes("stride", axes, 1), b.axes("dilation", axes, 1), int(b.num("groups", 1))
	padding, more := b.axes("padding", axes, 0), b.outputPadding(axes, w.Shape()[2:])
	switch axes {
	case 1:
		return b.biased(x.ConvTranspose1d(w, cpuref.Conv1dAttrs{Stride: stride[0], Padding: padding[0], Dilation: dilation[0], Groups: groups}, more[0]), 1)
	case 2:
		return b.biased(x.ConvTranspose2d(w, cpuref.Conv2dAttrs{Stride: pair(stride), Padding: pair(padding), Dilation: pair(dilation), Groups: groups}, pair(more)), 2)
	}
	return b.biased(x.ConvTranspose3d(w, cpuref.Conv3dAttrs{Stride: triple(stride), Padding: triple(padding), Dilation: triple(dilation), Groups: groups}, triple(more)), 3)
}

// biased adds the bias, if there is one, to channels that so many axes follow.
func (b *builder) biased(y graph.Value, axes int) graph.Value {
	bias := b.given("bias", "b")
	if !bias.Valid() || !y.Valid() {
		return y
	}
	shape := []int{-1, 1, 1, 1}
	return y.Add(bias.Reshape(shape[:1+axes]...))
}

func (b *builder) foldAttrs() graph.FoldAttrs {
	return graph.FoldAttrs{
		Kernel: pair(b.axes("kernel_size", 2, 1)), Stride: pair(b.axes("stride", 2, 1)),
		Padding: pair(b.axes("padding", 2, 0)), Dilation: pair(b.axes("dilation", 2, 1)),
	}
}

func unfold(b *builder) graph.Value { return b.image().Unfold(b.foldAttrs()) }

func fold(b *builder) graph.Value {
	return b.image().Fold(pair(b.axes("output_size", 2, 1)), b.foldAttrs())
}

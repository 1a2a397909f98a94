package conformance

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/tensor"
)

// reduction is the name of a reduction's case: the function, the axes as
// digits, all or last, and keep.
var reduction = regexp.MustCompile(`^reduce_([a-z]+\d?)_(all|last|\d+)(_keep)?$`)

// named is the build of a case that meta.json describes by its name alone.
func named(c *Case) build {
	if m := upsample.FindStringSubmatch(c.Name); m != nil {
		return func(b *builder) graph.Value {
			o := graph.Interpolation{Mode: strings.ReplaceAll(m[2], "_", "-"), AlignCorners: m[4] != ""}
			if n, err := strconv.Atoi(m[3]); err == nil {
				o.Scale = []float64{float64(n)}
			} else if len(b.outShape()) > 2 {
				o.Size = b.outShape()[2:]
			}
			return b.x().Interpolate(o)
		}
	}
	if what, ok := strings.CutPrefix(c.Name, "shape_"); ok {
		if f := byShape[strings.TrimRight(what, "_0123456789")]; f != nil {
			return f
		}
		return recovered(c)
	}
	m := reduction.FindStringSubmatch(c.Name)
	if m == nil || reductions[m[1]] == nil {
		return recovered(c)
	}
	return func(b *builder) graph.Value {
		x := b.x()
		var axes []int
		for i := range x.Shape() {
			if m[2] == "all" || m[2] == "last" && i == len(x.Shape())-1 || strings.ContainsRune(m[2], rune('0'+i)) {
				axes = append(axes, i)
			}
		}
		y := reductions[m[1]](b, x, axes)
		if m[3] != "" {
			y = keep(y, x, axes...)
		}
		return y
	}
}

var upsample = regexp.MustCompile(`^shape_(upsample|interpolate|resize)_(nearest_exact|nearest|linear|bilinear|trilinear|bicubic|area)_?x?(\d*)(_align(?:_corners)?|_corners)?$`)

// outShape is the shape of the case's output.
func (b *builder) outShape() tensor.Shape {
	for _, e := range b.c.Expect {
		if e.Kind == "output" {
			return e.Shape
		}
	}
	return nil
}

var reductions = map[string]func(b *builder, x graph.Value, axes []int) graph.Value{
	"sum":       func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Sum(axes...) },
	"mean":      func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Mean(axes...) },
	"amax":      func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Amax(axes...) },
	"amin":      func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Amin(axes...) },
	"prod":      func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Prod(axes...) },
	"var":       func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Var(1, axes...) },
	"std":       func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Std(1, axes...) },
	"logsumexp": func(_ *builder, x graph.Value, axes []int) graph.Value { return x.LogSumExp(axes...) },
	"norm":      func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Norm(2, axes...) },
	"norm0":     func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Norm(0, axes...) },
	"norm1":     func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Norm(1, axes...) },
	"norm2":     func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Norm(2, axes...) },
	"norm3":     func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Norm(3, axes...) },
	"norminf":   func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Norm(math.Inf(1), axes...) },
}

// byShape are the functions whose arguments follow from the output's shape.
var byShape = map[string]build{
	"reshape": reshaped, "view": reshaped, "flatten": reshaped, "unflatten": reshaped, "squeeze": reshaped, "unsqueeze": reshaped,
	"expand":       func(b *builder) graph.Value { return b.x().Expand(b.outShape()...) },
	"broadcast_to": func(b *builder) graph.Value { return b.x().Expand(b.outShape()...) },
	"repeat":       tiled, "tile": tiled,
	"pixel_shuffle": func(b *builder) graph.Value {
		return b.x().PixelShuffle(b.outShape()[len(b.outShape())-1] / max(1, b.x().Dim(-1)))
	},
	"pixel_unshuffle": func(b *builder) graph.Value {
		return b.x().PixelUnshuffle(b.x().Dim(-1) / max(1, b.outShape()[len(b.outShape())-1]))
	},
}

func reshaped(b *builder) graph.Value { return b.x().Reshape(b.outShape()...) }

func tiled(b *builder) graph.Value {
	x, out := b.x(), b.outShape()
	times := make([]int, len(out))
	for i := range out {
		times[i] = out[i]
		if d := i - len(out) + len(x.Shape()); d >= 0 {
			times[i] /= max(1, x.Dim(d))
		}
	}
	return x.Repeat(times...)
}

// inputs are the case's tensors, in its order.
func (b *builder) inputs() (in []graph.Value) {
	for _, g := range b.c.Given {
		if g.Kind == "input" || g.Kind == "index" || g.Kind == "param" {
			in = append(in, b.at(g.Name))
		}
	}
	return in
}

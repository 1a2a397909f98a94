package conformance

import (
	"regexp"
	"strings"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
)

// reduction is the name of a reduction's case: the function, the axes as
// digits, all or last, and keep.
var reduction = regexp.MustCompile(`^reduce_([a-z]+\d?)_(all|last|\d+)(_keep)?$`)

// named is the build of a case that meta.json describes by its name alone.
func named(c *Case) build {
	if f, ok := shapes[c.Name]; ok {
		return f
	}
	m := reduction.FindStringSubmatch(c.Name)
	if m == nil || reductions[m[1]] == nil {
		return nil
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

var reductions = map[string]func(b *builder, x graph.Value, axes []int) graph.Value{
	"sum":   func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Sum(axes...) },
	"mean":  func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Mean(axes...) },
	"amax":  func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Amax(axes...) },
	"amin":  func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Amin(axes...) },
	"norm1": func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Abs().Sum(axes...) },
	"norm2": func(_ *builder, x graph.Value, axes []int) graph.Value { return x.Square().Sum(axes...).Sqrt() },
	"var":   unbiased,
	"std":   func(b *builder, x graph.Value, axes []int) graph.Value { return unbiased(b, x, axes).Sqrt() },
	"logsumexp": func(_ *builder, x graph.Value, axes []int) graph.Value {
		top := x.Amax(axes...).Detach()
		return x.Sub(keep(top, x, axes...)).Exp().Sum(axes...).Log().Add(top)
	},
}

// unbiased is Σ(x - mean)²/(n-1).
func unbiased(_ *builder, x graph.Value, axes []int) graph.Value {
	n := 1
	for _, a := range axes {
		n *= x.Dim(a)
	}
	return x.Sub(x.MeanKeep(axes...)).Square().Sum(axes...).MulScalar(1 / float64(n-1))
}

// shapes are the cases whose arguments only the data shows.
var shapes = map[string]build{
	"shape_flip":    func(b *builder) graph.Value { return reversed(b.x(), 1) },
	"shape_reshape": func(b *builder) graph.Value { return b.x().Reshape(6, -1) },
	"shape_tile": func(b *builder) graph.Value {
		return b.x().Reshape(1, 3, 1, 2).Expand(2, 3, 3, 2).Reshape(6, 6)
	},
	"shape_upsample_nearest2": func(b *builder) graph.Value {
		return b.x().Reshape(1, 2, 3, 1, 4, 1).Expand(1, 2, 3, 2, 4, 2).Reshape(1, 2, 6, 8)
	},
	"shape_diag": func(b *builder) graph.Value {
		return b.x().Mul(b.mask(4, 5, func(i, j int) bool { return i == j })).Sum(1)
	},
	"shape_triu": func(b *builder) graph.Value {
		return b.x().Mul(b.mask(4, 5, func(i, j int) bool { return j > i }))
	},
	"shape_pad_const": func(b *builder) graph.Value { // (1, 2, 0, 3) with 0.5
		wide := graph.Concat(2, b.fill(0.5, 2, 3, 1), b.x(), b.fill(0.5, 2, 3, 2))
		return graph.Concat(1, wide, b.fill(0.5, 2, 3, 7))
	},
	"shape_pad_crop": func(b *builder) graph.Value { // (-1, 2) with 0
		return graph.Concat(1, b.x().Narrow(1, 1, 4), b.fill(0, 3, 2))
	},
}

// reversed is x backwards along an axis.
func reversed(x graph.Value, axis int) graph.Value {
	n := len(x.Shape())
	start, step := make([]int, n), make([]int, n)
	for i := range step {
		step[i] = 1
	}
	start[axis], step[axis] = x.Dim(axis)-1, -1
	return apply("slice", cpuref.SliceAttrs{Start: cpuref.IntList(start...), Size: cpuref.IntList(x.Shape()...), Step: cpuref.IntList(step...)}, x)
}

package conformance

import (
	"strconv"
	"strings"

	"github.com/vulgo-ml/vulgo/graph"
)

// layout are PyTorch's functions of shape.
var layout = map[string]func(c *call) graph.Value{
	"reshape": func(c *call) graph.Value { return c.x().Reshape(c.ints(1, "shape", "size")...) },
	"view":    func(c *call) graph.Value { return c.x().Reshape(c.ints(1, "shape", "size")...) },
	"ravel":   func(c *call) graph.Value { return c.x().Reshape(-1) },
	"permute": func(c *call) graph.Value { return c.x().Permute(positive(c.x(), c.ints(1, "dims"))...) },
	"t":       func(c *call) graph.Value { return turned(c.x(), "T") }, "mt": func(c *call) graph.Value { return turned(c.x(), "T") },
	"transpose": transposed, "swapaxes": transposed, "swapdims": transposed,
	"movedim": movedim, "moveaxis": movedim,
	"flatten": flatten, "unflatten": func(c *call) graph.Value {
		return c.x().Unflatten(c.int(1, 1, "dim"), c.ints(2, "sizes", "unflattened_size")...)
	},
	"squeeze": func(c *call) graph.Value {
		dims := c.ints(1, "dim")
		if dims == nil {
			return c.x().SqueezeAll()
		}
		x := c.x()
		var shape []int
		for d, n := range x.Shape() {
			gone := false
			for _, s := range positive(x, dims) {
				gone = gone || s == d && n == 1
			}
			if !gone {
				shape = append(shape, n)
			}
		}
		return x.Reshape(shape...)
	},
	"unsqueeze":    func(c *call) graph.Value { return c.x().Unsqueeze(c.int(1, 0, "dim")) },
	"expand":       func(c *call) graph.Value { return c.x().Expand(c.ints(1, "size", "sizes", "shape")...) },
	"broadcast_to": func(c *call) graph.Value { return c.x().Expand(c.ints(1, "size", "shape")...) },
	"expand_as":    func(c *call) graph.Value { return c.x().Expand(c.v(1, "other", "b").Shape()...) },
	"view_as":      func(c *call) graph.Value { return c.x().Reshape(c.v(1, "other", "b").Shape()...) },
	"reshape_as":   func(c *call) graph.Value { return c.x().Reshape(c.v(1, "other", "b").Shape()...) },
	"flip":         func(c *call) graph.Value { return c.x().Flip(c.ints(1, "dims")...) },
	"fliplr":       func(c *call) graph.Value { return c.x().Flip(1) },
	"flipud":       func(c *call) graph.Value { return c.x().Flip(0) },
	"rot90": func(c *call) graph.Value {
		x, k, dims := c.x(), c.int(1, 1, "k"), c.ints(2, "dims")
		if len(dims) != 2 {
			dims = []int{0, 1}
		}
		for range (k%4 + 4) % 4 {
			x = x.Transpose(dims[0], dims[1]).Flip(dims[0])
		}
		return x
	},
	"cat": concat, "concat": concat, "concatenate": concat,
	"stack":  func(c *call) graph.Value { return graph.Stack(c.int(1, 0, "dim"), c.list(0)...) },
	"vstack": func(c *call) graph.Value { return graph.Concat(0, c.list(0)...) },
	"hstack": func(c *call) graph.Value {
		vs := c.list(0)
		return graph.Concat(min(1, len(vs[0].Shape())-1), vs...)
	},
	"split": func(c *call) graph.Value {
		sizes, dim := c.ints(1, "split_size_or_sections", "split_size", "sections"), c.int(2, 0, "dim")
		if _, number := strconv.Atoi(at(c.pos, 1)); number == nil {
			sizes = sizes[:1]
		}
		if len(sizes) == 1 {
			return c.many(c.x().SplitEvery(dim, sizes[0]))
		}
		return c.many(c.x().Split(dim, sizes...))
	},
	"chunk":  func(c *call) graph.Value { return c.many(c.x().Chunk(c.int(2, 0, "dim"), c.int(1, 2, "chunks"))) },
	"unbind": func(c *call) graph.Value { return c.many(c.x().Unbind(c.int(1, 0, "dim"))) },
	"narrow": func(c *call) graph.Value {
		return c.x().Narrow(c.int(1, 0, "dim"), c.int(2, 0, "start"), c.int(3, 1, "length"))
	},
	"select": func(c *call) graph.Value { return c.x().Select(c.int(1, 0, "dim"), c.int(2, 0, "index")) },
	"repeat": func(c *call) graph.Value { return c.x().Repeat(c.ints(1, "repeats", "sizes")...) },
	"tile":   func(c *call) graph.Value { return c.x().Tile(c.ints(1, "dims", "reps")...) },
	"repeat_interleave": func(c *call) graph.Value {
		x := c.x()
		if text := c.text("dim", 2); text == "" && c.c.Args["dim"] == nil {
			return x.Reshape(-1).RepeatInterleave(0, c.int(1, 2, "repeats"))
		}
		return x.RepeatInterleave(c.int(2, 0, "dim"), c.int(1, 2, "repeats"))
	},
	"roll": roll,
	"diag": func(c *call) graph.Value { return c.x().Diag(c.int(1, 0, "diagonal")) },
	"diagonal": func(c *call) graph.Value {
		return c.x().Diagonal(c.int(1, 0, "offset"), c.int(2, 0, "dim1"), c.int(3, 1, "dim2"))
	},
	"diag_embed":      func(c *call) graph.Value { return c.x().DiagEmbed(c.int(1, 0, "offset")) },
	"tril":            func(c *call) graph.Value { return c.x().Tril(c.int(1, 0, "diagonal")) },
	"triu":            func(c *call) graph.Value { return c.x().Triu(c.int(1, 0, "diagonal")) },
	"pixel_shuffle":   func(c *call) graph.Value { return c.x().PixelShuffle(c.int(1, 1, "upscale_factor")) },
	"pixel_unshuffle": func(c *call) graph.Value { return c.x().PixelUnshuffle(c.int(1, 1, "downscale_factor")) },
	"channel_shuffle": func(c *call) graph.Value { return c.x().ChannelShuffle(c.int(1, 1, "groups")) },
	"interpolate":     interpolate, "upsample": interpolate,
	"upsampling_nearest2d": interpolate, "upsampling_bilinear2d": interpolate, "upsample_nearest": interpolate, "upsample_bilinear": interpolate,
	"pad": func(c *call) graph.Value { return padded(c, graph.PadMode(c.word("mode", "constant")), 0) },
}

func init() {
	for name, f := range layout {
		calls[plain(name)] = f
	}
	for name, mode := range map[string]graph.PadMode{
		"ConstantPad": graph.PadConstant, "ZeroPad": graph.PadConstant, "ReflectionPad": graph.PadReflect,
		"ReplicationPad": graph.PadReplicate, "CircularPad": graph.PadCircular,
	} {
		for axes := 1; axes <= 3; axes++ {
			calls[plain(name+strconv.Itoa(axes)+"d")] = func(c *call) graph.Value { return padded(c, mode, axes) }
		}
	}
}

// positive counts negative dimensions of x from the front.
func positive(x graph.Value, dims []int) []int {
	out := append([]int{}, dims...)
	for i, d := range out {
		if d < 0 {
			out[i] += len(x.Shape())
		}
	}
	return out
}

func transposed(c *call) graph.Value {
	return c.x().Transpose(c.int(1, 0, "dim0", "axis0"), c.int(2, 1, "dim1", "axis1"))
}

func movedim(c *call) graph.Value {
	from, to := c.ints(1, "source"), c.ints(2, "destination")
	if at(c.pos, 1) != "" && !strings.ContainsAny(c.pos[1], "([") && len(from) > 0 {
		from = from[:1]
	}
	return c.x().Movedim(from, to)
}

func flatten(c *call) graph.Value {
	start := 0
	if c.module() {
		start = 1
	}
	return c.x().FlattenDims(c.int(1, start, "start_dim"), c.int(2, -1, "end_dim"))
}

func concat(c *call) graph.Value { return graph.Concat(c.int(1, 0, "dim"), c.list(0)...) }

func roll(c *call) graph.Value {
	x, shifts, dims := c.x(), c.ints(1, "shifts"), c.ints(2, "dims")
	if _, number := strconv.Atoi(at(c.pos, 1)); number == nil {
		shifts = shifts[:1]
	}
	if len(dims) == 0 {
		return x.Reshape(-1).Roll(0, shifts[0]).Reshape(x.Shape()...)
	}
	for i, d := range dims {
		x = x.Roll(d, shifts[i])
	}
	return x
}

// padded takes pad, or a module's padding: one number counts for all sides.
func padded(c *call, mode graph.PadMode, axes int) graph.Value {
	pad := c.ints(1, "pad", "padding")
	if len(pad) == 1 {
		for len(pad) < 2*axes {
			pad = append(pad, pad[0])
		}
	}
	return c.x().Pad(mode, c.n("value", 3, 0), pad...)
}

func interpolate(c *call) graph.Value {
	mode := "nearest"
	if strings.Contains(plain(c.c.Torch), "bilinear") && !strings.Contains(c.c.Torch, "mode") {
		mode = "bilinear"
	}
	o := graph.Interpolation{
		Size: c.ints(1, "size"), Scale: c.floats("scale_factor"), Mode: c.word("mode", mode),
		AlignCorners: c.is("align_corners"), Antialias: c.is("antialias"), Recompute: c.is("recompute_scale_factor"),
	}
	for _, old := range []string{"upsamplingbilinear2d", "upsamplebilinear"} {
		o.AlignCorners = o.AlignCorners || strings.Contains(plain(c.c.Torch), old)
	}
	return c.x().Interpolate(o)
}

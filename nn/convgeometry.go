package nn

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/graph"
)

// geometry is a convolution along one to three axes, a number for each.
type geometry struct {
	layer                             string
	in, out, groups                   int
	kernel, stride, padding, dilation []int
	more                              []int // output padding
	same, noBias, transposed          bool
	mode                              graph.PadMode
}

// each is a number for every axis: the many, or where they are all 0 the one.
func each(one int, many []int) []int {
	all := make([]int, len(many))
	for i, n := range many {
		if n != 0 {
			return append([]int{}, many...)
		}
		all[i] = one
	}
	return all
}

func (g *geometry) build(s *Scope) (weight, bias *graph.Variable, err error) {
	if g.in < 1 || g.out < 1 || g.in%g.groups != 0 || g.out%g.groups != 0 {
		return nil, nil, fmt.Errorf("nn: %s %s: In %d and Out %d must be positive and Groups %d divide both", g.layer, s.prefix, g.in, g.out, g.groups)
	}
	shape := []int{g.out, g.in / g.groups}
	if g.transposed {
		shape = []int{g.in, g.out / g.groups}
	}
	fan := shape[1]
	for i, k := range g.kernel {
		if k < 1 {
			return nil, nil, fmt.Errorf("nn: %s %s: a kernel of %v must be positive", g.layer, s.prefix, g.kernel)
		}
		if g.same && (g.stride[i] > 1 || g.padding[i] != 0) {
			return nil, nil, fmt.Errorf("nn: %s %s: Same goes with no Stride or Padding, got %v and %v", g.layer, s.prefix, g.stride, g.padding)
		}
		fan *= k
	}
	switch g.mode {
	case "", "zeros", graph.PadReflect, graph.PadReplicate, graph.PadCircular:
	default:
		return nil, nil, fmt.Errorf("nn: %s %s: PaddingMode %q: there are zeros, reflect, replicate and circular", g.layer, s.prefix, g.mode)
	}
	init := UniformInit(1 / math.Sqrt(float64(fan)))
	weight = s.Param("weight", init, append(shape, g.kernel...)...)
	if !g.noBias {
		bias = s.Param("bias", init, g.out)
	}
	return weight, bias, nil
}

func (g *geometry) forward(x graph.Value, weight, bias *graph.Variable) graph.Value {
	w, ok := read(x, weight, g.layer)
	if !ok {
		return graph.Value{}
	}
	axes := len(g.kernel)
	batched := len(x.Shape()) == axes+2
	if !batched && len(x.Shape()) != axes+1 {
		return fail(x, "nn: %s: x %v: wants %d dimensions, or %d without the batch", g.layer, x.Shape(), axes+2, axes+1)
	}
	if !batched {
		x = x.Unsqueeze(0)
	}
	before, more := append([]int{}, g.padding...), make([]int, axes)
	if g.same {
		for i, k := range g.kernel {
			before[i], more[i] = cpuref.SamePadding(k, g.dilation[i])
		}
	}
	if g.mode != "" && g.mode != "zeros" {
		var around []int // the last axis first
		for i := axes - 1; i >= 0; i-- {
			around = append(around, before[i], before[i]+more[i])
		}
		x, before, more = x.Pad(g.mode, 0, around...), make([]int, axes), make([]int, axes)
	}
	if axes == 1 {
		x, w = x.Unsqueeze(2), w.Unsqueeze(2)
	}
	y := g.convolve(x, w, before, more)
	if bias != nil && y.Valid() {
		shape := []int{g.out, 1, 1, 1}
		y = y.Add(x.Graph().Read(bias).Reshape(shape[:max(3, 1+axes)]...))
	}
	if axes == 1 && y.Valid() {
		y = y.Squeeze(2)
	}
	if !batched && y.Valid() {
		y = y.Squeeze(0)
	}
	return y
}

// convolve is the convolution of x [N, C, H, W] or [N, C, D, H, W].
func (g *geometry) convolve(x, w graph.Value, before, more []int) graph.Value {
	if len(g.kernel) == 3 {
		a := cpuref.Conv3dAttrs{
			Stride: [3]int(g.stride), Padding: [3]int(before), PadMore: [3]int(more), Dilation: [3]int(g.dilation), Groups: g.groups,
		}
		if g.transposed {
			return x.ConvTranspose3d(w, a, [3]int(g.more))
		}
		return x.Conv3d(w, a)
	}
	pair := func(v []int, one int) [2]int {
		if len(v) == 1 {
			return [2]int{one, v[0]}
		}
		return [2]int(v)
	}
	a := cpuref.Conv2dAttrs{
		Stride: pair(g.stride, 1), Padding: pair(before, 0), PadMore: pair(more, 0), Dilation: pair(g.dilation, 1), Groups: g.groups,
	}
	if g.transposed {
		return x.ConvTranspose2d(w, a, pair(g.more, 0))
	}
	return x.Conv2d(w, a)
}

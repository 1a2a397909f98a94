package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref/fast"
)

var conv2dWeightVariants = []Variant{
	{Name: "fast", Kind: CPU, Prepare: fast.Conv2dWeight},
	{Name: "subgroup", Kind: Vulkan, When: convSubgroupWeightServes, Lower: lowerConvWeightSubgroup},
	{Name: "direct", Kind: Vulkan, When: convDirectServes, Lower: lowerConvDirect},
	{Name: "tile", Kind: Vulkan, When: convTileWeightServes, Lower: lowerConvWeightTile},
}

func convSubgroupWeightServes(t *Target, c *Call) bool {
	if !subgroupShape(t) {
		return false
	}
	_, err := lowerConvWeightSubgroup(t, c)
	return err == nil && errRange(t, c) == nil
}

// convSlices cuts the sums of a by-weight call into slices of whole images, or
// of strips of each image's pixels: as many as give the device enough
// workgroups (want), and enough that none takes more than loop steps of ku
// pixels. It depends on the shapes alone, so sums are the same on any number of
// cores.
func convSlices(g *conv, ku, want, loop int) (images, pixels, strips, slices int) {
	area := g.OH * g.OW
	pixels, strips = parts(area, ku)*ku, 1
	if loop > 0 && pixels/ku > loop-2 { // a plane is too long for one invocation
		strips = parts(pixels/ku, loop-2)
	}
	if want > g.N*strips {
		strips = min(parts(want, g.N), max(area/256, strips))
	}
	pixels = parts(parts(area, strips), ku) * ku
	strips = parts(area, pixels)
	images = max(1, g.N*strips/max(want, 1))
	if loop > 0 {
		images = max(1, min(images, loop/(pixels/ku+1)))
	}
	return images, pixels, strips, parts(g.N, images) * strips
}

// lowerConvWeightSubgroup makes one dispatch, and a second that adds the slices.
func lowerConvWeightSubgroup(t *Target, c *Call) (Lowered, error) {
	g := c.conv()
	elems := c.Out[0].Elems()
	if elems == 0 {
		return Lowered{}, nil
	}
	if g.N == 0 {
		return convZeros(t, elems), nil
	}
	sg, ku, tm, tn := t.SubgroupSize, 1, convRows(g.Og, 1, 32), min(g.Cg, 4)
	if g.OH*g.OW%4 == 0 {
		ku = 4
	}
	columns := g.taps() * parts(g.Cg, tn)
	groups := parts(columns, sg)
	tiles := parts(g.Og, tm)
	images, pixels, strips, slices := convSlices(g, ku, max(1, 64/(groups*tiles*g.G)), t.MaxLoop)
	if n := max(c.In[0].Elems(), c.In[1].Elems(), slices*elems); n > t.MaxTexels {
		return Lowered{}, fmt.Errorf("%s: %d texels, over the device's %d", c.Op.Name, n, t.MaxTexels)
	}
	grid := [3]uint32{uint32(groups), uint32(tiles * g.G), uint32(slices)}
	if groups > t.MaxGroups[0] || tiles*g.G > t.MaxGroups[1] || slices > t.MaxGroups[2] {
		return Lowered{}, fmt.Errorf("%s: a grid of %v workgroups, over the device's %v", c.Op.Name, grid, t.MaxGroups)
	}
	dy := In(1).Texel1()
	if ku == 4 {
		dy = In(1).Texel4()
	}
	return convReduce(t, c, slices, Dispatch{
		Shader: "conv2d_weight_subgroup", Grid: grid,
		Spec: words(sg, ku, tm, tn),
		Bind: []Bind{In(0).Texel1(), dy},
		Push: words(g.N, g.G, g.Cg, g.H, g.W, g.Og, g.OW, g.OH*g.OW, g.KW, g.taps(),
			g.stride[0], g.stride[1], g.pad[0], g.pad[1], g.d[0], g.d[1],
			tiles, columns, images, pixels, strips),
	})
}

// convReduce completes a by-weight dispatch with the place it writes to: the
// output itself, or slices in a workspace that a second dispatch adds up.
func convReduce(t *Target, c *Call, slices int, d Dispatch) (Lowered, error) {
	if slices == 1 {
		d.Bind = append(d.Bind, Out(0))
		return Lowered{Dispatches: []Dispatch{d}}, nil
	}
	n := c.Out[0].Elems()
	if b := 4 * n * slices; b > t.MaxStorageRange {
		return Lowered{}, fmt.Errorf("%s: a workspace of %d bytes, over the device's %d", c.Op.Name, b, t.MaxStorageRange)
	}
	d.Bind = append(d.Bind, Work(0).WO())
	return Lowered{Work: []int{4 * n * slices}, Dispatches: []Dispatch{d, convSum(t, n, slices)}}, nil
}

// convSum adds up the slices of workspace 0.
func convSum(t *Target, n, slices int) Dispatch {
	return Dispatch{
		Shader: "conv2d_reduce", Grid: Folded(t, parts(n, 64)),
		Bind: []Bind{Work(0).Texel1().RO(), Out(0)},
		Push: words(n, slices),
	}
}

// convZeros is the gradient by weights over a batch of none: sums of no slices.
func convZeros(t *Target, n int) Lowered {
	return Lowered{Work: []int{16}, Dispatches: []Dispatch{convSum(t, n, 0)}}
}

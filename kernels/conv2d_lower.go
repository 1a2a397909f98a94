package kernels

import (
	"fmt"
	"math/bits"

	"github.com/vulgo-ml/vulgo/cpuref/fast"
)

var conv2dVariants = []Variant{
	{Name: "fast", Kind: CPU, Prepare: fast.Conv2d},
	{Name: "subgroup", Kind: Vulkan, When: convSubgroupServes, Lower: lowerConvSubgroup},
	{Name: "direct", Kind: Vulkan, When: convDirectServes, Lower: lowerConvDirect},
	{Name: "tile", Kind: Vulkan, When: convTileServes, Lower: lowerConvTile},
}

var conv2dDataVariants = []Variant{
	{Name: "fast", Kind: CPU, Prepare: fast.Conv2dData},
	{Name: "subgroup", Kind: Vulkan, When: convSubgroupServes, Lower: lowerConvSubgroup},
	{Name: "direct", Kind: Vulkan, When: convDirectServes, Lower: lowerConvDirect},
	{Name: "tile", Kind: Vulkan, When: convTileServes, Lower: lowerConvTile},
}

// convGather is a convolution form that gathers, for pixels (jy, jx) of a PH x
// PW plane and rows m, over taps (ty, tx) and channels k:
//
//	Y[n, m, out0 + jy·outy + jx·outx] = Σ W[tap0 + ty·tapy + tx·tapx, k, m] · X[n, k, jy·s + ty·d + b]
//
// The forward convolution is one of these, its gradient by data one for each
// residue of a pixel by the stride.
type convGather struct {
	PH, PW           int
	sy, sx, by, bx   int
	dy, dx           int
	nty, ntx         int
	tap0, tapy, tapx int
	out0, outy, outx int
}

// gathers are the forms of a forward or by-data call, with the sizes they share:
// K channels of IH x IW a group in, M channels of OH·OW out.
func (c *conv) gathers(f convForm) (gs []convGather, K, IH, IW, M, area int) {
	if f == convForward {
		return []convGather{{
			PH: c.OH, PW: c.OW, sy: c.stride[0], sx: c.stride[1], by: -c.pad[0], bx: -c.pad[1],
			dy: c.d[0], dx: c.d[1], nty: c.KH, ntx: c.KW, tapy: c.KW, tapx: 1, outy: c.OW, outx: 1,
		}}, c.Cg, c.H, c.W, c.Og, c.OH * c.OW
	}
	for ry := range min(c.stride[0], c.H) {
		y := convSplit(c.H, c.KH, c.stride[0], c.pad[0], c.d[0], ry)
		for rx := range min(c.stride[1], c.W) {
			x := convSplit(c.W, c.KW, c.stride[1], c.pad[1], c.d[1], rx)
			g := convGather{
				PH: y.pixels, PW: x.pixels, sy: 1, sx: 1, by: y.base, bx: x.base, dy: -y.back, dx: -x.back,
				nty: y.taps, ntx: x.taps, tap0: y.tap0*c.KW + x.tap0, tapy: y.step * c.KW, tapx: x.step,
				out0: ry*c.W + rx, outy: c.stride[0] * c.W, outx: c.stride[1],
			}
			if g.nty == 0 || g.ntx == 0 { // no tap reaches these pixels: they are zero
				g.nty, g.ntx, g.tap0 = 0, 0, 0
			}
			gs = append(gs, g)
		}
	}
	return gs, c.Og, c.OH, c.OW, c.Cg, c.H * c.W
}

// convAxis is one axis of a gather by data.
type convAxis struct{ pixels, base, taps, tap0, step, back int }

// convSplit is the gather along one axis for the pixels y = r + s·j of dX: y
// takes tap i of row (y + p - i·d)/s of dY, where that divides: the i are tap0,
// tap0 + step, ..., each back rows before the last.
func convSplit(size, kernel, s, p, d, r int) convAxis {
	a := convAxis{pixels: (size - r + s - 1) / s, tap0: kernel}
	for i := range kernel {
		if (r+p-i*d)%s != 0 {
			continue
		}
		if a.taps == 0 {
			a.tap0, a.base = i, (r+p-i*d)/s
		} else if a.taps == 1 {
			a.step = i - a.tap0
			a.back = a.step * d / s
		}
		a.taps++
	}
	return a
}

// weightStrides are the strides of W [O, C/G, taps] by group, channel k that is
// summed over and row m of the result.
func (c *conv) weightStrides(f convForm) (sg, sk, sm int) {
	sg, sk, sm = c.Og*c.Cg*c.taps(), c.taps(), c.Cg*c.taps()
	if f == convData {
		sk, sm = sm, sk
	}
	return sg, sk, sm
}

func (c *Call) convForm() convForm {
	switch c.Op.Name {
	case "conv2d_data":
		return convData
	case "conv2d_weight":
		return convWeight
	}
	return convForward
}

const convTN = 4 // pixels of a lane of the subgroup shape

// convRows is how many of M rows a workgroup of the subgroup shape makes, from
// least to most: the fewest multiply-adds, where fetching the pixels costs as
// much as 12 rows do.
func convRows(M, least, most int) int {
	best := least
	for tm := 2 * least; tm <= most; tm *= 2 {
		if parts(M, tm)*(tm+12) <= parts(M, best)*(best+12) {
			best = tm
		}
	}
	return best
}

// subgroupShape: the device runs shaders on CPU cores and has subgroups of the
// sizes that the subgroup shape is written for.
func subgroupShape(t *Target) bool {
	sg := t.SubgroupSize
	return t.Software && t.SubgroupShuffle && sg >= 4 && sg <= 64 && sg&(sg-1) == 0
}

func convSubgroupServes(t *Target, c *Call) bool {
	if !subgroupShape(t) {
		return false
	}
	_, err := lowerConvSubgroup(t, c)
	return err == nil && errRange(t, c) == nil
}

// lowerConvSubgroup serves conv2d and conv2d_data: the weights are packed once,
// then each gather is a dispatch.
func lowerConvSubgroup(t *Target, c *Call) (Lowered, error) {
	g, form := c.conv(), c.convForm()
	gs, K, IH, IW, M, area := g.gathers(form)
	if c.Out[0].Elems() == 0 {
		return Lowered{}, nil
	}
	tm := convRows(M, 4, min(32, 4*t.SubgroupSize)) // one fetch by all lanes brings all rows
	ku := 1
	for ku < 4 && ku*2*tm <= 4*t.SubgroupSize && K%(ku*2) == 0 {
		ku *= 2
	}
	if n := g.taps() * (K/ku + 2); t.MaxLoop > 0 && n > t.MaxLoop {
		return Lowered{}, errLoop(t, c, g.taps()*K, n)
	}
	tiles := parts(M, tm)
	packed := g.G * g.taps() * tiles * K * tm
	if n := max(c.In[0].Elems(), c.In[1].Elems(), packed/4+t.SubgroupSize); n > t.MaxTexels {
		return Lowered{}, fmt.Errorf("%s: %d texels, over the device's %d", c.Op.Name, n, t.MaxTexels)
	}
	if tiles*g.G > t.MaxGroups[2] {
		return Lowered{}, fmt.Errorf("%s: %d channel tiles, over the device's %d", c.Op.Name, tiles*g.G, t.MaxGroups[2])
	}
	sg, sk, sm := g.weightStrides(form)
	grid := Folded(t, parts(packed, 64))
	low := Lowered{
		Work: []int{4 * (packed + 4*t.SubgroupSize)},
		Dispatches: []Dispatch{{
			Shader: "conv2d_pack", Grid: grid,
			Bind: []Bind{In(1).Texel1(), Work(0).WO()},
			Push: words(packed, g.taps(), tiles, tm, K, M, sg, sk, sm),
		}},
	}
	for _, a := range gs {
		pixels := g.N * a.PH * a.PW
		grid := Folded(t, parts(pixels, t.SubgroupSize*convTN))
		grid[2] = uint32(tiles * g.G)
		low.Dispatches = append(low.Dispatches, Dispatch{
			Shader: "conv2d_subgroup", Grid: grid, Patch: c.Epilogue,
			Spec: words(t.SubgroupSize, ku, tm, convTN),
			Bind: []Bind{In(0).Texel1(), Work(0).Texel4().RO(), Out(0), c.ExtraOr(0, Out(0)), c.ExtraOr(1, Out(0))},
			Push: append(append(magic(a.PH*a.PW), magic(a.PW)...), words(pixels, a.PH, a.PW, a.sy, a.sx, a.by, a.bx, a.dy, a.dx, a.nty, a.ntx,
				a.tap0, a.tapy, a.tapx, g.taps(), tiles, K, IH, IW, M, g.G, area, a.out0, a.outy, a.outx)...),
		})
	}
	return low, nil
}

// words are push or specialisation constants.
func words(v ...int) []uint32 {
	w := make([]uint32, len(v))
	for i, x := range v {
		w[i] = uint32(int32(x))
	}
	return w
}

// magic are the two numbers by which shaders/divide.glsl divides by d.
func magic(d int) []uint32 {
	l := bits.Len(uint(d - 1))
	return []uint32{uint32(((1<<l)-d)<<32/d + 1), uint32(l)}
}

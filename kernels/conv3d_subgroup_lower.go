package kernels

import "fmt"

// lowerConv3dSubgroup serves conv3d and conv3d_data on devices that run shaders
// on CPU cores, as lowerConvSubgroup does: the weights are packed once, then each
// gather is a dispatch.
func lowerConv3dSubgroup(t *Target, c *Call) (Lowered, error) {
	g, form := c.conv3d()
	if !subgroupShape(t) || form == convWeight {
		return Lowered{}, fmt.Errorf("%s: no shape by subgroups", c.Op.Name)
	}
	if c.Out[0].Elems() == 0 {
		return Lowered{}, nil
	}
	K, M, in, out, sg, sk, sm := g.sides(form)
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
		return Lowered{}, errGrid(t, c, tiles, g.G)
	}
	low := Lowered{
		Work: []int{4 * (packed + 4*t.SubgroupSize)},
		Dispatches: []Dispatch{{
			Shader: "conv2d_pack", Grid: Folded(t, parts(packed, 64)),
			Bind: []Bind{In(1).Texel1(), Work(0).WO()},
			Push: words(packed, g.taps(), tiles, tm, K, M, sg, sk, sm),
		}},
	}
	for _, a := range g.gathers(form) {
		pixels := g.N * volume(a.pixels)
		grid := Folded(t, parts(pixels, t.SubgroupSize*convTN))
		grid[2] = uint32(tiles * g.G)
		spec, push := words(t.SubgroupSize, ku, tm, convTN), words(pixels)
		for _, v := range [][3]int{a.pixels, a.taps, in} {
			spec = append(spec, words(v[:]...)...)
		}
		for _, v := range [][3]int{a.s, a.b, a.d} {
			push = append(push, words(v[:]...)...)
		}
		low.Dispatches = append(low.Dispatches, Dispatch{
			Shader: "conv3d_subgroup", Grid: grid, Patch: c.Epilogue, Spec: spec,
			Bind: []Bind{In(0).Texel1(), Work(0).Texel4().RO(), Out(0), c.ExtraOr(0, Out(0)), c.ExtraOr(1, Out(0))},
			Push: append(push, words(a.tap0, a.tapStep[0], a.tapStep[1], a.tapStep[2], g.taps(), tiles, K, M, g.G,
				volume(out), a.out0, a.outStep[0], a.outStep[1], a.outStep[2])...),
		})
	}
	return low, nil
}

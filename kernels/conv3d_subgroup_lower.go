package kernels

import "fmt"

// lowerConv3dSubgroup serves the three ops on devices that run shaders on CPU
// cores, forward and by data as lowerConvSubgroup does: the weights are packed
// once, then each gather is a dispatch.
func lowerConv3dSubgroup(t *Target, c *Call) (Lowered, error) {
	g, form := c.conv3d()
	switch {
	case !subgroupShape(t):
		return Lowered{}, fmt.Errorf("%s: the shape by subgroups is for devices that run shaders on CPU cores", c.Op.Name)
	case c.Out[0].Elems() == 0:
		return Lowered{}, nil
	case form == convWeight:
		return lowerConv3dWeightSubgroup(t, c, g)
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

// lowerConv3dWeightSubgroup is lowerConvWeightSubgroup with one axis more.
func lowerConv3dWeightSubgroup(t *Target, c *Call, g *conv3d) (Lowered, error) {
	elems, area := c.Out[0].Elems(), volume(g.out)
	if g.N == 0 {
		return convZeros(t, elems), nil
	}
	sg, ku, tm, tn := t.SubgroupSize, 1, convRows(g.Og, 1, 32), min(g.Cg, 4)
	if area%4 == 0 {
		ku = 4
	}
	columns := g.taps() * parts(g.Cg, tn)
	groups, tiles := parts(columns, sg), parts(g.Og, tm)
	images, pixels, strips, slices := convSlices(&conv{N: g.N, OH: g.out[0] * g.out[1], OW: g.out[2]}, ku, max(1, 64/(groups*tiles*g.G)), t.MaxLoop)
	if n := max(c.In[0].Elems(), c.In[1].Elems(), slices*elems); n > t.MaxTexels {
		return Lowered{}, fmt.Errorf("%s: %d texels, over the device's %d", c.Op.Name, n, t.MaxTexels)
	}
	if groups > t.MaxGroups[0] || tiles*g.G > t.MaxGroups[1] || slices > t.MaxGroups[2] {
		return Lowered{}, errGrid(t, c, groups*tiles, g.G)
	}
	dy := In(1).Texel1()
	if ku == 4 {
		dy = In(1).Texel4()
	}
	spec, push := words(sg, ku, tm, tn), words(g.N, g.G, g.Cg, g.Og)
	for _, v := range [][3]int{g.in, g.k, g.out} {
		spec = append(spec, words(v[:]...)...)
	}
	for _, v := range [][3]int{g.stride, g.pad, g.d} {
		push = append(push, words(v[:]...)...)
	}
	return convReduce(t, c, slices, Dispatch{
		Shader: "conv3d_weight_subgroup", Grid: [3]uint32{uint32(groups), uint32(tiles * g.G), uint32(slices)},
		Spec: spec, Bind: []Bind{In(0).Texel1(), dy},
		Push: append(push, words(tiles, columns, images, pixels, strips)...),
	})
}

package kernels

import "fmt"

// conv3dVariants are the variants of a 3-d convolution op whose fast CPU form is f.
func conv3dVariants(f Prepare[float32]) []Variant {
	return []Variant{
		{Name: "fast", Kind: CPU, Prepare: f},
		{Name: "subgroup", Kind: Vulkan, Lower: lowerConv3dSubgroup, When: func(t *Target, c *Call) bool {
			_, err := lowerConv3dSubgroup(t, c)
			return err == nil && errRange(t, c) == nil
		}},
		{Name: "tile", Kind: Vulkan, Lower: lowerConv3d, When: func(t *Target, c *Call) bool {
			_, err := lowerConv3d(t, c)
			return err == nil && errRange(t, c) == nil
		}},
	}
}

func lowerConv3d(t *Target, c *Call) (Lowered, error) {
	g, form := c.conv3d()
	switch {
	case c.Out[0].Elems() == 0:
		return Lowered{}, nil
	case form == convWeight:
		return lowerConv3dWeight(t, c, g)
	}
	return lowerConv3dTile(t, c, g, form)
}

// conv3dGather is a convGather of three axes.
type conv3dGather struct {
	pixels, s, b, d, taps [3]int
	tap0, out0            int
	tapStep, outStep      [3]int
}

// gathers are the forms of a forward or by-data call: by data, one for each
// residue of a pixel by the stride.
func (c *conv3d) gathers(form convForm) []conv3dGather {
	k, out := c.k, c.out
	if form == convForward {
		return []conv3dGather{{
			pixels: out, s: c.stride, b: [3]int{-c.pad[0], -c.pad[1], -c.pad[2]}, d: c.d, taps: k,
			tapStep: [3]int{k[1] * k[2], k[2], 1}, outStep: [3]int{out[1] * out[2], out[2], 1},
		}}
	}
	var gs []conv3dGather
	weights, place := [3]int{k[1] * k[2], k[2], 1}, [3]int{c.in[1] * c.in[2], c.in[2], 1}
	for rz := range min(c.stride[0], c.in[0]) {
		for ry := range min(c.stride[1], c.in[1]) {
			for rx := range min(c.stride[2], c.in[2]) {
				g := conv3dGather{s: [3]int{1, 1, 1}}
				for i, r := range [3]int{rz, ry, rx} {
					a := convSplit(c.in[i], k[i], c.stride[i], c.pad[i], c.d[i], r)
					g.pixels[i], g.b[i], g.d[i], g.taps[i] = a.pixels, a.base, -a.back, a.taps
					g.tap0 += a.tap0 * weights[i]
					g.out0 += r * place[i]
					g.tapStep[i], g.outStep[i] = a.step*weights[i], c.stride[i]*place[i]
				}
				if volume(g.taps) == 0 { // no tap reaches these pixels: they are zero
					g.taps, g.tap0 = [3]int{}, 0
				}
				gs = append(gs, g)
			}
		}
	}
	return gs
}

// sides are what a forward or by-data call sums over and makes: K channels of a
// volume in, M of a volume out, and the strides of W by group, k and m.
func (c *conv3d) sides(form convForm) (K, M int, in, out [3]int, sg, sk, sm int) {
	kernel := c.Cg * c.taps()
	if form == convData {
		return c.Og, c.Cg, c.out, c.in, c.Og * kernel, kernel, c.taps()
	}
	return c.Cg, c.Og, c.in, c.out, c.Og * kernel, c.taps(), kernel
}

// lowerConv3dTile serves conv3d and conv3d_data: each gather is a dispatch.
func lowerConv3dTile(t *Target, c *Call, g *conv3d, form convForm) (Lowered, error) {
	K, M, in, out, sg, sk, sm := g.sides(form)
	var low Lowered
	for _, a := range g.gathers(form) {
		pixels, terms := g.N*volume(a.pixels), K*volume(a.taps)
		x, ok := pickConvTile(t, M, pixels, g.G)
		if !ok {
			return low, errTile(t, c)
		}
		if n := terms/x.k + 1; t.MaxLoop > 0 && n > t.MaxLoop {
			return low, errLoop(t, c, terms, n)
		}
		tiles := parts(M, x.m)
		work := tiles * parts(pixels, x.n)
		grid := Folded(t, work)
		if int(grid[1]) > t.MaxGroups[1] || g.G > t.MaxGroups[2] {
			return low, errGrid(t, c, work, g.G)
		}
		grid[2] = uint32(g.G)
		spec := words(x.threads(), x.m, x.n, x.k, x.tm, x.tn)
		push := words(pixels)
		for _, v := range [][3]int{a.s, a.b, a.d} {
			push = append(push, words(v[:]...)...)
		}
		push = append(push, words(a.tap0, a.tapStep[0], a.tapStep[1], a.tapStep[2], terms,
			in[0], in[1], in[2], K, M, g.G, sg, sk, sm,
			volume(out), a.out0, a.outStep[0], a.outStep[1], a.outStep[2], tiles, work)...)
		low.Dispatches = append(low.Dispatches, Dispatch{
			Shader: "conv3d_tile", Grid: grid, Patch: c.Epilogue,
			Spec: append(spec, words(max(a.taps[0], 1), max(a.taps[1], 1), max(a.taps[2], 1), a.pixels[0], a.pixels[1], a.pixels[2])...),
			Bind: []Bind{In(0), In(1), Out(0), c.ExtraOr(0, Out(0)), c.ExtraOr(1, Out(0))},
			Push: push,
		})
	}
	return low, nil
}

// lowerConv3dWeight cuts the pixels of the batch into slices as
// lowerConvWeightTile does.
func lowerConv3dWeight(t *Target, c *Call, g *conv3d) (Lowered, error) {
	elems := c.Out[0].Elems()
	if g.N == 0 {
		return Lowered{Dispatches: []Dispatch{fillWith(t, Out(0), elems, 0)}}, nil
	}
	columns, terms := g.Cg*g.taps(), g.N*volume(g.out)
	want := parts(terms, 256) // slices of at least this many terms
	x, ok := pickConvTile(t, g.Og, columns, g.G*want)
	if !ok {
		return Lowered{}, errTile(t, c)
	}
	tiles := parts(g.Og, x.m)
	work := tiles * parts(columns, x.n)
	slices := max(1, min(want, parts(2*gemmFill, work*g.G)))
	if t.MaxLoop > 0 {
		slices = max(slices, parts(terms/x.k+1, t.MaxLoop))
	}
	slice := parts(parts(terms, slices), x.k) * x.k
	slices = parts(terms, slice)
	if work > t.MaxGroups[0] || g.G > t.MaxGroups[1] || slices > t.MaxGroups[2] {
		return Lowered{}, errGrid(t, c, work, g.G)
	}
	push := words(g.G, g.Cg, g.in[0], g.in[1], g.in[2], g.Og)
	for _, v := range [][3]int{g.stride, g.pad, g.d} {
		push = append(push, words(v[:]...)...)
	}
	d := Dispatch{
		Shader: "conv3d_weight_tile", Grid: [3]uint32{uint32(work), uint32(g.G), uint32(slices)},
		Spec: words(x.threads(), x.m, x.n, x.k, x.tm, x.tn, g.k[0], g.k[1], g.k[2], g.out[0], g.out[1], g.out[2]),
		Bind: []Bind{In(0), In(1)},
		Push: append(push, words(terms, slice, tiles)...),
	}
	if slices == 1 {
		d.Bind = append(d.Bind, Out(0))
		return Lowered{Dispatches: []Dispatch{d}}, nil
	}
	if b := 4 * elems * slices; b > t.MaxStorageRange {
		return Lowered{}, fmt.Errorf("%s: a workspace of %d bytes, over the device's %d", c.Op.Name, b, t.MaxStorageRange)
	}
	d.Bind = append(d.Bind, Work(0).WO())
	sum := flat(t, "matmul_reduce", elems, words(elems, slices, elems), Work(0).RO(), Out(0), c.ExtraOr(0, Out(0)), c.ExtraOr(1, Out(0)))
	return Lowered{Work: []int{4 * elems * slices}, Dispatches: []Dispatch{d, sum}}, nil
}

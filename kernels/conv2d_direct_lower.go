package kernels

// convDirectMost is how many channels of a group, in and out, the direct form
// takes on: below, a GEMM tile would be mostly empty.
const convDirectMost = 4

func convDirectServes(t *Target, c *Call) bool {
	g := c.conv()
	if g.G == 1 || max(g.Cg, g.Og) > convDirectMost {
		return false
	}
	_, err := lowerConvDirect(t, c)
	return err == nil && errRange(t, c) == nil
}

// lowerConvDirect serves the three ops for groups of few channels, one
// invocation an element of an image, one workgroup an element of a kernel.
func lowerConvDirect(t *Target, c *Call) (Lowered, error) {
	g, form, elems := c.conv(), c.convForm(), c.Out[0].Elems()
	if elems == 0 {
		return Lowered{}, nil
	}
	if form == convWeight {
		return lowerConvWeightDirect(t, c, g)
	}
	var low Lowered
	gs, K, IH, IW, M, area := g.gathers(form)
	sg, sk, sm := g.weightStrides(form)
	local := min(64, t.MaxInvocations)
	for _, a := range gs {
		n := g.N * g.G * M * a.PH * a.PW
		if loop := K * (a.nty*(a.ntx+1) + 1); t.MaxLoop > 0 && loop > t.MaxLoop {
			return low, errLoop(t, c, K*a.nty*a.ntx, loop)
		}
		grid := Folded(t, parts(n, local))
		if int(grid[1]) > t.MaxGroups[1] {
			return low, errGrid(t, c, parts(n, local), 1)
		}
		low.Dispatches = append(low.Dispatches, Dispatch{
			Shader: "conv2d_direct", Grid: grid, Patch: c.Epilogue,
			Spec: words(local, a.PH, a.PW, M, K),
			Bind: []Bind{In(0), In(1), Out(0), c.ExtraOr(0, Out(0)), c.ExtraOr(1, Out(0))},
			Push: words(n, g.G, a.sy, a.sx, a.by, a.bx, a.dy, a.dx, a.nty, a.ntx, a.tap0, a.tapy, a.tapx,
				IH, IW, sg, sk, sm, area, a.out0, a.outy, a.outx),
		})
	}
	return low, nil
}

func lowerConvWeightDirect(t *Target, c *Call, g *conv) (Lowered, error) {
	elems, terms := c.Out[0].Elems(), g.N*g.OH*g.OW
	if terms == 0 {
		return convZeros(t, elems), nil
	}
	local := min(128, t.MaxInvocations)
	if loop := parts(terms, local) + 16; t.MaxLoop > 0 && loop > t.MaxLoop {
		return Lowered{}, errLoop(t, c, terms, loop)
	}
	grid := Folded(t, elems)
	if int(grid[1]) > t.MaxGroups[1] {
		return Lowered{}, errGrid(t, c, elems, 1)
	}
	return Lowered{Dispatches: []Dispatch{{
		Shader: "conv2d_weight_direct", Grid: grid,
		Spec: words(local, g.OH, g.OW),
		Bind: []Bind{In(0), In(1), Out(0)},
		Push: words(elems, g.G, g.Cg, g.H, g.W, g.Og, g.KH, g.KW, g.stride[0], g.stride[1],
			g.pad[0], g.pad[1], g.d[0], g.d[1], terms),
	}}}, nil
}

package kernels

import "fmt"

// convTile is one instantiation of the tile shape: a workgroup makes m rows by
// n columns, an invocation tm x tn of them, k terms at a time.
type convTile struct{ m, n, k, tm, tn int }

var convTiles = []convTile{
	{128, 128, 16, 8, 8},
	{64, 64, 16, 8, 4},  // within Vulkan's least limits
	{32, 128, 16, 4, 8}, // few rows
	{32, 32, 16, 4, 4},  // small results
}

func (x convTile) threads() int { return x.m / x.tm * (x.n / x.tn) }
func (x convTile) shared() int  { return 4 * x.k * (x.m + x.n + 8) }

func (x convTile) fits(t *Target) bool {
	return x.threads() <= min(t.MaxInvocations, t.MaxWorkgroup[0]) && x.shared() <= t.SharedMemory
}

// pickConvTile takes the largest tile that rows and columns fill and that still
// makes the device enough workgroups; copies counts the groups and slices.
func pickConvTile(t *Target, rows, columns, copies int) (convTile, bool) {
	for _, x := range convTiles {
		if x.fits(t) && rows > x.m/2 && columns > x.n/2 && parts(rows, x.m)*parts(columns, x.n)*copies >= gemmFill {
			return x, true
		}
	}
	last := convTiles[len(convTiles)-1]
	return last, last.fits(t)
}

func convTileServes(t *Target, c *Call) bool {
	_, err := lowerConvTile(t, c)
	return err == nil && errRange(t, c) == nil
}

// lowerConvTile serves conv2d and conv2d_data: each gather is a dispatch.
func lowerConvTile(t *Target, c *Call) (Lowered, error) {
	g, form := c.conv(), c.convForm()
	gs, K, IH, IW, M, area := g.gathers(form)
	var low Lowered
	if c.Out[0].Elems() == 0 {
		return low, nil
	}
	sg, sk, sm := g.weightStrides(form)
	for _, a := range gs {
		pixels, terms := g.N*a.PH*a.PW, K*a.nty*a.ntx
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
		low.Dispatches = append(low.Dispatches, Dispatch{
			Shader: "conv2d_tile", Grid: grid, Patch: c.Epilogue,
			Spec: words(x.threads(), x.m, x.n, x.k, x.tm, x.tn, max(a.nty, 1), max(a.ntx, 1), a.PH, a.PW),
			Bind: []Bind{In(0), In(1), Out(0), c.ExtraOr(0, Out(0)), c.ExtraOr(1, Out(0))},
			Push: words(pixels, a.sy, a.sx, a.by, a.bx, a.dy, a.dx, a.tap0, a.tapy, a.tapx, terms,
				K, IH, IW, M, g.G, sg, sk, sm, area, a.out0, a.outy, a.outx, tiles, work),
		})
	}
	return low, nil
}

func convTileWeightServes(t *Target, c *Call) bool {
	_, err := lowerConvWeightTile(t, c)
	return err == nil && errRange(t, c) == nil
}

// lowerConvWeightTile cuts the pixels of the batch into slices where the
// result alone gives the device too few workgroups.
func lowerConvWeightTile(t *Target, c *Call) (Lowered, error) {
	g := c.conv()
	elems := c.Out[0].Elems()
	if elems == 0 {
		return Lowered{}, nil
	}
	if g.N == 0 {
		return convZeros(t, elems), nil
	}
	columns, terms := g.Cg*g.taps(), g.N*g.OH*g.OW
	want := parts(terms, 256) // slices of at least this many terms
	x, ok := pickConvTile(t, g.Og, columns, g.G*max(want, 1))
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
	slices = max(1, parts(terms, max(slice, 1)))
	if work > t.MaxGroups[0] || g.G > t.MaxGroups[1] || slices > t.MaxGroups[2] {
		return Lowered{}, errGrid(t, c, work, g.G)
	}
	d := Dispatch{
		Shader: "conv2d_weight_tile", Grid: [3]uint32{uint32(work), uint32(g.G), uint32(slices)},
		Spec: words(x.threads(), x.m, x.n, x.k, x.tm, x.tn, g.KH, g.KW, g.OH, g.OW),
		Bind: []Bind{In(0), In(1)},
		Push: words(g.G, g.Cg, g.H, g.W, g.Og, g.stride[0], g.stride[1], g.pad[0], g.pad[1], g.d[0], g.d[1],
			terms, slice, tiles),
	}
	if slices == 1 {
		d.Bind = append(d.Bind, Out(0))
		return Lowered{Dispatches: []Dispatch{d}}, nil
	}
	if b := 4 * elems * slices; b > t.MaxStorageRange {
		return Lowered{}, fmt.Errorf("%s: a workspace of %d bytes, over the device's %d", c.Op.Name, b, t.MaxStorageRange)
	}
	d.Bind = append(d.Bind, Work(0).WO())
	local := min(64, t.MaxInvocations)
	return Lowered{Work: []int{4 * elems * slices}, Dispatches: []Dispatch{d, {
		Shader: "matmul_reduce", Grid: Folded(t, parts(elems, local)), Spec: words(local),
		Bind: []Bind{Work(0).RO(), Out(0), c.ExtraOr(0, Out(0)), c.ExtraOr(1, Out(0))},
		Push: words(elems, slices, elems),
	}}}, nil
}

func errTile(t *Target, c *Call) error {
	return fmt.Errorf("%s: no tile fits a device of %d invocations and %d bytes of shared memory a workgroup", c.Op.Name, t.MaxInvocations, t.SharedMemory)
}

func errLoop(t *Target, c *Call, terms, loop int) error {
	return fmt.Errorf("%s: sums of %d terms take %d loop iterations, over the %d the device can be trusted with", c.Op.Name, terms, loop, t.MaxLoop)
}

func errGrid(t *Target, c *Call, work, groups int) error {
	return fmt.Errorf("%s: %d workgroups for each of %d groups, over the device's %v", c.Op.Name, work, groups, t.MaxGroups)
}

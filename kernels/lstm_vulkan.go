package kernels

// The subgroup shape: a lane makes one hidden unit (forward) or four (back).

// lstmTile is how many batch rows and hidden units a subgroup takes: the rows
// that cover N most cheaply, with a few operations a term that don't depend on
// them. Back, 8 are as many as the driver compiles in decent time.
func lstmTile(c *Call, s int) (rows, units int) {
	most, units := 16, s
	if c.Op.Name == "lstm_grad" {
		most, units = 8, 4*s
	}
	N := c.lstm().N
	rows = most
	for r := most / 2; r >= 1; r /= 2 {
		if parts(N, r)*(r+4) < parts(N, rows)*(rows+4) {
			rows = r
		}
	}
	return rows, units
}

func lstmSubgroupServes(t *Target, c *Call) bool {
	s, d := t.SubgroupSize, c.lstm()
	if !t.Software || !t.SubgroupShuffle || s < 4 || s > t.MaxInvocations {
		return false
	}
	_, ok := seqViewOf(t, d, 1)
	rows, cols := lstmTile(c, s)
	texels := parts(d.H, 4) * 4 * parts(d.H, cols) * cols // vec4 of packed weights
	return ok && texels <= t.MaxTexels && 16*texels <= t.MaxStorageRange && loopFits(t, d.H) &&
		parts(d.H, cols) <= t.MaxGroups[0] && parts(d.N, rows) <= t.MaxGroups[1]
}

// lstmPack lays the recurrent weights out for the steps: rows x columns vec4.
func lstmPack(t *Target, whh Bind, d seqDims, form, s, rows, columns int) Dispatch {
	const threads = 64
	return Dispatch{
		Shader: "lstm_pack",
		Spec:   words(threads, form, s),
		Bind:   []Bind{whh, Work(0).WO()},
		Push:   words(d.H, columns, rows*columns),
		Grid:   Folded(t, parts(rows*columns, threads)),
	}
}

func lowerLSTMSubgroup(t *Target, c *Call) (Lowered, error) {
	d, s := c.lstm(), t.SubgroupSize
	if d.empty() {
		return noSteps(t, c, []int{2, 3}, []int{1, 2})
	}
	v, _ := seqViewOf(t, d, 1)
	tm, _ := lstmTile(c, s)
	rows, columns := parts(d.H, 4)*4, parts(d.H, s)*s
	spec := words(s, tm)
	spec = append(append(spec, truth(d.H%4 == 0), truth(d.N%tm != 0 || d.H%s != 0)), lstmWrites(c)...)
	low := lstmStart(c, d, 16*rows*columns, lstmPack(t, In(1), d, 0, s, rows, columns))
	for i := range d.T {
		h, from := lstmBefore(v, i)
		h.Texel = Texel1
		if d.H%4 == 0 {
			h.Texel = Texel4
		}
		low.Dispatches = append(low.Dispatches, Dispatch{
			Shader: "lstm_subgroup", Spec: spec,
			Bind: lstmStepBinds(c, v, i, Work(0).RO().Texel4(), h),
			Push: words(d.N, d.H, columns, v.off(d.time(i)), from),
			Grid: [3]uint32{uint32(columns / s), uint32(parts(d.N, tm)), 1},
		})
	}
	return low, nil
}

// lstmWrites are the constants that say which of hN, gates and cs are wanted.
func lstmWrites(c *Call) []uint32 {
	return []uint32{truth(c.Out[1].Present()), truth(c.Out[3].Present()), truth(c.Out[4].Present())}
}

// lstmCell is where the cell state, or back its gradient, is carried: in the
// output that ends up with it, or in a workspace if nobody reads that one.
func (c *Call) lstmCell() Bind {
	if c.Out[2].Present() {
		return Out(2).RW()
	}
	return Work(1)
}

// lstmStart packs the weights into the first workspace, of that many bytes, and
// lets the cell state start as c0.
func lstmStart(c *Call, d seqDims, packed int, pack Dispatch) Lowered {
	return Lowered{
		Work:       c.lstmWork(packed, d),
		Dispatches: []Dispatch{pack, {Bind: []Bind{In(3), c.lstmCell().WO()}}},
	}
}

// lstmWork are the workspaces: the packed weights, and the cell if it has no
// output to be carried in.
func (c *Call) lstmWork(packed int, d seqDims) []int {
	if c.Out[2].Present() {
		return []int{packed}
	}
	return []int{packed, 4 * d.N * d.H}
}

// lstmBefore is where step i finds the state h before it, and at which element
// of what is bound.
func lstmBefore(v seqView, i int) (Bind, int) {
	if i == 0 {
		return In(2), 0
	}
	p := v.time(i - 1)
	return v.step(Out(0).RO(), p, 1), v.off(p)
}

// lstmStepBinds are the bindings of a forward step, the same in both shapes.
func lstmStepBinds(c *Call, v seqView, i int, weights, h Bind) []Bind {
	t := v.time(i)
	none := unread(c.lstmCell())
	hN, gates, cs := none, none, none
	if c.Out[1].Present() {
		hN = Out(1)
	}
	if c.Out[3].Present() {
		gates = v.step(Out(3), t, 4)
	}
	if c.Out[4].Present() {
		cs = v.step(Out(4), t, 1)
	}
	return []Bind{v.step(In(0), t, 4), weights, h, v.step(Out(0), t, 1), hN, c.lstmCell(), gates, cs}
}

func lowerLSTMGradSubgroup(t *Target, c *Call) (Lowered, error) {
	d, s := c.lstm(), t.SubgroupSize
	if d.empty() {
		return noSteps(t, c, []int{5, 6}, []int{1, 2})
	}
	v, _ := seqViewOf(t, d, 1)
	tm, cols := lstmTile(c, s)
	columns := parts(d.H, cols) * s // vec4 in a row of packed weights
	spec := words(s, tm)
	spec = append(spec, truth(d.N%tm != 0 || d.H%cols != 0))
	return lowerLSTMGrad(t, c, v, gradStep{
		shader: "lstm_grad_subgroup", spec: spec, texel: Texel4,
		pack: lstmPack(t, In(0), d, 2, s, 4*d.H, columns), work: 64 * d.H * columns, columns: columns,
		grid: [3]uint32{uint32(columns / s), uint32(parts(d.N, tm)), 1},
	})
}

// gradStep is one shape of a step back.
type gradStep struct {
	shader  string
	spec    []uint32
	texel   Texel
	pack    Dispatch
	work    int // bytes of packed weights
	columns int
	grid    [3]uint32
}

// lowerLSTMGrad takes the steps back. One last dispatch makes dh0, which is a
// step's product without a cell.
func lowerLSTMGrad(t *Target, c *Call, v seqView, k gradStep) (Lowered, error) {
	low := Lowered{Work: c.lstmWork(k.work, v.seqDims), Dispatches: []Dispatch{k.pack}}
	has := func(i int) bool { return c.In[i].Present() }
	if has(6) {
		low.Dispatches = append(low.Dispatches, Dispatch{Bind: []Bind{In(6), c.lstmCell().WO()}}) // dc starts as dcN
	} else if has(7) {
		low.Dispatches = append(low.Dispatches, fillWith(t, c.lstmCell().WO(), v.N*v.H, 0))
	}
	weights := Work(0).RO()
	weights.Texel = k.texel
	none := unread(In(1))
	step := func(final bool, binds []Bind, push ...int) {
		spec := append(append([]uint32{}, k.spec...), truth(final), truth(has(4)), truth(has(5)), truth(has(6) || has(7)))
		low.Dispatches = append(low.Dispatches, Dispatch{
			Shader: k.shader, Spec: spec, Grid: k.grid, Bind: binds, Push: words(append([]int{v.N, v.H, k.columns}, push...)...),
		})
	}
	for i := v.T - 1; i >= 0; i-- {
		at, last := v.time(i), i == v.T-1
		if has(7) {
			d := flat(t, "lstm_cell_add", v.N*v.H, words(v.N*v.H, v.off(at)), v.step(In(7), at, 1), c.lstmCell())
			low.Dispatches = append(low.Dispatches, d)
		}
		dy, dhN := none, none
		if has(4) {
			dy = v.step(In(4), at, 1)
		}
		if has(5) && last {
			dhN = In(5)
		}
		// The step after this one; behind the last, the sum has no terms.
		terms, next, nextOff := 0, v.step(unread(Out(0)), at, 4), 0
		if !last {
			n := v.time(i + 1)
			terms, next, nextOff = v.H, v.step(Out(0).RO(), n, 4), v.off(n)
		} else if k.texel == Storage && has(5) {
			next = dhN
		}
		next.Texel = k.texel
		cPrev, prevOff := In(1), 0
		if i > 0 {
			p := v.time(i - 1)
			cPrev, prevOff = v.step(In(3), p, 1), v.off(p)
		}
		binds := []Bind{weights, v.step(In(2), at, 4), v.step(In(3), at, 1), cPrev, dy, v.step(Out(0), at, 4), c.lstmCell(), next}
		if k.texel != Storage {
			binds = append(binds, dhN)
		}
		step(false, binds, terms, v.off(at), nextOff, prevOff, int(truth(last)))
	}
	if !c.Out[1].Present() {
		return low, nil
	}
	n := v.time(0)
	dgx := v.step(Out(0).RO(), n, 4)
	unwritten := unread(Out(1)) // validation takes it as written, and Out(1) is
	dgx.Texel = k.texel
	binds := []Bind{weights, none, none, none, none, unwritten, Out(1), dgx}
	if k.texel != Storage {
		binds = append(binds, none)
	}
	step(true, binds, v.H, 0, v.off(n), 0, 0)
	return low, nil
}

// The tile shape: workgroups of lstmUnits x lstmSlices invocations, each a slice
// of the terms of one hidden unit for lstmTileRows batch rows.
const (
	lstmUnits    = 16
	lstmSlices   = 8
	lstmTileRows = 8
)

func lstmTileServes(t *Target, c *Call) bool {
	d := c.lstm()
	_, ok := seqViewOf(t, d, 0)
	columns := parts(d.H, lstmUnits) * lstmUnits
	return ok && t.MaxInvocations >= lstmUnits*lstmSlices && t.SharedMemory >= 16<<10 &&
		16*d.H*columns <= t.MaxStorageRange && loopFits(t, d.H) &&
		columns/lstmUnits <= t.MaxGroups[0] && parts(d.N, lstmTileRows) <= t.MaxGroups[1]
}

func lowerLSTMTile(t *Target, c *Call) (Lowered, error) {
	d := c.lstm()
	if d.empty() {
		return noSteps(t, c, []int{2, 3}, []int{1, 2})
	}
	v, _ := seqViewOf(t, d, 0)
	columns := parts(d.H, lstmUnits) * lstmUnits
	low := lstmStart(c, d, 16*d.H*columns, lstmPack(t, In(1), d, 0, 1, d.H, columns))
	for i := range d.T {
		h, from := lstmBefore(v, i)
		low.Dispatches = append(low.Dispatches, Dispatch{
			Shader: "lstm_tile", Spec: lstmWrites(c),
			Bind: lstmStepBinds(c, v, i, Work(0).RO(), h),
			Push: words(d.N, d.H, columns, v.off(d.time(i)), from),
			Grid: [3]uint32{uint32(columns / lstmUnits), uint32(parts(d.N, lstmTileRows)), 1},
		})
	}
	return low, nil
}

func lowerLSTMGradTile(t *Target, c *Call) (Lowered, error) {
	d := c.lstm()
	if d.empty() {
		return noSteps(t, c, []int{5, 6}, []int{1, 2})
	}
	v, _ := seqViewOf(t, d, 0)
	columns := parts(d.H, lstmUnits) * lstmUnits
	return lowerLSTMGrad(t, c, v, gradStep{
		shader: "lstm_grad_tile", texel: Storage,
		pack: lstmPack(t, In(0), d, 1, 1, d.H, columns), work: 16 * d.H * columns, columns: columns,
		grid: [3]uint32{uint32(columns / lstmUnits), uint32(parts(d.N, lstmTileRows)), 1},
	})
}

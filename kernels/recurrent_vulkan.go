package kernels

// seqView says how a step sees its part of the sequences: inside the whole
// operand, at an offset, or, where that is larger than a binding may be, bound
// alone.
type seqView struct {
	seqDims
	whole bool
}

// step binds the part of a [T, N, k·H] operand that belongs to time t.
func (v seqView) step(b Bind, t, k int) Bind {
	n := v.N * v.H * k
	if v.whole {
		return b.Touch(t*n, n)
	}
	return b.Part(t*n, n)
}

// off is where that part starts in what step binds, for k = 1.
func (v seqView) off(t int) int {
	if v.whole {
		return t * v.N * v.H
	}
	return 0
}

// seqViewOf chooses the view; false if neither is possible. texels is how many a
// step's kernels see of it, for each hidden unit of a batch row; 0: none.
func seqViewOf(t *Target, d seqDims, texels int) (seqView, bool) {
	fits := func(steps int) bool {
		n := steps * d.N * d.H // at most 4 of them in gates and gradients
		return 16*n <= t.MaxStorageRange && texels*n <= t.MaxTexels
	}
	if fits(d.T) {
		return seqView{d, true}, true
	}
	return seqView{d, false}, fits(1) && d.N*d.H%FlatAlign == 0
}

// loopFits tells whether the device can be trusted with a loop of that many
// iterations.
func loopFits(t *Target, n int) bool { return t.MaxLoop == 0 || n <= t.MaxLoop }

// noSteps is a call without steps or without sequences: inputs from go to outputs
// to as they are, absent ones as zeros.
func noSteps(t *Target, c *Call, from, to []int) (Lowered, error) {
	var low Lowered
	for i, o := range to {
		switch out := c.Out[o]; {
		case out.Elems() == 0 || !out.Present():
		case c.In[from[i]].Present():
			low.Dispatches = append(low.Dispatches, Dispatch{Bind: []Bind{In(from[i]), Out(o)}})
		default:
			low.Dispatches = append(low.Dispatches, fillWith(t, Out(o), out.Elems(), 0))
		}
	}
	return low, nil
}

// stepForm is how shaders/recurrent.glsl makes a call's steps.
type stepForm struct {
	seqView
	shader   string
	subgroup bool
	K        int // terms of the sum
	gates    int // of a unit in a vec4 of weights; 0: it holds four columns, or terms
	J        int // vec4 in a row of packed weights
	s, rows  int // lanes side by side, batch rows of a workgroup
	units    int // hidden units of a workgroup
}

// stepForms are the variants of a recurrent op, of k·H terms a step.
func stepForms(shader string, k, gates int, dims func(c *Call) seqDims, lower func(t *Target, c *Call, f stepForm) (Lowered, error), fast Prepare[float32]) []Variant {
	variant := func(name string, subgroup bool) Variant {
		form := func(t *Target, c *Call) (stepForm, bool) {
			return newStepForm(t, dims(c), stepForm{shader: shader + "_" + name, subgroup: subgroup, K: k * dims(c).H, gates: gates})
		}
		return Variant{
			Name: name, Kind: Vulkan,
			When: func(t *Target, c *Call) bool {
				_, ok := form(t, c)
				return ok || dims(c).empty()
			},
			Lower: func(t *Target, c *Call) (Lowered, error) {
				f, _ := form(t, c)
				return lower(t, c, f)
			},
		}
	}
	return []Variant{variant("subgroup", true), variant("tile", false), {Name: "fast", Kind: CPU, Prepare: fast}}
}

// newStepForm completes a form for a device; false if that can't serve it.
func newStepForm(t *Target, d seqDims, f stepForm) (stepForm, bool) {
	f.s, f.rows = 1, 8
	lanes, texels, ok := 16, 0, true
	if f.subgroup {
		f.s = t.SubgroupSize
		lanes = f.s
		ok = t.Software && t.SubgroupShuffle && f.s >= 4 && f.s <= t.MaxInvocations
		if texels = 1; f.K%4 != 0 {
			texels = f.K / max(1, d.H)
		}
		most := 8 // as many cells as the driver compiles in decent time
		if f.gates > 0 {
			most = 16
		}
		f.rows = most
		for r := most / 2; r >= 1; r /= 2 {
			if parts(d.N, r)*(r+4) < parts(d.N, f.rows)*(f.rows+4) {
				f.rows = r
			}
		}
	} else {
		ok = t.MaxInvocations >= 128 && t.SharedMemory >= 16<<10
	}
	f.units = lanes
	if f.subgroup && f.gates == 0 {
		f.units = 4 * lanes
	}
	if !ok {
		return f, false
	}
	f.J = parts(d.H, f.units) * lanes
	var fits bool
	f.seqView, fits = seqViewOf(t, d, texels)
	packed := f.packedRows() * f.J
	return f, fits && 16*packed <= t.MaxStorageRange && (!f.subgroup || packed <= t.MaxTexels) && loopFits(t, f.K/2) &&
		parts(d.H, f.units) <= t.MaxGroups[0] && parts(d.N, f.rows) <= t.MaxGroups[1]
}

// packedRows are the rows of packed weights: all that the sum's loop reads.
func (f stepForm) packedRows() int {
	switch {
	case f.subgroup:
		return parts(f.K, 4) * 4
	case f.gates == 0:
		return parts(f.K, 4)
	}
	return f.K
}

// pack lays the weights out in the first workspace; transposed says that they
// are stored by columns.
func (f stepForm) pack(t *Target, w Bind, transposed bool) Dispatch {
	const threads = 64
	form := 2
	switch {
	case f.gates > 0:
		form = 0
	case f.subgroup:
		form = 1
	}
	n := f.packedRows() * f.J
	return Dispatch{
		Shader: "recurrent_pack", Spec: append(words(threads, form, f.s, f.gates), truth(transposed)),
		Bind: []Bind{w, Work(0).WO()}, Push: words(f.H, f.K, f.J, n), Grid: Folded(t, parts(n, threads)),
	}
}

// work are the bytes of the first workspace.
func (f stepForm) work() int { return 16 * f.packedRows() * f.J }

// weights and operand bind what the sum multiplies.
func (f stepForm) weights() Bind {
	if f.subgroup {
		return Work(0).RO().Texel4()
	}
	return Work(0).RO()
}

func (f stepForm) operand(b Bind) Bind {
	switch {
	case !f.subgroup:
		b.Texel = Storage
	case f.K%4 == 0:
		b.Texel = Texel4
	default:
		b.Texel = Texel1
	}
	return b
}

// stepPush are a step's numbers: terms 0 at the first step back, and the offsets
// from (of the operand), at and prev.
type stepPush struct {
	terms, from, at, prev int
	first                 bool
}

func (f stepForm) dispatch(flags []uint32, p stepPush, bind ...Bind) Dispatch {
	spec := append(words(f.s, f.rows), truth(f.K%4 == 0), truth(f.N%f.rows != 0 || f.H%f.units != 0))
	return Dispatch{
		Shader: f.shader, Spec: append(spec, flags...), Bind: bind,
		Push: words(f.N, f.H, p.terms, f.J, p.from, p.at, p.prev, int(truth(p.first))),
		Grid: [3]uint32{uint32(parts(f.H, f.units)), uint32(parts(f.N, f.rows)), 1},
	}
}

// before is where step i finds the state before it: h0 first, then a part of y;
// and at which element of what is bound.
func (f stepForm) before(h0, y Bind, i int) (Bind, int) {
	if i == 0 {
		return h0, 0
	}
	p := f.time(i - 1)
	return f.step(y, p, 1), f.off(p)
}

package kernels

// lstmCell is where the cell state, or back its gradient, is carried: in the
// output that ends up with it, or in a workspace, as large as c0, if nobody reads
// that one.
func lstmCell(c *Call, low *Lowered, c0 Bind) Bind {
	if c.Out[2].Present() {
		return Out(2).RW()
	}
	low.Work = append(low.Work, c.In[c0.Index].Bytes())
	return Work(len(low.Work) - 1)
}

func lowerLSTM(t *Target, c *Call, f stepForm) (Lowered, error) {
	if f.empty() {
		return noSteps(t, c, []int{2, 3}, []int{1, 2})
	}
	low := Lowered{Work: []int{f.work()}, Dispatches: []Dispatch{f.pack(t, In(1), true)}}
	cell := lstmCell(c, &low, In(3))
	low.Dispatches = append(low.Dispatches, Dispatch{Bind: []Bind{In(3), cell.WO()}})
	wantHN, wantGates, wantCs := c.Out[1].Present(), c.Out[3].Present(), c.Out[4].Present()
	flags := []uint32{truth(wantHN), truth(wantGates), truth(wantCs)}
	for i := range f.T {
		at := f.time(i)
		h, from := f.before(In(2), Out(0).RO(), i)
		hN, gates, cs := unread(cell), unread(cell), unread(cell)
		if wantHN {
			hN = Out(1)
		}
		if wantGates {
			gates = f.step(Out(3), at, 4)
		}
		if wantCs {
			cs = f.step(Out(4), at, 1)
		}
		low.Dispatches = append(low.Dispatches, f.dispatch(flags, stepPush{terms: f.K, from: from, at: f.off(at)},
			f.step(In(0), at, 4), f.weights(), f.operand(h), f.step(Out(0), at, 1), hN, cell, gates, cs))
	}
	return low, nil
}

// lowerLSTMGrad takes the steps back. One last dispatch makes dh0, which is a
// step's product without a cell.
func lowerLSTMGrad(t *Target, c *Call, f stepForm) (Lowered, error) {
	if f.empty() {
		return noSteps(t, c, []int{5, 6}, []int{1, 2})
	}
	low := Lowered{Work: []int{f.work()}, Dispatches: []Dispatch{f.pack(t, In(0), false)}}
	dc := lstmCell(c, &low, In(1))
	has := func(i int) bool { return c.In[i].Present() }
	if has(6) {
		low.Dispatches = append(low.Dispatches, Dispatch{Bind: []Bind{In(6), dc.WO()}})
	} else if has(7) {
		low.Dispatches = append(low.Dispatches, fillWith(t, dc.WO(), f.N*f.H, 0))
	}
	none := unread(In(1))
	step := func(final bool, p stepPush, dhN Bind, bind ...Bind) {
		if f.subgroup {
			bind = append(bind, dhN)
		}
		flags := []uint32{truth(final), truth(has(4)), truth(has(5)), truth(has(6) || has(7))}
		low.Dispatches = append(low.Dispatches, f.dispatch(flags, p, bind...))
	}
	for i := f.T - 1; i >= 0; i-- {
		at := f.time(i)
		if has(7) {
			low.Dispatches = append(low.Dispatches,
				flat(t, "lstm_cell_add", f.N*f.H, words(f.N*f.H, f.off(at)), f.step(In(7), at, 1), dc))
		}
		prev, off := In(1), 0
		if i > 0 {
			p := f.time(i - 1)
			prev, off = f.step(In(3), p, 1), f.off(p)
		}
		p := stepPush{at: f.off(at), prev: off, first: true}
		next, dhN := f.step(unread(Out(0)), at, 4), none // behind the last step, the sum has no terms
		if i < f.T-1 {
			n := f.time(i + 1)
			next, p = f.step(Out(0).RO(), n, 4), stepPush{terms: f.K, from: 4 * f.off(n), at: f.off(at), prev: off}
		} else if has(5) {
			if dhN = In(5); !f.subgroup {
				next = dhN
			}
		}
		dy := none
		if has(4) {
			dy = f.step(In(4), at, 1)
		}
		step(false, p, dhN, f.step(In(2), at, 4), f.weights(), f.operand(next), f.step(In(3), at, 1), prev, dy, f.step(Out(0), at, 4), dc)
	}
	if c.Out[1].Present() {
		n := f.time(0)
		unwritten := unread(Out(1)) // validation takes it as written, and Out(1) is
		step(true, stepPush{terms: f.K, from: 4 * f.off(n)}, none,
			none, f.weights(), f.operand(f.step(Out(0).RO(), n, 4)), none, none, none, unwritten, Out(1))
	}
	return low, nil
}

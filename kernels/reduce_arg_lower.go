package kernels

import "github.com/vulgo-ml/vulgo/tensor"

// chunked are reductions whose gather is general, a division a dimension: argmax
// and argmin, whose chunks pass on two values, key and place, and those of int32.
type chunked struct {
	t      *Target
	op     uint32 // of int32; for places, whether the least counts
	places bool
	low    Lowered
}

// pair is where values lie, and for argmax their places; size 0 where not.
type pair struct{ values, places place }

func (p pair) to(off int) pair { return pair{p.values.to(off), p.places.to(off)} }
func (p pair) ro() pair        { return pair{p.values.ro(), p.places.ro()} }

// lowerArg is argmax, or argmin.
func lowerArg(least bool) []Variant {
	return []Variant{{Name: "tree", Kind: Vulkan, Lower: func(t *Target, c *Call) (Lowered, error) {
		r := chunked{t: t, op: truth(least), places: true}
		n := c.Out[0].Elems()
		r.all(c, pair{places: place{bind: Out(0), size: n}})
		return r.low, nil
	}}}
}

// withInts adds the form of a reduction that takes int32.
func withInts(op int, floats []Variant) []Variant {
	for i := range floats {
		if floats[i].Kind == CPU {
			floats[i].When = func(_ *Target, c *Call) bool { return c.In[0].DType.IsFloat() }
		}
	}
	return append(floats, Variant{
		Name: "int", Kind: Vulkan,
		When: func(_ *Target, c *Call) bool { return c.In[0].DType == tensor.Int32 },
		Lower: func(t *Target, c *Call) (Lowered, error) {
			n := c.Out[0].Elems()
			if n > 0 && c.In[0].Elems() == 0 {
				return Lowered{Dispatches: fillAll(t, c, Out(0), truth(op == reduceOpProd))}, nil
			}
			r := chunked{t: t, op: uint32(op)}
			r.all(c, pair{values: place{bind: Out(0), size: n}})
			return r.low, nil
		},
	})
}

func (r *chunked) all(c *Call, to pair) {
	if v := viewReduction(c.In[0].Shape, reduceOf(c.Attrs).Has); v.outputs > 0 {
		r.add(v, pair{values: place{bind: In(0), size: v.outputs * v.elems}}, to, 0)
	}
}

// add reduces from to to in windows, as reducer.add; first is the place of what
// comes first among all that is reduced.
func (r *chunked) add(v reduceView, from, to pair, first int) {
	limit := storageElems(r.t) - FlatAlign
	if v.elems*v.outputs <= limit || from.values.size <= limit+FlatAlign {
		r.passes(v, from, to, first)
		return
	}
	for _, s := range v.windows(limit) {
		to := to.to(s.out)
		if len(s.parts) == 1 {
			r.add(s.parts[0].v, from.to(s.parts[0].from), to, first)
			continue
		}
		partial := r.work(len(s.parts) * s.outputs)
		for w, p := range s.parts {
			r.add(p.v, from.to(p.from), partial.to(w*s.outputs), first+p.first)
		}
		r.add(s.rest(false), partial.ro(), to, 0)
	}
}

// work is a new workspace of n values, and of as many places.
func (r *chunked) work(n int) (p pair) {
	add := func() place {
		r.low.Work = append(r.low.Work, 4*n)
		return place{bind: Work(len(r.low.Work) - 1).WO(), size: n}
	}
	if p.values = add(); r.places {
		p.places = add()
	}
	return p
}

// passes reduces what one binding holds: each leaves a chunk's result, the next
// reduces those.
func (r *chunked) passes(v reduceView, from, to pair, first int) {
	limit := storageElems(r.t)
	for {
		f, lanes := laneForm{local: 64, most: 64}, 1
		if r.places {
			if r.t.Software { // the tree is slow there
				f.most = 1
			}
			lanes = f.lanes(v.elems / 8)
		}
		chunk := 256 * lanes
		chunks := parts(v.elems, chunk)
		jobs, next := v.outputs*chunks, to
		if chunks > 1 {
			next = r.work(jobs)
		}
		d := r.dispatch(f, v, jobs, lanes)
		x, xStart := from.values.at(limit, v.outputs*v.elems)
		d.Push = append(words(jobs, chunks, v.elems, chunk), dimTable(v.kept, 4, 1)...)
		d.Push = append(append(d.Push, dimTable(v.red, 4, 1)...), words(xStart)...)
		if r.places {
			r.bindPlaces(&d, x, from.places, next, v.outputs*v.elems, jobs, first)
		} else {
			y, yStart := next.values.at(limit, jobs)
			d.Bind, d.Push = []Bind{x, y}, append(d.Push, words(yStart)...)
		}
		r.low.Dispatches = append(r.low.Dispatches, d)
		if chunks == 1 {
			return
		}
		from, first = next.ro(), 0
		v.columns = false
		v = v.next(chunks)
	}
}

// dispatch is a pass without bindings and pushes.
func (r *chunked) dispatch(f laneForm, v reduceView, jobs, lanes int) Dispatch {
	red := uint32(max(1, len(v.red)))
	if r.places {
		return f.dispatch(r.t, "reduce_arg", jobs, lanes, []uint32{0, 0, red, r.op}, nil)
	}
	d := flat(r.t, "reduce_int", jobs, nil)
	d.Spec = append(d.Spec, r.op, red)
	return d
}

// bindPlaces binds values, their places and what becomes of both: values that
// come from the operand have no places yet, and the last pass leaves places alone.
func (r *chunked) bindPlaces(d *Dispatch, x Bind, from place, to pair, n, jobs, first int) {
	limit := storageElems(r.t)
	at, keys := unread(x), Bind{}
	y, yStart := to.places.at(limit, jobs)
	if from.size > 0 {
		d.Spec[2] = 1
		at, _ = from.at(limit, n)
	}
	if to.values.size > 0 {
		keys, _ = to.values.at(limit, jobs)
	} else {
		d.Spec[3], keys = 1, unread(y)
	}
	d.Bind = []Bind{x, at, y, keys}
	d.Push = append(d.Push, words(yStart, first)...)
}

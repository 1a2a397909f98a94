package kernels

// lowerArg is lowerReduce for argmax and argmin: two values, place and key, pass
// on. The gather is general, a division a dimension; on software devices a thread
// takes a whole chunk, for the tree is slow there.
func lowerArg(least bool) func(*Target, *Call) (Lowered, error) {
	return func(t *Target, c *Call) (Lowered, error) { return lowerPlaces(t, c, least) }
}

func lowerPlaces(t *Target, c *Call, least bool) (Lowered, error) {
	v := viewReduction(c.In[0].Shape, reduceOf(c.Attrs).Has)
	if v.outputs == 0 {
		return Lowered{}, nil
	}
	var low Lowered
	values, places := In(0), unread(In(0))
	for pass := 0; ; pass++ {
		f := laneForm{local: 64, most: 64}
		if t.Software {
			f.most = 1
		}
		lanes := f.lanes(v.elems / 8)
		chunk := 256 * lanes
		chunks := parts(v.elems, chunk)
		push := append(words(v.outputs*chunks, chunks, v.elems, chunk), dimTable(v.kept, 4, 1)...)
		push = append(push, dimTable(v.red, 4, 1)...)
		d := f.dispatch(t, "reduce_arg", v.outputs*chunks, lanes, []uint32{truth(pass > 0), truth(chunks == 1), uint32(max(1, len(v.red))), truth(least)}, push)
		if chunks == 1 {
			d.Bind = []Bind{values, places, Out(0), unread(Out(0))}
			low.Dispatches = append(low.Dispatches, d)
			return low, nil
		}
		n := len(low.Work)
		low.Work = append(low.Work, 4*v.outputs*chunks, 4*v.outputs*chunks)
		d.Bind = []Bind{values, places, Work(n).WO(), Work(n + 1).WO()}
		low.Dispatches = append(low.Dispatches, d)
		values, places = Work(n+1).RO(), Work(n).RO()
		v.columns = false
		v = v.next(chunks)
	}
}

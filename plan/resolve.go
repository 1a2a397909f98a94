package plan

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/kernels"
)

// operands writes the places into a step.
func (p *placer) operands(s *Step) {
	if s.Node == nil {
		s.In = []Place{p.copied[s].place}
		if w := p.work[s]; w != nil {
			s.Out = []Place{w[0].place}
		}
		return
	}
	at := func(r kernels.Ref, present bool) Place {
		if !present {
			return Place{}
		}
		pl := p.of[root(p.g, r)].place
		pl.Bytes = p.typeOf(r).Bytes()
		return pl
	}
	for _, r := range s.Node.In {
		s.In = append(s.In, at(r, r != kernels.NoRef))
	}
	for i, r := range p.outs(s) {
		s.Out = append(s.Out, at(r, s.Call.Out[i].Present()))
	}
	for _, r := range p.extra[s] {
		s.Extra = append(s.Extra, at(r, true))
	}
	for _, w := range p.work[s] {
		s.Work = append(s.Work, w.place)
	}
}

// resolve turns each step's lowered dispatches into ones with places.
func (b *build) resolve() error {
	for _, s := range b.p.Steps {
		low := s.lowered
		if s.Node == nil {
			low = kernels.Lowered{Dispatches: []kernels.Dispatch{{Bind: []kernels.Bind{kernels.In(0), kernels.Out(0)}}}}
		}
		for _, d := range low.Dispatches {
			rd, err := b.bind(s, d)
			if err != nil {
				return err
			}
			if d.Shader == "" && rd.Bound[0].Place == rd.Bound[1].Place {
				continue // computed in place
			}
			s.Dispatches = append(s.Dispatches, rd)
		}
	}
	return nil
}

func (b *build) bind(s *Step, d kernels.Dispatch) (Dispatch, error) {
	rd := Dispatch{Dispatch: d}
	lists := [...][]Place{kernels.RoleIn: s.In, kernels.RoleOut: s.Out, kernels.RoleWork: s.Work, kernels.RoleExtra: s.Extra}
	fail := func(format string, args ...any) (Dispatch, error) {
		name, pos := "copy", "plan"
		if s.Node != nil {
			name, pos = s.Node.Op.Name, s.Node.Pos
		}
		return rd, fmt.Errorf("%s: %s (%s): %s", pos, name, d.Shader, fmt.Sprintf(format, args...))
	}
	storage := 0
	for i, bd := range d.Bind {
		list := lists[bd.Role]
		if bd.Index >= len(list) {
			return fail("binding %d names operand %d of %d", i, bd.Index, len(list))
		}
		pl := list[bd.Index]
		if pl.Bytes == 0 && bd.Len == 0 {
			return fail("binding %d is an absent or empty operand", i)
		}
		pl.Off += 4 * bd.Off
		if bd.Len > 0 {
			pl.Bytes = 4 * bd.Len
		} else {
			pl.Bytes -= 4 * bd.Off
		}
		bound := Bound{Place: pl, Texel: bd.Texel, Access: bd.Access, TouchLo: pl.Off, TouchHi: pl.Off + pl.Bytes}
		if bd.TouchLen > 0 {
			bound.TouchLo = pl.Off + 4*bd.TouchOff
			bound.TouchHi = bound.TouchLo + 4*bd.TouchLen
		}
		texel := map[kernels.Texel]int{kernels.Texel1: 4, kernels.Texel4: 16}[bd.Texel]
		switch {
		case texel == 0 && d.Shader != "":
			storage++
			if b.t.MaxStorageRange > 0 && pl.Bytes > b.t.MaxStorageRange {
				return fail("binding %d has %d bytes, the device binds at most %d", i, pl.Bytes, b.t.MaxStorageRange)
			}
		case texel > 0 && b.t.MaxTexels > 0 && pl.Bytes/texel > b.t.MaxTexels:
			return fail("binding %d has %d texels, the device binds at most %d", i, pl.Bytes/texel, b.t.MaxTexels)
		}
		rd.Bound = append(rd.Bound, bound)
	}
	if storage > b.t.MaxStorageBuffers {
		return fail("%d storage buffers, the device binds at most %d", storage, b.t.MaxStorageBuffers)
	}
	if 4*len(d.Push) > b.t.MaxPush {
		return fail("%d bytes of push constants, the device takes at most %d", 4*len(d.Push), b.t.MaxPush)
	}
	for i, n := range d.Grid {
		if d.Shader != "" && int(n) > b.t.MaxGroups[i] {
			return fail("grid %v, the device takes at most %v groups", d.Grid, b.t.MaxGroups)
		}
	}
	return rd, nil
}

// span is bytes that a dispatch of a step reads or writes: what it binds, and
// within it what it touches.
type span struct {
	slab             Slab
	id, step         int
	lo, hi           int
	touchLo, touchHi int
}

// meets says whether two dispatches may touch the same bytes. Within a step the
// kernel's word counts; between steps what is bound, which is all that the
// validation layers can see.
func (s span) meets(o span) bool {
	if s.slab != o.slab || s.id != o.id {
		return false
	}
	if s.step == o.step {
		return o.touchLo < s.touchHi && s.touchLo < o.touchHi
	}
	return o.lo < s.hi && s.lo < o.hi
}

func meetsAny(list []span, s span) bool {
	for _, o := range list {
		if s.meets(o) {
			return true
		}
	}
	return false
}

// barriers marks the dispatches that must wait: a write over bytes that were
// read or written since the last barrier, or a read of bytes written since.
// Each recording opens with a full barrier, so the first needs none.
func barriers(steps []*Step) int {
	var reads, writes []span
	count := 0
	for k, st := range steps {
		for i := range st.Dispatches {
			d := &st.Dispatches[i]
			var r, w []span
			for _, b := range d.Bound {
				s := span{b.Slab, b.ID, k, b.Off, b.Off + b.Bytes, b.TouchLo, b.TouchHi}
				if b.Access&kernels.Write != 0 {
					w = append(w, s)
					d.Barrier = d.Barrier || meetsAny(reads, s) || meetsAny(writes, s)
				}
				if b.Access&kernels.Read != 0 {
					r = append(r, s)
					d.Barrier = d.Barrier || meetsAny(writes, s)
				}
			}
			if d.Barrier {
				reads, writes = reads[:0], writes[:0]
				count++
			}
			reads, writes = append(reads, r...), append(writes, w...)
		}
	}
	return count
}

//go:build cgo

package engine

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/engine/internal/vk"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/plan"
)

// vulkanProgram is a plan recorded once for each slot and replayed: a run is
// one queue submission and allocates nothing.
//
//	host writes slot -> [copy in] -> dispatches and barriers -> [copy out] -> host reads slot
//
// The copies fall away where the host can map device memory (Unified): there
// the kernels read and write the slot itself.
type vulkanProgram struct {
	b    *vulkanBackend
	st   *State
	plan *plan.Plan

	arena         []*vk.Buffer
	fixed, konst  *vk.Buffer
	devIn, devOut *vk.Buffer // not Unified
	slot          [slots]struct {
		in, out *vk.Buffer
		cb      *vk.CommandBuffer
		fence   *vk.Fence
	}
	sets    *vk.Sets
	queries *vk.Queries
}

func (b *vulkanBackend) load(p *plan.Plan, st *State, o options) (runner, error) {
	v := &vulkanProgram{b: b, st: st, plan: p}
	if err := v.load(o); err != nil {
		v.free()
		return nil, explain(err, p)
	}
	return v, nil
}

func (v *vulkanProgram) load(o options) error {
	if err := v.allocate(); err != nil {
		return err
	}
	pipes, err := v.b.pipelines(v.plan)
	if err != nil {
		return err
	}
	if o.profile {
		if v.queries, err = v.b.dev.NewQueries(slots * v.stamps()); err != nil {
			return translate(err)
		}
	}
	return v.record(pipes)
}

func (v *vulkanProgram) allocate() (err error) {
	get := func(bytes int) *vk.Buffer {
		if err != nil || bytes == 0 {
			return nil
		}
		var buf *vk.Buffer
		buf, err = v.b.buffer(bytes)
		return buf
	}
	host := func(bytes int, k vk.Kind) *vk.Buffer {
		if err != nil {
			return nil
		}
		var buf *vk.Buffer
		if buf, err = v.b.dev.Alloc(max(pad(bytes), plan.Align), k); err != nil {
			err = translate(err)
			return nil
		}
		return buf
	}
	p := v.plan
	for _, n := range p.ArenaBytes {
		v.arena = append(v.arena, get(n))
	}
	v.fixed, v.konst = get(p.FixedBytes), get(p.ConstBytes)
	if !v.b.unified {
		v.devIn, v.devOut = get(p.InBytes), get(p.OutBytes)
	}
	for i := range v.slot {
		s := &v.slot[i]
		s.in, s.out = host(p.InBytes, vk.Upload), host(p.OutBytes, vk.Readback)
		if err == nil {
			s.fence, err = v.b.dev.NewFence()
		}
	}
	for _, k := range p.Consts {
		if err != nil {
			break
		}
		err = (&vulkanMemory{v.b, v.konst}).write(k.Place.Off, bytesOf(k.Tensor))
	}
	return err
}

// at is the buffer behind a place. Blocks of the State are asked for by number.
func (v *vulkanProgram) at(pl plan.Place, slot int) *vk.Buffer {
	switch pl.Slab {
	case plan.Arena:
		return v.arena[pl.ID]
	case plan.Fixed:
		return v.fixed
	case plan.State:
		return v.st.blocks[pl.ID].(*vulkanMemory).buf
	case plan.Const:
		return v.konst
	case plan.Input:
		if v.devIn != nil {
			return v.devIn
		}
		return v.slot[slot].in
	}
	if v.devOut != nil {
		return v.devOut
	}
	return v.slot[slot].out
}

// record makes the descriptor sets and, for each slot, the command buffer.
// pipes has one pipeline for each shader dispatch of the plan, in order.
func (v *vulkanProgram) record(pipes []*vk.Pipeline) error {
	var descs []vk.SetDesc
	index := map[string]int{}
	var sets [slots][]int // for each shader dispatch, its set
	for slot := range slots {
		k := 0
		for _, s := range v.plan.Steps {
			for i := range s.Dispatches {
				d := &s.Dispatches[i]
				if d.Shader == "" {
					continue
				}
				desc := v.bindings(d, pipes[k], slot)
				key := fmt.Sprintf("%p %v", desc.Pipeline, desc.Bindings)
				if _, ok := index[key]; !ok {
					index[key] = len(descs)
					descs = append(descs, desc)
				}
				sets[slot] = append(sets[slot], index[key])
				k++
			}
		}
	}
	if len(descs) > 0 {
		var err error
		if v.sets, err = v.b.dev.NewSets(descs); err != nil {
			return translate(err)
		}
	}
	for slot := range slots {
		cmds, push := v.commands(pipes, sets[slot], slot)
		cb, err := v.b.dev.Record(cmds, push)
		if err != nil {
			return translate(err)
		}
		v.slot[slot].cb = cb
	}
	return nil
}

func (v *vulkanProgram) bindings(d *plan.Dispatch, p *vk.Pipeline, slot int) vk.SetDesc {
	desc := vk.SetDesc{Pipeline: p}
	for _, b := range d.Bound {
		format := map[kernels.Texel]vk.Format{kernels.Texel1: vk.Texel1, kernels.Texel4: vk.Texel4}[b.Texel]
		desc.Bindings = append(desc.Bindings, vk.Binding{
			Buffer: v.at(b.Place, slot), Offset: b.Off, Range: (b.Bytes + 15) / 16 * 16, Format: format,
		})
	}
	return desc
}

// commands is a slot's recording. It opens with a full barrier: runs of this
// and of other programs before it on the queue wrote what it reads, and the
// validation layers can't see across recordings.
func (v *vulkanProgram) commands(pipes []*vk.Pipeline, sets []int, slot int) (cmds []vk.Cmd, push []uint32) {
	cmds = append(cmds, vk.Barrier(everything, everything))
	at := slot * v.stamps()
	stamp := func() {
		if v.queries != nil {
			cmds = append(cmds, vk.Timestamp(v.queries, at))
			at++
		}
	}
	if v.queries != nil {
		cmds = append(cmds, vk.ResetQueries(v.queries, at, v.stamps()))
	}
	stamp()
	if v.devIn != nil {
		cmds = append(cmds, vk.Copy(v.devIn, 0, v.slot[slot].in, 0, v.plan.InBytes), vk.Barrier(vk.Transfer, everything))
	}
	stamp()
	k := 0
	for _, s := range v.plan.Steps {
		for i := range s.Dispatches {
			d := &s.Dispatches[i]
			if d.Barrier {
				cmds = append(cmds, vk.Barrier(everything, everything))
			}
			if d.Shader == "" {
				src, dst := d.Bound[0], d.Bound[1]
				cmds = append(cmds, vk.Copy(v.at(dst.Place, slot), dst.Off, v.at(src.Place, slot), src.Off, min(src.Bytes, dst.Bytes)))
			} else {
				cmds = append(cmds, vk.Dispatch(pipes[k], v.sets.At(sets[k]), len(push), d.Grid))
				push = append(push, d.Push...)
				k++
			}
			stamp()
		}
	}
	if v.devOut != nil {
		cmds = append(cmds, vk.Barrier(everything, vk.Transfer), vk.Copy(v.slot[slot].out, 0, v.devOut, 0, v.plan.OutBytes))
	}
	stamp()
	return append(cmds, vk.Barrier(everything, vk.Host)), push
}

func (v *vulkanProgram) start(slot int) error {
	s := &v.slot[slot]
	if err := s.in.Flush(0, s.in.Size); err != nil {
		return translate(err)
	}
	v.b.queue.Lock()
	defer v.b.queue.Unlock()
	return translate(v.b.dev.Submit(s.cb, s.fence))
}

func (v *vulkanProgram) wait(slot int) error {
	s := &v.slot[slot]
	if err := s.fence.Wait(-1); err != nil {
		return translate(err)
	}
	if err := s.fence.Reset(); err != nil {
		return translate(err)
	}
	return translate(s.out.Invalidate(0, s.out.Size))
}

func (v *vulkanProgram) in(slot int) []byte  { return v.slot[slot].in.Mapped }
func (v *vulkanProgram) out(slot int) []byte { return v.slot[slot].out.Mapped }

func (v *vulkanProgram) free() {
	bufs := append([]*vk.Buffer{v.fixed, v.konst, v.devIn, v.devOut}, v.arena...)
	for i := range v.slot {
		s := &v.slot[i]
		if s.cb != nil {
			s.cb.Free()
		}
		if s.fence != nil {
			s.fence.Free()
		}
		bufs = append(bufs, s.in, s.out)
	}
	if v.sets != nil {
		v.sets.Free()
	}
	if v.queries != nil {
		v.queries.Free()
	}
	for _, b := range bufs {
		if b != nil {
			b.Free()
		}
	}
}

//go:build cgo

package vk

/*
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"
)

// Cmd is one command of a recording.
type Cmd struct{ c C.vg_cmd }

// Dispatch runs groups workgroups of a pipeline on a set. The push constants
// are Desc.PushBytes of Record's push from the word push on.
func Dispatch(p *Pipeline, s Set, push int, groups [3]uint32) Cmd {
	return Cmd{C.vg_cmd{op: C.VG_DISPATCH, x: C.uint32_t(groups[0]), y: C.uint32_t(groups[1]), z: C.uint32_t(groups[2]),
		push: C.uint32_t(push), npush: C.uint32_t(p.Desc.PushBytes / 4), h: [3]C.uint64_t{p.h, p.layout.pipeline, s.h}}}
}

// Copy copies n bytes between buffers; the bytes must not overlap.
func Copy(dst *Buffer, dstOffset int, src *Buffer, srcOffset, n int) Cmd {
	return Cmd{C.vg_cmd{op: C.VG_COPY, h: [3]C.uint64_t{C.uint64_t(bits(src.h)), C.uint64_t(bits(dst.h))},
		n: [3]C.uint64_t{C.uint64_t(srcOffset), C.uint64_t(dstOffset), C.uint64_t(n)}}}
}

// Fill writes a word over n bytes from offset, both multiples of 4.
func Fill(b *Buffer, offset, n int, word uint32) Cmd {
	return Cmd{C.vg_cmd{op: C.VG_FILL, x: C.uint32_t(word), h: [3]C.uint64_t{C.uint64_t(bits(b.h))}, n: [3]C.uint64_t{C.uint64_t(offset), C.uint64_t(n)}}}
}

// Scope is who reads or writes memory.
type Scope uint32

// Compute is shaders, Transfer is Copy and Fill, Host is mapped memory.
const (
	Compute  Scope = C.VG_SCOPE_COMPUTE
	Transfer Scope = C.VG_SCOPE_TRANSFER
	Host     Scope = C.VG_SCOPE_HOST
)

// Barrier makes what from wrote before it visible to what to does after it,
// and keeps the latter from starting before the former is done. What the host
// wrote before Submit is visible without one; what it reads after the fence
// needs a barrier to Host.
func Barrier(from, to Scope) Cmd {
	return Cmd{C.vg_cmd{op: C.VG_BARRIER, x: C.uint32_t(from), y: C.uint32_t(to)}}
}

// ResetQueries makes n timestamps from first ready to be written.
func ResetQueries(q *Queries, first, n int) Cmd {
	return Cmd{C.vg_cmd{op: C.VG_RESET, x: C.uint32_t(first), y: C.uint32_t(n), h: [3]C.uint64_t{q.h}}}
}

// Timestamp writes timestamp i when all commands before it are done.
func Timestamp(q *Queries, i int) Cmd {
	return Cmd{C.vg_cmd{op: C.VG_TIMESTAMP, x: C.uint32_t(i), h: [3]C.uint64_t{q.h}}}
}

// CommandBuffer is a recording that can be submitted again and again, once at
// a time.
type CommandBuffer struct {
	d    *Device
	pool C.uint64_t
	h    unsafe.Pointer
}

// Record records commands, in one call to C: a call for each costs more than
// the commands do.
func (d *Device) Record(cmds []Cmd, push []uint32) (*CommandBuffer, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	for i := range cmds {
		if err := d.checkCmd(&cmds[i].c, len(push)); err != nil {
			return nil, fmt.Errorf("vulkan: command %d of %d: %w", i, len(cmds), err)
		}
	}
	ci := &vulkan.CommandPoolCreateInfo{SType: vulkan.StructureTypeCommandPoolCreateInfo, QueueFamilyIndex: uint32(d.Info.family)}
	defer ci.Free()
	var pool vulkan.CommandPool
	if r := vulkan.CreateCommandPool(d.handle, ci, nil, &pool); r != vulkan.Success {
		return nil, check("vkCreateCommandPool", int(r))
	}
	var h unsafe.Pointer
	r := C.vg_record(d.c, C.uint64_t(bits(pool)), (*C.vg_cmd)(unsafe.Pointer(unsafe.SliceData(cmds))), C.uint32_t(len(cmds)), words(push), &h)
	if r != 0 {
		vulkan.DestroyCommandPool(d.handle, pool, nil)
		return nil, fmt.Errorf("%w: %d commands", check("recording", int(r)), len(cmds))
	}
	cb := &CommandBuffer{d, C.uint64_t(bits(pool)), h}
	d.own(cb, 1)
	return cb, nil
}

// checkCmd refuses what Vulkan leaves undefined and costs little to see.
func (d *Device) checkCmd(c *C.vg_cmd, push int) error {
	most := d.Info.Limits.MaxGroups
	switch c.op {
	case C.VG_DISPATCH:
		if c.h[0] == 0 {
			return fmt.Errorf("dispatch of a closed pipeline")
		}
		if c.x == 0 || c.y == 0 || c.z == 0 || int(c.x) > most[0] || int(c.y) > most[1] || int(c.z) > most[2] {
			return fmt.Errorf("dispatch of %dx%dx%d workgroups; %s has 1 to %v", c.x, c.y, c.z, d.Info.Name, most)
		}
		if int(c.push)+int(c.npush) > push {
			return fmt.Errorf("push constants %d to %d of %d words", c.push, c.push+c.npush, push)
		}
	case C.VG_COPY:
		if c.h[0] == 0 || c.h[1] == 0 || c.n[2] == 0 {
			return fmt.Errorf("copy of %d bytes, or of a closed buffer", c.n[2])
		}
	case C.VG_FILL:
		if c.h[0] == 0 || c.n[1] == 0 || c.n[0]%4 != 0 || c.n[1]%4 != 0 {
			return fmt.Errorf("fill of %d bytes from %d (fours are needed), or of a closed buffer", c.n[1], c.n[0])
		}
	case C.VG_BARRIER:
		if c.x&7 == 0 || c.y&7 == 0 {
			return fmt.Errorf("barrier without a scope")
		}
	case C.VG_RESET, C.VG_TIMESTAMP:
		if c.h[0] == 0 {
			return fmt.Errorf("timestamp of closed queries")
		}
	default:
		return fmt.Errorf("an empty command")
	}
	return nil
}

// Submit hands a recording to the queue; the fence, which may be nil, is
// signalled when it is done. It allocates nothing. Errors: ErrDeviceLost,
// ErrOutOfMemory.
func (d *Device) Submit(cb *CommandBuffer, f *Fence) error {
	var h C.uint64_t
	if f != nil {
		h = f.h
	}
	d.submits.Add(1)
	d.queue.Lock()
	r := C.vg_submit(d.c, cb.h, h)
	d.queue.Unlock()
	return check("vkQueueSubmit", int(r))
}

// Free gives the recording back; it must not be in flight.
func (cb *CommandBuffer) Free() {
	if cb.d.disown(cb) {
		cb.destroy()
	}
}

func (cb *CommandBuffer) kind() string { return "command buffer" }
func (cb *CommandBuffer) destroy() {
	vulkan.DestroyCommandPool(cb.d.handle, handle[vulkan.CommandPool](uint64(cb.pool)), nil)
	cb.d.gone(1)
}

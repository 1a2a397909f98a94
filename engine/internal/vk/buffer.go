//go:build cgo

package vk

/*
#include "shim.h"
*/
import "C"

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"
)

// Kind says what a buffer's memory is for.
type Kind int

const (
	DeviceLocal Kind = iota // fast for the device; mapped too where memory is unified
	Upload                  // the host writes, in order; reading may be very slow
	Readback                // the host reads at full speed
)

func (k Kind) String() string { return [...]string{"device-local", "upload", "readback"}[k] }

// Buffer is memory of its own that shaders may bind for storage or as texels
// and that copies may read and write. Its contents are undefined at first.
type Buffer struct {
	Size     int
	Kind     Kind
	Mapped   []byte // nil where the host doesn't see it
	Coherent bool   // Flush and Invalidate have nothing to do
	Type     int    // index into Info.Types

	d      *Device
	h      vulkan.Buffer
	memory vulkan.DeviceMemory
	alloc  int // bytes
}

// storage | uniform texel | transfer source and destination
const usage = 0x20 | 0x4 | 0x1 | 0x2

// Alloc gives a buffer of size bytes. Errors: ErrOutOfMemory.
func (d *Device) Alloc(size int, kind Kind) (*Buffer, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	if size <= 0 || size > d.Info.Limits.MaxBuffer {
		return nil, fmt.Errorf("vulkan: a buffer of %d bytes, %s has at most %d", size, d.Info.Name, d.Info.Limits.MaxBuffer)
	}
	ci := &vulkan.BufferCreateInfo{SType: vulkan.StructureTypeBufferCreateInfo, Size: vulkan.DeviceSize(size), Usage: usage}
	defer ci.Free()
	var h vulkan.Buffer
	if r := vulkan.CreateBuffer(d.handle, ci, nil, &h); r != vulkan.Success {
		return nil, fmt.Errorf("%w: %d bytes", check("vkCreateBuffer", int(r)), size)
	}
	b := &Buffer{Size: size, Kind: kind, d: d, h: h}
	if err := b.allocate(); err != nil {
		vulkan.DestroyBuffer(d.handle, h, nil)
		return nil, fmt.Errorf("%w: %d bytes, %s", err, size, kind)
	}
	d.own(b, 2)
	return b, nil
}

func (b *Buffer) allocate() error {
	d := b.d
	var req vulkan.MemoryRequirements
	vulkan.GetBufferMemoryRequirements(d.handle, b.h, &req)
	req.Deref()
	defer req.Free()
	b.alloc = int(req.Size)
	err := fmt.Errorf("%w: no such memory", ErrUnsupported)
	for _, t := range d.Info.memoryTypes(b.Kind, req.MemoryTypeBits) {
		if err = b.take(t); err == nil || !errors.Is(err, ErrOutOfMemory) {
			break
		}
	}
	return err
}

// take allocates from a memory type, binds, and maps where the host sees it.
func (b *Buffer) take(t int) error {
	d := b.d
	ai := &vulkan.MemoryAllocateInfo{SType: vulkan.StructureTypeMemoryAllocateInfo, AllocationSize: vulkan.DeviceSize(b.alloc), MemoryTypeIndex: uint32(t)}
	defer ai.Free()
	var m vulkan.DeviceMemory
	if r := vulkan.AllocateMemory(d.handle, ai, nil, &m); r != vulkan.Success {
		return check("vkAllocateMemory", int(r))
	}
	err := check("vkBindBufferMemory", int(vulkan.BindBufferMemory(d.handle, b.h, m, 0)))
	mt := d.Info.Types[t]
	var p unsafe.Pointer
	if err == nil && mt.HostVisible && (b.Kind != DeviceLocal || d.Info.Unified) {
		err = check("vkMapMemory", int(vulkan.MapMemory(d.handle, m, 0, vulkan.DeviceSize(vulkan.WholeSize), 0, &p)))
	}
	if err != nil {
		vulkan.FreeMemory(d.handle, m, nil)
		return err
	}
	b.memory, b.Type, b.Coherent = m, t, mt.Coherent
	if p != nil {
		b.Mapped = unsafe.Slice((*byte)(p), b.Size)
	}
	return nil
}

// memoryTypes lists the types that serve a kind, best first. A type that the
// device reaches slowly never stands in for device-local memory.
func (i *Info) memoryTypes(k Kind, allowed uint32) []int {
	score := func(t MemoryType) int {
		s := 0
		add := func(yes bool, n int) {
			if yes {
				s += n
			}
		}
		switch k {
		case DeviceLocal:
			add(t.HostVisible == i.Unified, 8)
			add(t.Coherent, 2)
			add(t.Cached, 1)
		case Upload: // on a card, device-local memory that the host sees is scarce
			add(t.DeviceLocal == i.Unified, 8)
			add(t.Coherent, 4)
			add(!t.Cached || i.Unified, 1)
		case Readback:
			add(t.Cached, 8)
			add(t.DeviceLocal == i.Unified, 4)
			add(t.Coherent, 2)
		}
		return s
	}
	var list []int
	for n, t := range i.Types {
		ok := t.HostVisible
		if k == DeviceLocal {
			ok = t.DeviceLocal
		}
		if ok && t.plain && allowed>>n&1 != 0 {
			list = append(list, n)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(score(i.Types[b]), score(i.Types[a])) })
	return list
}

// Flush makes what the host wrote to n bytes from offset visible to
// submissions that follow.
func (b *Buffer) Flush(offset, n int) error { return b.flush(offset, n, 0) }

// Invalidate makes what the device wrote to n bytes from offset visible to the
// host, after the submission's fence.
func (b *Buffer) Invalidate(offset, n int) error { return b.flush(offset, n, 1) }

func (b *Buffer) flush(offset, n int, invalidate C.int) error {
	if offset < 0 || n < 0 || offset+n > b.Size || b.Mapped == nil {
		return fmt.Errorf("vulkan: flush of bytes %d to %d of a %s buffer with %d bytes mapped", offset, offset+n, b.Kind, len(b.Mapped))
	}
	if b.Coherent || n == 0 {
		return nil
	}
	atom := b.d.Info.Limits.NonCoherentAtom
	lo, hi := offset/atom*atom, (offset+n+atom-1)/atom*atom
	size := C.uint64_t(hi - lo)
	if hi >= b.alloc {
		size = 1<<64 - 1 // to the end, which need not be a multiple
	}
	call := "vkFlushMappedMemoryRanges"
	if invalidate != 0 {
		call = "vkInvalidateMappedMemoryRanges"
	}
	return check(call, int(C.vg_flush(b.d.c, C.uint64_t(bits(b.memory)), C.uint64_t(lo), size, invalidate)))
}

// Free gives the buffer back; nothing that uses it may be in flight.
func (b *Buffer) Free() {
	if b.d.disown(b) {
		b.destroy()
	}
}

func (b *Buffer) kind() string { return "buffer" }
func (b *Buffer) destroy() {
	vulkan.DestroyBuffer(b.d.handle, b.h, nil)
	vulkan.FreeMemory(b.d.handle, b.memory, nil)
	b.h, b.Mapped = handle[vulkan.Buffer](0), nil
	b.d.gone(2)
}

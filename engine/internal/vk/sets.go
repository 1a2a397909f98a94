//go:build cgo

package vk

/*
#include "shim.h"
*/
import "C"

import (
	"fmt"

	vulkan "github.com/vulkan-go/vulkan"
)

// Format is how a texel binding's bytes are read; 0 is a storage binding.
type Format uint32

// The values are Vulkan's.
const (
	Texel1 Format = 100 // one float32 a texel
	Texel4 Format = 109 // four
)

func (f Format) bytes() int {
	if f == Texel4 {
		return 16
	}
	return 4
}

// Binding is Range bytes of a buffer from Offset.
type Binding struct {
	Buffer        *Buffer
	Offset, Range int
	Format        Format
}

// SetDesc is the bindings of one dispatch, those of the pipeline in order.
type SetDesc struct {
	Pipeline *Pipeline
	Bindings []Binding
}

// Set is the bindings of one dispatch, ready for Dispatch.
type Set struct{ h C.uint64_t }

// Sets are descriptor sets, and the buffer views they use, freed together.
type Sets struct {
	d     *Device
	pool  C.uint64_t
	sets  []C.uint64_t
	views map[view]C.uint64_t
}

type view struct {
	b             *Buffer
	offset, bytes int
	format        Format
}

// NewSets makes a set for each desc.
func (d *Device) NewSets(descs []SetDesc) (*Sets, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	s := &Sets{d: d, sets: make([]C.uint64_t, len(descs)), views: map[view]C.uint64_t{}}
	layouts := make([]C.uint64_t, len(descs))
	var writes []C.vg_write
	texels := 0
	for i, desc := range descs {
		if err := d.checkSet(&desc); err != nil {
			s.freeViews()
			return nil, fmt.Errorf("vulkan: set %d of pipeline %s: %w", i, desc.Pipeline.Desc.Name, err)
		}
		layouts[i] = desc.Pipeline.layout.set
		for k, b := range desc.Bindings {
			w := C.vg_write{buffer: C.uint64_t(bits(b.Buffer.h)), offset: C.uint64_t(b.Offset), _range: C.uint64_t(b.Range), binding: C.uint32_t(k), set: C.uint64_t(i)}
			if b.Format != 0 {
				var err error
				if w.view, err = s.view(view{b.Buffer, b.Offset, b.Range, b.Format}); err != nil {
					s.freeViews()
					return nil, err
				}
				texels++
			}
			writes = append(writes, w)
		}
	}
	if len(descs) == 0 {
		d.own(s, 0)
		return s, nil
	}
	r := C.vg_sets(d.c, C.uint32_t(len(writes)-texels), C.uint32_t(texels), C.uint32_t(len(descs)), &layouts[0], &s.pool, &s.sets[0])
	if r != 0 {
		s.freeViews()
		return nil, fmt.Errorf("%w: %d sets", check("vkAllocateDescriptorSets", int(r)), len(descs))
	}
	for i := range writes {
		writes[i].set = s.sets[writes[i].set]
	}
	if len(writes) > 0 {
		C.vg_sets_write(d.c, C.uint32_t(len(writes)), &writes[0])
	}
	d.own(s, 1)
	return s, nil
}

// checkSet refuses what Vulkan leaves undefined.
func (d *Device) checkSet(s *SetDesc) error {
	l := &d.Info.Limits
	want := s.Pipeline.Desc.Bindings
	if len(s.Bindings) != len(want) {
		return fmt.Errorf("%d bindings, the shader has %d", len(s.Bindings), len(want))
	}
	for i, b := range s.Bindings {
		if (b.Format != 0) != (want[i] == UniformTexel) {
			return fmt.Errorf("binding %d: storage where the shader has texels, or the other way round", i)
		}
		if b.Buffer == nil || b.Offset < 0 || b.Range <= 0 || b.Offset+b.Range > b.Buffer.Size {
			return fmt.Errorf("binding %d: bytes %d to %d lie outside the buffer", i, b.Offset, b.Offset+b.Range)
		}
		align, most := l.StorageAlignment, l.MaxStorageRange
		if b.Format != 0 {
			align, most = max(l.TexelAlignment, 1), l.MaxTexelElements*b.Format.bytes()
			if b.Range%b.Format.bytes() != 0 {
				return fmt.Errorf("binding %d: %d bytes are not whole texels", i, b.Range)
			}
		}
		if b.Offset%max(align, 1) != 0 {
			return fmt.Errorf("binding %d: offset %d is not a multiple of %d", i, b.Offset, align)
		}
		if b.Range > most {
			return fmt.Errorf("binding %d: %d bytes, %s has at most %d", i, b.Range, d.Info.Name, most)
		}
	}
	return nil
}

// At is the set of descs[i].
func (s *Sets) At(i int) Set { return Set{s.sets[i]} }

// view gives a texel view, the same one for the same bytes.
func (s *Sets) view(v view) (C.uint64_t, error) {
	if h, ok := s.views[v]; ok {
		return h, nil
	}
	ci := &vulkan.BufferViewCreateInfo{SType: vulkan.StructureTypeBufferViewCreateInfo, Buffer: v.b.h, Format: vulkan.Format(v.format),
		Offset: vulkan.DeviceSize(v.offset), Range: vulkan.DeviceSize(v.bytes)}
	defer ci.Free()
	var h vulkan.BufferView
	if r := vulkan.CreateBufferView(s.d.handle, ci, nil, &h); r != vulkan.Success {
		return 0, check("vkCreateBufferView", int(r))
	}
	s.d.objects.Add(1)
	s.views[v] = C.uint64_t(bits(h))
	return s.views[v], nil
}

// Free gives the sets back; nothing that uses them may be in flight.
func (s *Sets) Free() {
	if s.d.disown(s) {
		s.destroy()
	}
}

func (s *Sets) kind() string { return "descriptor sets" }
func (s *Sets) destroy() {
	if s.pool != 0 {
		vulkan.DestroyDescriptorPool(s.d.handle, handle[vulkan.DescriptorPool](uint64(s.pool)), nil)
		s.d.gone(1)
	}
	s.freeViews()
}

func (s *Sets) freeViews() {
	for _, h := range s.views {
		vulkan.DestroyBufferView(s.d.handle, handle[vulkan.BufferView](uint64(h)), nil)
	}
	s.d.gone(len(s.views))
	s.views = nil
}

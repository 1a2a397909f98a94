//go:build cgo

package vk

/*
#include "shim.h"
*/
import "C"

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"
)

// BindingType is what a shader has at a binding.
type BindingType byte

// The values are Vulkan's.
const (
	UniformTexel  BindingType = 4 // a samplerBuffer
	StorageBuffer BindingType = 7
)

// PipelineDesc is a compute shader and how it is made special.
type PipelineDesc struct {
	Name      string   // shows in errors and validation messages
	SPIRV     []uint32 // the shader
	Entry     string   // "main" where empty
	Bindings  []BindingType
	PushBytes int      // size of the push constants, a multiple of 4
	Spec      []uint32 // specialisation constants with ids 0, 1, ...
	Subgroup  int      // lanes asked for; 0: the driver's choice. Needs Features.SubgroupSize
}

// Pipeline is a compiled compute shader.
type Pipeline struct {
	Desc PipelineDesc // without the SPIR-V

	d      *Device
	h      C.uint64_t
	layout *layout
}

// layout is what pipelines of the same bindings and push constants share.
type layout struct {
	key           string
	set, pipeline C.uint64_t
	users         int
}

// NewPipeline compiles a shader. It may be called from several goroutines at
// once.
func (d *Device) NewPipeline(p PipelineDesc) (*Pipeline, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	if err := d.validate(&p); err != nil {
		return nil, fmt.Errorf("vulkan: pipeline %s: %w", p.Name, err)
	}
	l, err := d.layout(p.Bindings, p.PushBytes)
	if err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", p.Name, err)
	}
	if p.Entry == "" {
		p.Entry = "main"
	}
	entry, name := C.CString(p.Entry), C.CString(p.Name)
	defer free(entry, name)
	full := C.uint32_t(0)
	if p.Subgroup > 0 && d.Info.Features.FullSubgroups {
		full = 1
	}
	var h C.uint64_t
	d.saving.RLock()
	r := C.vg_pipeline(d.c, C.uint64_t(bits(d.cache)), l.pipeline, words(p.SPIRV), C.uint32_t(len(p.SPIRV)), entry,
		words(p.Spec), C.uint32_t(len(p.Spec)), C.uint32_t(p.Subgroup), full, name, &h)
	d.saving.RUnlock()
	if r != 0 {
		d.release(l)
		return nil, fmt.Errorf("pipeline %s: %w", p.Name, check("vkCreateComputePipelines", int(r)))
	}
	p.SPIRV, p.Bindings, p.Spec = nil, slices.Clone(p.Bindings), slices.Clone(p.Spec)
	q := &Pipeline{Desc: p, d: d, h: h, layout: l}
	d.own(q, 1)
	return q, nil
}

func (d *Device) validate(p *PipelineDesc) error {
	l := &d.Info.Limits
	if len(p.SPIRV) < 5 || p.SPIRV[0] != 0x07230203 {
		return fmt.Errorf("not SPIR-V (%d words)", len(p.SPIRV))
	}
	if p.PushBytes < 0 || p.PushBytes%4 != 0 || p.PushBytes > l.MaxPush {
		return fmt.Errorf("%d bytes of push constants; %s has %d, in fours", p.PushBytes, d.Info.Name, l.MaxPush)
	}
	storage := 0
	for i, b := range p.Bindings {
		if b != StorageBuffer && b != UniformTexel {
			return fmt.Errorf("binding %d has no type", i)
		}
		if b == StorageBuffer {
			storage++
		}
	}
	if storage > l.MaxStorageBuffers || len(p.Bindings)-storage > l.MaxTexelBuffers {
		return fmt.Errorf("%d storage and %d texel bindings; %s has %d and %d", storage, len(p.Bindings)-storage, d.Info.Name, l.MaxStorageBuffers, l.MaxTexelBuffers)
	}
	if s := p.Subgroup; s != 0 && (!d.Info.Features.SubgroupSize || s&(s-1) != 0 || s < l.SubgroupMin || s > l.SubgroupMax) {
		return fmt.Errorf("%w: a subgroup of %d lanes; %s has %d to %d", ErrUnsupported, s, d.Info.Name, l.SubgroupMin, l.SubgroupMax)
	}
	return nil
}

// Free gives the pipeline back; nothing that uses it may be in flight.
func (p *Pipeline) Free() {
	if p.d.disown(p) {
		p.destroy()
	}
}

func (p *Pipeline) kind() string { return "pipeline" }
func (p *Pipeline) destroy() {
	vulkan.DestroyPipeline(p.d.handle, handle[vulkan.Pipeline](uint64(p.h)), nil)
	p.h = 0
	p.d.gone(1)
	p.d.release(p.layout)
}

func (d *Device) layout(bindings []BindingType, push int) (*layout, error) {
	b := make([]byte, 0, len(bindings)+4)
	types := make([]uint32, 0, len(bindings))
	for _, t := range bindings {
		b, types = append(b, byte(t)), append(types, uint32(t))
	}
	key := string(binary.LittleEndian.AppendUint32(b, uint32(push)))
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.layouts[key]
	if l == nil {
		l = &layout{key: key}
		if r := C.vg_layout(d.c, C.uint32_t(len(types)), words(types), C.uint32_t(push), &l.set, &l.pipeline); r != 0 {
			return nil, check("vkCreatePipelineLayout", int(r))
		}
		d.objects.Add(2)
		d.layouts[key] = l
	}
	l.users++
	return l, nil
}

func (d *Device) release(l *layout) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	delete(d.layouts, l.key)
	vulkan.DestroyPipelineLayout(d.handle, handle[vulkan.PipelineLayout](uint64(l.pipeline)), nil)
	vulkan.DestroyDescriptorSetLayout(d.handle, handle[vulkan.DescriptorSetLayout](uint64(l.set)), nil)
	d.gone(2)
}

// words points at the first of a slice, for C to read during a call.
func words(s []uint32) *C.uint32_t { return (*C.uint32_t)(unsafe.Pointer(unsafe.SliceData(s))) }

// SaveCache gives the driver's compiled pipelines as bytes for LoadCache.
func (d *Device) SaveCache() ([]byte, error) {
	d.saving.Lock()
	defer d.saving.Unlock()
	var n uint
	if r := vulkan.GetPipelineCacheData(d.handle, d.cache, &n, nil); r != vulkan.Success || n == 0 {
		return nil, check("vkGetPipelineCacheData", int(r))
	}
	b := make([]byte, n)
	if r := vulkan.GetPipelineCacheData(d.handle, d.cache, &n, unsafe.Pointer(&b[0])); r != vulkan.Success {
		return nil, check("vkGetPipelineCacheData", int(r))
	}
	return b[:n], nil
}

// LoadCache adds what SaveCache gave in an earlier run. Bytes from another
// device or driver version are an error and change nothing.
func (d *Device) LoadCache(b []byte) error {
	if len(b) < 32 || binary.LittleEndian.Uint32(b[4:]) != 1 || binary.LittleEndian.Uint32(b[8:]) != d.Info.Vendor ||
		binary.LittleEndian.Uint32(b[12:]) != d.Info.DeviceID || [16]byte(b[16:32]) != d.Info.CacheUUID {
		return fmt.Errorf("vulkan: these %d bytes are no pipeline cache of %s", len(b), d.Info.Name)
	}
	d.saving.Lock()
	defer d.saving.Unlock()
	var c vulkan.PipelineCache
	if err := d.newCache(b, &c); err != nil {
		return err
	}
	defer vulkan.DestroyPipelineCache(d.handle, c, nil)
	return check("vkMergePipelineCaches", int(vulkan.MergePipelineCaches(d.handle, d.cache, 1, []vulkan.PipelineCache{c})))
}

func (d *Device) newCache(b []byte, out *vulkan.PipelineCache) error {
	// The driver reads the bytes through a struct in C memory.
	data := C.CBytes(b)
	defer free((*C.char)(data))
	ci := &vulkan.PipelineCacheCreateInfo{SType: vulkan.StructureTypePipelineCacheCreateInfo, InitialDataSize: uint(len(b)), PInitialData: data}
	defer ci.Free()
	var h vulkan.PipelineCache
	r := vulkan.CreatePipelineCache(d.handle, ci, nil, &h)
	runtime.KeepAlive(ci)
	*out = h
	return check("vkCreatePipelineCache", int(r))
}

//go:build cgo

package vk

/*
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"
)

// Version is a Vulkan version: major<<22 | minor<<12 | patch.
type Version uint32

const (
	version11 = 1<<22 | 1<<12
	version12 = 1<<22 | 2<<12
	version13 = 1<<22 | 3<<12
)

func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v>>22, v>>12&0x3ff, v&0xfff) }

// Type is what kind of device it is.
type Type int

// The values are Vulkan's.
const (
	Other Type = iota
	Integrated
	Discrete
	Virtual
	CPU
)

func (t Type) String() string {
	if t < Other || t > CPU {
		t = Other
	}
	return [...]string{"other", "integrated", "discrete", "virtual", "cpu"}[t]
}

// SubgroupOps says which subgroup operations compute shaders may use.
type SubgroupOps uint32

// The values are Vulkan's.
const (
	SubgroupBasic SubgroupOps = 1 << iota
	SubgroupVote
	SubgroupArithmetic
	SubgroupBallot
	SubgroupShuffle
	SubgroupShuffleRelative
	SubgroupClustered
	SubgroupQuad
)

// Limits are a device's bounds; sizes are bytes.
type Limits struct {
	SubgroupSize                     int         // lanes
	SubgroupMin, SubgroupMax         int         // what PipelineDesc.Subgroup may ask for, where Features.SubgroupSize
	SubgroupOps                      SubgroupOps // in compute shaders; 0 where they have none
	MaxWorkgroupInvocations          int
	MaxWorkgroupSize, MaxGroups      [3]int
	SharedMemory                     int // a workgroup
	MaxStorageRange                  int // a storage binding
	MaxTexelElements                 int // a texel binding
	MaxPush                          int
	MaxStorageBuffers                int // a stage
	MaxTexelBuffers                  int // a stage
	MaxResources                     int // bindings of all kinds, a stage
	StorageAlignment, TexelAlignment int // of a binding's offset
	NonCoherentAtom                  int // flushes and invalidates cover multiples of it
	MaxAllocation                    int // one allocation
	MaxBuffer                        int // one buffer; MaxAllocation where the device doesn't say
	MaxAllocations                   int // how many
	TimestampPeriod                  float64
	TimestampBits                    int // 0: no timestamps
}

// Features are the optional abilities that OpenDevice turns on where the
// device has them.
type Features struct {
	Float16, Float64, Int8, Int16, Int64 bool // arithmetic in shaders
	Storage16, Storage8                  bool // in storage buffers
	Timeline                             bool // timeline semaphores
	SubgroupSize, FullSubgroups          bool // PipelineDesc.Subgroup
	Portability                          bool // a layered driver, such as MoltenVK
}

// Heap is a pool of memory.
type Heap struct {
	Size        int // bytes
	DeviceLocal bool
}

// MemoryType is a way to take memory from a heap.
type MemoryType struct {
	Heap                                       int
	DeviceLocal, HostVisible, Coherent, Cached bool
	plain                                      bool // nothing else special about it
}

// Info describes a device.
type Info struct {
	Name                              string
	Type                              Type
	Vendor, DeviceID                  uint32
	Driver, DriverInfo                string
	DriverID, DriverVersion           uint32
	API                               Version
	DeviceUUID, DriverUUID, CacheUUID [16]byte
	Limits                            Limits
	Features                          Features
	Heaps                             []Heap
	Types                             []MemoryType
	Extensions                        []string
	// Unified is true where the host can map all of the device's memory and
	// reaches it at full speed, so that staging copies fall away.
	Unified bool

	has    uint32
	family int
	on     C.vg_features
	core   [C.VG_CORE_FEATURES]uint32
}

// Has says whether the device has an extension.
func (i *Info) Has(ext string) bool { return slices.Contains(i.Extensions, ext) }

// Budget is what the device says of each heap: bytes this process may use, and
// bytes it uses. Without VK_EXT_memory_budget a heap's budget is its size, its
// use 0.
type Budget struct{ Budget, Usage []int }

// Budget asks the driver anew.
func (in *Instance) Budget(i int) Budget {
	info := &in.infos[i]
	b := Budget{make([]int, len(info.Heaps)), make([]int, len(info.Heaps))}
	if !info.Has("VK_EXT_memory_budget") {
		for h, heap := range info.Heaps {
			b.Budget[h] = heap.Size
		}
		return b
	}
	var budget, usage [16]C.uint64_t
	C.vg_budget(in.c, unsafe.Pointer(in.physical[i]), &budget[0], &usage[0])
	for h := range info.Heaps {
		b.Budget[h], b.Usage[h] = clamp(uint64(budget[h])), clamp(uint64(usage[h]))
	}
	return b
}

func (in *Instance) info(pd vulkan.PhysicalDevice, gpuAssisted bool) Info {
	var p vulkan.PhysicalDeviceProperties
	vulkan.GetPhysicalDeviceProperties(pd, &p)
	p.Deref()
	p.Limits.Deref()
	defer p.Free()
	i := Info{
		Name: text(p.DeviceName[:]), Type: Type(p.DeviceType), Vendor: p.VendorID, DeviceID: p.DeviceID,
		DriverVersion: p.DriverVersion, API: Version(p.ApiVersion), CacheUUID: p.PipelineCacheUUID,
	}
	i.memory(pd)
	if i.API < version11 {
		return i
	}
	i.Extensions = names(in.c, 2, unsafe.Pointer(pd), "")
	since := func(core Version, ext string, bit uint32) {
		if i.API >= core || i.Has(ext) {
			i.has |= bit
		}
	}
	since(version12, "VK_KHR_driver_properties", C.VG_HAS_DRIVER)
	since(version12, "VK_KHR_shader_float16_int8", C.VG_HAS_FLOAT16_INT8)
	since(version12, "VK_KHR_8bit_storage", C.VG_HAS_8BIT)
	since(version12, "VK_KHR_timeline_semaphore", C.VG_HAS_TIMELINE)
	since(version13, "VK_EXT_subgroup_size_control", C.VG_HAS_SUBGROUP_SIZE)
	since(version13, "VK_KHR_maintenance4", C.VG_HAS_MAINTENANCE4)
	var c C.vg_info
	C.vg_info_get(in.c, unsafe.Pointer(pd), C.uint32_t(i.has), &c)
	i.family, i.on = int(c.family), c.features
	i.Driver, i.DriverInfo, i.DriverID = C.GoString(&c.driver_name[0]), C.GoString(&c.driver_info[0]), uint32(c.driver_id)
	for k := range 16 {
		i.DeviceUUID[k], i.DriverUUID[k] = byte(c.device_uuid[k]), byte(c.driver_uuid[k])
	}
	i.limits(&p.Limits, &c)
	i.features(pd, &c, gpuAssisted)
	return i
}

func (i *Info) limits(l *vulkan.PhysicalDeviceLimits, c *C.vg_info) {
	n := func(a [3]uint32) [3]int { return [3]int{clamp(a[0]), clamp(a[1]), clamp(a[2])} }
	i.Limits = Limits{
		SubgroupSize: int(c.subgroup), SubgroupMin: int(c.min_subgroup), SubgroupMax: int(c.max_subgroup),
		MaxWorkgroupInvocations: clamp(l.MaxComputeWorkGroupInvocations),
		MaxWorkgroupSize:        n(l.MaxComputeWorkGroupSize), MaxGroups: n(l.MaxComputeWorkGroupCount),
		SharedMemory: clamp(l.MaxComputeSharedMemorySize), MaxStorageRange: clamp(l.MaxStorageBufferRange),
		MaxTexelElements: clamp(l.MaxTexelBufferElements), MaxPush: clamp(l.MaxPushConstantsSize),
		MaxStorageBuffers: clamp(min(l.MaxPerStageDescriptorStorageBuffers, l.MaxDescriptorSetStorageBuffers)),
		MaxTexelBuffers:   clamp(min(l.MaxPerStageDescriptorSampledImages, l.MaxDescriptorSetSampledImages)),
		MaxResources:      clamp(l.MaxPerStageResources),
		StorageAlignment:  clamp(uint64(l.MinStorageBufferOffsetAlignment)), TexelAlignment: clamp(uint64(l.MinTexelBufferOffsetAlignment)),
		NonCoherentAtom: clamp(uint64(l.NonCoherentAtomSize)), MaxAllocations: clamp(l.MaxMemoryAllocationCount),
		MaxAllocation: clamp(uint64(c.max_allocation)), MaxBuffer: clamp(uint64(c.max_buffer)),
		TimestampPeriod: float64(l.TimestampPeriod), TimestampBits: int(c.timestamp_bits),
	}
	if c.subgroup_stages&0x20 != 0 {
		i.Limits.SubgroupOps = SubgroupOps(c.subgroup_ops)
	}
	if i.Limits.MaxBuffer == 0 {
		i.Limits.MaxBuffer = i.Limits.MaxAllocation
	}
}

// features reads what there is and chooses what OpenDevice turns on.
func (i *Info) features(pd vulkan.PhysicalDevice, c *C.vg_info, gpuAssisted bool) {
	var f vulkan.PhysicalDeviceFeatures
	vulkan.GetPhysicalDeviceFeatures(pd, &f)
	f.Deref()
	defer f.Free()
	on := func(b vulkan.Bool32, offset uintptr) bool {
		i.core[offset/4] = uint32(b)
		return b != 0
	}
	i.Features = Features{
		Float64: on(f.ShaderFloat64, unsafe.Offsetof(f.ShaderFloat64)),
		Int64:   on(f.ShaderInt64, unsafe.Offsetof(f.ShaderInt64)),
		Int16:   on(f.ShaderInt16, unsafe.Offsetof(f.ShaderInt16)),
		Float16: c.features.float16 != 0, Int8: c.features.int8 != 0,
		Storage16: c.features.storage16 != 0, Storage8: c.features.storage8 != 0,
		Timeline:     c.features.timeline != 0,
		SubgroupSize: c.features.subgroup_size != 0 && c.required_subgroup_stages&0x20 != 0, FullSubgroups: c.features.full_subgroups != 0,
		Portability: i.Has("VK_KHR_portability_subset"),
	}
	if gpuAssisted { // the layer writes its findings from the shaders
		on(f.FragmentStoresAndAtomics, unsafe.Offsetof(f.FragmentStoresAndAtomics))
		on(f.VertexPipelineStoresAndAtomics, unsafe.Offsetof(f.VertexPipelineStoresAndAtomics))
	}
}

func (i *Info) memory(pd vulkan.PhysicalDevice) {
	var m vulkan.PhysicalDeviceMemoryProperties
	vulkan.GetPhysicalDeviceMemoryProperties(pd, &m)
	m.Deref()
	defer m.Free()
	for h := range m.MemoryHeapCount {
		heap := &m.MemoryHeaps[h]
		heap.Deref()
		i.Heaps = append(i.Heaps, Heap{clamp(uint64(heap.Size)), heap.Flags&1 != 0})
	}
	for k := range m.MemoryTypeCount {
		t := &m.MemoryTypes[k]
		t.Deref()
		f := t.PropertyFlags
		i.Types = append(i.Types, MemoryType{int(t.HeapIndex), f&1 != 0, f&2 != 0, f&4 != 0, f&8 != 0, f&^15 == 0})
	}
	largest := 0
	for _, h := range i.Heaps {
		if h.DeviceLocal {
			largest = max(largest, h.Size)
		}
	}
	for _, t := range i.Types {
		if t.plain && t.DeviceLocal && t.HostVisible && i.Heaps[t.Heap].Size == largest && (i.Type == Integrated || i.Type == CPU) {
			i.Unified = true
		}
	}
}

// clamp brings a limit that may say "no limit" into an int.
func clamp[T uint32 | uint64](v T) int { return int(min(uint64(v), 1<<62)) }

func text(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}

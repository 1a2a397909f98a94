//go:build cgo

package vk

/*
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"
)

// Device is an open device with one compute queue. Its methods may be called
// from several goroutines; what they give (a Buffer, a CommandBuffer, ...) is
// used from one at a time.
type Device struct {
	Info Info

	in     *Instance
	index  int
	c      *C.vg_dev
	handle vulkan.Device

	queue   sync.Mutex // vkQueueSubmit
	submits atomic.Int64

	cache  vulkan.PipelineCache
	saving sync.RWMutex // write: the cache is merged or read; read: pipelines are made

	objects atomic.Int64
	origin  atomic.Uint64 // of nanoseconds: the first timestamp read; 0: none yet
	mu      sync.Mutex
	owned   map[owned]string // what is open, in debug builds with where it was opened
	layouts map[string]*layout
	closed  bool
}

// owned is what a Device has given out; destroy gives back its Vulkan objects.
type owned interface {
	destroy()
	kind() string
}

// OpenDevice opens device i of Devices. Errors: ErrUnsupported where it lacks
// Vulkan 1.1 or a compute queue.
func (in *Instance) OpenDevice(i int) (*Device, error) {
	if i < 0 || i >= len(in.infos) {
		return nil, fmt.Errorf("vulkan: device %d of %d", i, len(in.infos))
	}
	info := in.infos[i]
	if info.API < version11 {
		return nil, fmt.Errorf("%w: %s has Vulkan %s, 1.1 is needed", ErrUnsupported, info.Name, info.API)
	}
	if info.family < 0 {
		return nil, fmt.Errorf("%w: %s has no compute queue", ErrUnsupported, info.Name)
	}
	var exts []string
	want := func(since Version, ext string) {
		if info.API < since && info.Has(ext) {
			exts = append(exts, ext)
		}
	}
	const never = ^Version(0)
	want(version12, "VK_KHR_shader_float16_int8")
	want(version12, "VK_KHR_8bit_storage")
	want(version12, "VK_KHR_timeline_semaphore")
	want(version13, "VK_EXT_subgroup_size_control")
	want(never, "VK_EXT_memory_budget")
	want(never, calibrated)
	want(never, "VK_KHR_portability_subset") // must be enabled where present
	d := &Device{Info: info, in: in, index: i, owned: map[owned]string{}, layouts: map[string]*layout{}}
	cexts := cstrings(exts)
	defer free(cexts)
	r := C.vg_device_create(in.c, unsafe.Pointer(in.physical[i]), C.uint32_t(info.family), C.uint32_t(info.has),
		(*C.uint32_t)(&info.core[0]), &info.on, cexts, C.uint32_t(len(exts)), &d.c)
	if r != 0 {
		return nil, check("vkCreateDevice", int(r))
	}
	d.handle = vulkan.Device(C.vg_device_handle(d.c))
	var q vulkan.Queue
	vulkan.GetDeviceQueue(d.handle, uint32(info.family), 0, &q)
	C.vg_device_queue(d.c, unsafe.Pointer(q))
	if err := d.newCache(nil, &d.cache); err != nil {
		C.vg_device_destroy(d.c)
		return nil, err
	}
	in.mu.Lock()
	in.open[d] = true
	in.mu.Unlock()
	return d, nil
}

// Budget is the present budget and use of each heap.
func (d *Device) Budget() Budget { return d.in.Budget(d.index) }

// Live counts the Vulkan objects now open on the device, its own pipeline
// cache aside.
func (d *Device) Live() int { return int(d.objects.Load()) }

// Submits counts the queue submissions so far.
func (d *Device) Submits() int { return int(d.submits.Load()) }

// WaitIdle waits for all submitted work.
func (d *Device) WaitIdle() error {
	d.queue.Lock()
	defer d.queue.Unlock()
	return check("vkDeviceWaitIdle", int(vulkan.DeviceWaitIdle(d.handle)))
}

// Close waits for submitted work and closes the device and all that was left
// open on it, which the error lists (with where it was opened, in builds with
// the tag vulgo_debug). A second Close does nothing.
func (d *Device) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	left := d.owned
	d.owned = map[owned]string{}
	d.mu.Unlock()
	d.WaitIdle() // a lost device is closed all the same
	counts, where := map[string]int{}, []string{}
	for o, at := range left {
		counts[o.kind()]++
		if at != "" {
			where = append(where, o.kind()+" opened at "+at)
		}
		o.destroy()
	}
	vulkan.DestroyPipelineCache(d.handle, d.cache, nil)
	C.vg_device_destroy(d.c)
	d.in.mu.Lock()
	delete(d.in.open, d)
	d.in.mu.Unlock()
	if len(left) == 0 {
		return nil
	}
	var list []string
	for k, n := range counts {
		list = append(list, fmt.Sprintf("%d %s", n, k))
	}
	slices.Sort(list)
	slices.Sort(where)
	return fmt.Errorf("vulkan: %s was closed with %v left open %s", d.Info.Name, list, where)
}

// alive is the error of making something on a closed device.
func (d *Device) alive() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("vulkan: %s is closed", d.Info.Name)
	}
	return nil
}

// own counts n Vulkan objects that o stands for.
func (d *Device) own(o owned, n int) {
	d.objects.Add(int64(n))
	d.mu.Lock()
	d.owned[o] = callSite()
	d.mu.Unlock()
}

// disown says whether o was still open, and forgets it.
func (d *Device) disown(o owned) bool {
	d.mu.Lock()
	_, ok := d.owned[o]
	delete(d.owned, o)
	d.mu.Unlock()
	return ok
}

func (d *Device) gone(n int) { d.objects.Add(int64(-n)) }

// bits gives a non-dispatchable handle's 64 bits; handle turns them back. (On
// 32-bit machines the binding's handles are integers, elsewhere pointers.)
func bits[H any](h H) uint64   { return *(*uint64)(unsafe.Pointer(&h)) }
func handle[H any](b uint64) H { return *(*H)(unsafe.Pointer(&b)) }

// Fence tells when a submission is done.
type Fence struct {
	d *Device
	h C.uint64_t
}

// NewFence gives a fence that is not signalled.
func (d *Device) NewFence() (*Fence, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	ci := &vulkan.FenceCreateInfo{SType: vulkan.StructureTypeFenceCreateInfo}
	defer ci.Free()
	var h vulkan.Fence
	if r := vulkan.CreateFence(d.handle, ci, nil, &h); r != vulkan.Success {
		return nil, check("vkCreateFence", int(r))
	}
	f := &Fence{d, C.uint64_t(bits(h))}
	d.own(f, 1)
	return f, nil
}

// Wait waits until the submission is done, or for the timeout where it is not
// negative. Errors: ErrTimeout, ErrDeviceLost.
func (f *Fence) Wait(timeout time.Duration) error {
	ns := C.uint64_t(1<<64 - 1)
	if timeout >= 0 {
		ns = C.uint64_t(timeout)
	}
	return check("vkWaitForFences", int(C.vg_wait(f.d.c, f.h, ns)))
}

// Reset makes a signalled fence ready for another Submit.
func (f *Fence) Reset() error { return check("vkResetFences", int(C.vg_reset(f.d.c, f.h))) }

// Free gives the fence back.
func (f *Fence) Free() {
	if f.d.disown(f) {
		f.destroy()
	}
}

func (f *Fence) kind() string { return "fence" }
func (f *Fence) destroy() {
	vulkan.DestroyFence(f.d.handle, handle[vulkan.Fence](uint64(f.h)), nil)
	f.d.gone(1)
}

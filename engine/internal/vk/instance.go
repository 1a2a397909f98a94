//go:build cgo

package vk

/*
#cgo CFLAGS: -std=gnu11
#cgo linux LDFLAGS: -ldl
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unsafe"

	vulkan "github.com/vulkan-go/vulkan"
)

// Options says how to open Vulkan.
type Options struct {
	Validate           bool // the core checks of the Khronos validation layer
	Sync               bool // and its hazard checks
	GPUAssisted        bool // and its checks inside shaders, out-of-bounds access among them
	AppName            string
	InstanceExtensions []string // also to be enabled, such as those a window system asks for
}

// Instance is a connection to the Vulkan library and its devices. Its methods
// may be called from any goroutine, Close last.
type Instance struct {
	c        *C.vg_inst
	handle   vulkan.Instance
	physical []vulkan.PhysicalDevice
	infos    []Info

	mu   sync.Mutex
	open map[*Device]bool
}

const validationLayer = "VK_LAYER_KHRONOS_validation"

// The binding keeps its function pointers in globals.
var binding sync.Mutex

// Open loads the Vulkan library and lists its devices. Errors: ErrNoLibrary,
// ErrNoDriver, ErrNoValidation, ErrUnsupported for a library older than 1.1.
func Open(o Options) (*Instance, error) {
	binding.Lock()
	defer binding.Unlock()
	proc := C.vg_open()
	if proc == nil {
		return nil, ErrNoLibrary
	}
	if v := uint32(C.vg_loader_version()); v < version11 {
		return nil, fmt.Errorf("%w: the Vulkan library is version 1.0, 1.1 is needed", ErrUnsupported)
	}
	vulkan.SetGetInstanceProcAddr(proc)
	if err := vulkan.Init(); err != nil {
		return nil, fmt.Errorf("vulkan: starting the binding: %w", err)
	}
	var flags C.uint32_t
	var layers []string
	exts := slices.Clone(o.InstanceExtensions)
	has := names(nil, 1, nil, "")
	if slices.Contains(has, "VK_KHR_portability_enumeration") {
		exts = append(exts, "VK_KHR_portability_enumeration")
		flags |= C.VG_PORTABILITY
	}
	if o.Validate || o.Sync || o.GPUAssisted {
		if !slices.Contains(names(nil, 0, nil, ""), validationLayer) {
			return nil, ErrNoValidation
		}
		layers = append(layers, validationLayer)
		exts = append(exts, "VK_EXT_debug_utils", "VK_EXT_validation_features")
		flags |= C.VG_MESSAGES
		has = append(has, names(nil, 1, nil, validationLayer)...)
	}
	if o.Sync {
		flags |= C.VG_SYNC
	}
	if o.GPUAssisted {
		flags |= C.VG_GPU_ASSISTED
	}
	slices.Sort(exts)
	exts = slices.Compact(exts)
	for _, e := range exts {
		if !slices.Contains(has, e) {
			return nil, fmt.Errorf("%w: instance extension %s", ErrUnsupported, e)
		}
	}
	in := &Instance{open: map[*Device]bool{}}
	app, clayers, cexts := C.CString(o.AppName), cstrings(layers), cstrings(exts)
	defer free(app, clayers, cexts)
	r := int(C.vg_instance_create(app, flags, clayers, C.uint32_t(len(layers)), cexts, C.uint32_t(len(exts)), &in.c))
	if r == -9 {
		return nil, ErrNoDriver
	}
	if r != 0 {
		return nil, check("vkCreateInstance", r)
	}
	in.handle = vulkan.Instance(C.vg_instance_handle(in.c))
	if err := vulkan.InitInstance(in.handle); err != nil {
		C.vg_instance_destroy(in.c)
		return nil, fmt.Errorf("vulkan: starting the binding: %w", err)
	}
	if err := in.enumerate(); err != nil {
		C.vg_instance_destroy(in.c)
		return nil, err
	}
	for _, p := range in.physical {
		in.infos = append(in.infos, in.info(p, o.GPUAssisted))
	}
	return in, nil
}

func (in *Instance) enumerate() error {
	var n uint32
	r := vulkan.EnumeratePhysicalDevices(in.handle, &n, nil)
	if r == vulkan.ErrorInitializationFailed || r == vulkan.Success && n == 0 {
		return ErrNoDriver
	}
	if r != vulkan.Success {
		return check("vkEnumeratePhysicalDevices", int(r))
	}
	list := make([]vulkan.PhysicalDevice, n)
	if r = vulkan.EnumeratePhysicalDevices(in.handle, &n, list); r != vulkan.Success && r != vulkan.Incomplete {
		return check("vkEnumeratePhysicalDevices", int(r))
	}
	in.physical = list[:n]
	return nil
}

// Devices lists what OpenDevice can be asked for, in the driver's order.
func (in *Instance) Devices() []Info { return slices.Clone(in.infos) }

// Messages gives the warnings and errors of validation since the last call, at
// most 256 and a line that says how many more there were.
func (in *Instance) Messages() []string {
	var n, dropped C.uint32_t
	s := C.vg_messages(in.c, &n, &dropped)
	defer C.free(unsafe.Pointer(s))
	var out []string
	at := unsafe.Pointer(s)
	for range int(n) {
		m := C.GoString((*C.char)(at))
		out = append(out, m)
		at = unsafe.Add(at, len(m)+1)
	}
	if dropped > 0 {
		out = append(out, fmt.Sprintf("and %d messages more", dropped))
	}
	return out
}

// Close closes the devices still open, then the instance. The error is that of
// the devices' Close.
func (in *Instance) Close() error {
	in.mu.Lock()
	var open []*Device
	for d := range in.open {
		open = append(open, d)
	}
	in.mu.Unlock()
	var errs []error
	for _, d := range open {
		errs = append(errs, d.Close())
	}
	if in.c != nil {
		C.vg_instance_destroy(in.c)
		in.c = nil
	}
	return errors.Join(errs...)
}

// names lists layers or extensions; what is as in shim.h.
func names(in *C.vg_inst, what int, pd unsafe.Pointer, layer string) []string {
	var l *C.char
	if layer != "" {
		l = C.CString(layer)
		defer free(l)
	}
	s := C.vg_names(in, C.int(what), pd, l)
	defer free(s)
	return strings.Fields(C.GoString(s))
}

// cstrings lays strings one after another in C memory, a zero after each.
func cstrings(list []string) *C.char {
	var b []byte
	for _, s := range list {
		b = append(append(b, s...), 0)
	}
	return (*C.char)(C.CBytes(append(b, 0)))
}

func free(list ...*C.char) {
	for _, p := range list {
		C.free(unsafe.Pointer(p))
	}
}

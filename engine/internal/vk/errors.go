//go:build cgo

package vk

import (
	"errors"
	"fmt"
)

// What a caller may want to tell apart; test with errors.Is.
var (
	ErrNoLibrary    = errors.New("vulkan: no Vulkan library on this machine (libvulkan.so.1, vulkan-1.dll or libvulkan.dylib); install the Vulkan loader, on Debian libvulkan1")
	ErrNoDriver     = errors.New("vulkan: the Vulkan library is here but no driver; install the graphics card's driver, or on Debian mesa-vulkan-drivers")
	ErrNoValidation = errors.New("vulkan: validation was asked for but the layer VK_LAYER_KHRONOS_validation is not installed; on Debian vulkan-validationlayers")
	ErrUnsupported  = errors.New("vulkan: not supported by the device")
	ErrOutOfMemory  = errors.New("vulkan: out of memory")
	ErrDeviceLost   = errors.New("vulkan: device lost")
	ErrTimeout      = errors.New("vulkan: timeout")
)

// Error is a Vulkan call that failed.
type Error struct {
	Call string // as "vkQueueSubmit"
	Code int    // the VkResult
}

var codes = map[int]string{
	-1: "out of host memory", -2: "out of device memory", -3: "initialization failed", -4: "device lost",
	-5: "memory map failed", -6: "layer not present", -7: "extension not present", -8: "feature not present",
	-9: "incompatible driver", -10: "too many objects", -11: "format not supported", -12: "fragmented pool",
	-13: "unknown error", 2: "timeout", 1: "not ready", 5: "incomplete",
	-1000011001: "validation failed", -1000012000: "invalid shader", -1000069000: "out of pool memory",
	-1000161000: "fragmentation",
}

func (e *Error) Error() string {
	s, ok := codes[e.Code]
	if !ok {
		s = "result"
	}
	return fmt.Sprintf("vulkan: %s: %s (%d)", e.Call, s, e.Code)
}

// Is makes an Error match ErrOutOfMemory, ErrDeviceLost and ErrTimeout.
func (e *Error) Is(target error) bool {
	switch e.Code {
	case -1, -2, -1000069000:
		return target == ErrOutOfMemory
	case -4:
		return target == ErrDeviceLost
	case 2:
		return target == ErrTimeout
	}
	return false
}

func check(call string, code int) error {
	if code == 0 {
		return nil
	}
	return &Error{call, code}
}

//go:build !cgo

package engine

import "errors"

var errNoCgo = errors.New("this build has no Vulkan (CGO_ENABLED=0)")

func vulkanInfos() ([]Info, error) { return nil, errNoCgo }

func openVulkan(Info, string) (*Device, error) { return nil, errNoCgo }

// ValidationMessages is what the Vulkan validation layers said: nothing here.
func ValidationMessages() []string { return nil }

// LiveObjects counts the Vulkan objects a device holds; 0 on the CPU.
func (d *Device) LiveObjects() int { return 0 }

// Submissions counts the queue submissions made so far; 0 on the CPU.
func (d *Device) Submissions() int { return 0 }

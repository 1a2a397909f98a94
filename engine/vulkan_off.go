//go:build !cgo

package engine

import "errors"

var errNoCgo = errors.New("this build has no Vulkan (CGO_ENABLED=0)")

func vulkanInfos() ([]Info, error) { return nil, errNoCgo }

func openVulkan(Info, string) (*Device, error) { return nil, errNoCgo }

package engine_test

import (
	"testing"

	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
)

// Matmul on Vulkan devices that pretend to less than they have: few workgroups
// in a grid's first dimension, so that grids fold, and the least limits that
// Vulkan allows.
func TestMatMulOnDevicesWithSmallerLimits(t *testing.T) {
	for name, shrink := range map[string]func(*kernels.Target){
		"grids of 3": func(t *kernels.Target) { t.MaxGroups[0] = 3 },
		"least limits": func(t *kernels.Target) {
			least := kernels.MinimalVulkan()
			least.MaxStorageRange, least.MaxAlloc, least.Memory = t.MaxStorageRange, t.MaxAlloc, t.Memory
			*t = *least
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, d := range devtest.Devices() {
				if d.Target.Kind != kernels.Vulkan {
					continue
				}
				real, less := d.Target, *d.Target
				shrink(&less)
				d.Target = &less
				defer func() { d.Target = real }()
			}
			for i, c := range kernels.MatMul.Cases {
				if n := c.In[0].Elems() + c.In[1].Elems(); n > 500 && n < 6_000 {
					testCase(t, kernels.MatMul, i, c, true)
				}
			}
		})
	}
}

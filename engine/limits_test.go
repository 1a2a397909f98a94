package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/internal/opcheck"
	"github.com/vulgo-ml/vulgo/kernels"
)

// Every op on Vulkan devices that pretend to less than they have: few workgroups
// in a grid's first dimension, so that grids fold, and the least limits that
// Vulkan allows. (That the dispatches stay within the limits is a test of kernels.)
func TestOpsOnDevicesWithSmallerLimits(t *testing.T) {
	for name, shrink := range map[string]func(*kernels.Target){
		"grids of 3": func(t *kernels.Target) { t.MaxGroups[0] = 3 },
		"least limits": func(t *kernels.Target) {
			least := kernels.MinimalVulkan()
			least.MaxAlloc, least.Memory = t.MaxAlloc, t.Memory
			*t = *least
		},
	} {
		t.Run(name, func(t *testing.T) {
			pretend(t, shrink)
			for _, op := range kernels.All() {
				t.Run(op.Name, func(t *testing.T) {
					done := 0
					for i, c := range op.Cases {
						f := opcheck.NewFixture(op, c, uint64(i), true)
						if n := f.Elems(); n > 256 && n < 6000 && done < 3 {
							testCase(t, f, 1)
							done++
						}
					}
				})
			}
		})
	}
}

// pretend changes what is known of the Vulkan devices until the test ends.
func pretend(t *testing.T, shrink func(*kernels.Target)) {
	for _, d := range devtest.Devices() {
		if d.Target.Kind == kernels.Vulkan {
			real, less := d.Target, *d.Target
			shrink(&less)
			d.Target = &less
			t.Cleanup(func() { d.Target = real })
		}
	}
	require.NotEmpty(t, devtest.Devices())
}

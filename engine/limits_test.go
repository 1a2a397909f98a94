package engine_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/internal/opcheck"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Every op on Vulkan devices that pretend to less than they have: few workgroups
// in a grid's first dimension, so that grids fold or the op says that it can't,
// and the least limits that Vulkan allows, which every op must do with. (That the dispatches stay within the limits is a test of kernels.)
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
				if op.View {
					continue
				}
				t.Run(op.Name, func(t *testing.T) {
					done := 0
					for i, c := range op.Cases {
						f := opcheck.NewFixture(op, c, uint64(i), true)
						if n := f.Elems(); n > 256 && n < 6000 && done < 3 {
							testOrRefused(t, f, name == "grids of 3")
							done++
						}
					}
				})
			}
		})
	}
}

// testOrRefused is testCase, where an op may refuse a device by name.
func testOrRefused(t *testing.T, f *opcheck.Fixture, may bool) {
	for _, d := range devtest.Devices() {
		variants, err := f.Variants(d.Target)
		require.NoError(t, err)
		if len(variants) == 0 {
			require.True(t, may, "no variant on %s serves %v", d.Name, f)
			_, err := f.Run(d.Device, "", 1)
			require.ErrorContains(t, err, f.Op.Name)
		}
		for _, v := range variants {
			testVariant(t, f, d, v, 1)
		}
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

// Operands larger than a binding may be: elementwise ops, reductions, copies and
// optimizers go in windows; whatever else doesn't is refused by name, and never
// wrong.
func TestOpsOnDevicesWithSmallBindings(t *testing.T) {
	pretend(t, func(t *kernels.Target) { t.MaxStorageRange = 4 << 10 })
	for _, op := range kernels.All() {
		t.Run(op.Name, func(t *testing.T) {
			done := 0
			for i, c := range op.Cases {
				f := opcheck.NewFixture(op, c, uint64(i), true)
				call, err := f.Call()
				require.NoError(t, err)
				if n := f.Elems(); n > 20000 || done == 4 || !larger(call, 4<<10) {
					continue
				}
				done++
				if windowed(call) {
					testCase(t, f, 1)
					continue
				}
				for _, d := range devtest.Devices() {
					variants, err := f.Variants(d.Target)
					require.NoError(t, err)
					for _, v := range variants {
						if _, err := f.Run(d.Device, v, 1); err != nil {
							require.ErrorContains(t, err, op.Name)
							continue
						}
						testVariant(t, f, d, v, 1)
					}
				}
			}
		})
	}
}

// larger tells whether an operand takes more bytes.
func larger(c *kernels.Call, bytes int) bool {
	for _, t := range append(append([]tensor.Type{}, c.In...), c.Out...) {
		if t.Bytes() > bytes {
			return true
		}
	}
	return false
}

// windowed tells whether an op must do with any binding range.
func windowed(c *kernels.Call) bool {
	_, elementwise := kernels.Formula(c.Op, c.Attrs, c.In)
	_, reduction := c.Attrs.(cpuref.ReduceAttrs)
	return elementwise || reduction || c.Op.Flat != nil || slices.Contains([]*kernels.Op{
		kernels.Permute, kernels.Expand, kernels.Slice, kernels.SliceGrad, kernels.Concat, kernels.Pack, kernels.Pad, kernels.Var}, c.Op)
}

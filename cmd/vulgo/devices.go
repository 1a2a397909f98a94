package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/kernels"
)

func (c *cli) devices(ctx context.Context, args []string) error {
	words, err := parse(c.flags("devices", ""), args)
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return usagef("devices: unexpected %q", words)
	}
	infos, vkErr := engine.Devices()
	for _, in := range infos {
		c.device(in)
	}
	if vkErr != nil {
		fmt.Fprintf(c.out, "no Vulkan: %v\n", vkErr)
	}
	return nil
}

func (c *cli) device(in engine.Info) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(c.out, "  %-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(c.out, "%s: %s\n", spec(in), in.Name)
	row("type", "%s", in.Type)
	row("driver", "%s", in.Driver)
	if in.Memory > 0 {
		row("memory", "%.1f GB", float64(in.Memory)/1e9)
	}
	if t := in.Target; t != nil && in.Kind == kernels.Vulkan {
		row("limits", "%d invocations a workgroup, %d KB shared memory, subgroups of %d, %d storage buffers a stage",
			t.MaxInvocations, t.SharedMemory>>10, t.SubgroupSize, t.MaxStorageBuffers)
		row("", "%.2f GB an allocation, %.2f GB and %d texels a binding, %d push bytes",
			float64(t.MaxAlloc)/1e9, float64(t.MaxStorageRange)/1e9, t.MaxTexels, t.MaxPush)
	}
	if len(in.Features) > 0 {
		row("features", "%s", strings.Join(in.Features, ", "))
	}
	if in.Unfit != "" {
		row("fit", "no: %s", in.Unfit)
	} else {
		row("fit", "yes")
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/internal/opcheck"
	"github.com/vulgo-ml/vulgo/kernels"
)

func (c *cli) devices(ctx context.Context, args []string) error {
	fs := c.flags("devices", "[--check [--device D]]")
	check := fs.Bool("check", false, "run every op's cases on the devices, against float64")
	only := fs.String("device", "", "check this device alone; `name` as for train")
	words, err := c.parse(fs, args)
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
	if !*check {
		return nil
	}
	if *only != "" {
		return c.check(ctx, *only)
	}
	var failed error
	for _, in := range infos {
		if in.Unfit == "" {
			failed = errors.Join(failed, c.check(ctx, spec(in)))
		}
	}
	return failed
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

// check runs the op table on a device and names the kernels that are wrong.
func (c *cli) check(ctx context.Context, name string) (err error) {
	dev, err := engine.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	fmt.Fprintf(c.out, "\n%s: every op against float64; of its tolerance the worst element used\n", dev.Name)
	ops, wrong := 0, 0
	err = opcheck.Ops(ctx, dev, func(r opcheck.Result) {
		ops++
		fmt.Fprintf(c.out, "  %-26s %4d runs  %5.1f %%\n", r.Op, r.Runs, 100*r.Worst)
		for _, w := range r.Wrong {
			fmt.Fprintf(c.out, "    WRONG %s\n", w)
		}
		if len(r.Wrong) > 0 {
			wrong++
		}
	})
	if err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%s: %d of %d ops compute wrongly", dev.Name, wrong, ops)
	}
	fmt.Fprintf(c.out, "%s: all %d ops are right\n", dev.Name, ops)
	return nil
}

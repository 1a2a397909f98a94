package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/tasks"
)

// compareSteps are what demo trains on every device.
const compareSteps = 20

func (c *cli) demo(ctx context.Context, args []string) (err error) {
	fs := c.flags("demo", "[flags]")
	f := c.trainFlags(fs)
	words, err := c.parse(fs, args)
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return usagef("demo: unexpected %q", words)
	}
	o, err := f.options()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Device.Close()) }()
	rep, err := c.trainTask(ctx, "digits", o)
	if err != nil {
		return err
	}
	return c.compare(ctx, o, rep.Losses)
}

type column struct {
	name   string
	losses []float64
}

// compare trains the first steps again on every other device and prints the
// losses side by side.
func (c *cli) compare(ctx context.Context, o tasks.Options, losses []float64) error {
	n := min(compareSteps, len(losses))
	columns := []column{{o.Device.Name, losses[:n]}}
	infos, vkErr := engine.Devices()
	fmt.Fprintf(c.out, "\nthe same first %d steps on every other device:\n", n)
	if vkErr != nil {
		fmt.Fprintf(c.out, "no Vulkan device to compare with: %v\n", vkErr)
	}
	for _, in := range infos {
		if in.Kind == o.Device.Kind && in.Index == o.Device.Index {
			continue
		}
		if in.Unfit != "" {
			fmt.Fprintf(c.out, "left out: %s: %s\n", in.Name, in.Unfit)
			continue
		}
		fmt.Fprintf(c.out, "%s ... ", in.Name)
		began := time.Now()
		l, err := lossesOn(ctx, in, o, n)
		if err != nil {
			return fmt.Errorf("on %s: %w", in.Name, err)
		}
		fmt.Fprintf(c.out, "%.1f s\n", time.Since(began).Seconds())
		columns = append(columns, column{in.Name, l})
	}
	if len(columns) < 2 {
		fmt.Fprintf(c.out, "no other device to compare %s with\n", o.Device.Name)
		return nil
	}
	c.sideBySide(columns)
	return nil
}

func lossesOn(ctx context.Context, in engine.Info, o tasks.Options, steps int) (losses []float64, err error) {
	if o.Device, err = engine.Open(spec(in)); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Device.Close()) }()
	return tasks.FirstLosses(ctx, "digits", o, steps)
}

// spec is what opens a device.
func spec(in engine.Info) string {
	if in.Type == "cpu" {
		return "cpu"
	}
	return fmt.Sprintf("vulkan:%d", in.Index)
}

func (c *cli) sideBySide(columns []column) {
	const width = 24
	fmt.Fprintf(c.out, "\nthe loss by step and device\nstep")
	for _, col := range columns {
		name, _, _ := strings.Cut(col.name, " (") // what follows is the driver's
		fmt.Fprintf(c.out, "  %*.*s", width, width, name)
	}
	fmt.Fprintln(c.out)
	largest := 0.0
	for i := range columns[0].losses {
		fmt.Fprintf(c.out, "%4d", i+1)
		for _, col := range columns {
			fmt.Fprintf(c.out, "  %*.6f", width, col.losses[i])
			largest = math.Max(largest, math.Abs(col.losses[i]-columns[0].losses[i]))
		}
		fmt.Fprintln(c.out)
	}
	fmt.Fprintf(c.out, "largest difference: %.2g\n", largest)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/roof"
	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/engine"
)

// runner measures rows on devices.
type runner struct {
	options
	devs   []*engine.Device
	out    *printer
	stderr io.Writer

	// others prepare more jobs for a row, to be timed in turn with the devices';
	// the device's results say what is right.
	others []func(ctx context.Context, r row) ([]*job, error)

	limits       map[string]*roof.Limits // by device; what isn't there isn't known
	results      []stats.Result
	failed, none int // rows that failed, and those that have no form in the dtype
}

// errNoForm says that a row can't be had in a dtype on a device.
var errNoForm = errors.New("there is no such form")

// all measures row after row. A row that fails is reported and the others go
// on; a device that is gone is left out from then on. An interrupt, or that no
// device is left, ends the run.
func (r *runner) all(ctx context.Context, rows []row) error {
	for i, one := range rows {
		failed := r.failed
		err := r.row(ctx, one)
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted at %s, %d of %d rows done: %w", one.name, i-failed, len(rows), ctx.Err())
		}
		if err != nil && len(r.devs) == 0 {
			return fmt.Errorf("%s, %d of %d rows done: %w", one.name, i-failed, len(rows), err)
		} else if err != nil {
			return err
		}
	}
	if r.none > 0 {
		fmt.Fprintf(r.stderr, "bench: %d of %d rows have no %v form there\n", r.none, len(rows)*len(r.devs), r.dtype)
	}
	switch {
	case r.failed > 0:
		return fmt.Errorf("%d of %d rows failed", r.failed, len(rows))
	case len(r.results) == 0:
		return fmt.Errorf("none of the %d rows has a form in %v there", len(rows), r.dtype)
	}
	return nil
}

// row prepares a row everywhere, times it and prints what came of it. Its error
// ends the run.
func (r *runner) row(ctx context.Context, one row) error {
	var jobs []*job
	defer func() {
		for _, j := range jobs {
			j.close()
		}
	}()
	var lost error
	wrong := false
	fails := func(dev *engine.Device, err error) {
		switch {
		case errors.Is(err, errNoForm):
			r.none++
		case errors.Is(err, engine.ErrDeviceLost):
			if dev != nil {
				r.devs = slices.DeleteFunc(slices.Clone(r.devs), func(d *engine.Device) bool { return d == dev })
			}
			if lost = err; len(r.devs) > 0 {
				wrong = true
				fmt.Fprintf(r.stderr, "bench: %s: %v; the other devices go on\n", one.name, err)
			}
		case ctx.Err() == nil:
			wrong = true
			fmt.Fprintf(r.stderr, "bench: %s%s: %v\n", one.name, r.on(dev), err)
		}
	}
	prepare := one.begin(setup{dtype: r.dtype, variants: r.variants})
	var from []*engine.Device
	for _, dev := range slices.Clone(r.devs) {
		if err := ctx.Err(); err != nil {
			return err
		}
		js, err := prepare(ctx, dev)
		for _, j := range js {
			r.describe(j, one, dev)
			jobs, from = append(jobs, j), append(from, dev)
		}
		if err != nil {
			fails(dev, err)
		}
	}
	if len(jobs) > 0 && ctx.Err() == nil {
		for _, other := range r.others {
			js, err := other(ctx, one)
			for _, j := range js {
				jobs, from = append(jobs, j), append(from, nil)
			}
			if err != nil {
				fails(nil, err)
			}
		}
	}
	errs := measure(ctx, jobs, r.timing)
	for i, j := range jobs {
		err := errs[i]
		if err == nil && j.kernel != nil {
			j.result.DeviceNS, err = j.kernel(ctx)
		}
		if err != nil {
			fails(from[i], err)
			continue
		}
		if err := r.keep(j.result); err != nil {
			return err
		}
	}
	if wrong {
		r.failed++
	}
	if len(r.devs) == 0 {
		return lost
	}
	return nil
}

// on names a device where there are several.
func (r *runner) on(dev *engine.Device) string {
	if dev == nil || r.out == nil || !r.out.several {
		return ""
	}
	return " on " + dev.Name
}

func (r *runner) describe(j *job, one row, dev *engine.Device) {
	j.result = stats.Result{
		Name: one.name, Device: dev.Name, Driver: dev.Driver, Host: host(), DType: r.dtype.String(), Variant: j.variant,
		Flops: j.cost.Flops, Bytes: j.cost.Bytes, Set: j.set, Items: one.items, RelErr: j.relErr, Check: j.check,
	}
}

func (r *runner) keep(res stats.Result) error {
	r.held(&res)
	r.results = append(r.results, res)
	return r.out.row(&res)
}

func host() string {
	return fmt.Sprintf("%s, %s/%s, %d threads", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
}

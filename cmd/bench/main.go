// Command bench times every op of the table and three whole training steps on
// one device:
//
//	go run ./cmd/bench                          # the best GPU, else the CPU
//	go run ./cmd/bench -device cpu -run ^train/ # rows by regular expression
//	go run ./cmd/bench -list                    # their names
//
// A row is verified before it is timed: ops at the op table's tolerance,
// training steps in loss, moments and updated parameters, all against a float64
// oracle. A wrong result is an error that fails the run, not a row.
//
// What is timed is the wall clock of runs as a user's program makes them: run
// after run is submitted, two under way at most, and the last one of a sample
// is waited for. An op's operands lie on the device already and its result
// stays there; besides the op a run holds what a submission costs and, for the
// host, a copy of one element of the result, so on a GPU the rows of small ops
// show that more than the kernel. Outputs that an op has for its gradient are
// left out. A training step takes in all: upload of the batch, forward,
// backward and Adam's update. The examples of train/charlstm are characters.
//
// GFLOP/s and GB/s are of the op table's cost: the arithmetic, and the least
// bytes that must be moved. The spread is the interquartile range of the
// samples. Ctrl-C ends the run and keeps the rows that are done, in the JSON
// file too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/vulgo-ml/vulgo/engine"
)

// The exit statuses.
const (
	exitOK        = 0
	exitFailed    = 1   // a row, the device or a file failed
	exitUsage     = 2   // flags that make no sense, or select nothing
	exitInterrupt = 130 // Ctrl-C
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := bench(ctx, os.Args[1:], os.Stdout, os.Stderr, allRows())
	stop()
	os.Exit(code)
}

type options struct {
	device, pattern, json string
	list                  bool
	timing
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.device, "device", "", "auto, cpu, vulkan, vulkan:N, or a part of a device's name (default $VULGO_DEVICE, else auto)")
	fs.StringVar(&o.pattern, "run", "", "time the rows whose names match this regular expression")
	fs.BoolVar(&o.list, "list", false, "list the rows and end")
	fs.StringVar(&o.json, "json", "", "write the rows to this file, one JSON object a line")
	fs.DurationVar(&o.time, "time", time.Second/2, "time to measure a row, at least")
	fs.IntVar(&o.count, "count", 5, "samples to take of a row, at least")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	var err error
	switch {
	case fs.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.time < 0:
		err = fmt.Errorf("-time %v: wants a duration that isn't negative", o.time)
	case o.count < 1:
		err = fmt.Errorf("-count %d: wants 1 or more", o.count)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
	}
	return o, err
}

// bench is the command; it returns the exit status.
func bench(ctx context.Context, args []string, stdout, stderr io.Writer, rows []row) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUsage
	}
	if rows, err = choose(rows, o.pattern); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitUsage
	}
	if o.list {
		for _, r := range rows {
			fmt.Fprintln(stdout, r.name)
		}
		return exitOK
	}
	dev, err := engine.Open(o.device)
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitUsage
	}
	p, err := newPrinter(stdout, o.json, rows)
	if err == nil {
		p.header(dev)
		err = all(ctx, dev, rows, o.timing, p, stderr)
		err = errors.Join(err, p.close())
	}
	if err = errors.Join(err, dev.Close()); err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "bench:", err)
	if errors.Is(err, context.Canceled) {
		return exitInterrupt
	}
	return exitFailed
}

// all measures row after row. A row that fails is reported and the others go
// on; a device that is gone or an interrupt ends the run.
func all(ctx context.Context, dev *engine.Device, rows []row, o timing, p *printer, stderr io.Writer) error {
	failed := 0
	for i, r := range rows {
		res, err := one(ctx, dev, r, o)
		switch {
		case err == nil:
			if err := p.row(res); err != nil {
				return err
			}
		case ctx.Err() != nil:
			return fmt.Errorf("interrupted at %s, %d of %d rows done: %w", r.name, i-failed, len(rows), ctx.Err())
		case errors.Is(err, engine.ErrDeviceLost):
			return fmt.Errorf("%s, %d of %d rows done: %w", r.name, i-failed, len(rows), err)
		default:
			failed++
			fmt.Fprintf(stderr, "bench: %s: %v\n", r.name, err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d rows failed", failed, len(rows))
	}
	return nil
}

func one(ctx context.Context, dev *engine.Device, r row, o timing) (result, error) {
	if err := ctx.Err(); err != nil {
		return result{}, err
	}
	j, err := r.prepare(ctx, dev)
	if err != nil {
		return result{}, err
	}
	defer j.close()
	s, err := measure(ctx, j, o)
	if err != nil {
		return result{}, err
	}
	return result{
		Name: r.name, Device: dev.Name, DType: "float32", Reps: s.reps, MedianNS: s.median, MinNS: s.min,
		Flops: j.cost.Flops, Bytes: j.cost.Bytes, Items: r.items, RelErr: j.relErr, spread: s.spread, variant: j.variant,
	}, nil
}

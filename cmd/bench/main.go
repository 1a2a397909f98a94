// Command bench times every op of the table and whole training and inference
// steps, on one device or several side by side:
//
//	go run ./cmd/bench                              # the best GPU, else the CPU
//	go run ./cmd/bench -device cpu -run ^train/     # rows by regular expression
//	go run ./cmd/bench -device cpu,vulkan -variants # every kernel of each
//	go run ./cmd/bench -size full -json new.jsonl   # large shapes too
//	go run ./cmd/bench compare old.jsonl new.jsonl  # what became slower?
//	go run ./cmd/bench -report out/bench            # all of it as a page to publish
//	go run ./cmd/bench report a.jsonl b.jsonl out   # a page of results in files
//	go run ./cmd/bench limits                       # what the device can do at most
//	go run ./cmd/bench -roofline roof.svg           # the rows under the device's roofs
//	go run ./cmd/bench -profile -run ^train/cnn$    # where does a step's time go?
//	go run ./cmd/bench -trace t.json -run infer/mlp # one run, for chrome://tracing
//	go run ./cmd/bench -scaling                     # how does time grow with size?
//	go run ./cmd/bench -list                        # the rows' names
//
// A row is verified before it is timed, at the op table's tolerance or a step's
// own, and a wrong result is an error that fails the run, not a row. The column
// check says what it was held to: "float64" is the whole result from a float64
// oracle; "float64 sample" is what the oracle makes of some of its batch, rows or
// channels, where all would take it longer than a second; "float32 plain" is the
// plain kernel of an op that can't be cut like that; "float64 small" is a step
// over a smaller batch and image, with the loss of the large one held to the
// CPU's.
//
// What is timed is the wall clock of runs as a user's program makes them: run
// after run is submitted, two under way at most, and the last one of a sample
// is waited for. Devices, and kernels with -variants, take their samples in turn,
// so that a busy moment of the machine falls on all of them. An op's operands lie
// on the device already and its result stays there; besides the op a run holds
// what a submission costs and, for the host, a copy of one element of the result,
// so on a GPU the rows of small ops show that more than the kernel. The column
// kernel time is without that: by the device's own timestamps (the CPU's: by the
// clock), of the op alone or all of a step, in a program run for them apart.
// Outputs that an op has for its gradient are left out. A training step takes in
// all: upload of the batch, forward, backward and Adam's update. The examples of
// rows over text are its tokens.
//
// The median comes with its 95 % confidence interval, from order statistics, so
// of any distribution. Outliers are samples three interquartile ranges above the
// upper quartile; the worst is named. GFLOP/s and GB/s are of the op table's
// cost: the arithmetic, and the least bytes that must be moved. -format go prints
// what benchstat reads. Ctrl-C ends the run and keeps the rows that are done, in
// the JSON file too.
//
// The column roof is the least time that the row's arithmetic (A) or memory traffic
// (M) could take on the device, whichever is longer, as a share of its median: at
// the best rate of multiply-adds in float32, and the best of copying and adding
// over as much memory as a run goes over. These limits are measured first (-roof=false
// leaves that out), stand in the JSON file as rows limits/..., and are chosen by
// -run too. Rows that only read, or that find more in a cache than they count,
// may come out over 100 %.
//
// -profile runs a row step by step, each waited for, and divides the wall clock: a
// moment belongs to the kernel that runs, else to a copy of inputs or outputs,
// else to what the host does (feeding, submitting, reading), else to the queue
// where the device hasn't begun, else to waiting for the host to hear of the end.
// A kernel's time goes from the end of the one before it, so it has the barrier
// between them; the program without a profile, whose time is printed beside, needs
// no timestamps and lets independent kernels overlap. -trace writes the run of
// median time. -scaling times ops and training steps at several sizes in turn,
// fits time = a·size^e to the medians, and writes plots into -plots.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/tensor"
)

// The exit statuses.
const (
	exitOK        = 0
	exitFailed    = 1   // a row, the device or a file failed, or compare found a slow-down
	exitUsage     = 2   // flags that make no sense, or select nothing
	exitInterrupt = 130 // Ctrl-C
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command is bench, or one of its subcommands; it returns the exit status.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "compare" {
		return compare(args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "limits" {
		return limitsCommand(ctx, args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "report" {
		return reportFiles(args[1:], stdout, stderr)
	}
	return bench(ctx, args, stdout, stderr, allRows())
}

type options struct {
	devices       []string
	pattern, json string
	format        string
	dtype         tensor.DType
	list, full    bool
	variants      bool
	report        string
	args          []string
	given         map[string]string // flags
	timing
	modes
	roofs
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var device, size, dtype string
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&device, "device", "", "auto, cpu, vulkan, vulkan:N, or a part of a device's name; several by commas (default $VULGO_DEVICE, else auto)")
	fs.StringVar(&o.pattern, "run", "", "time the rows whose names match this regular expression")
	fs.StringVar(&size, "size", "small", "small, or full: the large shapes too")
	fs.StringVar(&dtype, "dtype", "float32", "float32, float16, bfloat16 or float64: what floats are stored in")
	fs.BoolVar(&o.variants, "variants", false, "time every kernel of an op that serves the shape, not only the one that is chosen")
	fs.BoolVar(&o.list, "list", false, "list the rows and end")
	fs.StringVar(&o.json, "json", "", "write the results to this file, one JSON object a line")
	fs.StringVar(&o.format, "format", "table", "table, go (for benchstat) or markdown")
	fs.DurationVar(&o.time, "time", 0, "time to measure a row, at least (default: by the number of rows, 50ms to 500ms)")
	fs.IntVar(&o.count, "count", 0, "samples to take of a row, at least (default: 12, or 5 where a run takes long)")
	fs.StringVar(&o.report, "report", "", "write a report of all this into a folder, as HTML, Markdown and JSON lines")
	o.modes.flags(fs)
	o.roofs.flags(fs)
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	o.args, o.given = args, map[string]string{}
	fs.Visit(func(f *flag.Flag) { o.given[f.Name] = f.Value.String() })
	o.devices = strings.Split(device, ",")
	o.full = size == "full"
	var err error
	o.dtype, err = floatType(dtype)
	switch {
	case err != nil:
	case fs.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case size != "small" && size != "full":
		err = fmt.Errorf("-size %q: wants small or full", size)
	case o.format != "table" && o.format != "go" && o.format != "markdown":
		err = fmt.Errorf("-format %q: wants table, go or markdown", o.format)
	case o.time < 0:
		err = fmt.Errorf("-time %v: wants a duration that isn't negative", o.time)
	case o.count < 1 && o.given["count"] != "":
		err = fmt.Errorf("-count %d: wants 1 or more", o.count)
	default:
		rows := !o.profiles && o.tracePath == "" && !o.scaling && o.peers == "" && o.report == ""
		err = errors.Join(o.roofs.check(rows), o.modes.check(&o))
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
	}
	o.auto = o.given["time"] == ""
	return o, err
}

func floatType(name string) (tensor.DType, error) {
	for _, d := range tensor.DTypes() {
		if d.IsFloat() && d.String() == name {
			return d, nil
		}
	}
	return 0, fmt.Errorf("-dtype %q: wants float32, float16, bfloat16 or float64", name)
}

// bench is the command without subcommands.
func bench(ctx context.Context, args []string, stdout, stderr io.Writer, rows []row) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUsage
	}
	if o.report != "" && !o.list {
		return o.reported(ctx, rows, stdout, stderr)
	}
	if o.scaling {
		rows = sweepRows()
	}
	rows = append(rows, limitRows(o.pattern)...)
	if rows, err = choose(rows, o.pattern, o.full); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitUsage
	}
	if o.list {
		for _, r := range rows {
			fmt.Fprintln(stdout, r.name)
		}
		return exitOK
	}
	if err := o.one(len(rows) * len(o.devices)); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitUsage
	}
	devs, err := openAll(o.devices)
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitUsage
	}
	o.timing = o.timing.among(o.points(rows) * len(devs))
	p, err := newPrinter(stdout, o, rows, len(devs) > 1)
	if err == nil {
		r := runner{options: o, devs: devs, out: p, stderr: stderr}
		if o.profiles || o.scaling || o.peers != "" {
			p.columns = nil
		}
		p.header(devs)
		err = errors.Join(r.work(ctx, rows, stdout), p.close())
	}
	for _, d := range devs {
		err = errors.Join(err, d.Close())
	}
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "bench:", err)
	if errors.Is(err, context.Canceled) {
		return exitInterrupt
	}
	return exitFailed
}

// openAll opens devices, each once.
func openAll(specs []string) ([]*engine.Device, error) {
	var devs []*engine.Device
	for _, s := range specs {
		d, err := engine.Open(strings.TrimSpace(s))
		for _, other := range devs {
			if err == nil && d.Kind == other.Kind && d.Index == other.Index {
				err = errors.Join(fmt.Errorf("-device %s: %s is there twice", strings.Join(specs, ","), d.Name), d.Close())
			}
		}
		if err != nil {
			for _, other := range devs {
				other.Close()
			}
			return nil, err
		}
		devs = append(devs, d)
	}
	return devs, nil
}

// autoBudget is what the measuring of all rows may take where -time isn't given.
const autoBudget = 75 * time.Second

// among gives each of so many rows its part of the time, if it wasn't given.
func (t timing) among(rows int) timing {
	if t.auto {
		t.time = min(max(autoBudget/time.Duration(max(rows, 1)), 50*time.Millisecond), time.Second/2)
	}
	return t
}

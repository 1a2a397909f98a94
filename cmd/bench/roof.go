package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/roof"
	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/kernels"
)

// roofs is whether rows are held to what their device can do at most.
type roofs struct {
	judge    bool
	roofline string // a .png or .svg file; "": none
}

func (o *roofs) flags(fs *flag.FlagSet) {
	fs.BoolVar(&o.judge, "roof", true, "measure the devices' limits first, and hold each row to the nearer roof")
	fs.StringVar(&o.roofline, "roofline", "", "draw all rows under their device's roofs to this file, .png or .svg (several devices: a file each, with its name)")
}

func (o *roofs) check(rows bool) error {
	ext := filepath.Ext(o.roofline)
	switch {
	case o.roofline == "":
		return nil
	case !rows || !o.judge:
		return errors.New("-roofline is of rows and roofs: it goes without -profile, -trace, -scaling, -peers, -report and -roof=false")
	case ext != ".png" && ext != ".svg":
		return fmt.Errorf("-roofline %s: wants a name that ends in .png or .svg", o.roofline)
	}
	if s, err := os.Stat(filepath.Dir(o.roofline)); err != nil || !s.IsDir() {
		return fmt.Errorf("-roofline %s: its directory isn't there", o.roofline)
	}
	return nil
}

// limitRows are the limits as rows, which only a -run that names them selects.
func limitRows(pattern string) []row {
	if !strings.Contains(pattern, strings.TrimSuffix(roof.Prefix, "/")) {
		return nil
	}
	var rows []row
	for _, p := range roof.Probes(0) {
		rows = append(rows, row{name: p.Name, items: p.Items, begin: func(setup) preparer {
			return func(_ context.Context, dev *engine.Device) ([]*job, error) {
				j, err := p.Prepare(dev)
				var absent roof.Absent
				if errors.As(err, &absent) {
					return nil, fmt.Errorf("%w: %w", errNoForm, err)
				} else if err != nil {
					return nil, err
				}
				return []*job{{sample: j.Sample, close: j.Close, cost: kernels.Cost{Flops: j.Flops, Bytes: j.Bytes}, variant: j.How}}, nil
			}
		}})
	}
	return rows
}

// limitTime is how long a limit is measured, and largestSet the memory gone over
// at most: less where rows are timed in a hurry, and on software devices, which
// have nothing beyond the CPU's caches and memory.
func limitTime(t time.Duration) time.Duration {
	return min(max(t/2, time.Millisecond), 50*time.Millisecond)
}

func largestSet(dev *engine.Device, t time.Duration) int {
	switch {
	case t < 10*time.Millisecond:
		return 1 << 20
	case dev.Kind == kernels.Vulkan && dev.Target.Software:
		return 32 << 20
	}
	return 256 << 20
}

// measureLimits measures each device's, unless all rows are limits themselves.
func (r *runner) measureLimits(ctx context.Context, rows []row) error {
	r.limits = map[string]*roof.Limits{}
	others := false
	for _, one := range rows {
		others = others || !strings.HasPrefix(one.name, roof.Prefix)
	}
	if !r.judge || !others {
		return nil
	}
	for _, dev := range r.devs {
		l, results, err := roof.Measure(ctx, dev, largestSet(dev, r.time), limitTime(r.time))
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("interrupted as the limits of %s were measured, 0 of %d rows done: %w", dev.Name, len(rows), ctx.Err())
		case err != nil:
			fmt.Fprintf(r.stderr, "bench: the limits of %s: %v; its rows go without\n", dev.Name, err)
			continue
		}
		r.limits[dev.Name] = l
		if r.out.json == nil {
			continue
		}
		for i := range results {
			results[i].Host = host()
			if err := results[i].Write(r.out.json); err != nil {
				return fmt.Errorf("-json: %w", err)
			}
		}
	}
	return nil
}

// held sets a result's share of the nearer roof, if its device's are known.
func (r *runner) held(res *stats.Result) {
	if l := r.limits[res.Device]; l != nil {
		l.Judge(res)
	}
}

// drawRooflines draws what there are results of.
func (r *runner) drawRooflines(out io.Writer) error {
	if r.roofline == "" {
		return nil
	}
	var errs error
	for _, dev := range r.devs {
		l := r.limits[dev.Name]
		if l == nil {
			continue
		}
		path := r.roofline
		if len(r.limits) > 1 {
			ext := filepath.Ext(path)
			path = strings.TrimSuffix(path, ext) + "-" + slug(dev.Name) + ext
		}
		if err := roof.Plot(path, l, r.results); err != nil {
			errs = errors.Join(errs, fmt.Errorf("-roofline: %w", err))
			continue
		}
		fmt.Fprintf(out, "wrote %s\n", path)
	}
	return errs
}

// slug is a device's name as a part of a file's.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}

// touched is the memory that a program's runs go over, in bytes.
func touched(p *engine.Program) float64 {
	sum := p.Plan().Bytes()
	for _, v := range p.Plan().Vars {
		sum += v.Stored().Bytes()
	}
	return float64(sum)
}

// roofShare is the column of that name: how near, and to the roof of arithmetic
// (A) or of memory (M).
func roofShare(r *stats.Result) string {
	if r.Roof == 0 {
		return ""
	}
	return figure(100*r.Roof) + "% " + strings.ToUpper(r.RoofBy[:1])
}

// limitsCommand is bench limits: the limits of devices as tables.
func limitsCommand(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("bench limits", flag.ContinueOnError)
	fs.SetOutput(stderr)
	device := fs.String("device", "", "as of bench; several by commas")
	path := fs.String("json", "", "write the limits to this file too, one JSON object a line")
	each := fs.Duration("time", 100*time.Millisecond, "time to measure each limit")
	fails := func(code int, err error) int {
		fmt.Fprintln(stderr, "bench limits:", err)
		return code
	}
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUsage
	}
	switch {
	case fs.NArg() > 0:
		return fails(exitUsage, fmt.Errorf("unexpected argument %q", fs.Arg(0)))
	case *each <= 0:
		return fails(exitUsage, fmt.Errorf("-time %v: wants more than nothing", *each))
	}
	devs, err := openAll(strings.Split(*device, ","))
	if err != nil {
		return fails(exitUsage, err)
	}
	var file io.Writer = io.Discard
	if *path != "" {
		f, e := os.Create(*path)
		if err = e; e == nil {
			defer f.Close()
			file = f
		}
	}
	for _, d := range devs {
		if err == nil {
			err = printLimits(ctx, d, *each, stdout, file)
		}
		err = errors.Join(err, d.Close())
	}
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled):
		return fails(exitInterrupt, err)
	}
	return fails(exitFailed, err)
}

// printLimits prints what there is, also where an error ends it.
func printLimits(ctx context.Context, d *engine.Device, each time.Duration, stdout, file io.Writer) error {
	fmt.Fprintf(stdout, "device  %s (%s), %s\ndriver  %s\nhost    %s\n\n", d.Name, d.Type, d.Why, d.Driver, host())
	l, results, err := roof.Measure(ctx, d, largestSet(d, each), each)
	err = errors.Join(err, l.Write(stdout))
	fmt.Fprintln(stdout)
	for i := range results {
		results[i].Host = host()
		err = errors.Join(err, results[i].Write(file))
	}
	return err
}

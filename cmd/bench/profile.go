package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/trace"
	"github.com/vulgo-ml/vulgo/engine"
)

// profile is where the time of a row's runs goes, on one device.
type profile struct {
	row, device string
	program     *engine.Program
	steps       []trace.Step
	submissions int     // of all steps
	inRow       float64 // seconds a run takes as the row is timed: unprofiled, one after the other
	alone       float64 // unprofiled, each waited for
}

// profileWarmUp is how many runs aren't counted: the first ones compile what
// drivers compile late, and touch memory for the first time.
const profileWarmUp = 3

// profileJob runs a job's program step by step, each waited for and its outputs
// read, so that what belongs to which step is beyond doubt.
func profileJob(ctx context.Context, j *job, o timing) (*profile, error) {
	if j.profiled == nil {
		return nil, errors.New("there is no program to profile")
	}
	if errs := measure(ctx, []*job{j}, timing{time: o.time / 2, count: samplesLeast}); errs[0] != nil {
		return nil, errs[0]
	}
	p, err := j.profiled()
	if err != nil {
		return nil, err
	}
	pr := &profile{program: p, inRow: j.result.MedianNS * 1e-9, row: j.result.Name, device: p.Device().Name}
	took := time.Duration(0)
	var alone []float64
	for i := 0; !o.enough(len(pr.steps), took); i++ {
		if err := ctx.Err(); err != nil {
			return nil, errors.Join(err, p.Close())
		}
		submissions := p.Device().Submissions()
		s, err := profileStep(p, j.feeds(i))
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		submissions = p.Device().Submissions() - submissions
		if i >= profileWarmUp {
			took += s.End.Sub(s.Begin)
			pr.steps = append(pr.steps, s)
			d, err := j.sample(ctx, 1)
			if err != nil {
				return nil, errors.Join(err, p.Close())
			}
			alone = append(alone, d.Seconds())
			pr.submissions += submissions
		}
	}
	pr.alone = median(alone)
	return pr, nil
}

func profileStep(p *engine.Program, in engine.Feeds) (trace.Step, error) {
	s := trace.Step{Begin: time.Now()}
	t, err := p.Run(in)
	if err != nil {
		return s, err
	}
	if err := t.Wait(); err != nil {
		return s, err
	}
	s.Read = time.Now()
	for _, io := range p.Plan().Outputs {
		if _, err := t.Tensor(io.Name); err != nil {
			return s, err
		}
	}
	s.End = time.Now()
	s.Timeline, err = p.Timeline()
	return s, err
}

// split is a step's wall clock, the mean over all.
func (p *profile) split() trace.Split {
	var sum trace.Split
	for i := range p.steps {
		sum = sum.Add(p.steps[i].Split())
	}
	return sum.Over(max(len(p.steps), 1))
}

// middle is the step of median wall clock.
func (p *profile) middle() *trace.Step {
	var walls []float64
	for _, s := range p.steps {
		walls = append(walls, float64(s.End.Sub(s.Begin)))
	}
	want, best := median(walls), 0
	for i, w := range walls {
		if max(w-want, want-w) < max(walls[best]-want, want-walls[best]) {
			best = i
		}
	}
	return &p.steps[best]
}

// print writes the tables: kernels, the parts that the wall clock adds up from,
// what the plan asks of the device, and memory.
func (p *profile) print(w io.Writer) error {
	s, n := p.split(), float64(len(p.steps))
	wall := s.Wall()
	fmt.Fprintf(w, "%s on %s: %d steps of %s, each waited for; without the profile %s, and %s one after the other\n\n",
		p.row, p.device, len(p.steps), seconds(wall), seconds(p.alone), seconds(p.inRow))

	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")) } // the last isn't aligned
	share := func(v float64) string { return fmt.Sprintf("%.1f%%", 100*v/wall) }
	line("time a step", "share", "calls", "GFLOP/s", "GB/s", "moved", "  kernel")
	overlap := -s.Kernels
	for _, k := range trace.Kernels(p.program.Plan(), p.steps) {
		sec := k.Seconds / n
		overlap += sec
		line(seconds(sec), share(sec), fmt.Sprintf("%.0f", float64(k.Calls)/n), figure(k.Flops/k.Seconds/1e9), figure(k.Bytes/k.Seconds/1e9), bytesText(k.Bytes/n), "  "+k.Name)
	}
	if overlap > 5e-4*wall { // a device's clock that is off may put kernels outside the step
		line(seconds(-overlap), share(-overlap), "", "", "", "", "  of kernels outside the step")
	}
	for _, part := range []struct {
		sec  float64
		name string
	}{
		{s.Kernels, "all kernels"}, {s.Copies, "queue: copies of inputs and outputs"}, {s.Queue, "queue: until the device begins"},
		{s.Feed, "host: feeding inputs"}, {s.Submit, "host: submitting, or between kernels"}, {s.Read, "host: reading outputs"}, {s.Other, "host: the rest"},
		{s.Wait, "waiting after the last kernel"}, {wall, "wall clock"},
	} {
		line(seconds(part.sec), share(part.sec), "", "", "", "", "  "+part.name)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	queue := s.Copies + s.Queue
	fmt.Fprintf(w, "\nno kernel accounts for %.1f%%: host %s, queue %s, waiting %s\n", 100*s.Unaccounted(), share(s.Host()), share(queue), share(s.Wait))
	fmt.Fprintf(w, "clock: %s\n", p.steps[len(p.steps)-1].Clock)
	c := trace.CountsOf(p.program.Plan())
	if c.Dispatches > 0 {
		fmt.Fprintf(w, "a step: kernels %d, dispatches %d, barriers %d, submissions %g\n", c.Steps, c.Dispatches, c.Barriers, float64(p.submissions)/n)
	} else {
		fmt.Fprintf(w, "a step: kernels %d\n", c.Steps)
	}
	m := trace.MemoryOf(p.program.Plan())
	_, err := fmt.Fprintf(w, "memory: parameters %s, other variables %s, gradients and what else keeps its place %s, inputs, outputs and constants %s\n"+
		"values and workspaces: peak %s, any plan's at least %s (activations %s, workspaces %s)\n\n",
		bytesInt(m.Parameters), bytesInt(m.Other), bytesInt(m.Fixed), bytesInt(m.InOut), bytesInt(m.Peak), bytesInt(m.Bound), bytesInt(m.Activations), bytesInt(m.Workspace))
	return err
}

func seconds(s float64) string { return duration(s * 1e9) }

func bytesInt(n int) string { return bytesText(float64(n)) }

// bytesText has three digits or so.
func bytesText(n float64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.3g GiB", n/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.3g MiB", n/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.3g KiB", n/(1<<10))
	}
	return fmt.Sprintf("%.0f B", n)
}

// writeTrace writes the middle step as a Chrome trace.
func (p *profile) writeTrace(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("-trace: %w", err)
	}
	s := p.middle()
	err = trace.Write(f, s.Events(p.device, p.program.Plan()), map[string]string{"row": p.row, "device": p.device, "clock": s.Clock})
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("-trace: %w", err)
	}
	return nil
}

// profile prints the profile of row after row on each device; with -trace it
// writes a trace. What fails is reported, and the others go on.
func (r *runner) profile(ctx context.Context, rows []row, w io.Writer) error {
	done, failed := 0, 0
	for _, one := range rows {
		prepare := one.begin(setup{dtype: r.dtype, variants: r.variants})
		for _, dev := range r.devs {
			err := r.profileOn(ctx, one, dev, prepare, w)
			switch {
			case ctx.Err() != nil:
				return fmt.Errorf("interrupted at %s, %d of %d profiles done: %w", one.name, done, len(rows)*len(r.devs), ctx.Err())
			case errors.Is(err, engine.ErrDeviceLost):
				return fmt.Errorf("%s, %d of %d profiles done: %w", one.name, done, len(rows)*len(r.devs), err)
			case errors.Is(err, errNoForm):
				r.none++
			case err != nil:
				failed++
				fmt.Fprintf(r.stderr, "bench: %s%s: %v\n", one.name, r.on(dev), err)
			default:
				done++
			}
		}
	}
	switch {
	case failed > 0:
		return fmt.Errorf("%d of %d profiles failed", failed, len(rows)*len(r.devs))
	case done == 0:
		return fmt.Errorf("none of the %d rows has a form in %v there", len(rows), r.dtype)
	}
	return nil
}

func (r *runner) profileOn(ctx context.Context, one row, dev *engine.Device, prepare preparer, w io.Writer) error {
	jobs, err := prepare(ctx, dev)
	for _, j := range jobs {
		if err == nil {
			r.describe(j, one, dev)
			err = r.profileOne(ctx, j, w)
		}
		j.close()
	}
	return err
}

func (r *runner) profileOne(ctx context.Context, j *job, w io.Writer) error {
	p, err := profileJob(ctx, j, r.timing)
	if err != nil {
		return err
	}
	defer p.program.Close()
	if err := p.print(w); err != nil || r.tracePath == "" {
		return err
	}
	return p.writeTrace(r.tracePath)
}

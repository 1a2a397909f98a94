// Package tasks holds what the vulgo command trains, a task a file: digits (a
// small CNN) and text (a character LSTM), with what is done with the trained
// models: predict and generate.
//
//	rep, err := tasks.Train(ctx, "digits", tasks.Options{Device: dev, Out: "out", Epochs: 2})
//
// A training leaves TASK.safetensors, pictures and report.json in its folder.
package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vulgo-ml/vulgo/checkpoint"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/metrics/plot"
	"github.com/vulgo-ml/vulgo/tensor"
	"github.com/vulgo-ml/vulgo/train"
)

// Options say how to train; zeros mean the task's own choice.
type Options struct {
	Device        *engine.Device
	Data          string // a folder (digits) or file (text); "": what is built in
	Out           string // folder of the results; "out" if empty
	Seed          uint64
	Epochs, Steps int
	Batch         int
	LR            float64
	Print         io.Writer // what a person reads; nil: nobody does
	// Progress is told after each step; total is 0 where it isn't known.
	Progress func(done, total, examples int)
}

func (o *Options) printf(format string, args ...any) {
	if o.Print != nil {
		fmt.Fprintf(o.Print, format, args...)
	}
}

// A job is a task made ready: what it trains, and what it does afterwards.
type job struct {
	task, about string
	fit         train.Fit
	batch       int
	meta        map[string]string
	// after adds the task's own figures to the report and files to the folder.
	after func(r *train.Run, rep *Report) error
}

var prepare = map[string]func(o *Options) (*job, error){"digits": digits, "text": text}

// Names are the tasks that Train knows.
func Names() []string { return []string{"digits", "text"} }

// ErrUnknown says that there is no task of that name.
var ErrUnknown = errors.New("no such task")

func newJob(task string, o *Options) (*job, error) {
	p := prepare[task]
	if p == nil {
		return nil, fmt.Errorf("tasks: %w: %q; there are: %s", ErrUnknown, task, strings.Join(Names(), ", "))
	}
	if o.Out == "" {
		o.Out = "out"
	}
	return p(o)
}

// limits sets epochs and steps: the user's, else the task's.
func (o *Options) limits(f *train.Fit, epochs, steps int) {
	f.Epochs, f.Steps = o.Epochs, o.Steps
	if f.Epochs == 0 && f.Steps == 0 {
		f.Epochs, f.Steps = epochs, steps
	}
}

// Train trains a task. A cancelled context isn't an error: the training ends
// after the present step, everything is saved, and the report says so.
func Train(ctx context.Context, task string, o Options) (*Report, error) {
	j, err := newJob(task, &o)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return nil, fmt.Errorf("tasks: the folder for the results: %w", err)
	}
	o.printf("device  %s (%s): %s\n", o.Device.Name, o.Device.Driver, o.Device.Why)
	o.printf("data    %s\n", j.about)
	total := j.total()
	j.fit.OnStep = func(s train.Step) {
		if o.Progress != nil {
			o.Progress(s.Step+1, total, s.Examples)
		}
	}
	j.fit.OnEpoch = func(e train.Epoch) error {
		o.printf("%s\n", epochLine(j, e))
		return nil
	}
	r, err := j.fit.New(o.Device)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	o.printf("\n%s\n", Summary(r.Vars))
	began := time.Now()
	trained := r.Train(ctx)
	seconds := time.Since(began).Seconds()
	stopped := errors.Is(trained, context.Canceled) || errors.Is(trained, context.DeadlineExceeded)
	if trained != nil && !stopped {
		return nil, trained
	}
	rep := j.report(r, &o, stopped)
	rep.Seconds = seconds
	return rep, finish(j, r, &o, rep)
}

// finish saves first, so that nothing that comes after can lose the weights.
func finish(j *job, r *train.Run, o *Options, rep *Report) error {
	path := filepath.Join(o.Out, j.task+".safetensors")
	if err := checkpoint.Save(path, r.Dict(), j.metadata(r)); err != nil {
		return fmt.Errorf("tasks: the weights: %w", err)
	}
	rep.Files = append(rep.Files, path)
	if rep.Interrupted {
		o.printf("interrupted after %d steps: the weights are saved in %s\n", r.Done, path)
	} else if err := j.after(r, rep); err != nil {
		return err
	}
	if err := rep.curves(r); err != nil {
		return err
	}
	return rep.write(filepath.Join(o.Out, "report.json"))
}

func (j *job) metadata(r *train.Run) map[string]string {
	meta := map[string]string{"task": j.task, "steps": strconv.Itoa(r.Done), "seed": strconv.FormatUint(j.fit.Seed, 10)}
	for k, v := range j.meta {
		meta[k] = v
	}
	return meta
}

// total is the number of steps to come.
func (j *job) total() int {
	n := j.fit.Epochs * j.fit.Data.Len()
	if n == 0 || j.fit.Steps > 0 && j.fit.Steps < n {
		n = j.fit.Steps
	}
	return n
}

func epochLine(j *job, e train.Epoch) string {
	s := fmt.Sprintf("epoch %2d  step %5d  loss %.4f", e.Epoch, e.Step, e.TrainLoss)
	if e.Valid.Examples > 0 {
		s += fmt.Sprintf("  test loss %.4f", e.Valid.Loss)
		if a, ok := e.Valid.Metrics["accuracy"]; ok {
			s += fmt.Sprintf("  test accuracy %.2f %%", 100*a)
		}
	}
	return s + fmt.Sprintf("  %.1f s", e.Seconds)
}

// Plan is the text of the plan of a task's training step.
func Plan(task string, o Options) (string, error) {
	j, err := newJob(task, &o)
	if err != nil {
		return "", err
	}
	r, err := j.fit.New(o.Device)
	if err != nil {
		return "", err
	}
	defer r.Close()
	for batch, err := range j.fit.Data.From(0, 0) {
		if err != nil {
			return "", err
		}
		p, err := r.Program(batch)
		if err != nil {
			return "", err
		}
		return p.Plan().String(), nil
	}
	return "", fmt.Errorf("tasks: %s: no data", j.about)
}

// FirstLosses trains a few steps and gives their losses; nothing is saved. On
// two devices they differ by rounding alone.
func FirstLosses(ctx context.Context, task string, o Options, steps int) ([]float64, error) {
	o.Steps, o.Epochs = steps, 0
	j, err := newJob(task, &o)
	if err != nil {
		return nil, err
	}
	j.fit.Valid = nil
	r, err := j.fit.Run(ctx, o.Device)
	if err != nil {
		if r != nil {
			r.Close()
		}
		return nil, err
	}
	return r.Losses, r.Close()
}

// Summary is a table of a model's parameters.
func Summary(vars []*graph.Variable) string {
	var b strings.Builder
	total := 0
	for _, v := range vars {
		fmt.Fprintf(&b, "  %-24s %-16s %9d\n", v.Name, shapeText(v.Type.Shape), v.Type.Elems())
		total += v.Type.Elems()
	}
	fmt.Fprintf(&b, "  %-41s %9d parameters\n", "", total)
	return b.String()
}

func shapeText(s tensor.Shape) string { return strings.Trim(fmt.Sprint([]int(s)), "[]") }

// curves draws the loss by step, and the test's by epoch.
func (rep *Report) curves(r *train.Run) error {
	steps := plot.Line{Name: "training"}
	for i, l := range r.Losses {
		steps.X, steps.Y = append(steps.X, float64(i+1)), append(steps.Y, l)
	}
	lines := []plot.Line{steps}
	test := plot.Line{Name: "test"}
	for _, e := range r.Epochs {
		if e.Valid.Examples > 0 {
			test.X, test.Y = append(test.X, float64(e.Step)), append(test.Y, e.Valid.Loss)
		}
	}
	if len(test.X) > 0 {
		lines = append(lines, test)
	}
	if len(r.Losses) == 0 {
		return nil
	}
	path := filepath.Join(rep.out, rep.Task+"-loss.png")
	if err := plot.Curves(path, rep.Task+" on "+rep.Device, "step", "loss", lines...); err != nil {
		return fmt.Errorf("tasks: the loss curve: %w", err)
	}
	rep.Files = append(rep.Files, path)
	return nil
}

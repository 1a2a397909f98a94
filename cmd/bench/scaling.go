package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/trace"
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

// sweep is a row over several sizes along an axis: its cost is held against them.
type sweep struct {
	name, axis string // "lstm", "length"
	sizes      []int  // the last one is large
	at         func(size int) row
}

// The axes, in the order of their plots.
var axes = []string{"batch", "width", "length"}

func sweeps() []sweep {
	op := func(op *kernels.Op, c func(n int) kernels.Case) func(int) row {
		return func(n int) row { return opRow(op.Name, op, c(n)) }
	}
	conv := func(batch, channels int) kernels.Case {
		return kernels.Case{Attrs: cpuref.Conv2dAttrs{Padding: [2]int{1, 1}}.WithDefaults(),
			In: []tensor.Type{tensor.F32(batch, channels, 14, 14), tensor.F32(channels, channels, 3, 3)}}
	}
	lstm := func(length, batch, hidden int) kernels.Case {
		small := func(rng *tensor.Philox, t *tensor.Tensor) { // so that no state saturates
			kernels.FillDefault(rng, t)
			for i := range t.F32 {
				t.F32[i] /= float32(hidden)
			}
		}
		return kernels.Case{Attrs: cpuref.LSTMAttrs{}, Fill: []kernels.Filler{nil, small}, In: []tensor.Type{
			tensor.F32(length, batch, 4*hidden), tensor.F32(4*hidden, hidden), tensor.F32(batch, hidden), tensor.F32(batch, hidden)}}
	}
	last := func(width int) kernels.Case {
		return kernels.Case{Attrs: cpuref.AxisAttrs{Axis: 1}, In: []tensor.Type{tensor.F32(1024, width)}}
	}
	norm := func(width int) kernels.Case {
		return kernels.Case{Attrs: cpuref.NormAttrs{Over: cpuref.NormLayer, N: 1, Eps: 1e-5},
			In: []tensor.Type{tensor.F32(1024, width), tensor.F32(width), tensor.F32(width)}}
	}
	matmul := func(n int) kernels.Case {
		return kernels.Case{Attrs: cpuref.MatMulAttrs{}, In: []tensor.Type{tensor.F32(n, n), tensor.F32(n, n)}}
	}
	return []sweep{
		{"train/mlp", "batch", []int{8, 16, 32, 64, 128, 512}, netBatch("mlp")},
		{"train/cnn", "batch", []int{4, 8, 16, 32, 64, 128}, netBatch("cnn")},
		{"train/charlstm", "batch", []int{4, 8, 16, 32, 64, 128}, netBatch("charlstm")},
		{"conv2d", "batch", []int{1, 2, 4, 8, 16, 64}, op(kernels.Conv2d, func(n int) kernels.Case { return conv(n, 64) })},
		{"lstm", "batch", []int{4, 8, 16, 32, 64, 256}, op(kernels.LSTM, func(n int) kernels.Case { return lstm(16, n, 128) })},

		{"train/mlp", "width", []int{64, 128, 256, 512, 1024, 4096}, mlpWidth},
		{"matmul", "width", []int{64, 128, 256, 512, 1024, 2048}, op(kernels.MatMul, matmul)},
		{"conv2d", "width", []int{16, 32, 64, 128, 256, 512}, op(kernels.Conv2d, func(n int) kernels.Case { return conv(8, n) })},
		{"lstm", "width", []int{32, 64, 128, 256, 512, 1024}, op(kernels.LSTM, func(n int) kernels.Case { return lstm(16, 32, n) })},
		{"softmax", "width", []int{64, 128, 256, 512, 1024, 8192}, op(kernels.Softmax, last)},
		{"layer_norm", "width", []int{64, 128, 256, 512, 1024, 8192}, op(kernels.LayerNorm, norm)},

		{"train/charlstm", "length", []int{8, 16, 32, 64, 128, 256}, netLength("charlstm", 0)},
		{"train/transformer", "length", []int{4, 8, 16, 32, 48, 64}, netLength("transformer", 1)},
		{"lstm", "length", []int{8, 16, 32, 64, 128, 512}, op(kernels.LSTM, func(n int) kernels.Case { return lstm(n, 32, 128) })},
	}
}

// training is a training step with changes.
func training(name string, change func(n *net)) row {
	for _, n := range nets() {
		if n.name == name {
			n.train, n.name, n.large = true, "train/"+name, false
			change(&n)
			return n.row()
		}
	}
	return row{name: "train/" + name, begin: func(setup) preparer {
		return func(context.Context, *engine.Device) ([]*job, error) { return nil, errors.New("there is no such net") }
	}}
}

func netBatch(name string) func(int) row {
	return func(size int) row {
		return training(name, func(n *net) {
			n.x, n.y = resized(n.x, n.batch, size), resized(n.y, n.batch, size)
		})
	}
}

func netLength(name string, axis int) func(int) row {
	return func(size int) row {
		return training(name, func(n *net) { n.x, n.y = resized(n.x, axis, size), resized(n.y, axis, size) })
	}
}

func mlpWidth(width int) row {
	return training("mlp", func(n *net) {
		n.model = func(tensor.DType) nn.Module {
			return &mlp{Hidden: nn.Linear{In: 784, Out: width}, Out: nn.Linear{In: width, Out: 10}}
		}
	})
}

func resized(t tensor.Type, axis, size int) tensor.Type {
	t.Shape = slices.Clone(t.Shape)
	t.Shape[axis] = size
	return t
}

// sweepRows are the sweeps as rows to choose from; sizes come into their names
// when they are measured.
func sweepRows() (rows []row) {
	for _, s := range sweeps() {
		rows = append(rows, row{name: s.name + "/by-" + s.axis, sweep: &s})
	}
	return rows
}

// scale measures sweep after sweep, and prints and plots how the time grows. What
// is measured before an interrupt is kept.
func (r *runner) scale(ctx context.Context, rows []row, out io.Writer) error {
	curves := map[string][]trace.Curve{} // by axis
	failed := 0
	var stopped error
	for i := 0; i < len(rows) && stopped == nil; i++ {
		s := rows[i].sweep
		for _, dev := range r.devs {
			c, err := r.curve(ctx, s, dev)
			switch {
			case ctx.Err() != nil:
				stopped = fmt.Errorf("interrupted at %s, %d of %d sweeps done: %w", rows[i].name, i, len(rows), ctx.Err())
			case errors.Is(err, engine.ErrDeviceLost):
				stopped = fmt.Errorf("%s, %d of %d sweeps done: %w", rows[i].name, i, len(rows), err)
			case err != nil:
				failed++
				fmt.Fprintf(r.stderr, "bench: %s%s: %v\n", rows[i].name, r.on(dev), err)
			}
			if stopped != nil {
				break
			}
			if len(c.X) > 0 {
				if err := printCurve(out, s, &c); err != nil {
					return err
				}
				if c.Fit.Scale > 0 {
					curves[s.axis] = append(curves[s.axis], c)
				}
			}
		}
	}
	for _, axis := range axes {
		if len(curves[axis]) == 0 {
			continue
		}
		for _, ext := range []string{".png", ".svg"} {
			path := filepath.Join(r.plots, "scaling-"+axis+ext)
			if err := trace.Plot(path, "Time over "+axis, axis, curves[axis]); err != nil {
				return errors.Join(stopped, err)
			}
			fmt.Fprintf(out, "wrote %s\n", path)
		}
	}
	if failed > 0 && stopped == nil {
		return fmt.Errorf("%d of %d sweeps failed", failed, len(rows)*len(r.devs))
	}
	return stopped
}

// curve measures a sweep on a device; the sizes take their samples in turn, so that
// a busy moment of the machine falls on all. A size that fails is left out, and
// named by the error.
func (r *runner) curve(ctx context.Context, s *sweep, dev *engine.Device) (c trace.Curve, err error) {
	if c.Name = s.name; len(r.devs) > 1 {
		c.Name += " on " + short(dev.Name, 12)
	}
	sizes := s.sizes
	if !r.full {
		sizes = sizes[:len(sizes)-1]
	}
	var jobs []*job
	var at []int
	defer func() {
		for _, j := range jobs {
			j.close()
		}
	}()
	failed := func(size int, e error) {
		if e != nil {
			err = errors.Join(err, fmt.Errorf("%s %d: %w", s.axis, size, e))
		}
	}
	for _, n := range sizes {
		js, err := s.at(n).begin(setup{dtype: r.dtype})(ctx, dev)
		if failed(n, err); ctx.Err() != nil || errors.Is(err, engine.ErrDeviceLost) {
			return c, err
		}
		for _, j := range js {
			jobs, at = append(jobs, j), append(at, n)
		}
	}
	for i, e := range measure(ctx, jobs, r.timing) {
		if failed(at[i], e); e == nil {
			c.X, c.Y = append(c.X, float64(at[i])), append(c.Y, jobs[i].result.MedianNS*1e-9)
		}
	}
	if len(c.X) > 0 {
		var wrong error
		c.Fit, wrong = trace.FitPower(c.X, c.Y)
		err = errors.Join(err, wrong)
	}
	return c, err
}

// printCurve writes a sweep: its times, how each grows on the one before, and the
// fit through them.
func printCurve(out io.Writer, s *sweep, c *trace.Curve) error {
	fmt.Fprintf(out, "%s by %s: time ~ %s^e, e = %.2f ± %.2f, R² = %.4f\n", c.Name, s.axis, s.axis, c.Fit.Exponent, c.Fit.StdErr, c.Fit.R2)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(head string, of func(i int) string) {
		cells := []string{head}
		for i := range c.X {
			cells = append(cells, of(i))
		}
		fmt.Fprintln(t, strings.Join(cells, "\t")+"\t")
	}
	line(s.axis, func(i int) string { return fmt.Sprint(c.X[i]) })
	line("time", func(i int) string { return seconds(c.Y[i]) })
	line("fit", func(i int) string { return seconds(c.Fit.At(c.X[i])) })
	line("times the last", func(i int) string {
		if i == 0 {
			return ""
		}
		return fmt.Sprintf("%.2f", c.Y[i]/c.Y[i-1])
	})
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

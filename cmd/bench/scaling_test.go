package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/tensor"
)

// powers is a sweep of jobs that take size^e microseconds.
func powers(name, axis string, e float64) sweep {
	return sweep{name, axis, []int{10, 20, 40, 80, 160}, func(n int) row {
		return fakeRow(name, func() ([]*job, error) {
			return []*job{takes(time.Duration(1e3 * math.Pow(float64(n), e)))}, nil
		})
	}}
}

func scaled(t *testing.T, ctx context.Context, full bool, all ...sweep) (dir, out, errs string, err error) {
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	defer dev.Close()
	var stdout, stderr bytes.Buffer
	r := &runner{devs: []*engine.Device{dev}, stderr: &stderr}
	r.full, r.timing, r.plots, r.dtype = full, timing{count: 2}, t.TempDir(), tensor.Float32
	var rows []row
	for _, s := range all {
		rows = append(rows, row{name: s.name + "/by-" + s.axis, sweep: &s})
	}
	err = r.scale(ctx, rows, &stdout)
	return r.plots, stdout.String(), stderr.String(), err
}

func TestScalingFindsTheExponents(t *testing.T) {
	dir, out, errs, err := scaled(t, t.Context(), false, powers("line", "batch", 1), powers("cube", "width", 3), powers("square", "width", 2))
	require.NoError(t, err)
	require.Empty(t, errs)
	for _, want := range []string{
		"line by batch: time ~ batch^e, e = 1.00 ± 0.00, R² = 1.0000", "cube by width: time ~ width^e, e = 3.00", "square by width: time ~ width^e, e = 2.00",
	} {
		require.Contains(t, out, want)
	}
	fields := strings.Join(strings.Fields(out), " ")
	require.Contains(t, fields, "batch 10 20 40 80 time 10µs 20µs 40µs 80µs fit 10µs 20µs 40µs 80µs times the last 2.00 2.00 2.00", "the large size is left out")
	for _, name := range []string{"scaling-batch.png", "scaling-batch.svg", "scaling-width.png", "scaling-width.svg"} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Positive(t, info.Size())
		require.Contains(t, out, "wrote "+filepath.Join(dir, name))
	}
	require.NoFileExists(t, filepath.Join(dir, "scaling-length.png"))

	_, out, _, err = scaled(t, t.Context(), true, powers("line", "batch", 1))
	require.NoError(t, err)
	require.Contains(t, out, "160")
}

func TestScalingKeepsWhatItHas(t *testing.T) {
	broken := powers("broken", "batch", 1)
	fine := broken.at
	broken.at = func(n int) row {
		if n == 20 {
			return fakeRow("broken", func() ([]*job, error) { return nil, errors.New("it is wrong") })
		}
		return fine(n)
	}
	dir, out, errs, err := scaled(t, t.Context(), false, broken, powers("line", "batch", 1))
	require.ErrorContains(t, err, "1 of 2 sweeps failed")
	require.Contains(t, errs, "broken/by-batch: batch 20: it is wrong")
	require.Contains(t, out, "broken by batch: time ~ batch^e, e = 1.00", "the other sizes go on")
	require.FileExists(t, filepath.Join(dir, "scaling-batch.png"))

	ctx, cancel := context.WithCancel(t.Context())
	stops := sweep{"stops", "length", []int{1, 2}, func(int) row {
		return fakeRow("stops", func() ([]*job, error) { cancel(); return nil, ctx.Err() })
	}}
	dir, out, _, err = scaled(t, ctx, false, powers("line", "batch", 1), stops, powers("never", "batch", 1))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "interrupted at stops/by-length, 1 of 3 sweeps done")
	require.NotContains(t, out, "never")
	require.FileExists(t, filepath.Join(dir, "scaling-batch.png"), "what was measured is plotted")
}

// Every sweep's sizes make rows: an op's smallest verifies, here on the CPU, and a
// net's compiles.
func TestEverySweepHasRows(t *testing.T) {
	code, out, _ := run(t.Context(), nil, "-scaling", "-list", "-plots", t.TempDir())
	require.Zero(t, code)
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	defer dev.Close()
	seen := map[string]bool{}
	for _, s := range sweeps() {
		require.Contains(t, out, s.name+"/by-"+s.axis+"\n")
		require.GreaterOrEqual(t, len(s.sizes), 4, s.name)
		require.Contains(t, axes, s.axis)
		seen[s.axis] = true
		r := s.at(s.sizes[0])
		if r.net == nil {
			jobs, err := r.begin(setup{dtype: tensor.Float32})(t.Context(), dev)
			require.NoError(t, err, s.name)
			require.Len(t, jobs, 1)
			jobs[0].close()
			continue
		}
		step, err := r.net.step(tensor.Float32)
		require.NoError(t, err, s.name)
		if s.axis != "width" {
			require.Contains(t, step.feeds[0]["x"].Shape, s.sizes[0])
		}
		st, err := engine.NewState(dev)
		require.NoError(t, err)
		program, err := step.compile(st)
		require.NoError(t, err, s.name)
		require.NoError(t, errors.Join(program.Close(), st.Close()))
	}
	require.Len(t, seen, len(axes))
}

func TestScalingOfARealOp(t *testing.T) {
	dir := t.TempDir()
	code, out, errs := run(t.Context(), nil, "-device", "cpu", "-scaling", "-plots", dir, "-run", "^softmax/")
	require.Zero(t, code, errs)
	require.Contains(t, out, "softmax by width: time ~ width^e")
	require.FileExists(t, filepath.Join(dir, "scaling-width.svg"))
}

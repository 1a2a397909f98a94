package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
)

func TestMain(m *testing.M) { devtest.Main(m) }

// run is the command with short timings.
func run(ctx context.Context, rows []row, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = bench(ctx, append([]string{"-time", "1ms", "-count", "2", "-roof=false"}, args...), &out, &errs, rows)
	return code, out.String(), errs.String()
}

func spec(d devtest.Dev) string {
	if d.Kind == kernels.CPU {
		return "cpu"
	}
	return fmt.Sprintf("vulkan:%d", d.Index)
}

func TestEveryOpHasARow(t *testing.T) {
	code, out, _ := run(t.Context(), allRows(), "-list", "-size", "full", "-device", "no such device")
	require.Zero(t, code, "-list opens no device")
	seen := map[string]bool{}
	for _, name := range strings.Fields(out) {
		require.False(t, seen[name], "%s is there twice", name)
		seen[name] = true
		op, _, _ := strings.Cut(name, "/")
		seen[op] = true
	}
	require.Len(t, strings.Split(strings.TrimSpace(out), "\n"), len(allRows()), "a name is one word")
	for _, name := range []string{"train/mlp", "train/cnn", "train/charlstm", "train/charlstm2", "train/seq2seq", "train/transformer",
		"train/resnet18-32", "train/resnet18-224", "infer/mlp", "infer/resnet18-224", "matmul/512x512x512", "softmax/1024x1024_axis_1",
		"conv2d/8x512x7x7-512k3", "lstm/64x32x1024", "adam/100000000"} {
		require.True(t, seen[name], name)
	}
	for _, op := range kernels.All() {
		require.Equal(t, !op.View, seen[op.Name], op.Name)
	}

	code, small, _ := run(t.Context(), allRows(), "-list")
	require.Zero(t, code)
	require.Less(t, strings.Count(small, "\n"), strings.Count(out, "\n"))
	require.NotContains(t, small, "resnet18-224")
	seen = map[string]bool{}
	for _, name := range strings.Fields(small) {
		op, _, _ := strings.Cut(name, "/")
		seen[op] = true
	}
	for _, op := range kernels.All() {
		require.Equal(t, !op.View, seen[op.Name], "a small row of %s", op.Name)
	}
}

func TestRunSelectsByRegularExpression(t *testing.T) {
	code, out, _ := run(t.Context(), allRows(), "-list", "-run", "^train/(mlp|cnn|charlstm)$|^matmul/512x512x512$")
	require.Zero(t, code)
	require.Equal(t, "train/mlp\ntrain/cnn\ntrain/charlstm\nmatmul/512x512x512\n", out)
}

func TestWhatMakesNoSenseIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no row matches": {[]string{"-run", "convolution9"}, `-run "convolution9" matches none`},
		"large alone":    {[]string{"-run", "resnet18-224"}, "matches large rows alone (2); add -size full"},
		"bad size":       {[]string{"-size", "huge"}, `-size "huge": wants small or full`},
		"bad format":     {[]string{"-format", "csv"}, `-format "csv": wants table, go or markdown`},
		"bad dtype":      {[]string{"-dtype", "int8"}, `-dtype "int8": wants float32,`},
		"device twice":   {[]string{"-run", "^relu/", "-device", "cpu,cpu"}, "-device cpu,cpu: cpu is there twice"},
		"bad expression": {[]string{"-run", "("}, "missing closing )"},
		"unknown device": {[]string{"-run", "^relu/", "-device", "abacus"}, `no device "abacus"; there are: cpu`},
		"unknown flag":   {[]string{"-speed"}, "-speed"},
		"stray argument": {[]string{"matmul"}, `unexpected argument "matmul"`},
		"no samples":     {[]string{"-count", "0"}, "-count 0: wants 1 or more"},
		"negative time":  {[]string{"-time", "-1s"}, "-time -1s: wants"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := run(t.Context(), allRows(), c.args...)
			require.Equal(t, exitUsage, code)
			require.Empty(t, out)
			require.Contains(t, errs, c.says)
		})
	}
	code, _, errs := run(t.Context(), allRows(), "-run", "^relu/", "-device", "cpu", "-json", filepath.Join(t.TempDir(), "none", "x"))
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "-json: open")
}

func TestTheJSONFileHasAnObjectARow(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		path := filepath.Join(t.TempDir(), "rows.json")
		code, out, errs := run(t.Context(), allRows(), "-device", spec(d), "-json", path,
			"-run", "^matmul/64x10x128-nt$|^max_pool2d/32|^argmax/1024x1024_over_1$|^where/|^sgd/|^uniform/|^train/mlp$")
		require.Zero(t, code, errs)
		lines := lines(t, path)
		require.Len(t, lines, 7)
		for _, line := range lines {
			var keys map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &keys))
			for _, k := range []string{"name", "device", "dtype", "reps", "median_ns", "lo_ns", "hi_ns", "min_ns", "outliers", "worst_ns",
				"samples_ns", "flops", "bytes", "items", "rel_err", "check"} {
				require.Contains(t, keys, k)
			}
			var r stats.Result
			require.NoError(t, json.Unmarshal([]byte(line), &r))
			require.Contains(t, out, r.Name)
			require.Equal(t, d.Device.Name, r.Device)
			require.Equal(t, "float32", r.DType)
			require.GreaterOrEqual(t, r.Reps, 2)
			require.Greater(t, r.MinNS, 0.0)
			require.GreaterOrEqual(t, r.MedianNS, r.MinNS)
			require.Greater(t, r.Bytes, 0.0)
			require.LessOrEqual(t, r.LoNS, r.MedianNS)
			require.GreaterOrEqual(t, r.HiNS, r.MedianNS)
			require.Greater(t, r.DeviceNS, 0.0)
			require.GreaterOrEqual(t, len(r.Samples), 2)
			require.Less(t, r.RelErr, 1e-2)
			switch r.Name {
			case "matmul/64x10x128-nt":
				require.Equal(t, 2.0*64*10*128, r.Flops)
				require.Equal(t, 4.0*(64*128+10*128+64*10), r.Bytes)
				require.Zero(t, r.Items)
			case "train/mlp":
				require.Equal(t, 64, r.Items)
				// Two matmuls forward, and backward two of the last layer, one of the first.
				require.Greater(t, r.Flops, 2.0*64*(2*784*256+3*256*10))
			}
		}
	})
}

func lines(t *testing.T, path string) []string {
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// wrongRelu is relu with a float32 body that is off by a thousandth
// at one element.
func wrongRelu() row {
	op := *kernels.Lookup("relu")
	right := op.CPU.F32
	op.CPU.F32 = func(a *cpuArgs) func() {
		run := right(a)
		return func() {
			run()
			a.Out[0].F[7] += 1e-3
		}
	}
	op.Variants = nil
	return opRow("relu/wrong", &op, op.Bench[0])
}

func TestAWrongResultIsAnErrorNotARow(t *testing.T) {
	rows, err := choose(allRows(), "^relu/", false)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "rows.json")
	code, out, errs := run(t.Context(), append([]row{wrongRelu()}, rows...), "-device", "cpu", "-json", path)
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "relu/wrong: output out0 of kernel plain is wrong: element 7")
	require.Contains(t, errs, "1 of 2 rows failed")
	require.NotContains(t, out, "relu/wrong")
	require.Contains(t, out, rows[0].name, "the rows that are right are there")
	require.Len(t, lines(t, path), 1)
}

// fake is a row that takes no time.
func fake(name string, prepare func() error) row {
	return row{name: name, begin: func(setup) preparer {
		return func(context.Context, *engine.Device) ([]*job, error) {
			if err := prepare(); err != nil {
				return nil, err
			}
			return []*job{clock(time.Microsecond)}, nil
		}
	}}
}

// clock is a job each of whose runs takes that long by the clock that it shows.
func clock(run time.Duration) *job {
	return &job{
		sample: func(ctx context.Context, n int) (time.Duration, error) { return time.Duration(n) * run, ctx.Err() },
		close:  func() {},
	}
}

func TestAnInterruptKeepsWhatIsDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	fine := func() error { return nil }
	path := filepath.Join(t.TempDir(), "rows.json")
	code, out, errs := run(ctx, []row{fake("a", fine), fake("b", func() error { cancel(); return nil }), fake("c", fine)}, "-device", "cpu", "-json", path)
	require.Equal(t, exitInterrupt, code)
	require.Contains(t, errs, "interrupted at b, 1 of 3 rows done")
	require.Contains(t, out, "\na ")
	require.NotContains(t, out, "\nb ")
	require.Len(t, lines(t, path), 1)
}

func TestALostDeviceEndsTheRun(t *testing.T) {
	fine := func() error { return nil }
	lost := fake("b", func() error { return fmt.Errorf("run 3: %w", engine.ErrDeviceLost) })
	code, out, errs := run(t.Context(), []row{fake("a", fine), lost, fake("c", fine)}, "-device", "cpu")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "b, 1 of 3 rows done: run 3: engine: the device was lost")
	require.Contains(t, out, "\na ")
	require.NotContains(t, out, "\nc ")
}

func TestAnInterruptLeavesALongComputation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	forever := make(chan error)
	require.ErrorIs(t, interruptible(ctx, func() error { return <-forever }), context.Canceled)
	close(forever)
	other := errors.New("other")
	require.Equal(t, other, interruptible(t.Context(), func() error { return other }))
}

func TestTheFormatsForBenchstatAndMarkdown(t *testing.T) {
	args := []string{"-device", "cpu", "-run", "^relu/|^infer/mlp$"}
	code, out, errs := run(t.Context(), allRows(), append(args, "-format", "go")...)
	require.Zero(t, code, errs)
	line := `(?m)^Benchmark%s \d+ \S+ ns/op( \S+ (GFLOP/s|GB/s|examples/s|kernel-ns/op))+$`
	require.Regexp(t, fmt.Sprintf(line, "Infer/mlp"), out)
	require.Regexp(t, fmt.Sprintf(line, `Relu/1024x1024/kernel=\w+`), out)
	require.Contains(t, out, "pkg: github.com/vulgo-ml/vulgo\n")

	code, out, errs = run(t.Context(), allRows(), append(args, "-format", "markdown", "-variants")...)
	require.Zero(t, code, errs)
	require.Regexp(t, `(?m)^\| name \| median \|`, out)
	require.Equal(t, 2, strings.Count(out, "\n| relu/1024x1024 |"), "each kernel: fast and plain")
}

func TestDTypesAndThoseThatAreNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.json")
	code, _, errs := run(t.Context(), allRows(), "-device", "cpu", "-dtype", "float16", "-json", path, "-run", "^softmax/64|^adam/|^infer/mlp$")
	require.Zero(t, code, errs)
	require.Contains(t, errs, "1 of 3 rows have no float16 form there")
	require.Len(t, lines(t, path), 2)
	code, _, errs = run(t.Context(), allRows(), "-device", "cpu", "-dtype", "float16", "-run", "^adam/")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "none of the 1 rows has a form in float16 there")
}

func TestJobsTakeTheirSamplesInTurn(t *testing.T) {
	var order []string
	named := func(name string, run time.Duration) *job {
		j := clock(run)
		sample := j.sample
		j.sample = func(ctx context.Context, n int) (time.Duration, error) {
			order = append(order, name)
			return sample(ctx, n)
		}
		return j
	}
	jobs := []*job{named("a", 10*time.Millisecond), named("b", 30*time.Microsecond)}
	for _, err := range measure(t.Context(), jobs, timing{time: 20 * time.Millisecond, count: 3}) {
		require.NoError(t, err)
	}
	require.Len(t, jobs[0].result.Samples, 3)
	require.Equal(t, 1e7, jobs[0].result.MedianNS)
	require.Equal(t, 3e4, jobs[1].result.MedianNS)
	require.Equal(t, 21, len(jobs[1].result.Samples), "samples of 33 runs, a millisecond each, in 20 of them")
	require.Equal(t, 21*33, jobs[1].result.Reps, "the warm-up isn't counted")
	require.Contains(t, strings.Join(order, ""), "ababab", "in turn")

	broken := errors.New("broken")
	jobs[0].sample = func(context.Context, int) (time.Duration, error) { return 0, broken }
	errs := measure(t.Context(), jobs, timing{count: 4})
	require.Equal(t, []error{broken, nil}, errs)
	require.Len(t, jobs[1].result.Samples, 4, "the other goes on")
}

func TestTheUsualNumberOfSamples(t *testing.T) {
	o := timing{time: 50 * time.Millisecond}
	require.False(t, o.enough(11, time.Second/10))
	require.True(t, o.enough(12, time.Second/10))
	require.False(t, o.enough(4, time.Minute))
	require.True(t, o.enough(5, time.Minute), "long runs")
	require.Equal(t, 500*time.Millisecond, timing{auto: true}.among(3).time)
	require.Equal(t, 50*time.Millisecond, timing{auto: true}.among(5000).time)
	require.Equal(t, time.Duration(7), timing{time: 7}.among(5000).time, "it was given")
}

func TestASampleWaitsOnce(t *testing.T) {
	starts, waits := 0, 0
	sample := inRow(func() error { starts++; time.Sleep(100 * time.Microsecond); return nil }, func() error { waits++; return nil })
	d, err := sample(t.Context(), 5)
	require.NoError(t, err)
	require.GreaterOrEqual(t, d, 500*time.Microsecond)
	require.Equal(t, []int{5, 1}, []int{starts, waits})

	broken := errors.New("broken")
	_, err = inRow(func() error { return broken }, nil)(t.Context(), 1)
	require.ErrorIs(t, err, broken)
}

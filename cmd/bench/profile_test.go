package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/trace"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// A profile has a row for each kernel and for all that no kernel accounts for,
// and a trace that parses.
func TestAProfileTellsWhereTheTimeGoes(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		path := filepath.Join(t.TempDir(), "step.json")
		code, out, errs := run(t.Context(), allRows(), "-device", spec(d), "-run", "^infer/mlp$", "-trace", path)
		require.Zero(t, code, errs)
		require.Contains(t, out, "infer/mlp on "+d.Device.Name)
		require.NotContains(t, out, "examples/s", "rows aren't timed besides")
		for _, part := range []string{"all kernels", "queue: until", "host: feeding", "host: submitting", "host: reading", "waiting after", "wall clock",
			"no kernel accounts for", "clock: ", "memory: parameters", "any plan's at least", "matmul+"} {
			require.Contains(t, out, part)
		}
		if d.Kind == kernels.Vulkan {
			require.Contains(t, out, "submissions 1\n")
		}
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		var f struct {
			TraceEvents []trace.Event
			OtherData   map[string]string
		}
		require.NoError(t, json.Unmarshal(b, &f))
		require.Equal(t, "infer/mlp", f.OtherData["row"])
		seen := map[string]int{}
		for _, e := range f.TraceEvents {
			seen[e.Cat]++
		}
		require.Equal(t, 4, seen["host"], "feed, submit, wait, read")
		require.GreaterOrEqual(t, seen["kernel"], 2, "two layers")
	})
}

// The parts of a step's wall clock add up to it, and the kernels are inside.
func TestAProfileAddsUp(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		rows, err := choose(allRows(), "^matmul/64x10x128-nt$", false)
		require.NoError(t, err)
		jobs, err := rows[0].begin(setup{dtype: tensor.Float32})(t.Context(), d.Device)
		require.NoError(t, err)
		defer jobs[0].close()
		p, err := profileJob(t.Context(), jobs[0], timing{time: time.Millisecond, count: 3})
		require.NoError(t, err)
		defer p.program.Close()
		require.GreaterOrEqual(t, len(p.steps), 3)
		wall := 0.0
		for i := range p.steps {
			s := &p.steps[i]
			require.InDelta(t, s.End.Sub(s.Begin).Seconds(), s.Split().Wall(), 1e-8)
			wall += s.End.Sub(s.Begin).Seconds()
		}
		split, n := p.split(), float64(len(p.steps))
		require.InDelta(t, wall/n, split.Wall(), 1e-8)
		require.Greater(t, split.Kernels, 0.0)
		sum := 0.0
		for _, k := range trace.Kernels(p.program.Plan(), p.steps) {
			sum += k.Seconds / n
			require.Positive(t, k.Calls, k.Name)
		}
		require.InEpsilon(t, split.Kernels, sum, 0.03, "the rows of the kernels are the part that kernels have")
		require.Contains(t, p.steps, *p.middle())
		if d.Kind == kernels.Vulkan {
			require.Equal(t, len(p.steps), p.submissions)
		}
	})
}

// Made-up times give a table that can be worked out by hand.
func TestAProfilesTable(t *testing.T) {
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	st, err := engine.NewState(dev)
	require.NoError(t, err)
	program, err := engine.Compile(st, func(g *graph.Graph) {
		g.Output("y", g.Input("x", tensor.F32(1000, 1000)).Relu())
	}, engine.Profiled())
	require.NoError(t, err)
	defer func() { require.NoError(t, errors.Join(program.Close(), st.Close(), dev.Close())) }()

	zero := time.Unix(1000, 0)
	ms := func(n float64) time.Time { return zero.Add(time.Duration(n * 1e6)) }
	name := program.Plan().Steps[0].Name()
	one := trace.Step{Begin: ms(0), Read: ms(9), End: ms(10), Timeline: engine.Timeline{
		Called: ms(0), Fed: ms(1), Submitted: ms(1.5), Waiting: ms(1.5), Done: ms(9), Clock: "made up",
		Upload:   engine.StepTime{Begin: ms(2), Seconds: 0.5e-3},
		Kernels:  []engine.StepTime{{Name: name, Begin: ms(2.5), Seconds: 6e-3}},
		Download: engine.StepTime{Begin: ms(8.5)},
	}}
	p := &profile{row: "relu/1000x1000", device: "gpu", program: program, steps: []trace.Step{one, one}, submissions: 2, inRow: 8e-3, alone: 9e-3}
	var buf bytes.Buffer
	require.NoError(t, p.print(&buf))
	out := strings.Join(strings.Fields(buf.String()), " ")
	for _, want := range []string{
		"relu/1000x1000 on gpu: 2 steps of 10ms, each waited for; without the profile 9ms, and 8ms one after the other",
		"6ms 60.0% 1 0.167 1.33 7.63 MiB " + name,
		"6ms 60.0% all kernels",
		"500µs 5.0% queue: copies of inputs and outputs",
		"500µs 5.0% queue: until the device begins",
		"1ms 10.0% host: feeding inputs",
		"500µs 5.0% host: submitting, or between kernels",
		"1ms 10.0% host: reading outputs",
		"500µs 5.0% waiting after the last kernel",
		"10ms 100.0% wall clock",
		"no kernel accounts for 40.0%: host 25.0%, queue 10.0%, waiting 5.0%",
		"clock: made up",
		"peak 0 B, any plan's at least 0 B",
	} {
		require.Contains(t, out, want)
	}
}

func TestBytesHaveUnits(t *testing.T) {
	for n, want := range map[float64]string{0: "0 B", 1000: "1000 B", 1536: "1.5 KiB", 5 << 20: "5 MiB", 3 << 30: "3 GiB"} {
		require.Equal(t, want, bytesText(n))
	}
}

// fakeRow has jobs that take what clock says, without a program to profile.
func fakeRow(name string, begin func() ([]*job, error)) row {
	return row{name: name, begin: func(setup) preparer {
		return func(context.Context, *engine.Device) ([]*job, error) { return begin() }
	}}
}

func takes(d time.Duration) *job {
	return &job{close: func() {}, sample: func(_ context.Context, n int) (time.Duration, error) { return time.Duration(n) * d, nil }}
}

func TestProfilesThatFail(t *testing.T) {
	fine := func() ([]*job, error) { return []*job{takes(time.Millisecond)}, nil }
	code, _, errs := run(t.Context(), []row{fakeRow("a", fine)}, "-device", "cpu", "-profile", "-run", "a")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "a: there is no program to profile")
	require.Contains(t, errs, "1 of 1 profiles failed")

	ctx, cancel := context.WithCancel(t.Context())
	code, _, errs = run(ctx, []row{fakeRow("a", func() ([]*job, error) { cancel(); return nil, ctx.Err() })}, "-device", "cpu", "-profile", "-run", "a")
	require.Equal(t, exitInterrupt, code)
	require.Contains(t, errs, "interrupted at a, 0 of 1 profiles done")

	lost := fakeRow("b", func() ([]*job, error) { return nil, engine.ErrDeviceLost })
	code, _, errs = run(t.Context(), []row{lost}, "-device", "cpu", "-profile", "-run", "b")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "b, 0 of 1 profiles done: engine: the device was lost")
}

func TestModesThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-trace", "x.json"}, "-trace is of one row on one device"},
		{[]string{"-trace", "x.json", "-run", "^train/mlp$", "-variants"}, "-variants goes without"},
		{[]string{"-profile", "-scaling"}, "-scaling goes without -profile"},
		{[]string{"-profile", "-json", "x"}, "-json and -format are of rows"},
		{[]string{"-scaling", "-plots", "no such directory"}, "-plots no such directory: wants a directory"},
		{[]string{"-scaling", "-run", "convolution9"}, "matches none of the"},
	} {
		code, out, errs := run(t.Context(), allRows(), append(c.args, "-device", "cpu")...)
		require.Equal(t, exitUsage, code)
		require.Empty(t, out)
		require.Contains(t, errs, c.says)
	}
}

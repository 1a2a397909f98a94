package trace

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/plan"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestMain(m *testing.M) { devtest.Main(m) }

var zero = time.Unix(1000, 0)

// at is a moment of a made-up step, in microseconds.
func at(us float64) time.Time { return zero.Add(time.Duration(us * 1e3)) }

func kernel(name string, from, to float64) engine.StepTime {
	return engine.StepTime{Name: name, Begin: at(from), Seconds: (to - from) * 1e-6}
}

// The device begins at 30 while the host still submits, and ends at 80; the host
// hears of it at 90.
func gpuStep() *Step {
	return &Step{
		Begin: at(0), Read: at(92), End: at(100),
		Timeline: engine.Timeline{
			Called: at(2), Fed: at(12), Submitted: at(35), Waiting: at(36), Done: at(90),
			Upload: kernel("upload", 30, 40), Download: kernel("download", 78, 80),
			Kernels: []engine.StepTime{kernel("a", 40, 60), kernel("b", 60, 78)},
			Clock:   "made up",
		},
	}
}

func requireSplit(t *testing.T, want, got Split) {
	t.Helper()
	for _, c := range [][2]float64{{want.Kernels, got.Kernels}, {want.Copies, got.Copies}, {want.Feed, got.Feed}, {want.Submit, got.Submit},
		{want.Read, got.Read}, {want.Other, got.Other}, {want.Queue, got.Queue}, {want.Wait, got.Wait}} {
		require.InDelta(t, c[0], c[1]*1e6, 1e-6, "%+v", got)
	}
}

func TestEveryMomentHasItsPart(t *testing.T) {
	s := gpuStep()
	got := s.Split()
	requireSplit(t, Split{Kernels: 38, Copies: 12, Feed: 10, Submit: 18, Read: 8, Other: 4, Wait: 10}, got)
	require.InDelta(t, 100e-6, got.Wall(), 1e-12)
	require.InDelta(t, 0.62, got.Unaccounted(), 1e-9)

	// A device that begins late keeps the host waiting in the queue.
	s = gpuStep()
	s.Upload, s.Kernels = kernel("upload", 50, 50), []engine.StepTime{kernel("a", 50, 78)}
	requireSplit(t, Split{Kernels: 28, Copies: 2, Feed: 10, Submit: 23, Queue: 15, Read: 8, Other: 4, Wait: 10}, s.Split())

	// Kernels on the host's own clock take from submitting; what lies beyond the
	// step's ends counts for nothing.
	s = &Step{Begin: at(0), Read: at(90), End: at(100), Timeline: engine.Timeline{
		Called: at(0), Fed: at(10), Submitted: at(90), Waiting: at(90), Done: at(90),
		Kernels: []engine.StepTime{kernel("a", 11, 50), kernel("b", 52, 89), kernel("c", 99, 130)},
	}}
	requireSplit(t, Split{Kernels: 77, Feed: 10, Submit: 4, Read: 9}, s.Split())
}

func TestSplitsAddUp(t *testing.T) {
	s := gpuStep().Split()
	require.InDelta(t, s.Kernels, s.Add(s).Over(2).Kernels, 1e-12)
	require.InDelta(t, 2*s.Wall(), s.Add(s).Wall(), 1e-12)
	require.Zero(t, Split{}.Unaccounted())
}

// network is a plan with fusion, a copy and, on Vulkan, several dispatches a step.
func network(g *graph.Graph) {
	x := g.Input("x", tensor.F32(32, 48))
	h := x.MatMul(x.Transpose(0, 1)).Relu()
	g.Output("p", h.Softmax(1))
	g.Output("h", h)
}

func ran(t *testing.T, dev *engine.Device, n int) (*engine.Program, []Step) {
	st, err := engine.NewState(dev)
	require.NoError(t, err)
	p, err := engine.Compile(st, network, engine.Profiled())
	require.NoError(t, err)
	t.Cleanup(func() { p.Close(); st.Close() })
	x := tensor.New(tensor.F32(32, 48))
	var steps []Step
	begin := time.Now()
	for range n {
		_, err := p.Run(engine.Feeds{"x": x})
		require.NoError(t, err)
		l, err := p.Timeline()
		require.NoError(t, err)
		read := time.Now()
		steps = append(steps, Step{Timeline: l, Begin: begin, Read: read, End: read})
		begin = time.Now()
	}
	return p, steps
}

// A trace parses, names its tracks, and on each track events follow one another.
func TestAChromeTrace(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		p, steps := ran(t, d.Device, 2)
		s := steps[1]
		var buf bytes.Buffer
		require.NoError(t, Write(&buf, s.Events(d.Device.Name, p.Plan()), map[string]string{"row": "test"}))
		checkTrace(t, buf.Bytes())

		var kernelsSeen []string
		for _, e := range s.Events("device", p.Plan()) {
			if e.Ph == "X" && e.Cat == "kernel" && e.Args["step"] != nil {
				kernelsSeen = append(kernelsSeen, e.Name)
				require.Contains(t, e.Args, "bytes")
			}
		}
		require.Len(t, kernelsSeen, len(s.Kernels))
		require.Contains(t, strings.Join(kernelsSeen, " "), "matmul+relu")

		total := s.Split()
		require.InDelta(t, s.End.Sub(s.Begin).Seconds(), total.Wall(), 1e-9, "the parts add up to the wall clock")
		for _, k := range Kernels(p.Plan(), steps) {
			if strings.HasPrefix(k.Name, "matmul") {
				require.Equal(t, 2, k.Calls)
				require.Equal(t, 2*(2.0*32*32*48+32*32), k.Flops, "of the product, and one of relu an element")
			}
		}
	})
}

// checkTrace holds a file to the trace event format: an object with traceEvents,
// complete events with names, times and durations on tracks that metadata names,
// none overlapping another on its track.
func checkTrace(t *testing.T, file []byte) {
	var f struct {
		TraceEvents []struct {
			Name     *string
			Ph       string
			TS, Dur  *float64
			PID, TID *int
			Args     map[string]any
		}
		DisplayTimeUnit string
	}
	require.NoError(t, json.Unmarshal(file, &f))
	require.Contains(t, []string{"ms", "ns"}, f.DisplayTimeUnit)
	type track struct{ pid, tid int }
	named, processes, last, count := map[track]bool{}, map[int]bool{}, map[track]float64{}, 0
	for _, e := range f.TraceEvents {
		require.NotNil(t, e.Name)
		require.NotNil(t, e.PID)
		require.NotNil(t, e.TID)
		at := track{*e.PID, *e.TID}
		switch e.Ph {
		case "M":
			require.Contains(t, []string{"process_name", "thread_name"}, *e.Name)
			require.NotEmpty(t, e.Args["name"])
			if *e.Name == "process_name" {
				processes[at.pid] = true
			} else {
				named[at] = true
			}
		case "X":
			require.True(t, named[at] && processes[at.pid], "%s is on a track without a name", *e.Name)
			require.NotEmpty(t, *e.Name)
			require.NotNil(t, e.TS)
			require.NotNil(t, e.Dur)
			require.GreaterOrEqual(t, *e.Dur, 0.0)
			require.GreaterOrEqual(t, *e.TS, last[at]-1e-6, "%s overlaps what is before it on its track", *e.Name)
			last[at] = *e.TS + *e.Dur
			count++
		default:
			require.Fail(t, "event type "+e.Ph)
		}
	}
	require.Greater(t, count, 4)
}

func TestTracksOfAMadeUpStep(t *testing.T) {
	s := gpuStep()
	for i := range s.Kernels {
		s.Kernels[i].Step = i
	}
	s.Kernels[1].Begin = at(59) // its clock is a little off
	step := &plan.Step{In: []plan.Place{{Bytes: 8}}, Out: []plan.Place{{Bytes: 8}}}
	got := map[string]Event{}
	for _, e := range s.Events("gpu", &plan.Plan{Steps: []*plan.Step{step, step}}) {
		if e.Ph == "X" {
			got[e.Name] = e
		}
	}
	require.Equal(t, Event{Name: "submit", Cat: "host", Ph: "X", TS: 12, Dur: 23, PID: hostPID, TID: hostTID}, got["submit"])
	require.Equal(t, 18.0, got["queued"].Dur, "from the submission's begin to the device's")
	require.Equal(t, 50.0, got["execute"].Dur)
	require.Equal(t, "made up", got["execute"].Args["clock"])
	require.Equal(t, 60.0, got["b"].TS, "it follows a")
	require.Equal(t, 16.0, got["b"].Args["bytes"])
	require.Equal(t, 10.0, got["upload"].Dur)
}

func TestMemoryOfAPlan(t *testing.T) {
	v := &graph.Variable{Name: "w", Type: tensor.F32(10), Trainable: true}
	m := &graph.Variable{Name: "m", Type: tensor.F32(4)}
	p := &plan.Plan{ArenaBytes: []int{100, 28}, LowerBound: 120, BoundWork: 20, FixedBytes: 7, InBytes: 1, OutBytes: 2, ConstBytes: 3, Vars: []*graph.Variable{v, m},
		Barriers: 3, Steps: []*plan.Step{{Dispatches: make([]plan.Dispatch, 2)}, {Dispatches: make([]plan.Dispatch, 1)}}}
	require.Equal(t, Memory{Peak: 128, Bound: 120, Activations: 100, Workspace: 20, Fixed: 7, Parameters: 40, Other: 16, InOut: 6}, MemoryOf(p))
	require.Equal(t, Counts{Steps: 2, Dispatches: 3, Barriers: 3}, CountsOf(p))
}

func TestFits(t *testing.T) {
	f, err := FitPower([]float64{1, 2, 4, 8}, []float64{3, 12, 48, 192})
	require.NoError(t, err)
	require.InDelta(t, 2, f.Exponent, 1e-12)
	require.InDelta(t, 3, f.Scale, 1e-12)
	require.InDelta(t, 0, f.StdErr, 1e-7)
	require.InDelta(t, 1, f.R2, 1e-12)
	require.InDelta(t, 768, f.At(16), 1e-9)

	// By hand: x = e^{0,1,2}, log y = 0, 1, 1: slope 1/2, residuals -1/6, 1/3, -1/6.
	f, err = FitPower([]float64{1, math.E, math.E * math.E}, []float64{1, math.E, math.E})
	require.NoError(t, err)
	require.InDelta(t, 0.5, f.Exponent, 1e-12)
	require.InDelta(t, math.Sqrt(1.0/6/1/2), f.StdErr, 1e-12)
	require.InDelta(t, 0.75, f.R2, 1e-12)

	for _, c := range []struct {
		x, y []float64
		says string
	}{
		{[]float64{1, 2}, []float64{1, 2}, "three points"},
		{[]float64{1, 2, 3}, []float64{1, 2}, "3 x and 2 y"},
		{[]float64{1, 2, 3}, []float64{1, 0, 3}, "no logarithms"},
		{[]float64{2, 2, 2}, []float64{1, 2, 3}, "at x = 2"},
	} {
		_, err := FitPower(c.x, c.y)
		require.ErrorContains(t, err, c.says)
	}
}

package trace

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/plan"
)

// Event is one of a Chrome trace's: complete ("X"), or a name ("M").
type Event struct {
	Name string         `json:"name"`
	Cat  string         `json:"cat,omitempty"`
	Ph   string         `json:"ph"`
	TS   float64        `json:"ts"`  // microseconds since the step began
	Dur  float64        `json:"dur"` // microseconds
	PID  int            `json:"pid"`
	TID  int            `json:"tid"`
	Args map[string]any `json:"args,omitempty"`
}

// The tracks. The queue's is from submission to the end of the device's work;
// the CPU device has none.
const (
	hostPID, devicePID = 1, 2
	hostTID            = 1
	queueTID           = 1
	kernelTID          = 2
)

// Events are a step's, track by track and in order of time on each. A step of
// the plan is told by its op and what is fused into it, its variant, shapes and
// cost, each dispatch by its shader and groups.
func (s *Step) Events(device string, p *plan.Plan) []Event {
	meta := func(what string, pid, tid int, name string) Event {
		return Event{Name: what, Ph: "M", PID: pid, TID: tid, Args: map[string]any{"name": name}}
	}
	all := []Event{
		meta("process_name", hostPID, hostTID, "host"), meta("thread_name", hostPID, hostTID, "host thread"),
		meta("process_name", devicePID, kernelTID, device), meta("thread_name", devicePID, kernelTID, "kernels"),
	}
	host := &track{s: s, pid: hostPID, tid: hostTID, cat: "host"}
	host.add("feed", s.Called, s.Fed, nil)
	host.add("submit", s.Fed, s.Submitted, nil)
	host.add("wait", s.Waiting, s.Done, nil)
	host.add("read", s.Read, s.End, nil)
	all = append(all, host.events...)

	queue := &track{s: s, pid: devicePID, tid: queueTID, cat: "queue"}
	kernels := &track{s: s, pid: devicePID, tid: kernelTID, cat: "kernel"}
	queued := !s.Upload.Begin.IsZero()
	if queued {
		all = append(all, meta("thread_name", devicePID, queueTID, "queue"))
		first, last := s.device()
		queue.add("queued", s.Fed, first, nil)
		queue.add("execute", first, last, map[string]any{"clock": s.Clock})
	}
	kernels.copies(s.Upload, bytesOf(p.Inputs))
	for _, k := range s.Kernels {
		kernels.add(k.Name, k.Begin, end(k), args(p.Steps[k.Step], k))
	}
	kernels.copies(s.Download, bytesOf(p.Outputs))
	return append(append(all, queue.events...), kernels.events...)
}

func bytesOf(io []plan.IO) (n int) {
	for _, i := range io {
		n += i.Type.Bytes()
	}
	return n
}

// track collects events that don't overlap: what a rounded clock lets begin
// before the last one ended begins at its end.
type track struct {
	s        *Step
	pid, tid int
	cat      string
	end      time.Duration
	events   []Event
}

func (t *track) add(name string, from, to time.Time, args map[string]any) {
	f, e := max(from.Sub(t.s.Begin), t.end), to.Sub(t.s.Begin)
	e = max(e, f)
	t.end = e
	t.events = append(t.events, Event{name, t.cat, "X", micros(f), micros(e - f), t.pid, t.tid, args})
}

// copies is an upload or a download; one that took no time isn't shown.
func (t *track) copies(k engine.StepTime, bytes int) {
	if k.Seconds > 0 {
		t.add(k.Name, k.Begin, end(k), map[string]any{"bytes": bytes})
	}
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// args tell what a dispatch, or on the CPU a step, is of.
func args(s *plan.Step, k engine.StepTime) map[string]any {
	a := map[string]any{"step": k.Step, "dispatch": k.Dispatch}
	flops, bytes := cost(s)
	a["bytes"] = bytes
	if s.Node != nil {
		ops := []string{s.Node.Op.Name}
		for _, f := range s.Fused {
			ops = append(ops, f.Op.Name)
		}
		a["ops"], a["flops"], a["variant"] = strings.Join(ops, "+"), flops, s.Variant.Name
		var in, out []string
		for _, t := range slices.Concat(s.Call.In, s.Call.Extra) {
			if t.Present() {
				in = append(in, fmt.Sprint(t))
			}
		}
		for _, t := range s.Call.Out {
			if t.Present() {
				out = append(out, fmt.Sprint(t))
			}
		}
		a["in"], a["out"] = strings.Join(in, ", "), strings.Join(out, ", ")
		if s.Call.Attrs != nil {
			a["attrs"] = fmt.Sprintf("%+v", s.Call.Attrs)
		}
	}
	if k.Dispatch < len(s.Dispatches) {
		d := s.Dispatches[k.Dispatch]
		a["barrier"] = d.Barrier
		if d.Shader != "" {
			a["shader"], a["groups"] = d.Shader, d.Grid
		}
	}
	return a
}

// Write writes events as chrome://tracing and Perfetto read them; other tells
// what the trace is of.
func Write(w io.Writer, events []Event, other map[string]string) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(struct {
		TraceEvents     []Event           `json:"traceEvents"`
		DisplayTimeUnit string            `json:"displayTimeUnit"`
		OtherData       map[string]string `json:"otherData,omitempty"`
	}{events, "ms", other})
}

// Package roof measures what a device can do at most, says how near a result
// comes to that, and draws the roofline.
//
// A piece of work of F flops over B bytes takes at least F/peak and at least
// B/bandwidth, where peak is the best rate of multiply-adds in float32 that was
// measured, and bandwidth the best of copying and adding at a working set of
// the bytes that are gone over: what fits a cache is judged by the cache. The nearer roof is the
// longer of the two times.
package roof

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

// Prefix begins the names of the results that limits are made of.
const Prefix = "limits/"

// Limits are what was measured of a device.
type Limits struct {
	Device string
	Peaks  []Peak
	Memory []Bandwidth // by kind, then by size
	// Upload and Download are in bytes a second.
	Upload, Download float64
	// In seconds: a dispatch in a chain of them, a run with one, a run that is
	// waited for.
	Dispatch, Submit, RoundTrip float64
	Absent                      []Absence
}

// Peak is a rate of multiply-adds, each counted as two, in flops a second.
type Peak struct {
	Name string // "vec4", "half", "all_threads"
	How  string // the kernel, or the instruction set and threads
	Rate float64
}

// Bandwidth is what was moved over a working set, in bytes a second: all that
// is read and written.
type Bandwidth struct {
	Kind  string // "copy" or "triad"
	Bytes int    // of the working set
	Rate  float64
}

// Absence is a limit that the device hasn't got, and why.
type Absence struct{ Name, Why string }

// From gathers a device's limits from its results of that kind; the best sample
// of each counts. What other results there are is passed over.
func From(device string, results []stats.Result) *Limits {
	l := &Limits{Device: device}
	for _, r := range results {
		name, ok := strings.CutPrefix(r.Name, Prefix)
		if !ok || r.Device != device || r.Peer != "" || r.MinNS <= 0 {
			continue
		}
		seconds := r.MinNS / 1e9
		kind, what, _ := strings.Cut(name, "/")
		switch kind {
		case "fma":
			l.Peaks = append(l.Peaks, Peak{what, r.Variant, r.Flops / seconds})
		case "copy", "triad":
			if n, err := parseSize(what); err == nil {
				l.Memory = append(l.Memory, Bandwidth{kind, n, r.Bytes / seconds})
			}
		case "upload":
			l.Upload = r.Bytes / seconds
		case "download":
			l.Download = r.Bytes / seconds
		case "dispatch":
			l.Dispatch = seconds / float64(max(r.Items, 1))
		case "submit":
			l.Submit = seconds
		case "round_trip":
			l.RoundTrip = seconds
		}
	}
	sort.SliceStable(l.Memory, func(i, j int) bool {
		a, b := l.Memory[i], l.Memory[j]
		return a.Kind < b.Kind || a.Kind == b.Kind && a.Bytes < b.Bytes
	})
	return l
}

// Peak is the best rate in float32, all threads together; zero if there is none.
func (l *Limits) Peak() Peak {
	var best Peak
	for _, p := range l.Peaks {
		if p.Name != halfPeak && p.Rate > best.Rate {
			best = p
		}
	}
	return best
}

// Bandwidth is the best rate over a working set of so many bytes, between the
// sizes that were measured along a line on logarithmic axes; 0 if there is none.
func (l *Limits) Bandwidth(bytes float64) float64 {
	var before Bandwidth
	for _, m := range l.bestBySize() {
		switch {
		case float64(m.Bytes) < bytes:
			before = m
		case before.Bytes == 0:
			return m.Rate
		default:
			t := math.Log(bytes/float64(before.Bytes)) / math.Log(float64(m.Bytes)/float64(before.Bytes))
			return before.Rate * math.Pow(m.Rate/before.Rate, t)
		}
	}
	return before.Rate
}

func (l *Limits) bestBySize() []Bandwidth {
	var best []Bandwidth
	for _, m := range l.Memory {
		i := slices.IndexFunc(best, func(b Bandwidth) bool { return b.Bytes == m.Bytes })
		if i < 0 {
			best = append(best, m)
		} else if m.Rate > best[i].Rate {
			best[i] = m
		}
	}
	slices.SortFunc(best, func(a, b Bandwidth) int { return a.Bytes - b.Bytes })
	return best
}

// The roofs, as Least names them.
const (
	ByArithmetic = "arithmetic"
	ByMemory     = "memory"
)

// Least is the shortest time in seconds that work could take, of so many flops and
// bytes moved over a working set of so many, and which roof says so; 0 and "" where nothing is known of either.
func (l *Limits) Least(flops, bytes, set float64) (seconds float64, by string) {
	if peak := l.Peak().Rate; peak > 0 && flops > 0 {
		seconds, by = flops/peak, ByArithmetic
	}
	if rate := l.Bandwidth(set); rate > 0 && bytes/rate > seconds {
		seconds, by = bytes/rate, ByMemory
	}
	return seconds, by
}

// Roof is the flops a second that the work could reach at most.
func (l *Limits) Roof(flops, bytes, set float64) (rate float64, by string) {
	seconds, by := l.Least(flops, bytes, set)
	if seconds == 0 {
		return 0, by
	}
	return flops / seconds, by
}

// Judge sets a result's share of the nearer roof. What is computed in float64,
// and limits themselves, are not judged.
func (l *Limits) Judge(r *stats.Result) {
	if r.DType == "float64" || r.MedianNS <= 0 || strings.HasPrefix(r.Name, Prefix) {
		return
	}
	set := r.Bytes
	if r.Set > 0 {
		set = min(set, r.Set)
	}
	if least, by := l.Least(r.Flops, r.Bytes, set); least > 0 {
		r.Roof, r.RoofBy = least*1e9/r.MedianNS, by
	}
}

// Intensity is the flops a byte of a result; 0 where there is neither.
func Intensity(r stats.Result) float64 {
	if r.Bytes == 0 {
		return 0
	}
	return r.Flops / r.Bytes
}

var units = []struct {
	name  string
	bytes int
}{{"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}}

func sizeName(n int) string {
	i := slices.IndexFunc(units, func(u struct {
		name  string
		bytes int
	}) bool {
		return n%u.bytes == 0 && n >= u.bytes
	})
	return fmt.Sprintf("%d%s", n/units[i].bytes, units[i].name)
}

func parseSize(s string) (int, error) {
	for _, u := range units {
		var n int
		if digits, ok := strings.CutSuffix(s, u.name); ok {
			_, err := fmt.Sscanf(digits, "%d", &n)
			return n * u.bytes, err
		}
	}
	return 0, fmt.Errorf("roof: %q is no size", s)
}

package report

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/roof"
	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

// split parts the limits from the rows.
func split(results []stats.Result) (rows, limits []stats.Result) {
	for _, r := range results {
		if strings.HasPrefix(r.Name, roof.Prefix) {
			limits = append(limits, r)
		} else {
			rows = append(rows, r)
		}
	}
	return rows, limits
}

// limitTable is of what the devices can do at most, side by side.
func (b *builder) limitTable() *Table {
	ps := places(b.limits)
	t := &Table{Groups: []Group{{Cols: []string{"limit"}, Text: true}}}
	var names []string
	for _, r := range b.limits {
		if !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	for _, p := range ps {
		t.Groups = append(t.Groups, Group{Title: short(p.device), Cols: []string{"best", "by"}})
	}
	for _, n := range names {
		row := []string{limitName(n)}
		for _, p := range ps {
			cells := []string{"", ""}
			for i := range b.limits {
				if r := &b.limits[i]; r.Name == n && r.Device == p.device {
					cells = []string{limitValue(r), r.Variant}
				}
			}
			row = append(row, cells...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t.narrow()
}

func limitName(name string) string {
	kind, what, _ := strings.Cut(strings.TrimPrefix(name, roof.Prefix), "/")
	says := map[string]string{
		"fma": "multiply-adds", "copy": "memory, copying", "triad": "memory, a + s·b", "upload": "host to device", "download": "device to host",
		"dispatch": "a dispatch in a chain of them", "submit": "a run with one dispatch", "round_trip": "a run that is waited for",
	}[kind]
	if says == "" {
		says = kind
	}
	if what != "" {
		says += ", " + strings.ReplaceAll(what, "_", " ")
	}
	return says
}

// limitValue is of the best sample: a rate, or the time of one.
func limitValue(r *stats.Result) string {
	switch {
	case r.MinNS <= 0:
		return ""
	case r.Flops > 0:
		return figure(r.Flops/r.MinNS) + " GFLOP/s"
	case r.Bytes > 0:
		return figure(r.Bytes/r.MinNS) + " GB/s"
	}
	return duration(r.MinNS / math.Max(float64(r.Items), 1))
}

// atMost is the section of limits with each device's roofline; nil if none were
// measured.
func (b *builder) atMost() (*Section, error) {
	if len(b.limits) == 0 {
		return nil, nil
	}
	s := &Section{Title: "Limits", Table: b.limitTable(), Text: []string{
		"The most that each device was seen to do, by the best sample. Memory counts what is read and what is written. " +
			"A roofline has a point for each row: where it is below the lines, something else than arithmetic and memory takes the time.",
	}}
	for _, f := range b.facts {
		s.Sections = append(s.Sections, f.Limits...)
	}
	if s.Sections == nil {
		var err error
		if s.Figures, err = b.rooflines(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// rooflines draws those that the facts don't have.
func (b *builder) rooflines() (all []Figure, err error) {
	dir, err := os.MkdirTemp("", "vulgo-roofline-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, p := range places(b.limits) {
		l := roof.From(p.device, b.limits)
		if l.Peak().Rate == 0 || len(l.Memory) == 0 || !b.arithmetic(p.device) {
			continue
		}
		path := filepath.Join(dir, "roofline.svg")
		if err := roof.Plot(path, l, b.results); err != nil {
			return nil, err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, Figure{"roofline-" + short(p.device) + ".svg", "roofline of " + p.device, data})
	}
	return all, nil
}

// arithmetic tells whether a roofline of the device has a point.
func (b *builder) arithmetic(device string) bool {
	for i := range b.results {
		if r := &b.results[i]; r.Device == device && r.Peer == "" && r.Flops > 0 && r.Bytes > 0 {
			return true
		}
	}
	return false
}

package report

import (
	"math"
	"slices"
	"strings"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

// limitPrefix begins the names of results that say what a device can do at most.
const limitPrefix = "limits/"

// split parts the limits from the rows.
func split(results []stats.Result) (rows, limits []stats.Result) {
	for _, r := range results {
		if strings.HasPrefix(r.Name, limitPrefix) {
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
	kind, what, _ := strings.Cut(strings.TrimPrefix(name, limitPrefix), "/")
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

// atMost is the section of limits; nil if none were measured. The plots and what
// else a run says of limits come into it.
func (b *builder) atMost() *Section {
	s := &Section{Title: "Limits", Text: []string{"The most that each device was seen to do, by the best sample. Memory counts what is read and what is written."}}
	for _, f := range b.facts {
		s.Sections = append(s.Sections, f.Limits...)
	}
	if len(b.limits) > 0 {
		s.Table = b.limitTable()
	} else if len(s.Sections) == 0 {
		return nil
	}
	return s
}

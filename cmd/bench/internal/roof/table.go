package roof

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Write prints the limits as tables.
func (l *Limits) Write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(l.Peaks) > 0 {
		fmt.Fprintln(w, "multiply-adds\tGFLOP/s\tkernel")
		for _, p := range l.Peaks {
			fmt.Fprintf(w, "%s\t%.4g\t%s\n", p.Name, p.Rate/1e9, p.How)
		}
		fmt.Fprintln(w)
	}
	if len(l.Memory) > 0 {
		fmt.Fprintln(w, "working set\tcopy GB/s\ttriad GB/s")
		seen := map[int]bool{}
		for _, m := range l.Memory {
			if !seen[m.Bytes] {
				seen[m.Bytes] = true
				fmt.Fprintf(w, "%s\t%s\t%s\n", sizeName(m.Bytes), l.moved("copy", m.Bytes), l.moved("triad", m.Bytes))
			}
		}
		fmt.Fprintln(w)
	}
	for _, t := range []struct {
		name string
		rate float64
	}{{"host to device", l.Upload}, {"device to host", l.Download}} {
		if t.rate > 0 {
			fmt.Fprintf(w, "%s\t%.3g GB/s\n", t.name, t.rate/1e9)
		}
	}
	for _, t := range []struct {
		name    string
		seconds float64
	}{{"empty dispatch", l.Dispatch}, {"empty submit", l.Submit}, {"empty submit, waited for", l.RoundTrip}} {
		if t.seconds > 0 {
			fmt.Fprintf(w, "%s\t%s\n", t.name, brief(t.seconds))
		}
	}
	for _, a := range l.Absent {
		fmt.Fprintf(w, "%s\tabsent: %s\n", strings.TrimPrefix(a.Name, Prefix), a.Why)
	}
	return w.Flush()
}

func (l *Limits) moved(kind string, size int) string {
	for _, m := range l.Memory {
		if m.Kind == kind && m.Bytes == size {
			return fmt.Sprintf("%.3g", m.Rate/1e9)
		}
	}
	return "absent"
}

// brief has three digits or so.
func brief(seconds float64) string {
	d := time.Duration(seconds * 1e9)
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%.3gns", seconds*1e9)
	case d < time.Millisecond:
		return fmt.Sprintf("%.3gµs", seconds*1e6)
	}
	return fmt.Sprintf("%.3gms", seconds*1e3)
}

package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/engine"
)

// printer writes each result as soon as it is there, so that what an
// interrupted run has measured is kept.
type printer struct {
	out     io.Writer
	format  string
	json    *os.File // nil: none
	several bool     // devices
	columns []column
}

// column is one of the table's; of gives its text.
type column struct {
	head  string
	width int
	left  bool
	of    func(r *stats.Result) string
}

func newPrinter(out io.Writer, o options, rows []row, several bool) (*printer, error) {
	p := &printer{out: out, format: o.format, several: several}
	width := 4
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(r.name))
	}
	p.columns = tableColumns(width, several)
	if o.json != "" {
		f, err := os.Create(o.json)
		if err != nil {
			return nil, fmt.Errorf("-json: %w", err)
		}
		p.json = f
	}
	return p, nil
}

func tableColumns(width int, several bool) []column {
	cols := []column{{"name", width, true, func(r *stats.Result) string { return r.Name }}}
	if several {
		cols = append(cols, column{"device", 12, true, func(r *stats.Result) string { return short(r.Device, 12) }})
	}
	return append(cols,
		column{"median", 9, false, func(r *stats.Result) string { return duration(r.MedianNS) }},
		column{"95 % interval", 20, false, func(r *stats.Result) string { return duration(r.LoNS) + " - " + duration(r.HiNS) }},
		column{"kernel time", 11, false, func(r *stats.Result) string {
			if r.DeviceNS == 0 {
				return ""
			}
			return duration(r.DeviceNS)
		}},
		column{"outliers", 14, false, outliers},
		column{"GFLOP/s", 8, false, func(r *stats.Result) string { return figure(r.Flops / r.MedianNS) }},
		column{"GB/s", 6, false, func(r *stats.Result) string { return figure(r.Bytes / r.MedianNS) }},
		column{"roof", 7, false, roofShare},
		column{"examples/s", 10, false, func(r *stats.Result) string { return figure(float64(r.Items) / r.MedianNS * 1e9) }},
		column{"rel err", 7, false, func(r *stats.Result) string { return fmt.Sprintf("%.1e", r.RelErr) }},
		column{"check", 14, true, func(r *stats.Result) string { return r.Check }},
		column{"kernel", 0, true, func(r *stats.Result) string {
			if r.Peer != "" {
				return strings.TrimSpace("by " + r.Peer + " " + r.Variant)
			}
			return r.Variant
		}})
}

// outliers gives their number and the worst.
func outliers(r *stats.Result) string {
	if r.Outliers == 0 {
		return ""
	}
	return fmt.Sprintf("%d to %s", r.Outliers, duration(r.WorstNS))
}

// header says where the rows were measured. In Go's format these are benchstat's
// configuration lines.
func (p *printer) header(devs []*engine.Device) {
	for i, d := range devs {
		switch {
		case p.format == "go" && i == 0:
			fmt.Fprintf(p.out, "pkg: github.com/vulgo-ml/vulgo\nhost: %s\n", host())
			fallthrough
		case p.format == "go":
			fmt.Fprintf(p.out, "device%s: %s, %s\n", strings.Repeat("-too", i), d.Name, d.Driver)
		case p.format == "markdown":
			fmt.Fprintf(p.out, "Device: %s (%s), %s. Driver: %s.\n\n", d.Name, d.Type, d.Why, d.Driver)
		default:
			fmt.Fprintf(p.out, "device  %s (%s), %s\ndriver  %s\n", d.Name, d.Type, d.Why, d.Driver)
		}
	}
	switch p.format {
	case "table":
		fmt.Fprintf(p.out, "host    %s\n\n", host())
	case "markdown":
		fmt.Fprintf(p.out, "Host: %s.\n\n", host())
	}
	p.heads()
}

// heads are the columns' names.
func (p *printer) heads() {
	if p.format == "go" {
		return
	}
	p.cells(func(c column) string { return c.head })
	if p.format == "markdown" {
		p.cells(func(c column) string {
			if c.left {
				return "---"
			}
			return "--:"
		})
	}
}

func (p *printer) cells(of func(c column) string) error {
	if len(p.columns) == 0 {
		return nil
	}
	var cells []string
	for _, c := range p.columns {
		text := of(c)
		switch {
		case p.format == "markdown":
			text = strings.ReplaceAll(text, "|", `\|`)
		case c.left:
			text = pad(text, c.width)
		default:
			text = strings.Repeat(" ", max(0, c.width-utf8.RuneCountInString(text))) + text
		}
		cells = append(cells, text)
	}
	line := strings.TrimRight(strings.Join(cells, "  "), " ")
	if p.format == "markdown" {
		line = "| " + strings.Join(cells, " | ") + " |"
	}
	_, err := fmt.Fprintln(p.out, line)
	return err
}

func (p *printer) row(r *stats.Result) error {
	var err error
	if p.format == "go" {
		err = p.benchmark(r)
	} else {
		err = p.cells(func(c column) string { return c.of(r) })
	}
	if err != nil || p.json == nil {
		return err
	}
	if err := r.Write(p.json); err != nil {
		return fmt.Errorf("-json: %w", err)
	}
	return nil
}

// benchmark prints a line a sample, as go test -count does, from which benchstat
// takes its own statistics.
func (p *printer) benchmark(r *stats.Result) error {
	name := "Benchmark" + benchmarkName(r.Name)
	for _, part := range [][2]string{{"dtype", r.DType}, {"kernel", r.Variant}, {"peer", r.Peer}} {
		if part[1] != "" && part[1] != "float32" {
			name += "/" + part[0] + "=" + word(part[1])
		}
	}
	if p.several {
		name += "/device=" + word(r.Device)
	}
	var b strings.Builder
	for _, ns := range r.Samples {
		fmt.Fprintf(&b, "%s %d %.6g ns/op", name, max(1, r.Reps/len(r.Samples)), ns)
		for _, extra := range []struct {
			v    float64
			unit string
		}{{r.Flops / ns, "GFLOP/s"}, {r.Bytes / ns, "GB/s"}, {float64(r.Items) / ns * 1e9, "examples/s"}, {r.DeviceNS, "kernel-ns/op"}} {
			if extra.v > 0 {
				fmt.Fprintf(&b, " %.5g %s", extra.v, extra.unit)
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(p.out, b.String())
	return err
}

// benchmarkName has no spaces, and begins as Go's names must: with anything but a
// small letter.
func benchmarkName(s string) string {
	s = word(s)
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func word(s string) string { return strings.Join(strings.Fields(s), "_") }

func (p *printer) close() error {
	if p.json == nil {
		return nil
	}
	if err := p.json.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("-json: %w", err)
	}
	return nil
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// short is the beginning of a name.
func short(s string, width int) string {
	r := []rune(s)
	if len(r) > width {
		r = r[:width]
	}
	return strings.TrimSpace(string(r))
}

// duration rounds to four digits.
func duration(ns float64) string {
	unit := math.Pow(10, max(0, math.Floor(math.Log10(max(ns, 1)))-3))
	return time.Duration(math.Round(ns/unit) * unit).String()
}

// figure prints four digits or so; nothing for 0.
func figure(v float64) string {
	switch {
	case v == 0 || math.IsNaN(v):
		return ""
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

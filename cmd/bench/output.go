package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vulgo-ml/vulgo/engine"
)

// result is a row's figures, and a line of the JSON file.
type result struct {
	Name     string  `json:"name"`
	Device   string  `json:"device"`
	DType    string  `json:"dtype"`
	Reps     int     `json:"reps"`
	MedianNS float64 `json:"median_ns"`
	MinNS    float64 `json:"min_ns"`
	Flops    float64 `json:"flops"` // a run
	Bytes    float64 `json:"bytes"` // a run: the least that must be moved
	Items    int     `json:"items"` // examples a run
	RelErr   float64 `json:"rel_err"`

	spread  float64
	variant string
}

// printer writes each result as soon as it is there, so that what an
// interrupted run has measured is kept.
type printer struct {
	table io.Writer
	json  *os.File // nil: none
	width int      // of the names
}

func newPrinter(table io.Writer, jsonPath string, rows []row) (*printer, error) {
	p := &printer{table: table}
	for _, r := range rows {
		p.width = max(p.width, utf8.RuneCountInString(r.name))
	}
	if jsonPath != "" {
		f, err := os.Create(jsonPath)
		if err != nil {
			return nil, fmt.Errorf("-json: %w", err)
		}
		p.json = f
	}
	return p, nil
}

func (p *printer) header(d *engine.Device) {
	fmt.Fprintf(p.table, "device  %s (%s), %s\n", d.Name, d.Type, d.Why)
	fmt.Fprintf(p.table, "driver  %s\n", d.Driver)
	fmt.Fprintf(p.table, "host    %s, %s/%s, %d threads\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
	fmt.Fprintf(p.table, "%s %11s %11s %7s %9s %9s %11s %8s  %s\n", pad("name", p.width), "median", "min", "spread", "GFLOP/s", "GB/s", "examples/s", "rel err", "kernel")
}

func (p *printer) row(r result) error {
	perSec := ""
	if r.Items > 0 {
		perSec = figure(float64(r.Items) / r.MedianNS * 1e9)
	}
	_, err := fmt.Fprintln(p.table, strings.TrimRight(fmt.Sprintf("%s %11s %11s %6.1f%% %9s %9s %11s %8.1e  %s",
		pad(r.Name, p.width), duration(r.MedianNS), duration(r.MinNS), 100*r.spread,
		figure(r.Flops/r.MedianNS), figure(r.Bytes/r.MedianNS), perSec, r.RelErr, r.variant), " "))
	if err != nil || p.json == nil {
		return err
	}
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("-json: row %s: %w", r.Name, err)
	}
	if _, err := p.json.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("-json: %w", err)
	}
	return nil
}

func (p *printer) close() error {
	if p.json == nil {
		return nil
	}
	if err := p.json.Close(); err != nil {
		return fmt.Errorf("-json: %w", err)
	}
	return nil
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// duration rounds to four digits.
func duration(ns float64) string {
	unit := math.Pow(10, max(0, math.Floor(math.Log10(max(ns, 1)))-3))
	return time.Duration(math.Round(ns/unit) * unit).String()
}

// figure prints four digits or so; nothing for 0.
func figure(v float64) string {
	switch {
	case v == 0:
		return ""
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

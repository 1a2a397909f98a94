package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

// peerColumns are those of the table of -peers: a row a peer.
func peerColumns(width int) []column {
	return []column{
		{"name", width, true, func(r *stats.Result) string { return r.Name }},
		{"peer", 20, true, func(r *stats.Result) string { return r.Peer }},
		{"threads", 7, false, func(r *stats.Result) string {
			if r.Threads == 0 {
				return ""
			}
			return strconv.Itoa(r.Threads)
		}},
		{"ours", 9, false, func(r *stats.Result) string { return duration(r.OursNS) }},
		{"peer's", 9, false, func(r *stats.Result) string { return duration(r.MedianNS) }},
		{"peer's / ours", 13, false, func(r *stats.Result) string { return ratio(r.Ratio) }},
		{"95 % interval", 15, false, func(r *stats.Result) string { return ratio(r.RatioLo) + " - " + ratio(r.RatioHi) }},
		{"distance", 8, false, func(r *stats.Result) string { return fmt.Sprintf("%.1e", r.RelErr) }},
	}
}

func ratio(v float64) string { return fmt.Sprintf("%.3g", v) }

// against is the header of -peers.
func (p *printer) against(names []string, threads int, rows []row) {
	says := fmt.Sprintf("%d at most on either side; the table has how many the peer was fastest with", threads)
	switch p.format {
	case "table":
		for _, n := range names {
			fmt.Fprintf(p.out, "peer    %s\n", n)
		}
		fmt.Fprintf(p.out, "threads %s\n\n", says)
	case "markdown":
		fmt.Fprintf(p.out, "Peers: %s. Threads: %s.\n\n", strings.Join(names, "; "), says)
	}
	width := 4
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(r.name))
	}
	p.columns = peerColumns(width)
	p.heads()
}

// pair prints a comparison, and keeps both sides' samples.
func (p *printer) pair(ours, theirs *stats.Result) error {
	if p.format == "go" {
		if err := p.benchmark(ours); err != nil {
			return err
		}
	} else if p.json != nil {
		if err := ours.Write(p.json); err != nil {
			return fmt.Errorf("-json: %w", err)
		}
	}
	return p.row(theirs)
}

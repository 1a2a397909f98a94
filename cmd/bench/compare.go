package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

const compareUsage = `usage: bench compare [flags] OLD NEW

OLD and NEW are files that -json wrote, or several by commas: repeated runs of
one program, best taken in turn with the other's. A row differs if it does so
beyond what chance gives any of all rows together.

`

// compare prints what differs between two runs; it returns the exit status, which
// tells whether a row became slower than the threshold.
func compare(args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("bench compare", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, compareUsage)
		fs.PrintDefaults()
	}
	threshold := fs.Float64("threshold", 5, "per cent that a row may become slower; past it the exit status is 1")
	alpha := fs.Float64("alpha", 0.01, "how often equal programs may seem to differ, in any of their rows")
	every := fs.Bool("all", false, "print the rows that don't differ too")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	}
	fail := func(code int, format string, a ...any) int {
		fmt.Fprintf(stderr, "bench: compare: "+format+"\n", a...)
		return code
	}
	switch {
	case fs.NArg() != 2:
		return fail(exitUsage, "wants two files, OLD and NEW, not %d", fs.NArg())
	case !(*threshold >= 0):
		return fail(exitUsage, "-threshold %g: wants 0 or more", *threshold)
	case !(*alpha > 0 && *alpha < 1):
		return fail(exitUsage, "-alpha %g: wants a number between 0 and 1", *alpha)
	}
	old, err := readAll(fs.Arg(0))
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	now, err := readAll(fs.Arg(1))
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	c := stats.Compare(old, now, *alpha)
	if len(c.Changes) == 0 {
		return fail(exitUsage, "%s and %s have no row in common", fs.Arg(0), fs.Arg(1))
	}
	if slower := printComparison(stdout, c, *alpha, *threshold, *every); slower > 0 {
		return fail(exitFailed, "%d of %d rows are over %g %% slower", slower, len(c.Changes), *threshold)
	}
	return exitOK
}

// readAll reads files of results, named with commas between.
func readAll(names string) ([]stats.Result, error) {
	var all []stats.Result
	for _, name := range strings.Split(names, ",") {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		rs, err := stats.Read(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, rs...)
	}
	return all, nil
}

// printComparison prints the rows that differ, the worst first; it tells how many
// are slower than the threshold.
func printComparison(w io.Writer, c stats.Comparison, alpha, threshold float64, every bool) (slower int) {
	shown := slices.Clone(c.Changes)
	if !every {
		shown = slices.DeleteFunc(shown, func(ch stats.Change) bool { return !ch.Significant })
	}
	slices.SortStableFunc(shown, func(a, b stats.Change) int {
		switch {
		case a.Ratio > b.Ratio:
			return -1
		case a.Ratio < b.Ratio:
			return 1
		}
		return 0
	})
	devices := map[string]bool{}
	width := 4
	for _, ch := range c.Changes {
		devices[ch.Device] = true
	}
	label := func(ch stats.Change) string {
		s := ch.Key.String()
		if ch.DType != "" && ch.DType != "float32" {
			s += " " + ch.DType
		}
		if len(devices) > 1 {
			s += " on " + short(ch.Device, 20)
		}
		return s
	}
	for _, ch := range shown {
		width = max(width, len(label(ch)))
	}
	if len(shown) > 0 {
		fmt.Fprintf(w, "%s  %9s  %9s  %8s  %-18s %8s\n", pad("name", width), "old", "new", "new/old", "95 % interval", "p")
	}
	differ := 0
	for _, ch := range shown {
		verdict := "the same"
		if ch.Significant {
			differ++
			verdict = fmt.Sprintf("%.1f %% slower", 100*(ch.Ratio-1))
			if ch.Ratio < 1 {
				verdict = fmt.Sprintf("%.1f %% faster", 100*(1-ch.Ratio))
			}
			if ch.Ratio > 1+threshold/100 {
				slower++
			}
		}
		fmt.Fprintf(w, "%s  %9s  %9s  %8.3f  %-18s %8.1e  %s\n", pad(label(ch), width), duration(ch.OldNS), duration(ch.NewNS), ch.Ratio,
			fmt.Sprintf("%.3f - %.3f", ch.Lo, ch.Hi), ch.P, verdict)
	}
	fmt.Fprintf(w, "%d of %d rows differ, at a level of %g %% over all rows together; in all they take %s times as long\n", differ, len(c.Changes), 100*alpha, figure(meanRatio(c.Changes)))
	if c.Noise > 0 {
		fmt.Fprintf(w, "from run to run rows differ by %.1f %% (standard deviation) without a cause\n", 100*c.Noise)
	}
	for _, only := range []struct {
		what string
		keys []stats.Key
	}{{"the old run", c.OnlyOld}, {"the new run", c.OnlyNew}} {
		if n := len(only.keys); n > 0 {
			fmt.Fprintf(w, "%d rows are in %s alone, such as %v\n", n, only.what, only.keys[0])
		}
	}
	if n := len(c.Weak); n > 0 {
		fmt.Fprintf(w, "%d rows have too few samples to ever differ, such as %v: use -count, -time, or several runs\n", n, c.Weak[0])
	}
	return slower
}

// meanRatio is the geometric mean of the ratios.
func meanRatio(changes []stats.Change) float64 {
	sum := 0.0
	for _, ch := range changes {
		sum += math.Log(ch.Ratio)
	}
	return math.Exp(sum / float64(len(changes)))
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/report"
	"github.com/vulgo-ml/vulgo/tensor"
)

// reporter is bench with -report: the rows alone, beside peers if those are
// asked for, the profiles of the training steps among them, and with -scaling how
// they grow, each as a run of bench of its own with the other flags that were
// given. What they print is passed on; what they find goes into the folder.
type reporter struct {
	options
	rows           []row
	stdout, stderr io.Writer
	dir            string // that the runs write into
	facts          report.Facts
}

// ofReport are the flags that a run of a report doesn't take over.
var ofReport = []string{"report", "json", "peers", "scaling", "plots", "profile", "trace"}

// checkReport refuses flags that say nothing to a report.
func (o *options) checkReport() error {
	for _, name := range []string{"json", "format", "trace", "plots", "roofline"} {
		if _, ok := o.given[name]; ok {
			return fmt.Errorf("-report goes without -%s: its folder has all results and plots", name)
		}
	}
	if o.peers != "" && o.dtype != tensor.Float32 {
		return errors.New("-peers goes with float32 alone")
	}
	return nil
}

func (o options) reported(ctx context.Context, rows []row, stdout, stderr io.Writer) int {
	if err := os.MkdirAll(o.report, 0o755); err != nil {
		fmt.Fprintln(stderr, "bench: -report:", err)
		return exitUsage
	}
	dir, err := os.MkdirTemp("", "vulgo-report-")
	if err != nil {
		fmt.Fprintln(stderr, "bench: -report:", err)
		return exitFailed
	}
	defer os.RemoveAll(dir)
	r := reporter{options: o, rows: rows, stdout: stdout, stderr: stderr, dir: dir, facts: report.Facts{
		Command: "go run ./cmd/bench " + shell(o.args), Date: time.Now().UTC().Format("2006-01-02 15:04 UTC"), Machine: report.Machine(),
	}}
	code := r.run(ctx)
	if err := r.write(); err != nil {
		fmt.Fprintln(stderr, "bench: -report:", err)
		return max(code, exitFailed)
	}
	fmt.Fprintf(stdout, "wrote %s\n", filepath.Join(o.report, "index.html"))
	return code
}

// run is every run of the report. One that fails leaves out what it didn't find;
// flags that make no sense and an interrupt end it.
func (r *reporter) run(ctx context.Context) int {
	worst := exitOK
	bench := func(args ...string) (string, bool) {
		var code int
		var said string
		code, said = r.bench(ctx, args)
		worst = max(worst, code)
		return said, code != exitUsage && code != exitInterrupt
	}
	if !r.devices() {
		return exitUsage
	}
	if _, ok := bench("-json", filepath.Join(r.dir, "rows.jsonl")); !ok {
		return worst
	}
	if r.peers != "" {
		if _, ok := bench("-peers", r.peers, "-json", filepath.Join(r.dir, "peers.jsonl")); !ok {
			return worst
		}
	}
	if steps := r.steps(); steps != "" {
		said, ok := bench("-profile", "-run", steps)
		if r.facts.More = append(r.facts.More, profiles(said)...); !ok {
			return worst
		}
	}
	if r.scaling {
		said, ok := bench("-scaling", "-plots", r.dir)
		if r.facts.More = append(r.facts.More, r.scales(said)); !ok {
			return worst
		}
	}
	return worst
}

// devices notes what they are.
func (r *reporter) devices() bool {
	devs, err := openAll(r.options.devices)
	if err != nil {
		fmt.Fprintln(r.stderr, "bench:", err)
		return false
	}
	for _, d := range devs {
		r.facts.Devices = append(r.facts.Devices, report.Device{Name: d.Name, Type: d.Type, Driver: d.Driver, Memory: d.Memory, Why: d.Why})
		if err := d.Close(); err != nil {
			fmt.Fprintln(r.stderr, "bench:", err)
		}
	}
	return true
}

// bench is one run; it gives what that printed, and keeps what it complained of.
func (r *reporter) bench(ctx context.Context, args []string) (int, string) {
	var all []string
	alone := slices.Contains(args, "-peers") || slices.Contains(args, "-scaling")
	for name, value := range r.given {
		if !slices.Contains(ofReport, name) && !slices.Contains(args, "-"+name) && !(alone && name == "variants") {
			all = append(all, "-"+name+"="+value)
		}
	}
	slices.Sort(all)
	var out, errs bytes.Buffer
	code := bench(ctx, append(all, args...), io.MultiWriter(r.stdout, &out), io.MultiWriter(r.stderr, &errs), r.rows)
	for _, m := range peerIs.FindAllStringSubmatch(out.String(), -1) {
		r.facts.Peers = append(r.facts.Peers, report.Fact{Name: m[1], Value: m[2]})
	}
	for line := range strings.Lines(errs.String()) {
		line = strings.TrimSpace(line)
		if m := peerIsnt.FindStringSubmatch(line); m != nil {
			r.facts.Missing = append(r.facts.Missing, report.Fact{Name: m[1], Value: m[2]})
		} else {
			r.facts.Failed = append(r.facts.Failed, r.failure(line))
		}
	}
	return code, out.String()
}

// What -peers says of those that are there, and of those that aren't.
var (
	peerIs   = regexp.MustCompile(`(?m)^peer +(\S+): (.*)$`)
	peerIsnt = regexp.MustCompile(`^bench: peer (\S+) is left out: (.*)$`)
)

var complaint = regexp.MustCompile(`^bench: (\S+?)(?: on (.+?))?: (.*)$`)

// failure is a complaint, of a row if it names one.
func (r *reporter) failure(line string) report.Failure {
	m := complaint.FindStringSubmatch(line)
	if m == nil || !slices.ContainsFunc(r.rows, func(one row) bool { return one.name == m[1] }) {
		return report.Failure{Why: strings.TrimPrefix(line, "bench: ")}
	}
	return report.Failure{Name: m[1], Device: m[2], Why: m[3]}
}

// steps selects the training steps among the rows; "" if there are none.
func (r *reporter) steps() string {
	chosen, err := choose(r.rows, r.pattern, r.full)
	if err != nil {
		return ""
	}
	var names []string
	for _, one := range chosen {
		if strings.HasPrefix(one.name, "train/") {
			names = append(names, regexp.QuoteMeta(one.name))
		}
	}
	if names == nil {
		return ""
	}
	return "^(" + strings.Join(names, "|") + ")$"
}

var profileHead = regexp.MustCompile(`(?m)^(\S+ on .+): \d+ steps of .*\n`)

// profiles makes a section of each profile that was printed.
func profiles(said string) []report.Section {
	s := report.Section{Title: "Where a training step's time goes"}
	heads := profileHead.FindAllStringSubmatchIndex(said, -1)
	for i, at := range heads {
		end := len(said)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		s.Sections = append(s.Sections, report.Section{Title: said[at[2]:at[3]], Code: strings.TrimSpace(said[at[0]:end])})
	}
	if len(heads) == 0 {
		return nil
	}
	return []report.Section{s}
}

var wrote = regexp.MustCompile(`(?m)^wrote .*\n`)

// scales is what -scaling printed, and its plots.
func (r *reporter) scales(said string) report.Section {
	s := report.Section{Title: "Scaling"}
	if i := strings.Index(said, "\n\n"); i >= 0 { // after the header
		s.Code = strings.TrimSpace(wrote.ReplaceAllString(said[i:], ""))
	}
	for _, axis := range axes {
		data, err := os.ReadFile(filepath.Join(r.dir, "scaling-"+axis+".svg"))
		if err == nil {
			s.Figures = append(s.Figures, report.Figure{Name: "scaling-" + axis + ".svg", Alt: "time over " + axis, Data: data})
		}
	}
	return s
}

// write makes the report of the results that there are.
func (r *reporter) write() error {
	var files []string
	for _, name := range []string{"rows.jsonl", "peers.jsonl"} {
		path := filepath.Join(r.dir, name)
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			files = append(files, path)
		}
	}
	if files == nil {
		return errors.New("no row has a result, so there is no report")
	}
	results, _, err := report.Load(files...)
	if err != nil {
		return err
	}
	if err := report.Save(r.report, results, &r.facts); err != nil {
		return err
	}
	return report.Write(r.report, results, []report.Facts{r.facts})
}

// shell quotes arguments so that they can be pasted.
func shell(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		if strings.ContainsAny(a, " \t\n'\"`$&|;<>()[]{}*?!\\#~^") || a == "" {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		quoted[i] = a
	}
	return strings.Join(quoted, " ")
}

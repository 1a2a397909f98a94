package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/tensor"
)

// row is one line of the table: something to verify, then to time.
type row struct {
	name  string
	items int // examples a run; 0 where that means nothing
	// prepare makes the row ready on a device. It returns an error, and nothing
	// to time, where a result differs from the oracle's.
	prepare func(ctx context.Context, dev *engine.Device) (*job, error)
}

// job is a verified row, ready to be timed.
type job struct {
	start   func() error // starts a run; up to two are under way
	wait    func() error // returns when the last run is done
	cost    kernels.Cost // of a run
	relErr  float64      // what verifying found
	variant string       // the kernel that runs; empty for a whole step
	close   func()
}

// allRows are the training steps, then every op of the table that has a kernel.
func allRows() []row {
	rows := trainRows()
	seen := map[string]int{}
	for _, op := range kernels.All() {
		if op.View {
			continue
		}
		cases := op.Bench
		if len(cases) == 0 {
			cases = op.Cases[:1]
		}
		for _, c := range cases {
			name := op.Name + "/" + caseName(c)
			if seen[name]++; seen[name] > 1 {
				name = fmt.Sprintf("%s#%d", name, seen[name])
			}
			rows = append(rows, opRow(name, op, c))
		}
	}
	return rows
}

var brackets = regexp.MustCompile(`\[[^][]*\]`)

// caseName is a case's name as one word: "[32 64] over [1]" is "32x64_over_1".
// A case without a name, or with a formula for one, goes by its shapes.
func caseName(c kernels.Case) string {
	if c.Name == "" || strings.Contains(c.Name, "->") {
		var shapes []string
		for _, t := range c.In {
			shapes = append(shapes, shapeName(t))
		}
		return strings.Join(shapes, ",")
	}
	name := brackets.ReplaceAllStringFunc(c.Name, func(list string) string {
		if list == "[]" {
			return "-"
		}
		return strings.ReplaceAll(strings.Trim(list, "[]"), " ", "x")
	})
	return strings.Join(strings.Fields(strings.NewReplacer("[", "", "]", "").Replace(name)), "_")
}

func shapeName(t tensor.Type) string {
	switch {
	case !t.Present():
		return "-"
	case len(t.Shape) == 0:
		return "1"
	}
	return strings.ReplaceAll(strings.Trim(t.Shape.String(), "[]"), " ", "x")
}

// choose picks the rows whose names match a regular expression.
func choose(rows []row, pattern string) ([]row, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("-run %q: %w", pattern, err)
	}
	var chosen []row
	for _, r := range rows {
		if re.MatchString(r.name) {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("-run %q matches none of the %d rows; -list names them", pattern, len(rows))
	}
	return chosen, nil
}

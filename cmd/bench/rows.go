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
	items int  // examples a run; 0 where that means nothing
	large bool // left out of -size small

	op *kernels.Op  // what is timed, where it is one op;
	c  kernels.Case // and its operands
	// net is the training or inference step that is timed, where it is one.
	net *net
	// sweep is what -scaling measures, and nothing else does.
	sweep *sweep

	// begin makes ready what the devices share: operands, the oracle's results.
	begin func(o setup) preparer
}

// preparer makes a row's jobs on a device: one, or with setup.variants one a
// kernel. It returns an error for a result that differs from the oracle's; the
// jobs that are right come all the same.
type preparer func(ctx context.Context, dev *engine.Device) ([]*job, error)

// setup is what a row is to be made ready for.
type setup struct {
	dtype    tensor.DType
	variants bool
}

// allRows are whole steps, then every op of the table that has a kernel.
func allRows() []row {
	rows := stepRows()
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

// choose picks the rows whose names match a regular expression, the large ones
// only where all are asked for.
func choose(rows []row, pattern string, full bool) ([]row, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("-run %q: %w", pattern, err)
	}
	var chosen []row
	large := 0
	for _, r := range rows {
		switch {
		case !re.MatchString(r.name):
		case r.large && !full:
			large++
		default:
			chosen = append(chosen, r)
		}
	}
	switch {
	case len(chosen) > 0:
		return chosen, nil
	case large > 0:
		return nil, fmt.Errorf("-run %q matches large rows alone (%d); add -size full", pattern, large)
	}
	return nil, fmt.Errorf("-run %q matches none of the %d rows; -list -size full names them", pattern, len(rows))
}

package report

import (
	"slices"
	"strings"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

// place is where results were measured, and beside which peer; it has a group of
// columns.
type place struct{ device, peer string }

// short is a device's name up to what is in brackets.
func short(device string) string {
	s, _, _ := strings.Cut(device, " (")
	return s
}

// places are ours, then the peers', each in the order of the results.
func places(results []stats.Result) []place {
	var ours, theirs []place
	for i := range results {
		r := &results[i]
		p := place{r.Device, r.Peer}
		to := &ours
		if r.Peer != "" {
			to = &theirs
		}
		if !slices.Contains(*to, p) {
			*to = append(*to, p)
		}
	}
	return append(ours, theirs...)
}

func (b *builder) tables() *Section {
	if len(b.results) == 0 {
		return nil
	}
	s := &Section{Title: "Results", Text: []string{
		"The median of a run's wall time with its 95 % confidence interval. Kernel time is without the host and the submission, by the device's own clock. " +
			"GFLOP/s and GB/s are of the arithmetic and of the least bytes that must be moved. " +
			"Roof is the share of the most that the device could do: of its arithmetic (A) or of its memory's speed (M), whichever allows less. " +
			"The relative error is from what the column check names.",
	}}
	for _, f := range families {
		var rs []stats.Result
		for _, r := range b.results {
			if family(r.Name) == f.name && r.Peer == "" {
				rs = append(rs, r)
			}
		}
		if len(rs) > 0 {
			s.Sections = append(s.Sections, Section{Title: f.name, Table: table(rs)})
		}
	}
	return s
}

// columns are of one place.
var columns = []string{"median", "95 %", "kernel time", "GFLOP/s", "GB/s", "examples/s", "roof", "kernel", "rel err"}

func cells(r *stats.Result) []string {
	perSec, kernel := "", ""
	if r.Items > 0 {
		perSec = figure(float64(r.Items) / r.MedianNS * 1e9)
	}
	if r.DeviceNS > 0 {
		kernel = duration(r.DeviceNS)
	}
	return []string{
		duration(r.MedianNS), interval(r.LoNS, r.MedianNS, r.HiNS), kernel,
		figure(r.Flops / r.MedianNS), figure(r.Bytes / r.MedianNS), perSec, roofShare(r), r.Variant, relErr(r.RelErr),
	}
}

// roofShare is the share of the nearer one, and which that is.
func roofShare(r *stats.Result) string {
	s := share(r.Roof)
	if s != "" && r.RoofBy != "" {
		s += " " + strings.ToUpper(r.RoofBy[:1])
	}
	return s
}

// table has a line for each row and each kernel of it, all places side by side.
func table(results []stats.Result) *Table {
	ps := places(results)
	t := &Table{Groups: []Group{{Cols: []string{"row", "dtype", "check"}, Text: true}}}
	for _, p := range ps {
		t.Groups = append(t.Groups, Group{Title: short(p.device), Cols: columns})
	}
	type key struct{ name, dtype string }
	var keys []key
	at := map[key]map[place][]*stats.Result{}
	dtypes := map[string]bool{}
	for i := range results {
		r := &results[i]
		k := key{r.Name, r.DType}
		if at[k] == nil {
			keys, at[k] = append(keys, k), map[place][]*stats.Result{}
		}
		p := place{r.Device, r.Peer}
		at[k][p] = append(at[k][p], r)
		dtypes[r.DType] = true
	}
	for _, k := range keys {
		lines := 0
		for _, rs := range at[k] {
			lines = max(lines, len(rs))
		}
		for i := range lines {
			row := []string{k.name, "", ""}
			if len(dtypes) > 1 {
				row[1] = k.dtype
			}
			for _, p := range ps {
				line := make([]string, len(columns))
				if i < len(at[k][p]) {
					r := at[k][p][i]
					line = cells(r)
					if !strings.Contains(row[2], r.Check) {
						row[2] = strings.TrimPrefix(row[2]+"; "+r.Check, "; ")
					}
				}
				row = append(row, line...)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t.narrow()
}

// narrow leaves out columns that are empty in every row.
func (t *Table) narrow() *Table {
	out := &Table{Rows: make([][]string, len(t.Rows))}
	col := 0
	for _, g := range t.Groups {
		kept := Group{Title: g.Title, Text: g.Text}
		for _, c := range g.Cols {
			if slices.ContainsFunc(t.Rows, func(row []string) bool { return row[col] != "" }) {
				kept.Cols = append(kept.Cols, c)
				for i, row := range t.Rows {
					out.Rows[i] = append(out.Rows[i], row[col])
				}
			}
			col++
		}
		if len(kept.Cols) > 0 {
			out.Groups = append(out.Groups, kept)
		}
	}
	return out
}

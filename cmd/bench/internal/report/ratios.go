package report

import (
	"fmt"
	"math"
)

// peers is the section of ratios; nil where nothing was compared.
func (b *builder) peers() *Section {
	var theirs []place
	for _, p := range places(b.results) {
		if p.peer != "" {
			theirs = append(theirs, p)
		}
	}
	if len(theirs) == 0 {
		return nil
	}
	type key struct{ name, dtype string }
	var keys []key
	at := map[key]map[place]int{}
	sums, counts := map[place]float64{}, map[place]float64{}
	for i := range b.results {
		r := &b.results[i]
		if r.Peer == "" || r.Ratio <= 0 {
			continue
		}
		k, p := key{r.Name, r.DType}, place{r.Device, r.Peer}
		if at[k] == nil {
			keys, at[k] = append(keys, k), map[place]int{}
		}
		at[k][p] = i
		sums[p] += math.Log(r.Ratio)
		counts[p]++
	}
	t := &Table{Groups: []Group{{Cols: []string{"row"}, Text: true}}}
	cols := []string{"ours", "theirs", "ratio", "95 %", "threads", "rel err"}
	mean := []string{"geometric mean"}
	for _, p := range theirs {
		t.Groups = append(t.Groups, Group{Title: p.peer + " beside " + short(p.device), Cols: cols})
		of := ""
		if counts[p] > 0 {
			of = ratio(math.Exp(sums[p] / counts[p]))
		}
		mean = append(mean, "", "", of, "", "", "")
	}
	for _, k := range keys {
		row := []string{k.name}
		for _, p := range theirs {
			cells := make([]string, len(cols))
			if i, ok := at[k][p]; ok {
				r := &b.results[i]
				cells = []string{duration(r.OursNS), duration(r.MedianNS), ratio(r.Ratio), figure(r.RatioLo) + "–" + figure(r.RatioHi), "", relErr(r.RelErr)}
				if r.Threads > 0 {
					cells[4] = fmt.Sprint(r.Threads)
				}
			}
			row = append(row, cells...)
		}
		t.Rows = append(t.Rows, row)
	}
	t.Rows = append(t.Rows, mean)
	s := &Section{Title: "Beside peers", Table: t.narrow(), Text: []string{
		"A peer's time by ours, pair by pair, the median and its 95 % confidence interval: above 1×, vulgo is faster. " +
			"Peers were timed in turn with vulgo, on the same data, each with the number of threads that suits it best, at most as many as vulgo has. " +
			"The relative error is of their results from ours.",
	}}
	for _, f := range b.facts {
		for _, p := range f.Peers {
			s.Text = append(s.Text, fmt.Sprintf("%s: %s.", p.Name, p.Value))
		}
		for _, m := range f.Missing {
			s.Text = append(s.Text, fmt.Sprintf("%s wasn't compared: %s.", m.Name, m.Value))
		}
	}
	return s
}

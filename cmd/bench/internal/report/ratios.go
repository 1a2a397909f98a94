package report

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

// against is theirs by ours: pair by pair where the samples were taken in turn,
// which what slows both down leaves as it is.
func against(them, us *stats.Result) stats.Summary {
	if len(them.Samples) != len(us.Samples) || len(us.Samples) == 0 {
		v := them.MedianNS / us.MedianNS
		return stats.Summary{Median: v, Lo: v, Hi: v}
	}
	pairs := make([]float64, len(us.Samples))
	for i := range pairs {
		pairs[i] = them.Samples[i] / us.Samples[i]
	}
	return stats.Summarise(pairs)
}

// peers compares the peers with ours at the same rows.
func (b *builder) peers() *Section {
	ps := places(b.results)
	var ours, theirs []place
	for _, p := range ps {
		if p.peer == "" {
			ours = append(ours, p)
		} else {
			theirs = append(theirs, p)
		}
	}
	if len(theirs) == 0 {
		return nil
	}
	type key struct {
		name, dtype string
		place
	}
	best := map[key]*stats.Result{} // where there are several kernels, the fastest
	var names []key
	for i := range b.results {
		r := &b.results[i]
		k := key{r.Name, r.DType, place{r.Device, r.Peer}}
		if best[k] == nil || r.MedianNS < best[k].MedianNS {
			best[k] = r
		}
		row := key{r.Name, r.DType, place{}}
		if r.Peer != "" && best[row] == nil {
			names, best[row] = append(names, row), r
		}
	}
	t := &Table{Groups: []Group{{Cols: []string{"row"}, Text: true}}}
	for _, p := range theirs {
		g := Group{Title: p.String() + ", by our time on"}
		for _, o := range ours {
			g.Cols = append(g.Cols, short(o.device))
		}
		t.Groups = append(t.Groups, g)
	}
	sums, counts := make([]float64, len(ours)*len(theirs)), make([]int, len(ours)*len(theirs))
	for _, n := range names {
		row := []string{n.name}
		for _, p := range theirs {
			for _, o := range ours {
				i, cell := len(row)-1, ""
				them, us := best[key{n.name, n.dtype, p}], best[key{n.name, n.dtype, o}]
				if them != nil && us != nil {
					v := against(them, us)
					sums[i] += math.Log(v.Median)
					counts[i]++
					cell = fmt.Sprintf("%s (%s–%s)", ratio(v.Median), figure(v.Lo), figure(v.Hi))
				}
				row = append(row, cell)
			}
		}
		t.Rows = append(t.Rows, row)
	}
	mean := []string{"geometric mean"}
	for i, n := range counts {
		cell := ""
		if n > 0 {
			cell = ratio(math.Exp(sums[i] / float64(n)))
		}
		mean = append(mean, cell)
	}
	t.Rows = append(t.Rows, mean)
	return &Section{Title: "Beside peers", Table: t, Text: []string{
		"A peer's time by ours, pair by pair, the median and its 95 % confidence interval: above 1×, vulgo is faster. " +
			"Peers were timed in turn with vulgo in the same run, on the same data, with the number of threads that suits them best; their results were held to ours.",
	}}
}

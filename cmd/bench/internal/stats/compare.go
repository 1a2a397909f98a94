package stats

import (
	"cmp"
	"math"
	"slices"
)

// Change is how a row's time differs between two runs.
type Change struct {
	Key
	OldNS, NewNS float64 // medians
	Ratio        float64 // new by old
	Lo, Hi       float64 // about the ratio's 95 % confidence interval
	P            float64 // of a difference like this or more, were there none
	Significant  bool    // at the level asked for, over all rows together
}

// Comparison is that of two runs' rows.
type Comparison struct {
	Changes []Change // of the rows that both have, in the new one's order
	// Noise is how much rows differ from run to run beyond what the samples of a
	// run tell: the standard deviation of ratios, as a part of 1. It is estimated
	// from all rows together, most of which didn't change; 0 with fewer than
	// noiseRows.
	Noise            float64
	OnlyOld, OnlyNew []Key
	// Weak rows have too few samples to ever be significant.
	Weak []Key
}

const noiseRows = 8

// Standard errors are themselves estimates: Student's t with more degrees of
// freedom than these, and the noise without a margin for the few rows it is
// estimated from, called 4 % of equal runs different at a level of 1 %.
const mostFreedom = 20

func noiseMargin(rows int) float64 { return 1 + 1.7/math.Sqrt(float64(rows)) }

// Compare compares the rows that two runs share. At most a part alpha of
// comparisons of equal programs calls any row significant (Holm's method). A row is
// that only if two tests agree. Mann and Whitney's rank test asks whether the
// samples differ; it assumes nothing about their distribution, and since neighbours
// in time are alike, they count for as many as their autocorrelation leaves. The
// other asks whether the medians differ by more than the machine's noise from run
// to run, which samples of one run don't show. Results of the same key are
// repeated runs, whose medians tell that noise too.
func Compare(before, after []Result, alpha float64) Comparison {
	old, now := grouped(before), grouped(after)
	var c Comparison
	var work []contrast
	for _, k := range now.keys {
		if old.of[k] == nil {
			c.OnlyNew = append(c.OnlyNew, k)
			continue
		}
		work = append(work, contrastOf(k, old.of[k], now.of[k]))
	}
	for _, k := range old.keys {
		if now.of[k] == nil {
			c.OnlyOld = append(c.OnlyOld, k)
		}
	}
	c.Noise = noise(work)
	floor := typicalError(work)
	for _, w := range work {
		w.se = max(w.se, floor)
		se := math.Hypot(w.se, c.Noise)
		p := w.p
		if se > 0 {
			// Welch and Satterthwaite's degrees of freedom; a median of absolute
			// values tells a standard deviation as 0.37 times as many squares do.
			df := math.Pow(se, 4) / (math.Pow(w.se, 4)/w.df + math.Pow(c.Noise, 4)/(0.37*float64(len(work))))
			p = max(p, studentP(w.log/se, min(df, mostFreedom)))
		} else if w.log == 0 {
			p = 1
		}
		c.Changes = append(c.Changes, Change{
			Key: w.key, OldNS: w.old, NewNS: w.now, Ratio: math.Exp(w.log),
			Lo: math.Exp(w.log - 1.96*se), Hi: math.Exp(w.log + 1.96*se), P: p,
		})
		if w.least > alpha/float64(len(work)) {
			c.Weak = append(c.Weak, w.key)
		}
	}
	holm(c.Changes, alpha)
	return c
}

// holm marks what is significant: the smallest of n p-values at alpha/n, the next
// at alpha/(n-1), until one isn't.
func holm(changes []Change, alpha float64) {
	order := make([]int, len(changes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(changes[a].P, changes[b].P) })
	for n, i := range order {
		if changes[i].P > alpha/float64(len(order)-n) {
			return
		}
		changes[i].Significant = true
	}
}

type groups struct {
	keys []Key
	of   map[Key][][]float64 // the samples of each run
}

func grouped(rs []Result) groups {
	g := groups{of: map[Key][][]float64{}}
	for i := range rs {
		k := rs[i].Key()
		if len(rs[i].Samples) == 0 || rs[i].MedianNS <= 0 {
			continue
		}
		if g.of[k] == nil {
			g.keys = append(g.keys, k)
		}
		g.of[k] = append(g.of[k], rs[i].Samples)
	}
	return g
}

// contrast is what two sides of a row say.
type contrast struct {
	key      Key
	old, now float64 // medians
	log, se  float64 // of the ratio, and its standard error as far as samples tell,
	df       float64 // from so many degrees of freedom
	p, least float64 // of the rank test, and what it could give at best
}

func contrastOf(k Key, old, now [][]float64) contrast {
	a, b := slices.Concat(old...), slices.Concat(now...)
	w := contrast{key: k, old: Summarise(a).Median, now: Summarise(b).Median}
	w.log = math.Log(w.now / w.old)
	w.se = math.Hypot(logError(old), logError(now))
	na, nb := effective(old), effective(now)
	w.df = max(na+nb-2, 1)
	w.p = MannWhitney(a, b, na, nb)
	w.least = leastP(len(a), len(b))
	return w
}

// logError is the standard error of a median's logarithm: from its confidence
// interval, widened by the samples' autocorrelation, or from the medians of
// repeated runs, whichever is more.
func logError(runs [][]float64) float64 {
	all := slices.Concat(runs...)
	s := Summarise(all)
	within := math.Log(s.Hi/s.Lo) / (2 * 1.96) * math.Sqrt(float64(len(all))/effective(runs))
	if len(runs) < 3 {
		return within
	}
	var logs []float64
	mean := 0.0
	for _, r := range runs {
		logs = append(logs, math.Log(Summarise(r).Median))
		mean += logs[len(logs)-1] / float64(len(runs))
	}
	sum := 0.0
	for _, l := range logs {
		sum += (l - mean) * (l - mean)
	}
	return max(within, math.Sqrt(sum/float64(len(runs)-1)/float64(len(runs))))
}

// effective is how many independent samples these are worth: n·(1-r)/(1+r) for an
// autocorrelation r of the ranks of neighbours.
func effective(runs [][]float64) float64 {
	n, up, down := 0, 0.0, 0.0
	for _, x := range runs {
		r := ranks(x)
		mean := float64(len(x)+1) / 2
		for i := range r {
			down += (r[i] - mean) * (r[i] - mean)
			if i > 0 {
				up += (r[i] - mean) * (r[i-1] - mean)
			}
		}
		n += len(x)
	}
	if down == 0 || up <= 0 {
		return float64(n)
	}
	r := min(up/down, 0.95)
	return max(float64(n)*(1-r)/(1+r), 2)
}

// ranks counts from 1; equal values share the mean of theirs.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	r := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			r[k] = float64(i+j+1) / 2
		}
		i = j
	}
	return r
}

// typicalError is the median of the rows' standard errors.
func typicalError(work []contrast) float64 {
	if len(work) < noiseRows {
		return 0
	}
	var se []float64
	for _, w := range work {
		se = append(se, w.se)
	}
	slices.Sort(se)
	return Quantile(se, 0.5)
}

// noise is the part of the ratios' scatter that standard errors don't explain, from
// its median, which the few rows that did change don't move.
func noise(work []contrast) float64 {
	if len(work) < noiseRows {
		return 0
	}
	// The largest sd for which the scaled ratios' median is still that of a normal
	// distribution: |z| has the median 0.6745.
	typical := func(sd float64) float64 {
		var z []float64
		for _, w := range work {
			z = append(z, math.Abs(w.log)/max(math.Hypot(w.se, sd), 1e-300))
		}
		slices.Sort(z)
		return Quantile(z, 0.5)
	}
	const half = 0.67448975
	if typical(0) <= half {
		return 0
	}
	lo, hi := 0.0, 10.0
	for range 60 {
		if mid := (lo + hi) / 2; typical(mid) > half {
			lo = mid
		} else {
			hi = mid
		}
	}
	return noiseMargin(len(work)) * hi
}

package stats

import (
	"math"
	"slices"
)

// Summary is what samples say. Lo and Hi are order statistics that hold the
// median at 95 %, whatever the distribution; below six samples no two do, and
// they are the least and the largest. An outlier lies three interquartile
// ranges above the upper quartile.
type Summary struct {
	Median, Lo, Hi  float64
	Min, Worst, IQR float64
	Outliers        int
}

// Summarise leaves the samples in their order. None give the zero Summary.
func Summarise(samples []float64) Summary {
	if len(samples) == 0 {
		return Summary{}
	}
	x := slices.Sorted(slices.Values(samples))
	lo, hi := medianRanks(len(x))
	q1, q3 := Quantile(x, 0.25), Quantile(x, 0.75)
	s := Summary{Median: Quantile(x, 0.5), Lo: x[lo], Hi: x[hi], Min: x[0], Worst: x[len(x)-1], IQR: q3 - q1}
	for _, v := range x {
		if v > q3+3*(q3-q1) {
			s.Outliers++
		}
	}
	return s
}

// Quantile interpolates between the two nearest of sorted values.
func Quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// medianRanks are the innermost ranks, counted from 0, between which the median
// of the population lies at 95 %: the number of samples below it is binomial
// with p = 1/2.
func medianRanks(n int) (lo, hi int) {
	below := 0.0 // P(fewer than lo+1 samples below the median)
	for lo = 0; lo < n/2; lo++ {
		below += math.Exp(logChoose(n, lo) - float64(n)*math.Ln2)
		if below > 0.025 {
			break
		}
	}
	lo = max(lo-1, 0)
	return lo, n - 1 - lo
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

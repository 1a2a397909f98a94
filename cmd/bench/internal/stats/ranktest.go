package stats

import (
	"math"
	"slices"
)

// exactSamples is up to how many samples, in both sets together, the rank test's
// distribution is counted out; the normal one does for more.
const exactSamples = 30

// MannWhitney is the two-sided p-value of the rank test that two sets come from one
// distribution. na and nb say how many independent samples the sets are worth; where
// that is fewer than they have, the statistic is taken at those numbers.
func MannWhitney(a, b []float64, na, nb float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 1
	}
	r := ranks(slices.Concat(a, b))
	u := -float64(len(a)*(len(a)+1)) / 2
	ties := 0.0
	for _, v := range r[:len(a)] {
		u += v
	}
	slices.Sort(r)
	for i := 0; i < len(r); {
		j := i
		for j < len(r) && r[j] == r[i] {
			j++
		}
		t := float64(j - i)
		ties += t*t*t - t
		i = j
	}
	// Of all pairs, the part in which a's is the larger; 1/2 if nothing differs.
	part := u / float64(len(a)*len(b))
	na, nb = min(na, float64(len(a))), min(nb, float64(len(b)))
	if ties == 0 && na+nb <= exactSamples {
		return exactP(int(na), int(nb), part)
	}
	n := na + nb
	all := float64(len(r))
	variance := na * nb / 12 * (n + 1 - ties*(n/all)/all/all)
	if variance <= 0 {
		return 1
	}
	z := math.Max(0, math.Abs(part-0.5)*na*nb-0.5) / math.Sqrt(variance)
	return math.Erfc(z / math.Sqrt2)
}

// exactP is P(|U - nm/2| >= what part says), counted over all orders.
func exactP(n, m int, part float64) float64 {
	// ways[j][u]: orders of i of the first and j of the second set with statistic u.
	ways := make([][]float64, m+1)
	for j := range ways {
		ways[j] = make([]float64, n*m+1)
		ways[j][0] = 1
	}
	for i := 1; i <= n; i++ {
		next := make([][]float64, m+1)
		for j := range next {
			next[j] = make([]float64, n*m+1)
			for u := 0; u <= i*j; u++ {
				// the largest is the first set's, above all j others, or the second's
				if u >= j {
					next[j][u] += ways[j][u-j]
				}
				if j > 0 {
					next[j][u] += next[j-1][u]
				}
			}
		}
		ways = next
	}
	away := math.Abs(part-0.5)*float64(n*m) - 1e-9
	all, as := 0.0, 0.0
	for u, w := range ways[m] {
		all += w
		if math.Abs(float64(u)-float64(n*m)/2) >= away {
			as += w
		}
	}
	return as / all
}

// leastP is what the rank test gives at best.
func leastP(n, m int) float64 { return 2 * math.Exp(-logChoose(n+m, n)) }

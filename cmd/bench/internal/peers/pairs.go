package peers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

// Runner is the time of n runs.
type Runner func(n int) (time.Duration, error)

// Timing says how long a pair is measured: at least Count pairs of samples, and
// at least Time for either side.
type Timing struct {
	Time  time.Duration
	Count int
	Rest  time.Duration // between samples, until the other's idle threads sleep
}

// A sample lasts a fiftieth of the time, and no less than this.
const shortest = 2 * time.Millisecond

func (t Timing) sample() time.Duration { return max(t.Time/50, shortest) }

// Pairs are samples taken in turn, A B A B, in nanoseconds a run.
type Pairs struct {
	Ours, Theirs       []float64
	OurReps, TheirReps int // runs a sample
	Ratios             []float64
	Ratio              stats.Summary // theirs / ours, pair by pair: above 1, ours is faster
}

// Measure takes the pairs.
func Measure(ctx context.Context, ours, theirs Runner, t Timing) (*Pairs, error) {
	var p Pairs
	var err error
	if p.OurReps, err = reps(ctx, ours, t); err != nil {
		return nil, err
	}
	if p.TheirReps, err = reps(ctx, theirs, t); err != nil {
		return nil, err
	}
	var spent [2]time.Duration
	for len(p.Ratios) < t.Count || spent[0] < t.Time || spent[1] < t.Time {
		for side, run := range []Runner{ours, theirs} {
			time.Sleep(t.Rest)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			n := []int{p.OurReps, p.TheirReps}[side]
			d, err := run(n)
			if err != nil {
				return nil, err
			}
			spent[side] += d
			ns := max(float64(d.Nanoseconds()), 1) / float64(n)
			if side == 0 {
				p.Ours = append(p.Ours, ns)
			} else {
				p.Theirs = append(p.Theirs, ns)
			}
		}
		last := len(p.Ours) - 1
		p.Ratios = append(p.Ratios, p.Theirs[last]/p.Ours[last])
	}
	p.Ratio = stats.Summarise(p.Ratios)
	return &p, nil
}

// reps warms up, until a sample is long enough, and says how many runs one takes.
func reps(ctx context.Context, run Runner, t Timing) (int, error) {
	for n := 1; ; n *= 2 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		d, err := run(n)
		if err != nil {
			return 0, err
		}
		if n > 1 && d >= t.sample() || d >= t.Time {
			return max(1, int(t.sample()*time.Duration(n)/max(d, 1))), nil
		}
		if n > 1<<30 {
			return 0, fmt.Errorf("%d runs take no time", n)
		}
	}
}

// Counts are the numbers of threads to try: 1, 2, 4, ... and the most.
func Counts(most int) []int {
	var c []int
	for n := 1; n < most; n *= 2 {
		c = append(c, n)
	}
	return append(c, max(most, 1))
}

// Best tries each number of threads and leaves the peer with the one it was
// fastest with, by the least of three samples.
func Best(ctx context.Context, use func(threads int) error, run Runner, most int, t Timing) (int, error) {
	counts := Counts(most)
	took := make([]float64, len(counts))
	for i, c := range counts {
		if err := use(c); err != nil {
			return 0, err
		}
		n, err := reps(ctx, run, t)
		if err != nil {
			return 0, err
		}
		for try := range 3 {
			d, err := run(n)
			if err != nil {
				return 0, err
			}
			if v := float64(d) / float64(n); try == 0 || v < took[i] {
				took[i] = v
			}
		}
	}
	best := counts[slices.Index(took, slices.Min(took))]
	return best, use(best)
}

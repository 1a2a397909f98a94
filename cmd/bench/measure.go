package main

import (
	"context"
	"slices"
	"time"
)

// timing says how long a row is measured: at least count samples and at least
// the time.
type timing struct {
	time  time.Duration
	count int
}

// stats are of the time of a run, in nanoseconds. Spread is the interquartile
// range as a part of the median.
type stats struct {
	reps        int
	median, min float64
	spread      float64
}

// Runs are timed in samples, each long enough that the clock and the wait at
// its end don't matter: samplesWanted of them in the time, none below
// shortestSample.
const (
	samplesWanted  = 50
	shortestSample = time.Millisecond
)

// measure warms a job up for a tenth of the time, which also tells how many
// runs make a sample, and then times samples. Within a sample run after run is
// started and only the last one waited for, as a training loop does that reads
// its losses late.
func measure(ctx context.Context, j *job, o timing) (stats, error) {
	warm, runs := time.Duration(0), 0
	for n := 1; runs < 2 || warm < o.time/10; n *= 2 {
		d, err := sample(ctx, j, n)
		if err != nil {
			return stats{}, err
		}
		warm, runs = d, n
	}
	perRun := max(warm/time.Duration(runs), 1)
	n := max(1, int(max(o.time/samplesWanted, shortestSample)/perRun))
	var ns []float64
	for began := time.Now(); len(ns) < o.count || time.Since(began) < o.time; {
		d, err := sample(ctx, j, n)
		if err != nil {
			return stats{}, err
		}
		ns = append(ns, float64(d.Nanoseconds())/float64(n))
	}
	s := summarise(ns)
	s.reps = n * len(ns)
	return s, nil
}

// sample is the time of n runs.
func sample(ctx context.Context, j *job, n int) (time.Duration, error) {
	began := time.Now()
	for range n {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := j.start(); err != nil {
			return 0, err
		}
	}
	err := j.wait()
	return time.Since(began), err
}

// summarise sorts the samples in place.
func summarise(ns []float64) stats {
	slices.Sort(ns)
	s := stats{median: quantile(ns, 0.5), min: ns[0]}
	if s.median > 0 {
		s.spread = (quantile(ns, 0.75) - quantile(ns, 0.25)) / s.median
	}
	return s
}

// quantile interpolates between the two nearest of sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

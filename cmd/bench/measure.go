package main

import (
	"context"
	"slices"
	"time"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/kernels"
)

// job is a verified piece of work, ready to be timed.
type job struct {
	// sample is the wall clock of n runs.
	sample func(ctx context.Context, n int) (time.Duration, error)
	// kernel is the time of a run by the device's own clock, in nanoseconds,
	// where it is known; nil: it isn't.
	kernel func(ctx context.Context) (float64, error)
	close  func()

	// profiled compiles the timed program again with engine.Profiled, and feeds
	// gives its run i the inputs; nil where no program of the engine is timed.
	profiled func() (*engine.Program, error)
	feeds    func(i int) engine.Feeds

	cost    kernels.Cost // of a run
	set     float64      // the memory it goes over, in bytes; 0: unknown
	relErr  float64      // what verifying found
	check   string       // how it verified
	variant string       // the kernel that runs; empty for a whole step

	result stats.Result // device, dtype and so on are set before, samples after
}

// timing says how long a row is measured: at least count samples and at least
// the time.
type timing struct {
	time  time.Duration
	count int
	auto  bool // the time wasn't given
}

// Runs are timed in samples, each long enough that the clock and the wait at
// its end don't matter: samplesWanted of them in the time, none below
// shortestSample. Where no count is given, samplesUsual are taken, unless that
// takes over five times the time; then samplesLeast do.
const (
	samplesWanted  = 50
	samplesUsual   = 12
	samplesLeast   = 5
	shortestSample = time.Millisecond
)

// enough tells whether so many samples that took that long will do.
func (t timing) enough(samples int, took time.Duration) bool {
	if t.count > 0 {
		return samples >= t.count && took >= t.time
	}
	return samples >= samplesUsual && took >= t.time || samples >= samplesLeast && took >= 5*t.time
}

// measure warms jobs up for a tenth of the time each, which also tells how many
// runs make a sample of each, and then lets them take samples in turn. A job that
// fails leaves its error and takes no part any more.
func measure(ctx context.Context, jobs []*job, o timing) []error {
	errs, n := make([]error, len(jobs)), make([]int, len(jobs))
	samples, took := make([][]float64, len(jobs)), make([]time.Duration, len(jobs))
	for i, j := range jobs {
		n[i], errs[i] = warmUp(ctx, j, o)
	}
	for again := true; again; {
		again = false
		for i, j := range jobs {
			if errs[i] != nil || o.enough(len(samples[i]), took[i]) {
				continue
			}
			d, err := j.sample(ctx, n[i])
			if errs[i] = err; err != nil {
				continue
			}
			samples[i] = append(samples[i], float64(d.Nanoseconds())/float64(n[i]))
			took[i] += d
			again = true
		}
	}
	for i, j := range jobs {
		if errs[i] == nil {
			j.result.Measured(samples[i], n[i])
		}
	}
	return errs
}

// warmUp gives how many runs make a sample.
func warmUp(ctx context.Context, j *job, o timing) (int, error) {
	warm, runs := time.Duration(0), 0
	for n := 1; runs < 2 && warm < o.time || warm < o.time/10; n *= 2 {
		d, err := j.sample(ctx, n)
		if err != nil {
			return 0, err
		}
		warm, runs = max(d, 1), n
		if warm >= time.Second {
			break
		}
	}
	perRun := max(warm/time.Duration(max(runs, 1)), 1)
	return max(1, int(max(o.time/samplesWanted, shortestSample)/perRun)), nil
}

// inRow samples runs that start one after the other; only the last is waited for,
// as a training loop does that reads its losses late.
func inRow(start, wait func() error) func(context.Context, int) (time.Duration, error) {
	return func(ctx context.Context, n int) (time.Duration, error) {
		began := time.Now()
		for range n {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			if err := start(); err != nil {
				return 0, err
			}
		}
		err := wait()
		return time.Since(began), err
	}
}

func median(x []float64) float64 { return stats.Quantile(slices.Sorted(slices.Values(x)), 0.5) }

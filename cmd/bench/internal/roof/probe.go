package roof

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/kernels"
)

// Probe measures one limit.
type Probe struct {
	Name  string // with Prefix
	Items int    // what a run counts; 0: one
	// Prepare makes it ready on a device. Its error is an Absent where the device
	// hasn't got what is to be measured.
	Prepare func(dev *engine.Device) (*Job, error)
}

// Job is a probe made ready.
type Job struct {
	Sample       func(ctx context.Context, n int) (time.Duration, error) // n runs
	Flops, Bytes float64                                                 // of a run
	How          string
	Close        func()
}

// Absent says why a device hasn't got a limit; "" where it wouldn't be expected.
type Absent string

func (a Absent) Error() string { return string(a) }

const (
	smallestSet = 32 << 10
	largestSet  = 256 << 20
	halfPeak    = "half"
)

// Probes are all that can be measured, on whatever device, with working sets of
// at most so many bytes; 0: 256 MB.
func Probes(largest int) []Probe {
	if largest == 0 {
		largest = largestSet
	}
	var ps []Probe
	add := func(name string, items int, prepare func(*engine.Device) (*Job, error)) {
		name = Prefix + name
		if !slices.ContainsFunc(ps, func(p Probe) bool { return p.Name == name }) {
			ps = append(ps, Probe{name, items, prepare})
		}
	}
	add("fma/scalar", 0, fma(kernels.FMAChain, "scalar"))
	add("fma/vec4", 0, fma(kernels.FMAChain, "vec4"))
	add("fma/"+halfPeak, 0, fmaHalf)
	add("fma/matrix", 0, func(*engine.Device) (*Job, error) {
		return nil, Absent("vulgo has no kernel of cooperative matrices")
	})
	add("fma/one_thread", 0, cpuFMA(false))
	add("fma/all_threads", 0, cpuFMA(true))
	for _, kind := range []string{"copy", "triad"} {
		for size := smallestSet; size <= largest; size *= 4 {
			add(kind+"/"+sizeName(size), 0, moving(kind, size))
		}
		add(kind+"/"+sizeName(largest), 0, moving(kind, largest))
	}
	moved := min(64<<20, largest)
	add("upload/"+sizeName(moved), 0, transfer(true, moved))
	add("download/"+sizeName(moved), 0, transfer(false, moved))
	add("dispatch", chained, dispatches)
	add("submit", 0, submits(false))
	add("round_trip", 0, submits(true))
	return ps
}

// Measure takes each limit of a device for about that time, and gives the results
// with the limits made of them. After an error, what is done comes with it.
func Measure(ctx context.Context, dev *engine.Device, largest int, each time.Duration) (*Limits, []stats.Result, error) {
	var results []stats.Result
	var absent []Absence
	done := func(err error) (*Limits, []stats.Result, error) {
		l := From(dev.Name, results)
		l.Absent = absent
		return l, results, err
	}
	for _, p := range Probes(largest) {
		r, err := p.measure(ctx, dev, each)
		var none Absent
		switch {
		case errors.As(err, &none):
			if none != "" {
				absent = append(absent, Absence{p.Name, string(none)})
			}
		case err != nil:
			return done(err)
		default:
			results = append(results, r)
		}
	}
	return done(nil)
}

// The best sample counts, so samples are short: on a machine that others use too
// some are then undisturbed. Slow probes end with few.
const (
	samplesUsual = 5
	samplesLeast = 2
	samplesMany  = 100
)

func (p Probe) measure(ctx context.Context, dev *engine.Device, each time.Duration) (stats.Result, error) {
	r := stats.Result{Name: p.Name, Device: dev.Name, Driver: dev.Driver, DType: "float32"}
	j, err := p.Prepare(dev)
	if err != nil {
		return r, err
	}
	defer j.Close()
	n := 1
	for { // warms up, and finds how many runs make a sample
		d, err := j.Sample(ctx, n)
		if err != nil {
			return r, err
		}
		if n > 1 && d >= each/samplesMany || d >= each || n >= 1<<20 {
			break
		}
		n *= 2
	}
	var samples []float64
	for began := time.Now(); ; {
		d, err := j.Sample(ctx, n)
		if err != nil {
			return r, err
		}
		samples = append(samples, float64(d.Nanoseconds())/float64(n))
		took := time.Since(began)
		if len(samples) >= samplesUsual && took >= each || len(samples) >= samplesLeast && took >= 4*each {
			break
		}
	}
	r.Variant, r.Flops, r.Bytes, r.Items = j.How, j.Flops, j.Bytes, p.Items
	r.Measured(samples, n)
	return r, nil
}

// timed is the Sample of a run that is done when it returns.
func timed(run func() error) func(context.Context, int) (time.Duration, error) {
	return func(ctx context.Context, n int) (time.Duration, error) {
		began := time.Now()
		for range n {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			if err := run(); err != nil {
				return 0, err
			}
		}
		return time.Since(began), nil
	}
}

package roof

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/kernels"
)

// chainAttrs are stable: y = 1 - y, again and again.
func chainAttrs(steps int) cpuref.FMAChainAttrs {
	return cpuref.FMAChainAttrs{Steps: steps, A: -1, B: 1}
}

// cpuFMA is the rate of the instruction set in use, with as many chains as a
// thread's registers take: of one thread, or of all of them at once. Each thread
// runs blocks and goes by the median of their times, and the rates add up: what
// other processes take of the machine in between isn't counted.
func cpuFMA(all bool) func(*engine.Device) (*Job, error) {
	return func(dev *engine.Device) (*Job, error) {
		if dev.Kind != kernels.CPU {
			return nil, Absent("")
		}
		const steps = 1 << 14
		threads, n := 1, fast.Chains()
		if all {
			threads = runtime.GOMAXPROCS(0)
		}
		blocks := make([]func(), threads)
		for t := range blocks {
			blocks[t] = fast.FMAChain(&cpuref.Args[float32]{
				Attrs: chainAttrs(steps),
				In:    []cpuref.Arg[float32]{{Shape: []int{n}, F: make([]float32, n)}},
				Out:   []cpuref.Arg[float32]{{Shape: []int{n}, F: make([]float32, n)}},
			})
		}
		return &Job{
			Sample: func(ctx context.Context, runs int) (time.Duration, error) {
				return inStep(blocks, runs), ctx.Err()
			},
			Flops: 2 * steps * float64(n*threads),
			How:   fmt.Sprintf("%s, %s", fast.Name(), plural(threads, "thread")),
			Close: func() {},
		}, nil
	}
}

// inStep runs each block so often, every one on a thread of its own, and gives
// the time in which all together would do that at their median rates.
func inStep(blocks []func(), runs int) time.Duration {
	medians := make([]float64, len(blocks))
	var wg sync.WaitGroup
	for t, block := range blocks {
		wg.Add(1)
		go func() {
			defer wg.Done()
			took := make([]float64, runs)
			for i := range took {
				began := time.Now()
				block()
				took[i] = time.Since(began).Seconds()
			}
			medians[t] = stats.Summarise(took).Median
		}()
	}
	wg.Wait()
	return time.Duration(float64(runs) * together(medians) * 1e9)
}

// together is the seconds a block that several threads take, each so many, at
// the sum of their rates.
func together(each []float64) float64 {
	rate := 0.0
	for _, s := range each {
		rate += 1 / max(s, 1e-9)
	}
	return float64(len(each)) / rate
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// cpuMoving copies, or adds a multiple, on every thread over its own part of the
// working set, again and again without a word to the others.
func cpuMoving(kind string, size int) (*Job, error) {
	const least = 32 << 20 // bytes a run, so that starting threads doesn't count
	threads, arrays := runtime.GOMAXPROCS(0), 2
	if kind == "triad" {
		arrays = 3
	}
	n := size / 4 / arrays / threads // floats of a thread's part of one array
	passes := max(1, least/size)
	parts := make([][3][]float32, threads)
	for t := range parts {
		for a := range arrays {
			x := make([]float32, n)
			for i := range x { // in memory of its own: untouched pages are all one page
				x[i] = float32(i)
			}
			parts[t][a] = x
		}
	}
	var wg sync.WaitGroup
	return &Job{
		Sample: timed(func() error {
			wg.Add(threads)
			for t := range threads {
				p := &parts[t]
				go func() {
					defer wg.Done()
					for range passes {
						if kind == "triad" {
							fast.Triad(p[0], p[1], p[2], 0.5)
						} else {
							copy(p[0], p[1])
						}
					}
				}()
			}
			wg.Wait()
			return nil
		}),
		Bytes: float64(4 * arrays * n * threads * passes),
		How:   plural(threads, "thread"),
		Close: func() { parts = nil },
	}, nil
}

package fast

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const heavy = 1 << 30 // a cost that is always split

func withThreads(t *testing.T, n int) {
	was := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(was) })
}

func TestParallelCallsEachIndexOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 16} {
		withThreads(t, threads)
		for _, n := range []int{0, 1, 2, 7, 1000} {
			seen := make([]atomic.Int32, n)
			for range 20 {
				Parallel(n, heavy, func(i int) { seen[i].Add(1) })
			}
			for i := range seen {
				require.EqualValues(t, 20, seen[i].Load())
			}
		}
	}
}

func TestParallelFromManyGoroutinesAndNested(t *testing.T) {
	withThreads(t, 4)
	var total atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 50 {
				Parallel(9, heavy, func(int) {
					Parallel(3, heavy, func(int) { total.Add(1) })
				})
			}
		}()
	}
	wg.Wait()
	require.EqualValues(t, 8*50*9*3, total.Load())
}

// The workers park between loops that are far apart, and wake again.
func TestParallelAfterTheWorkersParked(t *testing.T) {
	withThreads(t, 4)
	var total atomic.Int64
	for i := range 30 {
		time.Sleep(time.Duration(i%3) * time.Millisecond)
		Parallel(8, heavy, func(int) { total.Add(1) })
	}
	require.EqualValues(t, 240, total.Load())
	require.Eventually(t, func() bool {
		for _, w := range team.workers {
			if w.state.Load() != parked {
				return false
			}
		}
		return true
	}, 5*time.Second, time.Millisecond, "an idle worker still spins")
}

func TestParallelUsesSeveralThreads(t *testing.T) {
	withThreads(t, 2)
	both := make(chan struct{})
	var here atomic.Int32
	Parallel(2, heavy, func(int) { // ends only if both calls run at the same time
		if here.Add(1) == 2 {
			close(both)
		}
		<-both
	})
}

func TestParallelSplitsNothingSmall(t *testing.T) {
	withThreads(t, 4)
	sum := 0 // unguarded: -race would see a second thread
	Parallel(100, splitNs-1, func(i int) { sum += i })
	require.Equal(t, 4950, sum)
}

func TestParallelAllocatesNothing(t *testing.T) {
	withThreads(t, 4)
	var total atomic.Int64
	body := func(int) { total.Add(1) }
	require.Zero(t, testing.AllocsPerRun(100, func() { Parallel(16, heavy, body) }))
}

func BenchmarkParallel(b *testing.B) {
	body := func(int) {}
	for b.Loop() {
		Parallel(2, heavy, body)
	}
}

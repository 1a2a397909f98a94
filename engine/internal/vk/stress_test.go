//go:build cgo

package vk

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// garbage keeps the collector busy until stop, so that C memory freed too early
// would be seen.
func garbage() (stop func()) {
	done := make(chan bool)
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				select {
				case <-done:
					return
				default:
					sink.Store(new([1 << 10]byte), true)
					sink.Clear()
					runtime.GC()
				}
			}
		}()
	}
	return func() { close(done); wg.Wait() }
}

var sink sync.Map

func TestCollectorAtWork(t *testing.T) {
	_, d := open(t, validated)
	defer garbage()()
	for range 20 {
		p := newProgram(t, d, 500)
		for range 5 {
			p.run(t, d)
			p.verify(t)
		}
		p.free()
		require.Zero(t, d.Live())
	}
}

func TestThousandRoundsLeaveNothing(t *testing.T) {
	_, d := open(t, Options{})
	for range 1000 {
		p := newProgram(t, d, 64)
		p.run(t, d)
		p.free()
	}
	require.Zero(t, d.Live())
}

func TestManyGoroutines(t *testing.T) {
	_, d := open(t, validated)
	t.Run("at once", func(t *testing.T) {
		for range 4 {
			t.Run("one", func(t *testing.T) {
				t.Parallel()
				for range 5 {
					p := newProgram(t, d, 300)
					p.run(t, d)
					p.verify(t)
					p.free()
				}
			})
		}
	})
	require.Zero(t, d.Live())
}

func TestInstancesComeAndGo(t *testing.T) {
	_, d := open(t, Options{})
	p := newProgram(t, d, 64)
	defer p.free()
	for range 3 {
		in, err := Open(Options{})
		require.NoError(t, err)
		e, err := in.OpenDevice(0)
		require.NoError(t, err)
		q := newProgram(t, e, 64)
		q.run(t, e)
		q.verify(t)
		q.free()
		require.NoError(t, in.Close()) // closes the device too
		require.NoError(t, e.Close())
		p.run(t, d)
		p.verify(t)
	}
}

func BenchmarkRecordThousandDispatches(b *testing.B) {
	_, d := open(b, Options{})
	p := newProgram(b, d, 64)
	defer p.free()
	var cmds []Cmd
	for range 1000 {
		cmds = append(cmds, Dispatch(p.p, p.sets.At(0), 0, [3]uint32{1, 1, 1}), Barrier(Compute, Compute))
	}
	for b.Loop() {
		cb, err := d.Record(cmds, []uint32{64})
		if err != nil {
			b.Fatal(err)
		}
		cb.Free()
	}
}

func BenchmarkSubmitAndWait(b *testing.B) {
	_, d := open(b, Options{})
	p := newProgram(b, d, 64)
	defer p.free()
	for b.Loop() {
		p.run(b, d)
	}
}

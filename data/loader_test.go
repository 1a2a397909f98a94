package data

import (
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

// numbers is a dataset of i, i+0.5 and a random draw.
type numbers struct {
	n    int
	fail func(i int) error
}

func (d *numbers) Len() int { return d.n }
func (d *numbers) Types() []tensor.Type {
	return []tensor.Type{tensor.F32(2), tensor.I32(), tensor.F32()}
}
func (d *numbers) Example(i int, rng *tensor.Philox, dst []*tensor.Tensor) error {
	if d.fail != nil {
		if err := d.fail(i); err != nil {
			return err
		}
	}
	dst[0].F32[0], dst[0].F32[1] = float32(i), float32(i)+0.5
	dst[1].I32[0] = int32(i)
	dst[2].F32[0] = float32(rng.Float64())
	return nil
}

func collect(t *testing.T, l *DataLoader, epoch, k int) (ids []int32, draws []float32, sizes []int) {
	for batch, err := range l.From(epoch, k) {
		require.NoError(t, err)
		require.Len(t, batch, 3)
		n := batch[1].Shape[0]
		require.Equal(t, tensor.Shape{n, 2}, batch[0].Shape)
		require.Len(t, batch[0].F32, 2*n)
		require.Equal(t, tensor.Shape{n}, batch[1].Shape)
		sizes = append(sizes, n)
		for j, id := range batch[1].I32 {
			require.Equal(t, float32(id), batch[0].F32[2*j])
			require.Equal(t, float32(id)+0.5, batch[0].F32[2*j+1])
		}
		ids = append(ids, batch[1].I32...)
		draws = append(draws, batch[2].F32...)
	}
	return ids, draws, sizes
}

func TestLoaderServesEachExampleOnceWithTheLastPartialBatch(t *testing.T) {
	l := &DataLoader{Dataset: &numbers{n: 23}, BatchSize: 5}
	require.Equal(t, 5, l.Len())
	require.Equal(t, []tensor.Type{tensor.F32(5, 2), tensor.I32(5), tensor.F32(5)}, l.Types())
	ids, _, sizes := collect(t, l, 0, 0)
	require.Equal(t, []int{5, 5, 5, 5, 3}, sizes)
	for i, id := range ids {
		require.EqualValues(t, i, id)
	}
	l.DropLast = true
	require.Equal(t, 4, l.Len())
	ids, _, sizes = collect(t, l, 0, 0)
	require.Equal(t, []int{5, 5, 5, 5}, sizes)
	require.Len(t, ids, 20)
	l.BatchSize = 0
	require.Equal(t, 23, l.Len())
}

func TestShuffleIsASeededPermutationOfItsOwnEachEpoch(t *testing.T) {
	l := &DataLoader{Dataset: &numbers{n: 101}, BatchSize: 8, Shuffle: true, Seed: 3}
	a, drawsA, _ := collect(t, l, 1, 0)
	again, drawsAgain, _ := collect(t, l, 1, 0)
	b, drawsB, _ := collect(t, l, 2, 0)
	require.Equal(t, a, again)
	require.Equal(t, drawsA, drawsAgain)
	require.NotEqual(t, a, b)
	sorted := slices.Sorted(slices.Values(a))
	for i, id := range sorted {
		require.EqualValues(t, i, id)
	}
	// An example's draw depends on seed, epoch and example, not on its place.
	l.Shuffle = false
	plain, drawsPlain, _ := collect(t, l, 1, 0)
	require.NotEqual(t, a, plain)
	for i, id := range a {
		require.Equal(t, drawsPlain[id], drawsA[i])
	}
	require.NotEqual(t, drawsB[0], drawsA[slices.Index(a, b[0])])
}

func TestARunGoesOnInTheMiddleOfAnEpoch(t *testing.T) {
	l := &DataLoader{Dataset: &numbers{n: 50}, BatchSize: 8, Shuffle: true}
	all, draws, _ := collect(t, l, 4, 0)
	rest, restDraws, _ := collect(t, l, 4, 3)
	require.Equal(t, all[24:], rest)
	require.Equal(t, draws[24:], restDraws)
	none, _, _ := collect(t, l, 4, 7)
	require.Empty(t, none)
}

func TestTheLoadersGoroutineEndsWithTheLoop(t *testing.T) {
	before := runtime.NumGoroutine()
	l := &DataLoader{Dataset: &numbers{n: 1000}, BatchSize: 4, Prefetch: 3}
	for range 50 {
		for _, err := range l.From(0, 0) {
			require.NoError(t, err)
			break
		}
	}
	for until := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
}

func TestABadExampleIsAnErrorAfterTheGoodBatches(t *testing.T) {
	bad := errors.New("unreadable")
	for name, fail := range map[string]func(i int) error{
		"error": func(i int) error {
			if i == 9 {
				return bad
			}
			return nil
		},
		"panic": func(i int) error {
			if i == 9 {
				panic("index out of range")
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := &DataLoader{Dataset: &numbers{n: 20, fail: fail}, BatchSize: 4}
			good := 0
			var last error
			for _, err := range l.From(0, 0) {
				if err != nil {
					last = err
					continue
				}
				good++
			}
			require.Equal(t, 2, good)
			require.ErrorContains(t, last, "example 9")
			if name == "error" {
				require.ErrorIs(t, last, bad)
			}
		})
	}
	for _, err := range (&DataLoader{Dataset: &numbers{}}).From(0, 0) {
		require.ErrorContains(t, err, "no examples")
	}
}

func TestSubset(t *testing.T) {
	s := Range(&numbers{n: 10}, 7, 12)
	require.Equal(t, 3, s.Len())
	ids, _, _ := collect(t, &DataLoader{Dataset: s, BatchSize: 2}, 0, 0)
	require.Equal(t, []int32{7, 8, 9}, ids)
	require.Zero(t, Range(s, 3, 2).Len())
}

var _ = []Source{&DataLoader{}, &Streams{}}

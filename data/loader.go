package data

import (
	"fmt"
	"iter"

	"github.com/vulgo-ml/vulgo/tensor"
)

// DataLoader cuts a dataset into batches, as torch.utils.data.DataLoader.
// Batches are made ahead on a goroutine that ends with the loop.
type DataLoader struct {
	Dataset   Dataset
	BatchSize int    // examples a batch; 1 if zero
	Shuffle   bool   // another order each epoch, from Seed and the epoch
	DropLast  bool   // leave out a last batch that isn't full
	Seed      uint64 // of the order and of the datasets' augmentation
	Prefetch  int    // batches made ahead; 2 if zero
}

// augmentation keeps the examples' random streams apart from the orders'.
const augmentation = 1 << 63

func (l *DataLoader) batch() int { return max(l.BatchSize, 1) }

// Len is the number of batches of an epoch.
func (l *DataLoader) Len() int {
	n := l.Dataset.Len()
	if l.DropLast {
		return n / l.batch()
	}
	return (n + l.batch() - 1) / l.batch()
}

// Types are those of a full batch: [BatchSize, ...] of the dataset's.
func (l *DataLoader) Types() []tensor.Type {
	types := l.Dataset.Types()
	out := make([]tensor.Type, len(types))
	for i, t := range types {
		out[i] = tensor.Type{DType: t.DType, Shape: append(tensor.Shape{l.batch()}, t.Shape...)}
	}
	return out
}

// From is the batches of an epoch from batch k on. The last one is shorter where
// the batch size doesn't divide the examples and DropLast isn't set.
func (l *DataLoader) From(epoch, k int) iter.Seq2[[]*tensor.Tensor, error] {
	return func(yield func([]*tensor.Tensor, error) bool) {
		if l.Dataset == nil || l.Dataset.Len() == 0 {
			yield(nil, fmt.Errorf("data: DataLoader: the dataset has no examples"))
			return
		}
		order := l.order(epoch)
		depth := l.Prefetch
		if depth <= 0 {
			depth = 2
		}
		free := make(chan *slot, depth+1) // depth made ahead and the one that the caller reads
		for range depth + 1 {
			free <- newSlot(l.Types())
		}
		filled := make(chan *slot, depth)
		stop := make(chan struct{})
		go func() {
			defer close(filled)
			for b := k; b < l.Len(); b++ {
				select {
				case s := <-free:
					lo := b * l.batch()
					s.fill(l, epoch, order[lo:min(lo+l.batch(), len(order))])
					filled <- s // never waits: there are depth+1 slots, and the caller has one
					if s.err != nil {
						return
					}
				case <-stop:
					return
				}
			}
		}()
		defer func() {
			close(stop)
			for range filled { // until the goroutine has ended
			}
		}()
		for s := range filled {
			if s.err != nil {
				yield(nil, s.err)
				return
			}
			if !yield(s.out, nil) {
				return
			}
			free <- s
		}
	}
}

func (l *DataLoader) order(epoch int) []int {
	n := l.Dataset.Len()
	if l.Shuffle {
		return (&tensor.Philox{Seed: l.Seed, Stream: uint64(epoch)}).Perm(n)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// A slot is the memory of one batch, with a view for each example of it.
type slot struct {
	whole []*tensor.Tensor
	out   []*tensor.Tensor // whole, or its first examples
	views [][]*tensor.Tensor
	err   error
}

func newSlot(types []tensor.Type) *slot {
	s := &slot{}
	for _, t := range types {
		s.whole = append(s.whole, tensor.New(t))
	}
	for i := range types[0].Shape[0] {
		var example []*tensor.Tensor
		for _, t := range s.whole {
			v := rows(t, i, i+1)
			v.Shape = v.Shape[1:]
			example = append(example, v)
		}
		s.views = append(s.views, example)
	}
	s.out = s.whole
	return s
}

// rows is t[lo:hi] of the first dimension, in the same memory.
func rows(t *tensor.Tensor, lo, hi int) *tensor.Tensor {
	shape := append(tensor.Shape{hi - lo}, t.Shape[1:]...)
	n := shape[1:].Elems()
	v := &tensor.Tensor{Type: tensor.Type{DType: t.DType, Shape: shape}}
	switch t.DType {
	case tensor.Float32:
		v.F32 = t.F32[lo*n : hi*n : hi*n]
	case tensor.Float64:
		v.F64 = t.F64[lo*n : hi*n : hi*n]
	case tensor.Float16, tensor.BFloat16:
		v.U16 = t.U16[lo*n : hi*n : hi*n]
	case tensor.Int64:
		v.I64 = t.I64[lo*n : hi*n : hi*n]
	default:
		v.I32 = t.I32[lo*n : hi*n : hi*n]
	}
	return v
}

func (s *slot) fill(l *DataLoader, epoch int, indices []int) {
	s.err = nil
	s.out = s.whole
	if len(indices) < len(s.views) {
		s.out = make([]*tensor.Tensor, len(s.whole))
		for i, t := range s.whole {
			s.out[i] = rows(t, 0, len(indices))
		}
	}
	for j, i := range indices {
		if s.err = example(l.Dataset, i, epoch, l.Seed, s.views[j]); s.err != nil {
			return
		}
	}
}

// example turns a dataset's panic into an error: it would end the program from
// a goroutine that the caller can't see.
func example(d Dataset, i, epoch int, seed uint64, dst []*tensor.Tensor) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("data: example %d: panic: %v", i, r)
		}
	}()
	rng := tensor.Philox{Seed: seed, Stream: augmentation | uint64(epoch)<<32 | uint64(uint32(i))}
	if err := d.Example(i, &rng, dst); err != nil {
		return fmt.Errorf("data: example %d: %w", i, err)
	}
	return nil
}

// Package data reads and serves training data: pictures (IDX files, MNIST, PNG,
// glyphs drawn from fonts), text as streams of characters, and the loaders that
// cut both into batches on a goroutine of their own.
//
// A [Dataset] is examples by index; a [DataLoader] shuffles and batches it. A
// [Streams] reads tokens in order. Both are a [Source], which is what a training
// loop takes:
//
//	train, test, err := data.MNIST(dir)
//	loader := &data.DataLoader{Dataset: train, BatchSize: 64, Shuffle: true, Seed: 1}
//	for batch, err := range loader.From(epoch, 0) {
//		pictures, labels := batch[0], batch[1] // [64 1 28 28], [64]
//	}
//
// Files may be damaged or hostile: every reader returns an error that names the
// place, and allocates no more than the bytes that are there.
package data

import (
	"iter"

	"github.com/vulgo-ml/vulgo/tensor"
)

// Dataset is examples by index. An example is a fixed list of tensors, such as a
// picture and its label.
type Dataset interface {
	// Len is the number of examples.
	Len() int
	// Types are those of one example, without the batch dimension.
	Types() []tensor.Type
	// Example writes example i, 0 <= i < Len(), whole into dst, which has
	// Types(). What it draws at random (augmentation) it draws from rng, which
	// depends on seed, epoch and i alone. One goroutine at a time calls it.
	Example(i int, rng *tensor.Philox, dst []*tensor.Tensor) error
}

// Source is an epoch's batches, again and again.
type Source interface {
	// Len is the number of batches of an epoch.
	Len() int
	// Types are those of a full batch; the last one may be shorter.
	Types() []tensor.Type
	// From is the batches of an epoch from batch k on: a run that stopped goes
	// on where it was. A batch is valid until the next one is asked for. After
	// an error there are no more.
	From(epoch, k int) iter.Seq2[[]*tensor.Tensor, error]
}

// Subset is the examples of a dataset at these indices.
type Subset struct {
	Dataset
	Indices []int
}

// Len is the number of indices.
func (s *Subset) Len() int { return len(s.Indices) }

// Example is the dataset's example Indices[i].
func (s *Subset) Example(i int, rng *tensor.Philox, dst []*tensor.Tensor) error {
	return s.Dataset.Example(s.Indices[i], rng, dst)
}

// Range is the examples from lo up to hi of a dataset.
func Range(d Dataset, lo, hi int) *Subset {
	s := &Subset{Dataset: d}
	for i := max(lo, 0); i < min(hi, d.Len()); i++ {
		s.Indices = append(s.Indices, i)
	}
	return s
}

package data

import (
	"fmt"
	"iter"
	"os"
	"slices"
	"unicode/utf8"

	"github.com/vulgo-ml/vulgo/tensor"
)

// Vocab numbers characters: Runes, sorted, by index.
type Vocab struct {
	Runes []rune
	index map[rune]int32
}

// NewVocab is the vocabulary of the characters in text.
func NewVocab(text string) *Vocab {
	v := &Vocab{index: map[rune]int32{}}
	for _, r := range text {
		if _, ok := v.index[r]; !ok {
			v.index[r] = 0
			v.Runes = append(v.Runes, r)
		}
	}
	slices.Sort(v.Runes)
	for i, r := range v.Runes {
		v.index[r] = int32(i)
	}
	return v
}

// Len is the number of characters.
func (v *Vocab) Len() int { return len(v.Runes) }

// String is the characters in order; NewVocab of it is the same vocabulary.
func (v *Vocab) String() string { return string(v.Runes) }

// Encode is the text's characters by number; a character that the vocabulary
// lacks is an error that names it.
func (v *Vocab) Encode(text string) ([]int32, error) {
	out := make([]int32, 0, len(text))
	for i, r := range text {
		id, ok := v.index[r]
		if !ok {
			return nil, fmt.Errorf("data: character %q at byte %d is not among the vocabulary's %d", r, i, v.Len())
		}
		out = append(out, id)
	}
	return out, nil
}

// Decode is the text of these numbers; a number outside the vocabulary gives U+FFFD.
func (v *Vocab) Decode(ids []int32) string {
	out := make([]rune, len(ids))
	for i, id := range ids {
		out[i] = utf8.RuneError
		if id >= 0 && int(id) < len(v.Runes) {
			out[i] = v.Runes[id]
		}
	}
	return string(out)
}

// Corpus is a text as numbers, its last tenth held out.
type Corpus struct {
	Vocab       *Vocab
	Train, Test []int32
}

// NewCorpus numbers a text's characters by its own vocabulary.
func NewCorpus(text string) (*Corpus, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("data: the text is not UTF-8")
	}
	v := NewVocab(text)
	ids, err := v.Encode(text)
	if err != nil {
		return nil, err
	}
	if len(ids) < 20 {
		return nil, fmt.Errorf("data: a text of %d characters is too short to hold a tenth of it out", len(ids))
	}
	cut := len(ids) - len(ids)/10
	return &Corpus{Vocab: v, Train: ids[:cut:cut], Test: ids[cut:]}, nil
}

const maxText = 1 << 30

// ReadCorpus reads a file of text.
func ReadCorpus(path string) (*Corpus, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if info.IsDir() || info.Size() > maxText {
		return nil, fmt.Errorf("data: %s: not a file of text of at most %d bytes", path, maxText)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	c, err := NewCorpus(string(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, path)
	}
	return c, nil
}

// Streams reads tokens as Batch contiguous streams side by side, Time tokens of
// each a batch, so that a recurrent net's state carries over from batch to batch
// of an epoch. A batch is the tokens int32[T N] and, one later in the text, their
// targets int32[T N]: stream n starts at n·(len(Tokens)-1)/N.
type Streams struct {
	Tokens      []int32
	Time, Batch int
	DropLast    bool // leave out a last batch shorter than Time
}

// length is the tokens of one stream.
func (s *Streams) length() int { return max(len(s.Tokens)-1, 0) / max(s.Batch, 1) }

// Len is the number of batches of an epoch.
func (s *Streams) Len() int {
	t := max(s.Time, 1)
	if s.DropLast {
		return s.length() / t
	}
	return (s.length() + t - 1) / t
}

// Types are int32[Time Batch], twice.
func (s *Streams) Types() []tensor.Type {
	t := tensor.I32(max(s.Time, 1), max(s.Batch, 1))
	return []tensor.Type{t, t}
}

// From is an epoch's batches from batch k on; every epoch has the same. The last
// has fewer rows where Time doesn't divide the streams and DropLast isn't set.
func (s *Streams) From(_, k int) iter.Seq2[[]*tensor.Tensor, error] {
	return func(yield func([]*tensor.Tensor, error) bool) {
		if s.Len() == 0 {
			yield(nil, fmt.Errorf("data: Streams: %d tokens don't fill a batch of %d streams of %d", len(s.Tokens), s.Batch, s.Time))
			return
		}
		whole := []*tensor.Tensor{tensor.New(s.Types()[0]), tensor.New(s.Types()[1])}
		steps, streams, length := whole[0].Shape[0], whole[0].Shape[1], s.length()
		for b := max(k, 0); b < s.Len(); b++ {
			out := whole
			from := b * steps
			if left := length - from; left < steps {
				out = []*tensor.Tensor{rows(whole[0], 0, left), rows(whole[1], 0, left)}
			}
			for t := range out[0].Shape[0] {
				for n := range streams {
					at := n*length + from + t
					out[0].I32[t*streams+n] = s.Tokens[at]
					out[1].I32[t*streams+n] = s.Tokens[at+1]
				}
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}

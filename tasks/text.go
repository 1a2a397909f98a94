package tasks

import (
	"fmt"
	"math"
	"strings"

	"github.com/vulgo-ml/vulgo/data"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/metrics"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/optim"
	"github.com/vulgo-ml/vulgo/train"
)

// TextNet guesses the next character: an embedding, an LSTM and a dense layer.
type TextNet struct {
	Embed nn.Embedding
	LSTM  nn.LSTM
	Out   nn.Linear
}

const (
	textEmbedding = 64
	textHidden    = 256
	textSequence  = 64
	textSteps     = 2000
	goSourceBytes = 1 << 20
	sampleLength  = 300
)

// NewTextNet is a net for a vocabulary of that size.
func NewTextNet(vocab, embedding, hidden int) *TextNet {
	return &TextNet{
		Embed: nn.Embedding{Num: vocab, Dim: embedding},
		LSTM:  nn.LSTM{In: embedding, Hidden: hidden},
		Out:   nn.Linear{In: hidden, Out: vocab},
	}
}

// Forward gives the scores [T N V] of the characters after those of tokens
// [T N], and the states [1 N H] to go on with.
func (n *TextNet) Forward(tokens, h, c graph.Value) (logits, h1, c1 graph.Value) {
	y, h1, c1 := n.LSTM.Forward(n.Embed.Forward(tokens), h, c)
	return n.Out.Forward(y), h1, c1
}

// step is the loss of a batch, which begins where the one before it ended.
func (n *TextNet) step(b *train.Batch) graph.Value {
	streams := b.In[0].Dim(1)
	h, c := b.Carry("h", 1, streams, n.LSTM.Hidden), b.Carry("c", 1, streams, n.LSTM.Hidden)
	logits, h, c := n.Forward(b.In[0], h, c)
	b.SetCarry("h", h)
	b.SetCarry("c", c)
	b.Metric("accuracy", nn.Accuracy(logits, b.In[1]))
	return nn.CrossEntropy(logits, b.In[1])
}

func corpus(path string) (*data.Corpus, string, error) {
	if path != "" {
		c, err := data.ReadCorpus(path)
		return c, path, err
	}
	source, err := data.GoSource(goSourceBytes)
	if err != nil {
		return nil, "", err
	}
	c, err := data.NewCorpus(source)
	return c, "the source of Go's standard library", err
}

func text(o *Options) (*job, error) {
	c, about, err := corpus(o.Data)
	if err != nil {
		return nil, err
	}
	about = fmt.Sprintf("%s, %d characters to train and the last %d to test, %d different", about, len(c.Train), len(c.Test), c.Vocab.Len())
	net := NewTextNet(c.Vocab.Len(), textEmbedding, textHidden)
	j := &job{task: "text", about: about, batch: or(o.Batch, 32), meta: map[string]string{"vocabulary": c.Vocab.String()}}
	// A text shorter than a batch is cut into shorter sequences.
	sequence := max(1, min(textSequence, (len(c.Train)-1)/j.batch))
	j.fit = train.Fit{
		Model: net, Step: net.step, Optimizer: optim.Adam{LR: or(o.LR, 2e-3)}, ClipNorm: 1, Seed: o.Seed,
		Data:  &data.Streams{Tokens: c.Train, Time: sequence, Batch: j.batch, DropLast: true},
		Valid: &data.Streams{Tokens: c.Test, Time: textSequence, Batch: max(1, min(j.batch, (len(c.Test)-1)/textSequence))},
	}
	if j.fit.Data.Len() == 0 {
		return nil, fmt.Errorf("tasks: text: %d characters are fewer than a batch of %d streams needs; give a longer text or a smaller batch", len(c.Train), j.batch)
	}
	o.limits(&j.fit, 0, textSteps)
	j.after = func(r *train.Run, rep *Report) error {
		if loss, ok := rep.Metrics["test"]["loss"]; ok {
			set(rep.Metrics, "test", "perplexity", metrics.Perplexity(loss))
			set(rep.Metrics, "test", "bits_per_character", loss/math.Ln2)
		}
		if o.Print == nil {
			return nil
		}
		gen, err := newGenerator(r.State, net, c.Vocab)
		if err != nil {
			return err
		}
		defer gen.Close()
		var sample strings.Builder
		if err := gen.write(&sample, Sampling{Length: sampleLength, Temperature: 0.8, Seed: o.Seed}); err != nil {
			return err
		}
		o.printf("\na sample:\n%s\n\n", sample.String())
		return nil
	}
	return j, nil
}

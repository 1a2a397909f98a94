package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"

	"github.com/vulgo-ml/vulgo/checkpoint"
	"github.com/vulgo-ml/vulgo/data"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/graph"
	"github.com/vulgo-ml/vulgo/nn"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Sampling says how text is drawn from a model.
type Sampling struct {
	Prompt string // what it goes on from; "": a line break, or the first character known
	Length int    // characters
	// Temperature divides the scores: below 1 is bolder, 0 takes the likeliest.
	Temperature float64
	Seed        uint64
}

// Generate writes text that a model trained by the task text makes up. The same
// seed on the same device gives the same text.
func Generate(ctx context.Context, dev *engine.Device, model string, s Sampling, w io.Writer) (err error) {
	net, vocab, err := textModel(model)
	if err != nil {
		return err
	}
	st, err := open(dev, model, net)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	gen, err := newGenerator(st, net, vocab)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gen.Close()) }()
	gen.ctx = ctx
	return gen.write(w, s)
}

// open loads a model's weights into a State of its own.
func open(dev *engine.Device, path string, net any) (*engine.State, error) {
	vars, err := nn.Init(net, 0)
	if err != nil {
		return nil, err
	}
	st, err := engine.NewState(dev)
	if err != nil {
		return nil, err
	}
	if err = st.Bind(vars...); err == nil {
		_, err = checkpoint.Load(path, st.Dict(vars))
	}
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// textModel is the net that a file's shapes ask for, with its vocabulary.
func textModel(path string) (*TextNet, *data.Vocab, error) {
	entries, meta, err := checkpoint.Inspect(path)
	if err != nil {
		return nil, nil, err
	}
	if meta["task"] != "text" {
		return nil, nil, fmt.Errorf("tasks: %s: not a model of the task text (its metadata says task %q); make one with: vulgo train text", path, meta["task"])
	}
	shapes := map[string]tensor.Shape{}
	for _, e := range entries {
		shapes[e.Name] = e.Shape
	}
	embed, hidden := shapes["embed.weight"], shapes["out.weight"]
	if len(embed) != 2 || len(hidden) != 2 || embed[0] < 1 || embed[1] < 1 || hidden[1] < 1 {
		return nil, nil, fmt.Errorf("tasks: %s: embed.weight is %v and out.weight %v; both are wanted as matrices", path, embed, hidden)
	}
	vocab := data.NewVocab(meta["vocabulary"])
	if !utf8.ValidString(meta["vocabulary"]) || vocab.Len() != embed[0] || hidden[0] != embed[0] {
		return nil, nil, fmt.Errorf("tasks: %s: a vocabulary of %d characters, %d embeddings and %d scores don't belong together", path, vocab.Len(), embed[0], hidden[0])
	}
	return NewTextNet(embed[0], embed[1], hidden[1]), vocab, nil
}

// generator is a program of one character a run, whose h and c are variables.
type generator struct {
	st    *engine.State
	p     *engine.Program
	vocab *data.Vocab
	h, c  *graph.Variable
	token *tensor.Tensor
	feeds engine.Feeds
	ctx   context.Context
}

func newGenerator(st *engine.State, net *TextNet, vocab *data.Vocab) (*generator, error) {
	state := tensor.F32(1, 1, net.LSTM.Hidden)
	gen := &generator{
		st: st, vocab: vocab, token: tensor.New(tensor.I32(1, 1)), ctx: context.Background(),
		h: &graph.Variable{Name: "generate.h", Type: state},
		c: &graph.Variable{Name: "generate.c", Type: state},
	}
	gen.feeds = engine.Feeds{"token": gen.token}
	var err error
	gen.p, err = engine.Compile(st, func(g *graph.Graph) {
		logits, h, c := net.Forward(g.Input("token", gen.token.Type), g.Read(gen.h), g.Read(gen.c))
		g.Assign(gen.h, h)
		g.Assign(gen.c, c)
		g.Output("logits", logits)
	})
	return gen, err
}

// Close frees the program.
func (gen *generator) Close() error { return gen.p.Close() }

// next is the scores after a character.
func (gen *generator) next(id int32) ([]float32, error) {
	gen.token.I32[0] = id
	t, err := gen.p.Run(gen.feeds)
	if err != nil {
		return nil, err
	}
	if err := t.Wait(); err != nil {
		return nil, err
	}
	return t.F32("logits"), nil
}

func (gen *generator) write(w io.Writer, s Sampling) error {
	if s.Length < 0 || !(s.Temperature >= 0) || math.IsInf(s.Temperature, 0) {
		return fmt.Errorf("tasks: generate: length %d and temperature %v: both must be 0 or more", s.Length, s.Temperature)
	}
	prompt, err := gen.vocab.Encode(s.Prompt)
	if err != nil {
		return fmt.Errorf("tasks: generate: the prompt: %w", err)
	}
	if len(prompt) == 0 {
		if prompt, err = gen.vocab.Encode("\n"); err != nil {
			prompt = []int32{0}
		}
	}
	for _, v := range []*graph.Variable{gen.h, gen.c} {
		if err := gen.st.Set(v, tensor.New(v.Type)); err != nil {
			return err
		}
	}
	var logits []float32
	for _, id := range prompt {
		if logits, err = gen.next(id); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, s.Prompt); err != nil {
		return err
	}
	rng := &tensor.Philox{Seed: s.Seed}
	for range s.Length {
		if err := gen.ctx.Err(); err != nil {
			return err
		}
		id := draw(logits, s.Temperature, rng)
		if _, err := io.WriteString(w, gen.vocab.Decode([]int32{id})); err != nil {
			return err
		}
		if logits, err = gen.next(id); err != nil {
			return err
		}
	}
	return nil
}

// draw picks i with probability e^(x_i/T) / sum of e^(x_k/T); T = 0: the largest.
func draw(x []float32, temperature float64, rng *tensor.Philox) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	if temperature == 0 {
		return int32(best)
	}
	weight := func(v float32) float64 { return math.Exp((float64(v) - float64(x[best])) / temperature) }
	var sum float64
	for _, v := range x {
		sum += weight(v)
	}
	u := rng.Uniform(0, sum)
	for i, v := range x {
		if u -= weight(v); u < 0 {
			return int32(i)
		}
	}
	return int32(best)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"sort"

	"github.com/vulgo-ml/vulgo/checkpoint"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/tasks"
	"github.com/vulgo-ml/vulgo/tensor"
)

func (c *cli) generate(ctx context.Context, args []string) (err error) {
	fs := c.flags("generate", "[flags]")
	device, seed := deviceFlag(fs), fs.Uint64("seed", 1, "of the draws")
	model := fs.String("model", filepath.Join("out", "text.safetensors"), "`file` of the weights")
	var s tasks.Sampling
	fs.StringVar(&s.Prompt, "prompt", "", "`text` to go on from")
	fs.IntVar(&s.Length, "length", 500, "characters to write")
	fs.Float64Var(&s.Temperature, "temperature", 0.8, "below 1 bolder, above 1 wilder; 0 takes the likeliest character")
	words, err := c.parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case len(words) > 0:
		return usagef("generate: unexpected %q; the text to go on from is given as --prompt", words)
	case s.Length < 0 || !(s.Temperature >= 0) || math.IsInf(s.Temperature, 0):
		return usagef("generate: --length and --temperature must not be negative")
	}
	s.Seed = *seed
	dev, err := engine.Open(*device)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	if err := tasks.Generate(ctx, dev, *model, s, c.out); err != nil {
		return err
	}
	_, err = io.WriteString(c.out, "\n")
	return err
}

func (c *cli) predict(_ context.Context, args []string) (err error) {
	fs := c.flags("predict", "[flags] PNG... | --index N [--data DIR]")
	device, seed := deviceFlag(fs), seedFlag(fs)
	model := fs.String("model", filepath.Join("out", "digits.safetensors"), "`file` of the weights")
	index := fs.Int("index", -1, "take picture `N` of the test set")
	dir := fs.String("data", "", "`folder` of IDX files for --index (default: the glyphs of --seed)")
	words, err := c.parse(fs, args)
	if err != nil {
		return err
	}
	if (len(words) == 0) == (*index < 0) {
		return usagef("predict: give PNG files, or --index N of a test set")
	}
	dev, err := engine.Open(*device)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	if *index >= 0 {
		picture, label, err := tasks.TestPicture(*dir, *seed, *index)
		if err != nil {
			return err
		}
		return c.predicted(dev, *model, fmt.Sprintf("picture %d (a %d)", *index, label), picture)
	}
	for _, path := range words {
		picture, err := tasks.PictureFile(path)
		if err != nil {
			return err
		}
		if err := c.predicted(dev, *model, path, picture); err != nil {
			return err
		}
	}
	return nil
}

// predicted prints the three likeliest digits.
func (c *cli) predicted(dev *engine.Device, model, name string, picture *tensor.Tensor) error {
	p, err := tasks.Predict(dev, model, picture)
	if err != nil {
		return err
	}
	order := make([]int, len(p.Probabilities))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return p.Probabilities[order[a]] > p.Probabilities[order[b]] })
	fmt.Fprintf(c.out, "%s: %d ", name, p.Digit)
	for _, d := range order[:3] {
		fmt.Fprintf(c.out, "  %d: %.1f %%", d, 100*p.Probabilities[d])
	}
	fmt.Fprintln(c.out)
	return nil
}

func (c *cli) inspect(_ context.Context, args []string) error {
	words, err := c.parse(c.flags("inspect", "FILE"), args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return usagef("inspect: one file is wanted, got %q", words)
	}
	entries, meta, err := checkpoint.Inspect(words[0])
	if err != nil {
		return err
	}
	keys := make([]string, 0, len(meta))
	for k := range meta {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Fprintf(c.out, "%s = %q\n", k, meta[k])
	}
	var elems, bytes int64
	for _, e := range entries {
		n := int64(e.Shape.Elems())
		fmt.Fprintf(c.out, "%-28s %-5s %-20s %10d\n", e.Name, e.DType, fmt.Sprint([]int(e.Shape)), n)
		elems, bytes = elems+n, bytes+e.Bytes
	}
	fmt.Fprintf(c.out, "%d tensors, %d elements, %.1f MB\n", len(entries), elems, float64(bytes)/1e6)
	return nil
}

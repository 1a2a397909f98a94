package tasks_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/checkpoint"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/tasks"
)

func TestGeneratedTextDependsOnTheSeedAlone(t *testing.T) {
	dev := openCPU(t)
	var sample bytes.Buffer
	rep, model := trained(t, dev, "text", tasks.Options{Seed: 1, Steps: 60, Batch: 4, LR: 1e-2, Data: rhyme(t), Print: &sample})
	require.Less(t, rep.Metrics["test"]["loss"], 1.0)
	require.Contains(t, rep.Metrics["test"], "perplexity")
	require.Contains(t, sample.String(), "a sample:")
	write := func(s tasks.Sampling) string {
		var b bytes.Buffer
		require.NoError(t, tasks.Generate(context.Background(), dev, model, s, &b))
		return b.String()
	}
	a := write(tasks.Sampling{Prompt: "the ", Length: 40, Temperature: 1.5, Seed: 7})
	require.Equal(t, a, write(tasks.Sampling{Prompt: "the ", Length: 40, Temperature: 1.5, Seed: 7}))
	require.NotEqual(t, a, write(tasks.Sampling{Prompt: "the ", Length: 40, Temperature: 1.5, Seed: 8}))
	require.True(t, strings.HasPrefix(a, "the "))
	require.Equal(t, 44, utf8.RuneCountInString(a))
	require.Contains(t, write(tasks.Sampling{Length: 60}), "the cat sat on the mat", "the likeliest text is the one learnt")
	require.Equal(t, "the", write(tasks.Sampling{Prompt: "the"}))

	for want, s := range map[string]tasks.Sampling{
		"the prompt": {Prompt: "Zebra", Length: 5},
		"0 or more":  {Length: -1},
	} {
		require.ErrorContains(t, tasks.Generate(context.Background(), dev, model, s, &bytes.Buffer{}), want)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, tasks.Generate(ctx, dev, model, tasks.Sampling{Length: 5}, &bytes.Buffer{}), context.Canceled)

	_, err := tasks.Predict(dev, model, nil)
	require.ErrorContains(t, err, "not a model of the task digits")
}

// What was trained on one device predicts the same on every other.
func TestPredictReadsPicturesOnEveryDevice(t *testing.T) {
	dev := openCPU(t)
	_, model := trained(t, dev, "digits", tasks.Options{Seed: 1, Steps: 40, Batch: 32, LR: 3e-3})
	right := 0
	for i := range 20 {
		picture, label, err := tasks.TestPicture("", 1, i)
		require.NoError(t, err)
		p, err := tasks.Predict(dev, model, picture)
		require.NoError(t, err)
		if p.Digit == label {
			right++
		}
		sum := 0.0
		for _, v := range p.Probabilities {
			sum += v
		}
		require.InDelta(t, 1, sum, 1e-9)
	}
	require.Greater(t, right, 8)

	path := filepath.Join(t.TempDir(), "one.png")
	img := image.NewGray(image.Rect(0, 0, 40, 40))
	for y := 5; y < 35; y++ {
		img.SetGray(20, y, color.Gray{255})
		img.SetGray(21, y, color.Gray{255})
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o644))
	picture, err := tasks.PictureFile(path)
	require.NoError(t, err)
	want, err := tasks.Predict(dev, model, picture)
	require.NoError(t, err)
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		got, err := tasks.Predict(d.Device, model, picture)
		require.NoError(t, err)
		require.InDeltaSlice(t, want.Probabilities, got.Probabilities, 1e-4)
	})
	_, _, err = tasks.TestPicture("", 1, 2000)
	require.ErrorContains(t, err, "no picture 2000")
	require.ErrorContains(t, tasks.Generate(context.Background(), dev, model, tasks.Sampling{}, &b), "not a model of the task text")
}

func TestDamagedModelsAreErrors(t *testing.T) {
	dev := openCPU(t)
	_, model := trained(t, dev, "text", tasks.Options{Seed: 1, Steps: 1, Batch: 4, Data: rhyme(t)})
	f, err := checkpoint.ReadFile(model)
	require.NoError(t, err)
	whole, err := os.ReadFile(model)
	require.NoError(t, err)
	bad := filepath.Join(t.TempDir(), "bad.safetensors")
	generate := func() error {
		return tasks.Generate(context.Background(), dev, bad, tasks.Sampling{Length: 1}, &bytes.Buffer{})
	}
	require.ErrorContains(t, generate(), "bad.safetensors", "absent")
	require.NoError(t, os.WriteFile(bad, whole[:len(whole)/2], 0o644))
	require.ErrorContains(t, generate(), "bad.safetensors", "cut off")

	meta := map[string]string{"task": "text", "vocabulary": "abc"}
	require.NoError(t, checkpoint.WriteFile(bad, f.Tensors, meta))
	require.ErrorContains(t, generate(), "don't belong together")
	delete(f.Tensors, "lstm.bias_ih_l0")
	require.NoError(t, checkpoint.WriteFile(bad, f.Tensors, f.Meta))
	require.ErrorContains(t, generate(), "lstm.bias_ih_l0")
	delete(f.Tensors, "embed.weight")
	require.NoError(t, checkpoint.WriteFile(bad, f.Tensors, f.Meta))
	require.ErrorContains(t, generate(), "embed.weight")
}

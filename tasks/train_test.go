package tasks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/checkpoint"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/tasks"
)

func TestLossesFallOnEveryDevice(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		if d.Name == "swiftshader" {
			t.Skip("takes minutes; its first losses are compared with the CPU's below")
		}
		losses, err := tasks.FirstLosses(t.Context(), "digits", tasks.Options{Device: d.Device, Seed: 1, Batch: 16, LR: 3e-3}, 16)
		require.NoError(t, err)
		require.Len(t, losses, 16)
		require.Less(t, mean(losses[12:]), 0.95*mean(losses[:4]), "digits")

		losses, err = tasks.FirstLosses(t.Context(), "text", tasks.Options{Device: d.Device, Seed: 1, Batch: 4, Data: rhyme(t), LR: 1e-2}, 12)
		require.NoError(t, err)
		require.Len(t, losses, 12)
		require.Less(t, losses[11], 0.85*losses[0], "text")
	})
}

func TestDevicesAgreeOnTheFirstLosses(t *testing.T) {
	path := rhyme(t)
	first := func(d devtest.Dev) []float64 {
		losses, err := tasks.FirstLosses(t.Context(), "digits", tasks.Options{Device: d.Device, Seed: 2, Batch: 4}, 3)
		require.NoError(t, err)
		more, err := tasks.FirstLosses(t.Context(), "text", tasks.Options{Device: d.Device, Seed: 2, Batch: 4, Data: path}, 2)
		require.NoError(t, err)
		return append(losses, more...)
	}
	want := first(devtest.Devices()[0])
	for _, d := range devtest.Devices()[1:] {
		require.InDeltaSlice(t, want, first(d), 1e-3, d.Name)
	}
}

func TestATrainingLeavesItsFiles(t *testing.T) {
	dev := openCPU(t)
	var printed bytes.Buffer
	seen := 0
	rep, _ := trained(t, dev, "digits", tasks.Options{Seed: 3, Steps: 30, Print: &printed, Progress: func(done, total, examples int) {
		seen++
		require.Equal(t, seen, done)
		require.Equal(t, 30, total)
		require.Equal(t, 64, examples)
	}})
	require.Equal(t, 30, seen)
	for _, want := range []string{"the CPU was asked for", "Go fonts", "conv1.weight", "421642 parameters", "epoch  1", "test accuracy"} {
		require.Contains(t, printed.String(), want)
	}

	require.Len(t, rep.Files, 4)
	for _, path := range rep.Files {
		if filepath.Ext(path) == ".png" {
			f, err := os.Open(path)
			require.NoError(t, err)
			_, err = png.Decode(f)
			require.NoError(t, err, path)
			require.NoError(t, f.Close())
		}
	}
	text, err := os.ReadFile(rep.Files[3])
	require.NoError(t, err)
	var back tasks.Report
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, "digits", back.Task)
	require.Equal(t, "cpu", back.Device)
	require.EqualValues(t, 3, back.Seed)
	require.Equal(t, 30, back.Steps)
	require.Equal(t, 421642, back.Parameters)
	require.Positive(t, back.Seconds)
	require.False(t, back.Interrupted)
	require.Len(t, back.ByEpoch, 1)
	require.Equal(t, rep.Metrics, back.Metrics)
	require.EqualValues(t, 2000, back.Metrics["test"]["examples"], "the last, partial batch counts")
	require.Greater(t, back.Metrics["test"]["accuracy"], 0.3)
	require.Greater(t, back.Metrics["train"]["accuracy"], 0.3)
	require.Contains(t, back.Metrics["test"], "recall_7")
}

func TestTheSameSeedGivesTheSameWeights(t *testing.T) {
	dev := openCPU(t)
	weights := func(seed uint64) []float32 {
		_, model := trained(t, dev, "text", tasks.Options{Seed: seed, Steps: 3, Batch: 4, Data: rhyme(t)})
		f, err := checkpoint.ReadFile(model)
		require.NoError(t, err)
		require.Equal(t, "text", f.Meta["task"])
		require.Equal(t, "3", f.Meta["steps"])
		return f.Tensors["lstm.weight_hh_l0"].F32
	}
	a := weights(1)
	require.Equal(t, a, weights(1))
	require.NotEqual(t, a, weights(2))
}

func TestCtrlCSavesTheWeights(t *testing.T) {
	dev := openCPU(t)
	ctx, cancel := context.WithCancel(context.Background())
	out := t.TempDir()
	var printed bytes.Buffer
	rep, err := tasks.Train(ctx, "digits", tasks.Options{Device: dev, Out: out, Batch: 8, Print: &printed, Progress: func(done, _, _ int) {
		if done == 3 {
			cancel()
		}
	}})
	require.NoError(t, err)
	require.True(t, rep.Interrupted)
	require.GreaterOrEqual(t, rep.Steps, 3)
	require.LessOrEqual(t, rep.Steps, 5)
	require.Contains(t, printed.String(), "interrupted after")
	f, err := checkpoint.ReadFile(filepath.Join(out, "digits.safetensors"))
	require.NoError(t, err)
	require.Len(t, f.Names, 8)
	text, err := os.ReadFile(filepath.Join(out, "report.json"))
	require.NoError(t, err)
	require.Contains(t, string(text), `"interrupted": true`)
}

func TestWrongTrainingsSayWhatIsWrong(t *testing.T) {
	dev := openCPU(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, []byte("too short"), 0o644))
	binary := filepath.Join(dir, "binary")
	require.NoError(t, os.WriteFile(binary, []byte(strings.Repeat("\xff\xfe", 100)), 0o644))
	for _, c := range []struct {
		task string
		o    tasks.Options
		want string
	}{
		{"poetry", tasks.Options{}, `"poetry"; there are: digits, text`},
		{"digits", tasks.Options{Data: filepath.Join(dir, "absent")}, "absent"},
		{"digits", tasks.Options{Data: dir}, dir},
		{"digits", tasks.Options{Out: filepath.Join(file, "out"), Steps: 1}, "the folder for the results"},
		{"text", tasks.Options{Data: filepath.Join(dir, "absent")}, "absent"},
		{"text", tasks.Options{Data: dir}, "not a file of text"},
		{"text", tasks.Options{Data: file}, "too short"},
		{"text", tasks.Options{Data: binary}, "not UTF-8"},
		{"text", tasks.Options{Data: rhyme(t), Batch: 100000}, "smaller batch"},
	} {
		if c.o.Out == "" {
			c.o.Out = filepath.Join(dir, "out")
		}
		c.o.Device = dev
		_, err := tasks.Train(context.Background(), c.task, c.o)
		require.ErrorContains(t, err, c.want, "%s %v", c.task, c.o)
	}
	require.NoFileExists(t, filepath.Join(dir, "out", "digits.safetensors"))
}

func TestPlanIsTheTrainingStep(t *testing.T) {
	plan, err := tasks.Plan("digits", tasks.Options{Device: openCPU(t)})
	require.NoError(t, err)
	require.Contains(t, plan, "conv2d")
	require.Contains(t, plan, "adam")
}

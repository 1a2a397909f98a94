//go:build accept

package tasks_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/tasks"
)

// dataset is a data set beside the repository: ../shared/data.
func dataset(t *testing.T, name string) string {
	path := filepath.Join("..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Logf("accept: not run: %v", err)
		t.Skip("the data set is not here")
	}
	return path
}

// The CNN reads MNIST's last 2,000 test pictures to 98.0 % within 10 epochs of
// the first 8,000. SwiftShader computes the same, slower, and is left out.
func TestAcceptMNIST(t *testing.T) {
	dir := dataset(t, "mnist")
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		if d.Name == "swiftshader" {
			t.Skip("lavapipe stands for software devices")
		}
		rep, err := tasks.Train(context.Background(), "digits", tasks.Options{Device: d.Device, Data: dir, Out: t.TempDir(), Seed: 1, Epochs: 10})
		require.NoError(t, err)
		best, at := 0.0, 0
		for _, e := range rep.ByEpoch {
			if a := e.Metrics["test"]["accuracy"]; a > best {
				best, at = a, e.Epoch
			}
		}
		t.Logf("accept: MNIST on %s: %.2f %% after epoch %d, %.2f %% after %d, %.0f s",
			d.Name, 100*best, at, 100*rep.Metrics["test"]["accuracy"], rep.Epochs, rep.Seconds)
		require.GreaterOrEqual(t, best, 0.98)
		require.EqualValues(t, 2000, rep.Metrics["test"]["examples"])
	})
}

// The character LSTM falls below 1.65 nats on the last tenth of Shakespeare
// within 2,000 steps, and writes words of that text, and lines.
func TestAcceptShakespeare(t *testing.T) {
	path := dataset(t, filepath.Join("text", "tinyshakespeare.txt"))
	dev, out := openCPU(t), t.TempDir()
	rep, err := tasks.Train(context.Background(), "text", tasks.Options{Device: dev, Data: path, Out: out, Seed: 1, Steps: 2000})
	require.NoError(t, err)
	nats := rep.Metrics["test"]["loss"]

	var b bytes.Buffer
	model := filepath.Join(out, "text.safetensors")
	require.NoError(t, tasks.Generate(context.Background(), dev, model, tasks.Sampling{Length: 2000, Temperature: 0.8, Seed: 1}, &b))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	known := map[string]bool{}
	for _, w := range strings.Fields(string(text)) {
		known[w] = true
	}
	words, right := strings.Fields(b.String()), 0
	for _, w := range words {
		if known[w] {
			right++
		}
	}
	share := float64(right) / float64(len(words))
	t.Logf("accept: Shakespeare on the CPU: %.4f nats after %d steps, %.0f s; of %d words written %.0f %% are Shakespeare's",
		nats, rep.Steps, rep.Seconds, len(words), 100*share)
	require.Less(t, nats, 1.65)
	require.Greater(t, share, 0.6)
	require.Greater(t, strings.Count(b.String(), "\n"), 20)
}

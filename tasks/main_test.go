package tasks_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/internal/devtest"
	"github.com/vulgo-ml/vulgo/tasks"
)

func TestMain(m *testing.M) { devtest.Main(m) }

func openCPU(t *testing.T) *engine.Device {
	dev, err := engine.Open("cpu")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, dev.Close(), "everything on the device was closed") })
	return dev
}

// rhyme is a text that a small net learns in a few steps.
func rhyme(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "rhyme.txt")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("the cat sat on the mat, é!\n", 80)), 0o644))
	return path
}

// trained is a model of some steps on the CPU, and its report.
func trained(t *testing.T, dev *engine.Device, task string, o tasks.Options) (*tasks.Report, string) {
	if o.Out == "" {
		o.Out = t.TempDir()
	}
	o.Device = dev
	rep, err := tasks.Train(context.Background(), task, o)
	require.NoError(t, err)
	return rep, filepath.Join(o.Out, task+".safetensors")
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

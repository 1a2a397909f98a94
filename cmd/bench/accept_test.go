//go:build accept

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/engine"
	"github.com/vulgo-ml/vulgo/internal/devtest"
)

// Every row verifies and can be timed on every device.
func TestAcceptEveryRowOnEveryDevice(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		code, out, errs := run(t.Context(), allRows(), "-device", spec(d))
		require.Zero(t, code, errs)
		t.Log("\n" + out)
	})
}

// twice makes a row's job two times over, to take samples in turn as two runs of
// one program do; factor is how much longer the second says that it took.
func twice(r row, factor float64) row {
	begin := r.begin
	r.begin = func(o setup) preparer {
		prepare := begin(o)
		return func(ctx context.Context, dev *engine.Device) ([]*job, error) {
			var both []*job
			for i, name := range []string{"old", "new"} {
				js, err := prepare(ctx, dev)
				both = append(both, js...)
				if err != nil {
					return both, err
				}
				j, sample := js[0], js[0].sample
				j.variant, j.kernel = name, nil
				if i == 1 {
					j.sample = func(ctx context.Context, n int) (time.Duration, error) {
						d, err := sample(ctx, n)
						return time.Duration(float64(d) * factor), err
					}
				}
			}
			return both, nil
		}
	}
	return r
}

// Two runs of the same program, in turn, differ in no row; one that is slower by
// a tenth is found, and no other is.
func TestAcceptComparisons(t *testing.T) {
	chosen, err := choose(allRows(), "^infer/mlp|^relu/|^add/1024x1024$|^softmax/|^matmul/64x(10|120)|^adam/|^tanh/", false)
	require.NoError(t, err)
	dir := t.TempDir()
	compareWith := func(slow string, factor float64) (int, string) {
		rows := make([]row, len(chosen))
		for i, r := range chosen {
			rows[i] = twice(r, 1)
			if r.name == slow {
				rows[i] = twice(r, factor)
			}
		}
		path := filepath.Join(dir, "both.jsonl")
		code, _, errs := run(t.Context(), rows, "-device", "cpu", "-json", path, "-time", "100ms", "-count", "500")
		require.Zero(t, code, errs)
		f, err := os.Open(path)
		require.NoError(t, err)
		results, err := stats.Read(f)
		require.NoError(t, err)
		f.Close()
		for _, side := range []string{"old", "new"} {
			f, err := os.Create(filepath.Join(dir, side))
			require.NoError(t, err)
			for _, r := range results {
				if r.Variant == side {
					r.Variant = ""
					require.NoError(t, r.Write(f))
				}
			}
			require.NoError(t, f.Close())
		}
		code, out, errs := compared("-all", filepath.Join(dir, "old"), filepath.Join(dir, "new"))
		t.Log("\n" + out + errs)
		return code, out
	}
	code, out := compareWith("", 1)
	require.Zero(t, code)
	require.Contains(t, out, fmt.Sprintf("0 of %d rows differ", len(chosen)))

	code, out = compareWith("softmax/1024x1024_axis_1", 1.1)
	require.Equal(t, exitFailed, code)
	require.Regexp(t, `(?m)^softmax/1024x1024_axis_1 .* slower$`, out)
	require.Contains(t, out, fmt.Sprintf("1 of %d rows differ", len(chosen)))
}

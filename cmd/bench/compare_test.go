package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
)

// runFile writes 40 rows of noisy samples; factor slows rows down.
func runFile(t *testing.T, seed uint64, factor map[string]float64) string {
	rng := rand.New(rand.NewPCG(seed, 5))
	var buf bytes.Buffer
	for i := range 40 {
		r := stats.Result{Name: fmt.Sprintf("op%d/64x64", i), Device: "cpu", DType: "float32", Variant: "fast"}
		level := 1e5 * float64(i+1)
		if f := factor[r.Name]; f > 0 {
			level *= f
		}
		var x []float64
		for range 30 {
			x = append(x, level*(1+0.03*rng.ExpFloat64()))
		}
		r.Measured(x, 2)
		require.NoError(t, r.Write(&buf))
	}
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	require.NoError(t, os.WriteFile(path, buf.Bytes(), 0o644))
	return path
}

func compared(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = command(context.Background(), append([]string{"compare"}, args...), &o, &e)
	return code, o.String(), e.String()
}

func TestCompareNamesWhatBecameSlower(t *testing.T) {
	old := runFile(t, 1, nil)
	code, out, errs := compared(old, runFile(t, 2, nil))
	require.Zero(t, code, errs)
	require.Contains(t, out, "0 of 40 rows differ, at a level of 1 %")

	slow := runFile(t, 3, map[string]float64{"op7/64x64": 1.1, "op9/64x64": 0.8})
	code, out, errs = compared(old, slow)
	require.Equal(t, exitFailed, code)
	require.Regexp(t, `(?m)^op7/64x64 fast .* slower$`, out)
	require.Regexp(t, `(?m)^op9/64x64 fast .* (19|20)\.\d % faster$`, out)
	require.Contains(t, out, "2 of 40 rows differ")
	require.Contains(t, errs, "1 of 40 rows are over 5 % slower")

	code, out, _ = compared("-threshold", "15", "-all", old, slow)
	require.Zero(t, code, "10 % is below the threshold")
	require.Regexp(t, `(?m)^op8/64x64 fast .* the same$`, out)

	code, out, errs = compared(old+","+runFile(t, 4, nil), runFile(t, 5, nil)+","+runFile(t, 6, nil))
	require.Zero(t, code, errs)
	require.Contains(t, out, "0 of 40 rows differ")
}

func TestCompareRefusesWhatMakesNoSense(t *testing.T) {
	old := runFile(t, 1, nil)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"one file":       {[]string{old}, "wants two files, OLD and NEW, not 1"},
		"no such file":   {[]string{old, filepath.Join(dir, "none")}, "none: no such file"},
		"not results":    {[]string{old, write("text", "median 3ms\n")}, "text: line 1: invalid character"},
		"no row in both": {[]string{old, write("other", `{"name":"x","samples_ns":[1],"median_ns":1}`)}, "have no row in common"},
		"empty":          {[]string{write("empty", ""), old}, "have no row in common"},
		"threshold":      {[]string{"-threshold", "-1", old, old}, "-threshold -1: wants 0 or more"},
		"alpha":          {[]string{"-alpha", "2", old, old}, "-alpha 2: wants a number between 0 and 1"},
		"unknown flag":   {[]string{"-x", old, old}, "-x"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := compared(c.args...)
			require.Equal(t, exitUsage, code)
			require.Empty(t, out)
			require.Contains(t, errs, c.says)
		})
	}
}

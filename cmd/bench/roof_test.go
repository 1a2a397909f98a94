package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/roof"
	"github.com/vulgo-ml/vulgo/cmd/bench/internal/stats"
	"github.com/vulgo-ml/vulgo/internal/devtest"
)

func read(t *testing.T, path string) []stats.Result {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	all, err := stats.Read(f)
	require.NoError(t, err)
	return all
}

func TestRowsAreHeldToTheNearerRoof(t *testing.T) {
	devtest.Each(t, func(t *testing.T, d devtest.Dev) {
		dir := t.TempDir()
		path, svg := filepath.Join(dir, "rows.jsonl"), filepath.Join(dir, "roof.svg")
		code, out, errs := run(t.Context(), allRows(), "-roof=true", "-device", spec(d), "-json", path, "-roofline", svg,
			"-run", "^matmul/64x10x128-nt$|^permute/64x|^relu/1024x1024$")
		require.Zero(t, code, errs)
		require.Regexp(t, `GB/s +roof`, out)
		require.Contains(t, out, "wrote "+svg)
		limits, rows := 0, 0
		for _, r := range read(t, path) {
			if r.Set == 0 {
				limits++
				require.Contains(t, r.Name, roof.Prefix)
				require.Zero(t, r.Roof)
				continue
			}
			rows++
			require.Greater(t, r.Roof, 0.0, r.Name)
			require.Contains(t, []string{roof.ByArithmetic, roof.ByMemory}, r.RoofBy)
		}
		require.Greater(t, limits, 5)
		require.GreaterOrEqual(t, rows, 2)
		picture, err := os.ReadFile(svg)
		require.NoError(t, err)
		require.Contains(t, string(picture), "matmul/64x10x128-nt")
	})
}

func TestWhatCannotBeDrawnIsRefused(t *testing.T) {
	for says, args := range map[string][]string{
		"wants a name that ends in .png or .svg": {"-roof", "-roofline", "x.gif"},
		"goes without -profile":                  {"-roof", "-roofline", "x.svg", "-profile"},
		"and -roof=false":                        {"-roofline", "x.svg"},
		"its directory isn't there":              {"-roof", "-roofline", filepath.Join(t.TempDir(), "none", "x.svg")},
	} {
		code, _, errs := run(t.Context(), allRows(), args...)
		require.Equal(t, exitUsage, code)
		require.Contains(t, errs, says)
	}
}

func TestLimitsAreRowsToo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	code, out, errs := run(t.Context(), allRows(), "-device", "cpu", "-run", "^limits/(fma/one_thread|copy/32KB|dispatch)$", "-json", path)
	require.Zero(t, code, errs)
	require.Contains(t, out, "limits/fma/one_thread")
	all := read(t, path)
	require.Len(t, all, 3)
	l := roof.From("cpu", all)
	require.Greater(t, l.Peak().Rate, 0.0)
	require.Greater(t, l.Bandwidth(1<<15), 0.0)
	require.Greater(t, l.Dispatch, 0.0)
	require.Less(t, l.Dispatch, all[2].MinNS/1e9, "a run is many dispatches")
}

func TestTheLimitsCommand(t *testing.T) {
	limits := func(ctx context.Context, args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := command(ctx, append([]string{"limits"}, args...), &out, &errs)
		return code, out.String(), errs.String()
	}
	path := filepath.Join(t.TempDir(), "limits.jsonl")
	code, out, errs := limits(t.Context(), "-device", "cpu", "-time", "1ms", "-json", path)
	require.Zero(t, code, errs)
	for _, want := range []string{"device  cpu", "all_threads", "working set", "32KB", "host to device", "empty submit", "absent: vulgo has no kernel"} {
		require.Contains(t, out, want)
	}
	require.Greater(t, len(read(t, path)), 5)

	code, _, errs = limits(t.Context(), "-device", "abacus")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, `no device "abacus"`)
	code, _, errs = limits(t.Context(), "-time", "0s")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "-time 0s")
	code, _, errs = limits(t.Context(), "more")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, `unexpected argument "more"`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, _, _ = limits(ctx, "-device", "cpu", "-time", "1ms")
	require.Equal(t, exitInterrupt, code)
}

func TestFileNamesOfDevices(t *testing.T) {
	require.Equal(t, "llvmpipe-llvm-15-0-6-256-bits", slug("llvmpipe (LLVM 15.0.6, 256 bits)"))
}

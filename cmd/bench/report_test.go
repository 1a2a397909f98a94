package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cmd/bench/internal/report"
)

func fileText(t *testing.T, elems ...string) string {
	b, err := os.ReadFile(filepath.Join(elems...))
	require.NoError(t, err)
	return string(b)
}

func TestAReportHasTheRowsTheirProfilesAndWhatFailed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "report")
	rows := append(allRows(), fake("x/<wrong>", func() error { return errors.New("element 7 is off") }))
	code, out, errs := run(t.Context(), rows, "-report", dir, "-device", "cpu", "-run", "^train/mlp$|^argmax/1024|^x/")
	require.Equal(t, exitFailed, code, "a row failed")
	require.Contains(t, errs, "x/<wrong>: element 7 is off")
	require.Contains(t, out, "wrote "+filepath.Join(dir, "index.html"))
	page, md := fileText(t, dir, "index.html"), fileText(t, dir, "report.md")
	for _, want := range []string{"train/mlp", "argmax/1024x1024", "element 7 is off", "no kernel accounts for", "train/mlp on cpu", "GOMAXPROCS"} {
		require.Contains(t, page, want)
		require.Contains(t, strings.ReplaceAll(md, "\\_", "_"), want)
	}
	require.Contains(t, page, "x/&lt;wrong&gt;")
	require.Contains(t, fileText(t, dir, "results.json"), "go run ./cmd/bench -time 1ms -count 2 -roof=false -report ")
	results, facts, err := report.Load(filepath.Join(dir, "results.jsonl"))
	require.NoError(t, err)
	require.Equal(t, "train/mlp", results[0].Name)
	require.Equal(t, report.Failure{Name: "x/<wrong>", Why: "element 7 is off"}, facts[0].Failed[0])

	// Again from the files, and of another run's besides.
	again := filepath.Join(t.TempDir(), "again")
	code = reportFiles([]string{filepath.Join(dir, "results.jsonl"), again}, &strings.Builder{}, &strings.Builder{})
	require.Zero(t, code)
	require.Equal(t, page, fileText(t, again, "index.html"))
}

func TestAReportOfNothing(t *testing.T) {
	dir := t.TempDir()
	for says, args := range map[string][]string{
		"no row has a result":                {"-report", dir, "-device", "cpu", "-run", "^x$"},
		"matches none":                       {"-report", dir, "-device", "cpu", "-run", "nothing like it"},
		`no device "abacus"`:                 {"-report", dir, "-device", "abacus"},
		"-report goes without -json":         {"-report", dir, "-json", "x"},
		"-peers goes with float32 alone":     {"-report", dir, "-peers", "torch", "-dtype", "float64"},
		filepath.Join(dir, "f") + ": not a ": {"-report", filepath.Join(dir, "f")},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "f"), nil, 0o644))
		code, _, errs := run(t.Context(), []row{fake("x", func() error { return errors.New("broken") })}, args...)
		require.NotZero(t, code)
		require.Contains(t, errs, says)
	}
}

func TestReportsOfFiles(t *testing.T) {
	dir := t.TempDir()
	bad, readme := filepath.Join(dir, "bad.jsonl"), filepath.Join(dir, "README.md")
	require.NoError(t, os.WriteFile(bad, []byte("{\"na"), 0o644))
	require.NoError(t, os.WriteFile(readme, []byte("nothing to replace"), 0o644))
	good := filepath.Join(dir, "good.jsonl")
	require.NoError(t, os.WriteFile(good, []byte(`{"name":"a/b","median_ns":5}`), 0o644))
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"", exitUsage, "usage: bench report FILE.jsonl... DIR"},
		{bad, exitUsage, "usage"},
		{"-speed a b", exitUsage, "-speed"},
		{"-h", exitOK, "usage"},
		{bad + " " + dir, exitFailed, "bad.jsonl: line 1: "},
		{filepath.Join(dir, "none") + " " + dir, exitFailed, "none: no such file"},
		{"-readme " + good + " " + readme, exitFailed, "README.md: there is no part between the lines"},
		{good + " " + filepath.Join(dir, "out"), exitOK, ""},
	} {
		var errs strings.Builder
		require.Equal(t, c.code, reportFiles(strings.Fields(c.args), &strings.Builder{}, &errs), c.args)
		require.Contains(t, errs.String(), c.says)
	}
	require.Contains(t, fileText(t, dir, "out", "report.md"), "a/b")
}

func TestACommandCanBePasted(t *testing.T) {
	require.Equal(t, `-run '^a|b$' '' 'it'\''s' plain,1`, shell([]string{"-run", "^a|b$", "", "it's", "plain,1"}))
}

package report

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The READMEs' tables are of the results that are committed: make bench-readme.
func TestTheReadmesAreUpToDate(t *testing.T) {
	const root = "../../../../"
	results, facts, err := Load(root + "docs/bench/results.jsonl")
	require.NoError(t, err)
	for _, name := range []string{"README.md", "README.zh.md"} {
		text, err := os.ReadFile(root + name)
		require.NoError(t, err)
		want, err := Rewrite(string(text), Readme(name, results, facts))
		require.NoError(t, err)
		require.Equal(t, want, string(text), name)
	}
	s, err := Build(results, facts)
	require.NoError(t, err)
	var md strings.Builder
	require.NoError(t, Markdown(&md, s))
	page, err := os.ReadFile(root + "docs/bench/report.md")
	require.NoError(t, err)
	require.Equal(t, md.String(), string(page))
}

package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

func TestVocabIsTheSortedCharacters(t *testing.T) {
	v := NewVocab("hello, 世界\n")
	require.Equal(t, "\n ,ehlo世界", v.String())
	ids, err := v.Encode("hello 界")
	require.NoError(t, err)
	require.Equal(t, "hello 界", v.Decode(ids))
	require.Equal(t, v, NewVocab(v.String()))
	_, err = v.Encode("hex")
	require.ErrorContains(t, err, `'x' at byte 2`)
	require.Equal(t, "\uFFFD\uFFFD\n", v.Decode([]int32{-1, 99, 0}))
}

func TestCorpusHoldsTheLastTenthOut(t *testing.T) {
	c, err := NewCorpus(strings.Repeat("abcde", 20) + "z")
	require.NoError(t, err)
	require.Len(t, c.Train, 91)
	require.Len(t, c.Test, 10)
	require.Equal(t, "bcdeabcdez", c.Vocab.Decode(c.Test))
	_, err = NewCorpus("short")
	require.ErrorContains(t, err, "too short")
	_, err = NewCorpus(strings.Repeat("a\xff", 50))
	require.ErrorContains(t, err, "UTF-8")

	path := filepath.Join(t.TempDir(), "t.txt")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("to be ", 9)), 0o644))
	c, err = ReadCorpus(path)
	require.NoError(t, err)
	require.Equal(t, 5, c.Vocab.Len())
	_, err = ReadCorpus(path + "x")
	require.ErrorContains(t, err, "t.txtx")
	_, err = ReadCorpus(filepath.Dir(path))
	require.ErrorContains(t, err, "not a file of text")
}

// 23 tokens: 22 with a target, 3 streams of 7, of 4 and 3 steps.
func TestStreamsGoOnWhereTheyWere(t *testing.T) {
	tokens := make([]int32, 23)
	for i := range tokens {
		tokens[i] = int32(i)
	}
	s := &Streams{Tokens: tokens, Time: 4, Batch: 3}
	require.Equal(t, 2, s.Len())
	require.Equal(t, []tensor.Type{tensor.I32(4, 3), tensor.I32(4, 3)}, s.Types())
	read := make([][]int32, 3)
	var shapes []tensor.Shape
	for batch, err := range s.From(0, 0) {
		require.NoError(t, err)
		shapes = append(shapes, batch[0].Shape)
		require.Equal(t, batch[0].Shape, batch[1].Shape)
		for i, id := range batch[0].I32 {
			read[i%3] = append(read[i%3], id)
			require.Equal(t, id+1, batch[1].I32[i])
		}
	}
	require.Equal(t, []tensor.Shape{{4, 3}, {3, 3}}, shapes)
	require.Equal(t, [][]int32{{0, 1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12, 13}, {14, 15, 16, 17, 18, 19, 20}}, read)

	for batch, err := range s.From(0, 1) {
		require.NoError(t, err)
		require.Equal(t, []int32{4, 11, 18}, batch[0].I32[:3])
	}
	s.DropLast = true
	require.Equal(t, 1, s.Len())
	n := 0
	for range s.From(0, 0) {
		n++
	}
	require.Equal(t, 1, n)

	// A held-out text in one stream: every token but the first is a target once.
	one := &Streams{Tokens: tokens, Time: 5, Batch: 1}
	var targets []int32
	for batch, err := range one.From(0, 0) {
		require.NoError(t, err)
		targets = append(targets, batch[1].I32...)
	}
	require.Equal(t, tokens[1:], targets)

	for _, err := range (&Streams{Tokens: tokens[:3], Time: 4, Batch: 3}).From(0, 0) {
		require.ErrorContains(t, err, "3 tokens")
	}
}

func TestGoSourceOrderAndLimit(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	src := fstest.MapFS{
		"b/b.go": file("package b\n"), "a/z.go": file("package z\n"), "a/a.go": file("package a\n"),
		"a/a_test.go": file("no"), "cmd/x.go": file("no"), "a/testdata/t.go": file("no"), "a/u.go": file("é"), "a/r.txt": file("no"),
	}
	text, err := goSource(src, 1000)
	require.NoError(t, err)
	require.Equal(t, "package a\npackage z\npackage b\n", text)
	text, err = goSource(src, 25)
	require.NoError(t, err)
	require.Equal(t, "package a\npackage z\n", text)
	_, err = goSource(src, 3)
	require.ErrorContains(t, err, "no Go file")
}

func TestGoSourceOfThisMachine(t *testing.T) {
	text, err := GoSource(1 << 20)
	require.NoError(t, err)
	require.Greater(t, len(text), 900_000)
	require.LessOrEqual(t, len(text), 1<<20)
	require.Less(t, NewVocab(text).Len(), 100)
	t.Setenv("GOROOT", t.TempDir())
	_, err = GoSource(1 << 20)
	require.ErrorContains(t, err, "the source of Go under")
}

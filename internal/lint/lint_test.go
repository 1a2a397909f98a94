// Package lint holds the house's rules as tests: which package may import
// which, how long a file may be, and words and paths that must not be left.
package lint

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/vulgo-ml/vulgo/"

// floors is the house: a package imports packages of lower floors, or of its
// own folder (the first word here); the longest match counts.
var floors = map[string]int{
	"tensor": 0, "expr": 0, "shaders": 0,
	"cpuref":  1,
	"kernels": 2,
	"graph":   3,
	"plan":    4,
	"engine":  5,
	"nn":      6, "optim": 6, "data": 6, "metrics": 6,
	"train": 7, "checkpoint": 7, "onnx": 7, "dist": 7,
	"tasks": 8, "cmd": 8, "examples": 8,
}

// besides are imports within a floor: the importer's folder, what it may use.
var besides = map[string][]string{
	"cpuref/fast": {"cpuref"},
	"nn":          {"optim"},
	"train":       {"checkpoint"},
	"cmd":         {"tasks"},
	"examples":    {"tasks"},
}

// deviceFloor needs a device, so what users build models with must not import it.
const deviceFloor = 5

// binding may be imported by one package alone.
var binding = map[string]string{
	"github.com/vulkan-go/vulkan": "engine/internal/vk",
}

// free are folders outside the house: tools and tests over everything.
var free = []string{"internal", "tools", "testdata"}

type file struct{ path, text string }

// files are the repository's own text files, by path from its root.
func files(t *testing.T, exts ...string) []file {
	var out []file
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p == "out" || p != "." && strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(p, "tools/peers/work") {
				return fs.SkipDir
			}
			return nil
		}
		for _, ext := range exts {
			if path.Ext(p) == ext || path.Base(p) == ext {
				b, err := fs.ReadFile(root, p)
				if err != nil {
					return err
				}
				out = append(out, file{p, string(b)})
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, out)
	return out
}

func first(p string) string {
	word, _, _ := strings.Cut(p, "/")
	return word
}

func TestImportsGoDown(t *testing.T) {
	for _, f := range files(t, ".go") {
		dir := path.Dir(f.path)
		parsed, err := parser.ParseFile(token.NewFileSet(), f.path, f.text, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range parsed.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			if only, ok := binding[imp]; ok && dir != only && !strings.HasPrefix(f.path, "tools/") {
				t.Errorf("%s imports %s: only %s does", f.path, imp, only)
			}
			if to, ok := strings.CutPrefix(imp, module); ok {
				if why := refused(dir, to, strings.HasSuffix(f.path, "_test.go")); why != "" {
					t.Errorf("%s imports %s: %s", f.path, to, why)
				}
			}
		}
	}
}

// refused says why a package in folder dir may not import folder to; "" if it may.
// Tests may look up the house (an op's test compiles a program), libraries not.
func refused(dir, to string, test bool) string {
	for _, word := range free {
		if first(dir) == word {
			return ""
		}
	}
	if first(to) == "internal" {
		return ""
	}
	from, ok := floors[first(dir)]
	if !ok {
		return "the folder " + first(dir) + " has no floor: give it one in internal/lint"
	}
	below, ok := floors[first(to)]
	switch {
	case !ok:
		return "the folder " + first(to) + " has no floor: give it one in internal/lint"
	case test || first(dir) == first(to) && dir != "cpuref":
		return ""
	case from == deviceFloor+1 && below == deviceFloor:
		return "what models are built with needs no device"
	case below < from:
		return ""
	}
	for _, ok := range append(besides[dir], besides[first(dir)]...) {
		if ok == to || ok == first(to) {
			return ""
		}
	}
	return "floor " + strconv.Itoa(from) + " may import lower floors only, not floor " + strconv.Itoa(below)
}

func TestTheFloorTable(t *testing.T) {
	require.Empty(t, refused("kernels", "cpuref/fast", false))
	require.Empty(t, refused("train", "engine", false))
	require.Empty(t, refused("engine", "engine/internal/vk", false))
	require.NotEmpty(t, refused("nn", "engine", false))
	require.NotEmpty(t, refused("data", "engine", false))
	require.NotEmpty(t, refused("tensor", "graph", false))
	require.NotEmpty(t, refused("cpuref", "cpuref/fast", false))
	require.NotEmpty(t, refused("unknown", "tensor", false))
	require.Empty(t, refused("nn", "engine", true))
}

func TestHandWrittenFilesAreShort(t *testing.T) {
	const limit = 400
	for _, f := range files(t, ".go", ".comp", ".glsl", ".sh", ".c", ".h") {
		if generated(f.text) {
			continue
		}
		if n := strings.Count(f.text, "\n"); n > limit {
			t.Errorf("%s has %d lines, over %d: split it by subject", f.path, n, limit)
		}
	}
}

func generated(text string) bool {
	return regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`).MatchString(text)
}

// The patterns are put together here so that they don't find themselves.
func TestNothingIsLeftUnfinishedOrTiedToAMachine(t *testing.T) {
	rules := []struct {
		what    string
		pattern *regexp.Regexp
	}{
		{"a word that marks unfinished work", regexp.MustCompile(`(?i)\b(to` + `do|fix` + `me|x` + `xx|not impl` + `emented|unimpl` + `emented|place` + `holder|for ` + `now)\b`)},
		{"a path of one machine", regexp.MustCompile(`(^|[^A-Za-z0-9_./-])/(wo` + `rk|fa` + `rm|ro` + `ot|ho` + `me)/`)},
	}
	for _, f := range files(t, ".go", ".comp", ".glsl", ".md", ".sh", ".s", "Makefile", "run") {
		for i, line := range strings.Split(f.text, "\n") {
			for _, r := range rules {
				if m := r.pattern.FindString(line); m != "" {
					t.Errorf("%s:%d: %s: %q", f.path, i+1, r.what, strings.TrimSpace(m))
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said := map[string]bool{}
	for _, f := range files(t, ".go") {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.path, f.text, parser.PackageClauseOnly|parser.ParseComments)
		require.NoError(t, err)
		dir := filepath.ToSlash(path.Dir(f.path))
		said[dir] = said[dir] || parsed.Doc != nil
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// GoSource is source of Go's standard library, a text that is on every machine
// with Go: the files under src of `go env GOROOT` in lexical order, up to limit
// bytes, cut after a whole file. Tests, commands, vendored code and files that
// aren't ASCII (tables, mostly) are left out.
func GoSource(limit int) (string, error) {
	root := os.Getenv("GOROOT")
	if root == "" {
		out, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			return "", fmt.Errorf("data: the source of Go is not to be found: `go env GOROOT`: %w; give a text file instead", err)
		}
		root = strings.TrimSpace(string(out))
	}
	text, err := goSource(os.DirFS(filepath.Join(root, "src")), limit)
	if err != nil {
		return "", fmt.Errorf("data: the source of Go under %s: %w", root, err)
	}
	return text, nil
}

func goSource(src fs.FS, limit int) (string, error) {
	var text strings.Builder
	full := errors.New("full")
	err := fs.WalkDir(src, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case "cmd", "internal", "testdata", "vendor":
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(p) != ".go" || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		b, err := fs.ReadFile(src, p)
		if err != nil {
			return err
		}
		if !ascii(b) {
			return nil
		}
		if text.Len()+len(b) > limit {
			return full
		}
		text.Write(b)
		return nil
	})
	if err != nil && err != full {
		return "", err
	}
	if text.Len() == 0 {
		return "", fmt.Errorf("no Go file of at most %d bytes", limit)
	}
	return text.String(), nil
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

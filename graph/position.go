package graph

import (
	"fmt"
	"runtime"
	"strings"
)

// userPos is the nearest caller outside the packages that build graphs.
func userPos() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if !library(f.Function) {
			return fmt.Sprintf("%s:%d", shortPath(f.File), f.Line)
		}
		if !more {
			return "unknown position"
		}
	}
}

func library(fn string) bool {
	rest, ours := strings.CutPrefix(fn, "github.com/vulgo-ml/vulgo/")
	if !ours {
		return false
	}
	pkg, _, _ := strings.Cut(rest, ".")
	switch pkg {
	case "graph", "kernels", "nn", "optim", "train", "engine":
		return true
	}
	return false
}

func shortPath(p string) string {
	parts := strings.Split(p, "/")
	if len(parts) > 2 {
		parts = parts[len(parts)-2:]
	}
	return strings.Join(parts, "/")
}

//go:build cgo && vulgo_debug

package vk

import (
	"fmt"
	"runtime"
	"strings"
)

// callSite is the file and line outside this package that opened a resource,
// and its callers.
func callSite() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	var out []string
	for more := true; more && len(out) < 4; {
		var f runtime.Frame
		f, more = frames.Next()
		inside := strings.Contains(f.Function, "internal/vk.") && !strings.HasSuffix(f.File, "_test.go")
		if !inside && f.File != "" && !strings.HasPrefix(f.Function, "runtime.") {
			out = append(out, fmt.Sprintf("%s:%d", f.File, f.Line))
		}
	}
	return strings.Join(out, " < ")
}

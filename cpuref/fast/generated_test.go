package fast

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The committed assembly is what the generator writes. Skipped where the
// generator's own modules aren't on the machine: the test fetches nothing.
func TestAssemblyIsNotStale(t *testing.T) {
	run := func(args ...string) ([]byte, error) {
		c := exec.Command("go", args...)
		c.Dir = "gen"
		c.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off")
		return c.CombinedOutput()
	}
	if out, err := run("list", "-deps", "."); err != nil {
		t.Skipf("the generator can't be built offline: %s", out)
	}
	dir := t.TempDir()
	s, stubs := filepath.Join(dir, "kern.s"), filepath.Join(dir, "kern.go")
	out, err := run("run", ".", "-out", s, "-stubs", stubs, "-pkg", "fast")
	require.NoError(t, err, "%s", out)
	for fresh, committed := range map[string]string{s: "kern_amd64.s", stubs: "kern_amd64.go"} {
		require.True(t, body(t, fresh) == body(t, committed), "%s is stale: go generate ./cpuref/fast", committed)
	}
}

// body is a file without its first line, which holds the command's paths.
func body(t *testing.T, name string) string {
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(b), "\n")
	return rest
}

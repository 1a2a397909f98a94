package peers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Command is how a peer is started.
type Command struct {
	Name string
	Args []string
	Env  []string
	Rest time.Duration // how long its threads spin after their work
}

// rests: OpenBLAS's threads spin for 2^26 cycles, and PyTorch may use it; other
// idle threads and garbage collectors are done long before the least.
var rests = map[string]time.Duration{"torch": 30 * time.Millisecond, "openblas": 30 * time.Millisecond}

const leastRest = 5 * time.Millisecond

// Names are the peers there can be, PyTorch first.
func Names() []string { return []string{"torch", "gonum", "openblas", "gomlx", "gorgonia", "spago"} }

// Missing is a peer that isn't installed.
type Missing struct{ Name, Why string }

// Find looks for the peers of a list such as "torch,gonum"; "all" are all of
// them. Its error names a peer there can't be.
func Find(ctx context.Context, list string) (found []Command, missing []Missing, err error) {
	names := Names()
	if list != "all" {
		names = strings.Split(list, ",")
	}
	dir := folder()
	for i, n := range names {
		names[i] = strings.TrimSpace(n)
		if !slices.Contains(Names(), names[i]) {
			return nil, nil, fmt.Errorf("no peer %q; there can be: %s", names[i], strings.Join(Names(), ", "))
		}
	}
	for _, n := range names {
		c, why := Command{Name: n, Rest: max(rests[n], leastRest)}, ""
		if n == "torch" {
			c.Args, why = torch(ctx, dir)
		} else {
			c.Args, why = built(dir, n)
		}
		if why != "" {
			missing = append(missing, Missing{n, why})
		} else {
			found = append(found, c)
		}
	}
	return found, missing, nil
}

// folder is tools/peers: $VULGO_PEERS, or that of the checkout the process runs
// in; empty if there is none.
func folder() string {
	if dir := os.Getenv("VULGO_PEERS"); dir != "" {
		return dir
	}
	for dir, err := os.Getwd(); err == nil; dir = filepath.Dir(dir) {
		if p := filepath.Join(dir, "tools", "peers"); exists(filepath.Join(p, "torch.py")) {
			return p
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

const noFolder = "no folder tools/peers above the working directory: run in a checkout, or set VULGO_PEERS"

// built is a Go peer that make peers has built.
func built(dir, name string) (args []string, why string) {
	if dir == "" {
		return nil, noFolder
	}
	path := filepath.Join(dir, "work", name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if !exists(path) {
		return nil, "not built: make peers builds it"
	}
	return []string{path}, ""
}

// torch is torch.py under the first Python that can import PyTorch:
// $VULGO_PYTHON alone if it is set.
func torch(ctx context.Context, dir string) (args []string, why string) {
	if dir == "" {
		return nil, noFolder
	}
	tries := []string{"python3", "/usr/bin/python3"}
	if p := os.Getenv("VULGO_PYTHON"); p != "" {
		tries = []string{p}
	}
	for _, python := range tries {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		err := exec.CommandContext(ctx, python, "-c", "import torch").Run()
		cancel()
		if err == nil {
			return []string{python, filepath.Join(dir, "torch.py")}, ""
		}
	}
	return nil, "no PyTorch in " + strings.Join(tries, ", ") + ": make peers installs Debian's python3-torch, VULGO_PYTHON names another Python"
}

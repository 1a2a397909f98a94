package report

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// Fact is a line of what is known of a run: "memory", "7.7 GiB".
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Machine is what can be read of this one, without its name.
func Machine() []Fact { return machine(os.DirFS("/")) }

func machine(root fs.FS) []Fact {
	read := func(path string) string {
		b, err := fs.ReadFile(root, path)
		if err != nil {
			return ""
		}
		return string(b)
	}
	unknown := func(s string) string {
		if s == "" {
			return "not readable"
		}
		return s
	}
	cpuinfo := read("proc/cpuinfo")
	system := strings.Trim(field(read("etc/os-release"), "PRETTY_NAME", "="), `"`)
	if system == "" {
		system = runtime.GOOS
	}
	if kernel := strings.TrimSpace(read("proc/sys/kernel/osrelease")); kernel != "" {
		system += ", kernel " + kernel
	}
	memory := ""
	if kib, err := strconv.ParseFloat(strings.TrimSuffix(field(read("proc/meminfo"), "MemTotal", ":"), " kB"), 64); err == nil {
		memory = fmt.Sprintf("%.1f GiB", kib/(1<<20))
	}
	cores := fmt.Sprintf("%d threads", runtime.NumCPU())
	if n := field(cpuinfo, "cpu cores", ":"); n != "" {
		cores += ", " + n + " cores a socket"
	}
	return []Fact{
		{"CPU", unknown(field(cpuinfo, "model name", ":"))},
		{"cores", cores},
		{"memory", unknown(memory)},
		{"system", system + ", " + runtime.GOOS + "/" + runtime.GOARCH},
		{"frequency governor", unknown(strings.TrimSpace(read("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")))},
		{"load average", unknown(load(read("proc/loadavg")))},
		{"Go", fmt.Sprintf("%s, GOMAXPROCS %d", runtime.Version(), runtime.GOMAXPROCS(0))},
		{"vulgo", unknown(commit())},
	}
}

// load is the average number of running processes over 1, 5 and 15 minutes.
func load(text string) string {
	f := strings.Fields(text)
	return strings.Join(f[:min(3, len(f))], " ")
}

// field is the value of the first line "key<sep>value".
func field(text, key, sep string) string {
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(line, sep); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// commit is what the binary was built from: the linker's stamp, or, as go run
// leaves none, the checkout that the process runs in.
func commit() string {
	var rev, dirty string
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				rev = s.Value
			case "vcs.modified":
				dirty = s.Value
			}
		}
		if rev == "" && info.Main.Version != "" && info.Main.Version != "(devel)" {
			return info.Main.Version
		}
	}
	if rev == "" {
		out, err := exec.Command("git", "rev-parse", "HEAD").Output()
		if err != nil {
			return ""
		}
		rev = strings.TrimSpace(string(out))
		if out, err = exec.Command("git", "status", "--porcelain", "--untracked-files=no").Output(); err == nil && len(out) > 0 {
			dirty = "true"
		}
	}
	if dirty == "true" {
		return rev + ", with changes"
	}
	return rev
}

// Package devtest gives tests the devices of this machine: the CPU, and every
// Vulkan device the loader finds, under short names ("cpu", "lavapipe",
// "swiftshader", else the device's own).
//
// VULGO_TEST_DEVICES names the devices that must be there, separated by commas;
// a missing one fails, and others are left out. Without it whatever is there is
// used, and Main says which software devices were not. VULGO_VALIDATE turns the
// Vulkan validation layers on; then one message fails the package.
package devtest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vulgo-ml/vulgo/engine"
)

// Dev is an open device with its short name.
type Dev struct {
	Name string
	*engine.Device
}

var (
	devices []Dev
	absent  []string
)

// Devices are those that Main opened.
func Devices() []Dev { return devices }

// Each runs a subtest on every device.
func Each(t *testing.T, f func(t *testing.T, d Dev)) {
	// go test keeps results by what a test reads of the environment, and Main
	// reads too early to count: without this a result of other devices serves.
	for _, name := range []string{"VULGO_TEST_DEVICES", "VULGO_VALIDATE", "VK_ICD_FILENAMES", "VK_DRIVER_FILES"} {
		os.Getenv(name)
	}
	for _, d := range devices {
		t.Run(d.Name, func(t *testing.T) { f(t, d) })
	}
}

// Main opens the devices, runs the package's tests, closes the devices, and
// fails if one was missing, was left in use, or if validation said a word.
// Call it from TestMain.
func Main(m *testing.M) {
	code := m.Run
	if err := open(); err != nil {
		fmt.Fprintln(os.Stderr, "devtest:", err)
		os.Exit(1)
	}
	status := code()
	for _, d := range devices {
		if err := d.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "devtest:", err)
			status = 1
		}
	}
	for _, msg := range engine.ValidationMessages() {
		fmt.Fprintln(os.Stderr, "devtest: validation:", msg)
		status = 1
	}
	if len(absent) > 0 {
		fmt.Printf("devtest: not tested here: %s\n", strings.Join(absent, ", "))
	}
	os.Exit(status)
}

// Short is a device's short name.
func Short(name string) string {
	switch l := strings.ToLower(name); {
	case strings.Contains(l, "llvmpipe"):
		return "lavapipe"
	case strings.Contains(l, "swiftshader"):
		return "swiftshader"
	}
	return name
}

func open() error {
	var must []string
	if s := os.Getenv("VULGO_TEST_DEVICES"); s != "" {
		must = strings.Split(s, ",")
	}
	infos, vkErr := engine.Devices()
	seen := map[string]bool{}
	for _, in := range infos {
		name, spec := Short(in.Name), "cpu"
		if in.Type != "cpu" {
			spec = fmt.Sprintf("vulkan:%d", in.Index)
		}
		if in.Unfit != "" || seen[name] || must != nil && !slices.Contains(must, name) {
			continue
		}
		d, err := engine.Open(spec)
		if err != nil {
			return err
		}
		seen[name] = true
		devices = append(devices, Dev{name, d})
	}
	for _, name := range must {
		if !seen[name] {
			return fmt.Errorf("VULGO_TEST_DEVICES wants %q, which is not here (Vulkan: %v)", name, vkErr)
		}
	}
	for _, name := range []string{"lavapipe", "swiftshader"} {
		if !seen[name] {
			absent = append(absent, name)
		}
	}
	return nil
}

// Package engine runs plans on devices. Open chooses a device, a State keeps
// variables in its memory, Compile turns a graph into a Program, and Run
// replays it: on Vulkan one recorded command buffer and one queue submission a
// run, on the CPU the same plan with pure-Go kernels.
package engine

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/plan"
)

// ErrClosed is returned by what is used after its Close.
var ErrClosed = errors.New("engine: closed")

// Info describes a device that could be opened.
type Info struct {
	Name   string // "cpu", or the Vulkan device's own name
	Kind   kernels.Kind
	Index  int    // among the Vulkan devices: "vulkan:Index" opens it
	Type   string // "cpu", "discrete", "integrated", "virtual", "software", "other"
	Driver string
	Memory int             // bytes
	Target *kernels.Target // limits and features, as plans see them
	// Unfit says why the device can't run vulgo; "" if it can.
	Unfit string
	// Features lists what the device has beyond the minimum, for display.
	Features []string
}

// Device is an open device. It may be used from many goroutines.
type Device struct {
	Info
	// Why says how Open came to choose the device, in one line.
	Why string
	b   backend

	mu     sync.Mutex // guards what follows
	open   int        // states and programs not yet closed
	closed bool
}

// backend is what a kind of device implements.
type backend interface {
	// alloc gives zeroed memory for a State.
	alloc(bytes int) (memory, error)
	// load makes a plan ready to run over a State's memory.
	load(p *plan.Plan, st *State, o options) (runner, error)
	close() error
}

// memory is a block of a device's memory that the host can copy to and from.
type memory interface {
	read(off int, dst []byte) error
	write(off int, src []byte) error
	free()
}

// runner is a loaded plan with its slots.
type runner interface {
	// start copies nothing: the slot's inputs are in place. It returns when the
	// run is under way.
	start(slot int) error
	// wait returns when the slot's run is done and its outputs are readable.
	wait(slot int) error
	// in and out are the slot's host memory.
	in(slot int) []byte
	out(slot int) []byte
	free()
}

// Devices lists what can be opened: the CPU first, then the Vulkan devices. The
// error says why there is no Vulkan; the list is right all the same.
func Devices() ([]Info, error) {
	infos := []Info{cpuInfo()}
	vks, err := vulkanInfos()
	return append(infos, vks...), err
}

func cpuInfo() Info {
	t := kernels.CPUTarget()
	return Info{Name: "cpu", Kind: kernels.CPU, Type: "cpu", Target: t,
		Driver: fmt.Sprintf("pure Go, %s/%s, %d threads", runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))}
}

// Open opens a device:
//
//	"auto", ""  a real GPU if there is one, else the CPU
//	"cpu"       the CPU
//	"vulkan"    the best Vulkan device, software ones included
//	"vulkan:N"  the Nth Vulkan device of Devices
//	NAME        the device whose name contains NAME, upper and lower case alike
//
// An empty spec takes VULGO_DEVICE, if that is set. What was chosen, and why,
// stands in Device.Why; a device that was asked for and isn't there is an error
// that lists those that are.
func Open(spec string) (*Device, error) {
	if spec == "" {
		spec = os.Getenv("VULGO_DEVICE")
	}
	if spec == "" {
		spec = "auto"
	}
	if spec == "cpu" {
		return openCPU("the CPU was asked for"), nil
	}
	infos, vkErr := vulkanInfos()
	best := bestOf(infos, spec == "auto")
	switch {
	case spec == "auto":
		if best == nil {
			return openCPU(whyNoGPU(infos, vkErr)), nil
		}
		return openVulkan(*best, "the best GPU found")
	case spec == "vulkan":
		if best == nil {
			return nil, notThere(spec, infos, vkErr)
		}
		return openVulkan(*best, "the best Vulkan device found")
	}
	for _, in := range infos {
		if spec == "vulkan:"+strconv.Itoa(in.Index) || strings.Contains(strings.ToLower(in.Name), strings.ToLower(spec)) {
			if in.Unfit != "" {
				return nil, fmt.Errorf("engine: device %q can't be used: %s", in.Name, in.Unfit)
			}
			return openVulkan(in, fmt.Sprintf("%q was asked for", spec))
		}
	}
	return nil, notThere(spec, infos, vkErr)
}

func openCPU(why string) *Device {
	return &Device{Info: cpuInfo(), Why: why, b: cpuBackend{}}
}

// bestOf ranks discrete before integrated before the rest.
func bestOf(infos []Info, realGPU bool) *Info {
	rank := map[string]int{"discrete": 4, "integrated": 3, "virtual": 2, "other": 1, "software": 0}
	var best *Info
	for i := range infos {
		in := &infos[i]
		if in.Unfit != "" || realGPU && in.Type == "software" {
			continue
		}
		if best == nil || rank[in.Type] > rank[best.Type] {
			best = in
		}
	}
	return best
}

func whyNoGPU(infos []Info, err error) string {
	if err != nil {
		return "no GPU: " + err.Error()
	}
	var refused []string
	for _, in := range infos {
		why := in.Unfit
		if why == "" {
			why = "a software device, used only when asked for"
		}
		refused = append(refused, in.Name+": "+why)
	}
	return "no GPU (" + strings.Join(refused, "; ") + ")"
}

func notThere(spec string, infos []Info, err error) error {
	names := []string{"cpu"}
	for _, in := range infos {
		names = append(names, fmt.Sprintf("vulkan:%d (%s)", in.Index, in.Name))
	}
	if err != nil {
		return fmt.Errorf("engine: no device %q; there are: %s; Vulkan: %w", spec, strings.Join(names, ", "), err)
	}
	return fmt.Errorf("engine: no device %q; there are: %s", spec, strings.Join(names, ", "))
}

// Close frees the device. States and programs on it must be closed first; the
// error says how many were not.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	if d.open > 0 {
		return fmt.Errorf("engine: %s closed with %d states or programs still open", d.Name, d.open)
	}
	d.closed = true
	return d.b.close()
}

func (d *Device) hold(n int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	d.open += n
	return nil
}

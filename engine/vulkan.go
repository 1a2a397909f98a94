//go:build cgo

package engine

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/vulgo-ml/vulgo/engine/internal/vk"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/plan"
)

// The process has one Vulkan instance, open while somebody uses it.
var shared struct {
	sync.Mutex
	in       *vk.Instance
	users    int
	messages []string // of instances closed since
}

// acquire opens the instance, with the validation layers that VULGO_VALIDATE
// names: "core", "sync" and "gpu", separated by commas.
func acquire() (*vk.Instance, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.in == nil {
		o := vk.Options{AppName: "vulgo"}
		for _, w := range strings.Split(os.Getenv("VULGO_VALIDATE"), ",") {
			o.Validate = o.Validate || w != ""
			o.Sync = o.Sync || w == "sync"
			o.GPUAssisted = o.GPUAssisted || w == "gpu"
		}
		in, err := vk.Open(o)
		if err != nil {
			return nil, err
		}
		shared.in = in
	}
	shared.users++
	return shared.in, nil
}

func release() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.users--; shared.users > 0 {
		return nil
	}
	shared.messages = append(shared.messages, shared.in.Messages()...)
	err := shared.in.Close()
	shared.in = nil
	return err
}

// ValidationMessages gives what the Vulkan validation layers have said since
// the last call. The environment variable VULGO_VALIDATE turns them on: "core",
// "sync" and "gpu", separated by commas.
func ValidationMessages() []string {
	shared.Lock()
	defer shared.Unlock()
	m := shared.messages
	shared.messages = nil
	if shared.in != nil {
		m = append(m, shared.in.Messages()...)
	}
	return m
}

func vulkanInfos() ([]Info, error) {
	in, err := acquire()
	if err != nil {
		return nil, err
	}
	defer release()
	var infos []Info
	for i, d := range in.Devices() {
		infos = append(infos, infoOf(i, &d))
	}
	return infos, nil
}

func infoOf(i int, d *vk.Info) Info {
	kind := map[vk.Type]string{vk.Discrete: "discrete", vk.Integrated: "integrated", vk.Virtual: "virtual", vk.CPU: "software", vk.Other: "other"}[d.Type]
	info := Info{Name: d.Name, Kind: kernels.Vulkan, Index: i, Type: kind, Target: targetOf(d)}
	info.Driver = strings.TrimSpace(fmt.Sprintf("%s %s, Vulkan %v", d.Driver, d.DriverInfo, d.API))
	for _, h := range d.Heaps {
		if h.DeviceLocal {
			info.Memory = max(info.Memory, h.Size)
		}
	}
	t := info.Target
	for _, f := range []struct {
		on   bool
		name string
	}{
		{d.Features.Float16, "float16"}, {d.Features.Float64, "float64"}, {d.Features.Int8, "int8"},
		{d.Features.Storage16, "16-bit storage"}, {t.SubgroupArithmetic, "subgroup arithmetic"},
		{t.SubgroupShuffle, "subgroup shuffle"}, {d.Unified, "unified memory"}, {d.Limits.TimestampBits > 0, "timestamps"},
	} {
		if f.on {
			info.Features = append(info.Features, f.name)
		}
	}
	switch {
	case d.API < 1<<22|1<<12:
		info.Unfit = fmt.Sprintf("it has Vulkan %v, vulgo needs 1.1", d.API)
	case t.MaxStorageBuffers < 8:
		info.Unfit = fmt.Sprintf("it binds %d storage buffers a shader, vulgo needs 8", t.MaxStorageBuffers)
	case t.MaxPush < 128:
		info.Unfit = fmt.Sprintf("it has %d bytes of push constants, vulgo needs 128", t.MaxPush)
	}
	return info
}

var mesaVersion = regexp.MustCompile(`Mesa (\d+)\.`)

func targetOf(d *vk.Info) *kernels.Target {
	l := d.Limits
	t := &kernels.Target{
		Kind: kernels.Vulkan, Name: d.Name, Software: d.Type == vk.CPU,
		SubgroupSize:       l.SubgroupSize,
		SubgroupArithmetic: l.SubgroupOps&vk.SubgroupArithmetic != 0,
		SubgroupShuffle:    l.SubgroupOps&vk.SubgroupShuffle != 0,
		Float16:            d.Features.Float16,
		MaxInvocations:     l.MaxWorkgroupInvocations, MaxWorkgroup: l.MaxWorkgroupSize, MaxGroups: l.MaxGroups,
		SharedMemory: l.SharedMemory, MaxStorageRange: l.MaxStorageRange, MaxTexels: l.MaxTexelElements,
		MaxPush: l.MaxPush, MaxStorageBuffers: l.MaxStorageBuffers,
		MaxAlloc: min(l.MaxAllocation, l.MaxBuffer),
	}
	for i := range t.MaxGroups { // drivers report up to 2^32-1; indexes are computed in 32 bits
		t.MaxGroups[i] = min(t.MaxGroups[i], 1<<20)
	}
	// llvmpipe before Mesa 25 stops loops after 65,535 iterations an invocation.
	if m := mesaVersion.FindStringSubmatch(d.DriverInfo); m != nil && strings.Contains(d.Name, "llvmpipe") {
		if v, _ := strconv.Atoi(m[1]); v < 25 {
			t.MaxLoop = 65535
		}
	}
	for _, h := range d.Heaps {
		if h.DeviceLocal {
			t.Memory = max(t.Memory, h.Size)
		}
	}
	return t
}

func openVulkan(info Info, why string) (*Device, error) {
	in, err := acquire()
	if err != nil {
		return nil, err
	}
	dev, err := in.OpenDevice(info.Index)
	if err != nil {
		release()
		return nil, fmt.Errorf("engine: %s: %w", info.Name, err)
	}
	b := &vulkanBackend{dev: dev, unified: dev.Info.Unified, pipes: map[string]*pipeline{}}
	b.loadCache()
	return &Device{Info: info, Why: why, b: b}, nil
}

// vulkanBackend is an open Vulkan device with the pipelines made so far.
type vulkanBackend struct {
	dev     *vk.Device
	unified bool

	queue sync.Mutex // one submission at a time
	mu    sync.Mutex // guards pipes
	pipes map[string]*pipeline
}

// LiveObjects counts the Vulkan objects a device holds, for leak tests; 0 on
// the CPU.
func (d *Device) LiveObjects() int {
	if b, ok := d.b.(*vulkanBackend); ok {
		return b.dev.Live()
	}
	return 0
}

// Submissions counts the queue submissions made so far; 0 on the CPU.
func (d *Device) Submissions() int {
	if b, ok := d.b.(*vulkanBackend); ok {
		return b.dev.Submits()
	}
	return 0
}

func (b *vulkanBackend) close() error {
	b.saveCache()
	for _, p := range b.pipes {
		if p.p != nil {
			p.p.Free()
		}
	}
	err := b.dev.Close()
	return errors.Join(err, release())
}

// submit runs a recording and waits for it.
func (b *vulkanBackend) submit(cmds ...vk.Cmd) error {
	cb, err := b.dev.Record(cmds, nil)
	if err != nil {
		return translate(err)
	}
	defer cb.Free()
	b.queue.Lock()
	defer b.queue.Unlock()
	if err := b.dev.Submit(cb, nil); err != nil {
		return translate(err)
	}
	return translate(b.dev.WaitIdle())
}

// everything is the scope of shaders and copies.
const everything = vk.Compute | vk.Transfer

// translate makes Vulkan's errors the engine's.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, vk.ErrOutOfMemory):
		return fmt.Errorf("%w (%v)", ErrOutOfMemory, err)
	case errors.Is(err, vk.ErrDeviceLost):
		return fmt.Errorf("%w (%v)", ErrDeviceLost, err)
	}
	return err
}

// buffer allocates device memory, zeroed.
func (b *vulkanBackend) buffer(bytes int) (*vk.Buffer, error) {
	buf, err := b.dev.Alloc(max(pad(bytes), plan.Align), vk.DeviceLocal)
	if err != nil {
		return nil, translate(err)
	}
	if buf.Mapped != nil {
		clear(buf.Mapped)
		err = buf.Flush(0, buf.Size)
	} else {
		err = b.submit(vk.Fill(buf, 0, buf.Size, 0), vk.Barrier(vk.Transfer, everything))
	}
	if err != nil {
		buf.Free()
		return nil, translate(err)
	}
	return buf, nil
}

func (b *vulkanBackend) alloc(bytes int) (memory, error) {
	buf, err := b.buffer(bytes)
	if err != nil {
		return nil, err
	}
	return &vulkanMemory{b, buf}, nil
}

// vulkanMemory is a block of a State.
type vulkanMemory struct {
	b   *vulkanBackend
	buf *vk.Buffer
}

func (m *vulkanMemory) free() { m.buf.Free() }

// idle waits until no run uses the memory.
func (m *vulkanMemory) idle() error {
	m.b.queue.Lock()
	defer m.b.queue.Unlock()
	return translate(m.b.dev.WaitIdle())
}

func (m *vulkanMemory) read(off int, dst []byte) error {
	if len(dst) == 0 {
		return nil
	}
	if m.buf.Mapped != nil {
		if err := m.idle(); err != nil {
			return err
		}
		if err := m.buf.Invalidate(off, len(dst)); err != nil {
			return translate(err)
		}
		copy(dst, m.buf.Mapped[off:])
		return nil
	}
	stage, err := m.b.dev.Alloc(len(dst), vk.Readback)
	if err != nil {
		return translate(err)
	}
	defer stage.Free()
	if err := m.b.submit(vk.Barrier(everything, everything), vk.Copy(stage, 0, m.buf, off, len(dst)), vk.Barrier(vk.Transfer, vk.Host)); err != nil {
		return err
	}
	if err := stage.Invalidate(0, len(dst)); err != nil {
		return translate(err)
	}
	copy(dst, stage.Mapped)
	return nil
}

func (m *vulkanMemory) write(off int, src []byte) error {
	if len(src) == 0 {
		return nil
	}
	if m.buf.Mapped != nil {
		if err := m.idle(); err != nil {
			return err
		}
		copy(m.buf.Mapped[off:], src)
		return translate(m.buf.Flush(off, len(src)))
	}
	stage, err := m.b.dev.Alloc(len(src), vk.Upload)
	if err != nil {
		return translate(err)
	}
	defer stage.Free()
	copy(stage.Mapped, src)
	if err := stage.Flush(0, len(src)); err != nil {
		return translate(err)
	}
	return m.b.submit(vk.Barrier(everything, everything), vk.Copy(m.buf, off, stage, 0, len(src)), vk.Barrier(vk.Transfer, everything))
}

//go:build cgo

package vk

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

//go:embed testdata/add.spv
var addSPIRV []byte

// open gives an instance and its first device; a test without one is skipped.
// With validation where the layer is installed, any message fails the test.
func open(t testing.TB, o Options) (*Instance, *Device) {
	t.Helper()
	in, err := Open(o)
	if errors.Is(err, ErrNoLibrary) || errors.Is(err, ErrNoDriver) || errors.Is(err, ErrNoValidation) {
		t.Skip(err)
	}
	require.NoError(t, err)
	d, err := in.OpenDevice(0)
	require.NoError(t, err)
	t.Cleanup(func() {
		live := d.Live()
		err := d.Close()
		messages := in.Messages()
		require.NoError(t, in.Close())
		require.NoError(t, err)
		require.Zero(t, live, "Vulkan objects left open")
		require.Empty(t, messages)
	})
	return in, d
}

var validated = Options{Validate: true, Sync: true, AppName: "vk test"}

// program is c = a + 2 b over n floats, recorded.
type program struct {
	a, b, c *Buffer
	p       *Pipeline
	sets    *Sets
	cb      *CommandBuffer
	f       *Fence
}

func words32(b []byte) []uint32 {
	w := make([]uint32, len(b)/4)
	for i := range w {
		w[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return w
}

func floats(b *Buffer) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(&b.Mapped[0])), b.Size/4)
}

func addDesc() PipelineDesc {
	return PipelineDesc{Name: "add", SPIRV: words32(addSPIRV), PushBytes: 4,
		Bindings: []BindingType{StorageBuffer, UniformTexel, StorageBuffer}, Spec: []uint32{64, math.Float32bits(2)}}
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

func (p *program) free() {
	for _, f := range []interface{ Free() }{p.f, p.cb, p.sets, p.p, p.a, p.b, p.c} {
		f.Free()
	}
}

// newProgram uses host-visible memory throughout: Upload in, Readback out.
func newProgram(t testing.TB, d *Device, n int) *program {
	t.Helper()
	p := &program{}
	p.a, p.b = must[*Buffer](t)(d.Alloc(4*n, Upload)), must[*Buffer](t)(d.Alloc(4*n, Upload))
	p.c = must[*Buffer](t)(d.Alloc(4*n, Readback))
	for i := range n {
		floats(p.a)[i], floats(p.b)[i] = float32(i), float32(i*i%97)
	}
	require.NoError(t, p.a.Flush(0, 4*n))
	require.NoError(t, p.b.Flush(0, 4*n))
	p.p = must[*Pipeline](t)(d.NewPipeline(addDesc()))
	p.sets = must[*Sets](t)(d.NewSets([]SetDesc{{p.p, []Binding{{p.a, 0, 4 * n, 0}, {p.b, 0, 4 * n, Texel1}, {p.c, 0, 4 * n, 0}}}}))
	p.cb = must[*CommandBuffer](t)(d.Record([]Cmd{
		Barrier(Compute|Transfer|Host, Compute|Transfer),
		Fill(p.c, 0, 4*n, 0xffffffff),
		Barrier(Transfer, Compute),
		Dispatch(p.p, p.sets.At(0), 1, [3]uint32{uint32(n+63) / 64, 1, 1}),
		Barrier(Compute, Host),
	}, []uint32{0, uint32(n)}))
	p.f = must[*Fence](t)(d.NewFence())
	return p
}

func (p *program) run(t testing.TB, d *Device) {
	t.Helper()
	require.NoError(t, d.Submit(p.cb, p.f))
	require.NoError(t, p.f.Wait(20*time.Second))
	require.NoError(t, p.f.Reset())
	require.NoError(t, p.c.Invalidate(0, p.c.Size))
}

func (p *program) verify(t testing.TB) {
	t.Helper()
	for i, c := range floats(p.c) {
		if want := floats(p.a)[i] + 2*floats(p.b)[i]; c != want {
			t.Fatalf("c[%d] = %v, want %v", i, c, want)
		}
	}
}

func TestDevicesAreDescribed(t *testing.T) {
	in, d := open(t, Options{})
	for i, info := range in.Devices() {
		t.Logf("%s, %s, Vulkan %s, driver %s %s", info.Name, info.Type, info.API, info.Driver, info.DriverInfo)
		t.Logf("%+v\n%+v\n%+v\n%+v", info.Limits, info.Features, info.Heaps, info.Types)
		l := info.Limits
		require.NotEmpty(t, info.Name)
		require.GreaterOrEqual(t, l.MaxWorkgroupInvocations, 128)
		require.GreaterOrEqual(t, l.SharedMemory, 16<<10)
		require.GreaterOrEqual(t, l.MaxPush, 128)
		require.GreaterOrEqual(t, l.MaxStorageRange, 128<<20)
		require.GreaterOrEqual(t, l.MaxGroups[0], 65535)
		require.GreaterOrEqual(t, l.MaxAllocation, 1<<30)
		require.Positive(t, l.SubgroupSize)
		require.NotZero(t, l.SubgroupOps&SubgroupBasic)
		require.NotEmpty(t, info.Heaps)
		require.NotEmpty(t, info.Types)
		require.NotZero(t, info.DeviceUUID)
		require.NotEmpty(t, info.Driver)
		b := in.Budget(i)
		require.Len(t, b.Budget, len(info.Heaps))
		require.Positive(t, b.Budget[0])
	}
	require.Equal(t, in.Devices()[0].Name, d.Info.Name)
	_, err := in.OpenDevice(99)
	require.Error(t, err)
}

func TestRecordOnceReplayOften(t *testing.T) {
	_, d := open(t, validated)
	p := newProgram(t, d, 1000)
	defer p.free()
	for k := range 100 {
		floats(p.a)[k] = float32(-k)
		require.NoError(t, p.a.Flush(4*k, 4))
		p.run(t, d)
		p.verify(t)
	}
}

func TestSubmitAndWaitAllocateNothing(t *testing.T) {
	_, d := open(t, Options{})
	p := newProgram(t, d, 64)
	defer p.free()
	require.Zero(t, testing.AllocsPerRun(20, func() {
		if d.Submit(p.cb, p.f) != nil || p.f.Wait(-1) != nil || p.f.Reset() != nil {
			t.Fail()
		}
	}))
}

func TestAMissingBarrierIsReported(t *testing.T) {
	in, d := open(t, validated)
	p := newProgram(t, d, 256)
	defer p.free()
	require.Empty(t, in.Messages())
	// The second dispatch reads, as a, what the first wrote, as c.
	back := must[*Sets](t)(d.NewSets([]SetDesc{{p.p, []Binding{{p.c, 0, 1024, 0}, {p.b, 0, 1024, Texel1}, {p.a, 0, 1024, 0}}}}))
	defer back.Free()
	first, second := Dispatch(p.p, p.sets.At(0), 0, [3]uint32{4, 1, 1}), Dispatch(p.p, back.At(0), 0, [3]uint32{4, 1, 1})
	must[*CommandBuffer](t)(d.Record([]Cmd{first, Barrier(Compute, Compute), second}, []uint32{256})).Free()
	require.Empty(t, in.Messages())
	must[*CommandBuffer](t)(d.Record([]Cmd{first, second}, []uint32{256})).Free()
	m := strings.Join(in.Messages(), "\n")
	require.Contains(t, m, "SYNC-HAZARD")
}

func TestValidationIsOn(t *testing.T) {
	in, d := open(t, validated)
	p := newProgram(t, d, 64)
	defer p.free()
	// 1000 bytes of buffers that have 256.
	cb, err := d.Record([]Cmd{Copy(p.c, 0, p.a, 0, 1000)}, nil)
	require.NoError(t, err)
	cb.Free()
	require.NotEmpty(t, in.Messages())
}

func TestMemoryKinds(t *testing.T) {
	_, d := open(t, validated)
	for _, k := range []Kind{DeviceLocal, Upload, Readback} {
		b := must[*Buffer](t)(d.Alloc(1000, k))
		mt := d.Info.Types[b.Type]
		if k == DeviceLocal {
			require.True(t, mt.DeviceLocal)
			require.Equal(t, d.Info.Unified, b.Mapped != nil)
		} else {
			require.Len(t, b.Mapped, 1000)
			require.NoError(t, b.Flush(3, 5))
			require.NoError(t, b.Invalidate(990, 10))
			require.Error(t, b.Flush(990, 11))
		}
		b.Free()
		b.Free()
	}
	require.Zero(t, d.Live())
	_, err := d.Alloc(0, Upload)
	require.Error(t, err)
	_, err = d.Alloc(1<<62, DeviceLocal)
	require.Error(t, err)
}

func TestCopyThroughDeviceMemory(t *testing.T) {
	_, d := open(t, validated)
	const n = 4096
	up, dev, down := must[*Buffer](t)(d.Alloc(n, Upload)), must[*Buffer](t)(d.Alloc(n, DeviceLocal)), must[*Buffer](t)(d.Alloc(n, Readback))
	for i := range up.Mapped {
		up.Mapped[i] = byte(i * 7)
	}
	require.NoError(t, up.Flush(0, n))
	q := must[*Queries](t)(d.NewQueries(2))
	cb := must[*CommandBuffer](t)(d.Record([]Cmd{
		ResetQueries(q, 0, 2), Timestamp(q, 0),
		Copy(dev, 0, up, 0, n), Barrier(Transfer, Transfer), Copy(down, 0, dev, 0, n), Barrier(Transfer, Host),
		Timestamp(q, 1),
	}, nil))
	f := must[*Fence](t)(d.NewFence())
	require.NoError(t, d.Submit(cb, f))
	require.NoError(t, f.Wait(-1))
	require.NoError(t, down.Invalidate(0, n))
	require.Equal(t, up.Mapped, down.Mapped)
	ns := make([]float64, 2)
	require.NoError(t, q.Read(0, ns))
	require.GreaterOrEqual(t, ns[1], ns[0])
	if now, ok := d.Now(); ok {
		require.GreaterOrEqual(t, now, ns[1], "the device's clock now is of the timestamps' time")
		later, _ := d.Now()
		require.GreaterOrEqual(t, later, now)
	}
	for _, r := range []interface{ Free() }{f, cb, q, up, dev, down} {
		r.Free()
	}
}

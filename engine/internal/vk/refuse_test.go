//go:build cgo

package vk

import (
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestResultsAreErrors(t *testing.T) {
	require.NoError(t, check("vkX", 0))
	require.ErrorIs(t, check("vkX", -1), ErrOutOfMemory)
	require.ErrorIs(t, check("vkX", -2), ErrOutOfMemory)
	require.ErrorIs(t, check("vkX", -4), ErrDeviceLost)
	require.ErrorIs(t, check("vkX", 2), ErrTimeout)
	require.EqualError(t, check("vkQueueSubmit", -4), "vulkan: vkQueueSubmit: device lost (-4)")
	require.False(t, errors.Is(check("vkX", -3), ErrDeviceLost))
}

func TestBadPipelinesAreRefused(t *testing.T) {
	_, d := open(t, validated)
	l := &d.Info.Limits
	for name, change := range map[string]func(*PipelineDesc){
		"no code":           func(p *PipelineDesc) { p.SPIRV = nil },
		"no magic":          func(p *PipelineDesc) { p.SPIRV = slices.Clone(p.SPIRV); p.SPIRV[0] = 1 },
		"odd push":          func(p *PipelineDesc) { p.PushBytes = 6 },
		"much push":         func(p *PipelineDesc) { p.PushBytes = l.MaxPush + 4 },
		"untyped binding":   func(p *PipelineDesc) { p.Bindings = make([]BindingType, 3) },
		"too many bindings": func(p *PipelineDesc) { p.Bindings = slices.Repeat([]BindingType{StorageBuffer}, l.MaxStorageBuffers+1) },
		"subgroup of 3":     func(p *PipelineDesc) { p.Subgroup = 3 },
	} {
		desc := addDesc()
		change(&desc)
		if name == "too many bindings" && l.MaxStorageBuffers > 1<<16 {
			continue // no real limit
		}
		_, err := d.NewPipeline(desc)
		require.ErrorContains(t, err, "pipeline add", name)
	}
}

func TestBadSetsAreRefused(t *testing.T) {
	_, d := open(t, validated)
	p := newProgram(t, d, 64)
	defer p.free()
	good := []Binding{{p.a, 0, 256, 0}, {p.b, 0, 256, Texel1}, {p.c, 0, 256, 0}}
	for name, change := range map[string]func(b []Binding) []Binding{
		"too few":          func(b []Binding) []Binding { return b[:2] },
		"past the end":     func(b []Binding) []Binding { b[2].Range = 257; return b },
		"texel as storage": func(b []Binding) []Binding { b[1].Format = 0; return b },
		"storage as texel": func(b []Binding) []Binding { b[0].Format = Texel4; return b },
		"no buffer":        func(b []Binding) []Binding { b[0].Buffer = nil; return b },
		"half a texel":     func(b []Binding) []Binding { b[1].Range = 30; return b },
		"crooked":          func(b []Binding) []Binding { b[0].Offset, b[0].Range = 1, 4; return b },
	} {
		live := d.Live()
		_, err := d.NewSets([]SetDesc{{p.p, slices.Clone(good)}, {p.p, change(slices.Clone(good))}})
		require.ErrorContains(t, err, "set 1 of pipeline add", name)
		require.Equal(t, live, d.Live(), name)
	}
}

func TestBadCommandsAreRefused(t *testing.T) {
	_, d := open(t, validated)
	p := newProgram(t, d, 64)
	defer p.free()
	closed, err := d.Alloc(64, Upload)
	require.NoError(t, err)
	closed.Free()
	s := p.sets.At(0)
	for name, c := range map[string]Cmd{
		"empty":            {},
		"no groups":        Dispatch(p.p, s, 0, [3]uint32{1, 0, 1}),
		"too many groups":  Dispatch(p.p, s, 0, [3]uint32{1, 1<<32 - 1, 1}),
		"push past end":    Dispatch(p.p, s, 1, [3]uint32{1, 1, 1}),
		"no scope":         Barrier(0, Compute),
		"odd fill":         Fill(p.c, 0, 3, 0),
		"closed buffer":    Copy(closed, 0, p.a, 0, 4),
		"nothing to copy":  Copy(p.c, 0, p.a, 0, 0),
		"fill of a closed": Fill(closed, 0, 4, 0),
	} {
		if name == "too many groups" && d.Info.Limits.MaxGroups[1] == 1<<32-1 {
			continue
		}
		_, err := d.Record([]Cmd{c}, []uint32{0})
		require.ErrorContains(t, err, "command 0 of 1", name)
	}
}

func TestPipelineCacheComesBack(t *testing.T) {
	_, d := open(t, validated)
	p, err := d.NewPipeline(addDesc())
	require.NoError(t, err)
	p.Free()
	b, err := d.SaveCache()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(b), 32)
	require.NoError(t, d.LoadCache(b))
	p, err = d.NewPipeline(addDesc())
	require.NoError(t, err)
	p.Free()
	require.Error(t, d.LoadCache(nil))
	b[16] ^= 1 // another driver's
	require.ErrorContains(t, d.LoadCache(b), d.Info.Name)
}

func TestFenceTimesOut(t *testing.T) {
	_, d := open(t, validated)
	f, err := d.NewFence()
	require.NoError(t, err)
	defer f.Free()
	require.ErrorIs(t, f.Wait(time.Millisecond), ErrTimeout)
	require.ErrorIs(t, f.Wait(0), ErrTimeout)
}

func TestCloseReportsWhatIsLeft(t *testing.T) {
	in, err := Open(validated)
	if err != nil {
		t.Skip(err)
	}
	d, err := in.OpenDevice(0)
	require.NoError(t, err)
	newProgram(t, d, 64).run(t, d)
	err = d.Close()
	require.Empty(t, in.Messages()) // all was given back, and in good order
	require.NoError(t, in.Close())
	require.ErrorContains(t, err, "3 buffer")
	require.ErrorContains(t, err, "1 descriptor sets")
	if callSite() != "" {
		_, file, _, _ := runtime.Caller(0)
		require.ErrorContains(t, err, file[:len(file)-len("refuse_test.go")]+"vk_test.go:")
	}
	require.Zero(t, d.Live())
	_, err = d.Alloc(64, Upload)
	require.Error(t, err)
}

func TestGPUAssistedSeesOutOfBounds(t *testing.T) {
	in, d := open(t, Options{Validate: true, GPUAssisted: true})
	p := newProgram(t, d, 64)
	defer p.free()
	p.run(t, d)
	p.verify(t)
	require.Empty(t, in.Messages())
	cb, err := d.Record([]Cmd{Dispatch(p.p, p.sets.At(0), 0, [3]uint32{2, 1, 1})}, []uint32{128})
	require.NoError(t, err)
	defer cb.Free()
	require.NoError(t, d.Submit(cb, p.f))
	require.NoError(t, p.f.Wait(-1))
	require.NotEmpty(t, in.Messages())
}

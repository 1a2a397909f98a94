//go:build cgo

package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/vulgo-ml/vulgo/engine/internal/vk"
	"github.com/vulgo-ml/vulgo/kernels"
	"github.com/vulgo-ml/vulgo/plan"
	"github.com/vulgo-ml/vulgo/shaders"
)

// pipeline is made by whoever asks first; the others wait.
type pipeline struct {
	once sync.Once
	p    *vk.Pipeline
	err  error
}

// pipelines gives one pipeline for each shader dispatch of a plan, in order.
// New ones are compiled in parallel.
func (b *vulkanBackend) pipelines(p *plan.Plan) ([]*vk.Pipeline, error) {
	var wanted []*pipeline
	var wg sync.WaitGroup
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, s := range p.Steps {
		for i := range s.Dispatches {
			d := &s.Dispatches[i]
			if d.Shader == "" {
				continue
			}
			key := pipelineKey(d)
			b.mu.Lock()
			e, known := b.pipes[key]
			if !known {
				e = &pipeline{}
				b.pipes[key] = e
			}
			b.mu.Unlock()
			wanted = append(wanted, e)
			if known {
				continue
			}
			wg.Add(1)
			go func() {
				defer wg.Done()
				limit <- struct{}{}
				defer func() { <-limit }()
				b.make(e, d)
			}()
		}
	}
	wg.Wait()
	out := make([]*vk.Pipeline, len(wanted))
	k := 0
	for _, s := range p.Steps {
		for i := range s.Dispatches {
			d := &s.Dispatches[i]
			if d.Shader == "" {
				continue
			}
			b.make(wanted[k], d) // waits for another program's goroutine
			if err := wanted[k].err; err != nil {
				return nil, fmt.Errorf("%s: shader %s: %w", s.Node.Op.Name, d.Shader, translate(err))
			}
			out[k] = wanted[k].p
			k++
		}
	}
	return out, nil
}

func pipelineKey(d *plan.Dispatch) string {
	patch := ""
	if d.Patch != nil {
		patch = d.Patch.Key()
	}
	return fmt.Sprintf("%s %v %v %d %s", d.Shader, d.Spec, bindingTypes(d), len(d.Push), patch)
}

func bindingTypes(d *plan.Dispatch) []vk.BindingType {
	types := make([]vk.BindingType, len(d.Bound))
	for i, b := range d.Bound {
		types[i] = vk.StorageBuffer
		if b.Texel != kernels.Storage {
			types[i] = vk.UniformTexel
		}
	}
	return types
}

func (b *vulkanBackend) make(e *pipeline, d *plan.Dispatch) {
	e.once.Do(func() {
		code, err := shaders.SPIRV(d.Shader)
		if err == nil && d.Patch != nil {
			code, err = d.Patch.Apply(code)
		}
		if err != nil {
			e.err = err
			return
		}
		e.p, e.err = b.dev.NewPipeline(vk.PipelineDesc{
			Name: d.Shader, SPIRV: code, Bindings: bindingTypes(d), PushBytes: 4 * len(d.Push), Spec: d.Spec,
		})
	})
}

// The driver's compiled pipelines are kept in the user's cache folder:
//
//	8 bytes "vulgopc1", SHA-256 of the rest, the driver's bytes
//
// A file for each device and driver; one that is damaged is left unread.
const cacheMagic = "vulgopc1"

func (b *vulkanBackend) cachePath() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	i := &b.dev.Info
	id := sha256.Sum256(fmt.Appendf(nil, "%x %x %x %s", i.DeviceUUID, i.DriverUUID, i.CacheUUID, i.DriverInfo))
	return filepath.Join(dir, "vulgo", "pipelines-"+hex.EncodeToString(id[:8])+".bin")
}

func (b *vulkanBackend) loadCache() {
	data, err := os.ReadFile(b.cachePath())
	if err != nil || len(data) < len(cacheMagic)+sha256.Size || string(data[:8]) != cacheMagic {
		return
	}
	body := data[len(cacheMagic)+sha256.Size:]
	if sum := sha256.Sum256(body); bytes.Equal(sum[:], data[len(cacheMagic):len(cacheMagic)+sha256.Size]) {
		_ = b.dev.LoadCache(body) // another driver's cache is refused, and that is all
	}
}

// saveCache writes beside and renames, so that a reader never sees half a file.
// A cache that can't be kept costs the next start some seconds and no more.
func (b *vulkanBackend) saveCache() {
	path := b.cachePath()
	body, err := b.dev.SaveCache()
	if path == "" || err != nil || os.MkdirAll(filepath.Dir(path), 0o755) != nil {
		return
	}
	sum := sha256.Sum256(body)
	f, err := os.CreateTemp(filepath.Dir(path), "pipelines-*.tmp")
	if err != nil {
		return
	}
	_, err = f.Write(append(append([]byte(cacheMagic), sum[:]...), body...))
	if f.Close() != nil || err != nil || os.Rename(f.Name(), path) != nil {
		os.Remove(f.Name())
	}
}

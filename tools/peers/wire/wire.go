// Package wire is a Go peer's side of cmd/bench's protocol: JSON lines on
// standard input and output, arrays in files of raw little-endian elements.
package wire

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// Work is what is to be computed.
type Work struct {
	Name   string          `json:"name"`
	Kind   string          `json:"kind"` // "op", "train" or "infer"
	Op     string          `json:"op"`
	Attrs  json.RawMessage `json:"attrs"`
	In     []*Array        `json:"in"`
	Params []*Array        `json:"params"`
	Feeds  []*Array        `json:"feeds"`
	LR     float64         `json:"lr"`
	Steps  int             `json:"steps"`
	Out    []*Array        `json:"out"`
}

// Array is a file of elements, row-major.
type Array struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape []int  `json:"shape"`
	File  string `json:"file"`
}

// Floats reads an array of float32.
func (a *Array) Floats() ([]float32, error) {
	var x []float32
	return x, a.read("float32", func(n int) any { x = make([]float32, n); return x })
}

// Ints reads an array of int32.
func (a *Array) Ints() ([]int32, error) {
	var x []int32
	return x, a.read("int32", func(n int) any { x = make([]int32, n); return x })
}

func (a *Array) read(dtype string, to func(n int) any) error {
	if a.DType != dtype {
		return Lacks("%s for %s", dtype, a.DType)
	}
	b, err := os.ReadFile(a.File)
	if err != nil {
		return err
	}
	_, err = binary.Decode(b, binary.LittleEndian, to(len(b)/4))
	return err
}

// Param is a parameter by its name.
func (w *Work) Param(name string) (x []float32, shape []int, err error) {
	for _, a := range w.Params {
		if a.Name == name {
			x, err = a.Floats()
			return x, a.Shape, err
		}
	}
	return nil, nil, fmt.Errorf("no parameter %s", name)
}

// Batch is one of the batches that a training step is fed in turn.
type Batch struct {
	X      []float32
	Shape  []int // of X
	Labels []int32
}

// Batches reads them all.
func (w *Work) Batches() ([]Batch, error) {
	var all []Batch
	for i := 0; i+1 < len(w.Feeds); i += 2 {
		x, err := w.Feeds[i].Floats()
		if err != nil {
			return nil, err
		}
		y, err := w.Feeds[i+1].Ints()
		if err != nil {
			return nil, err
		}
		all = append(all, Batch{x, w.Feeds[i].Shape, y})
	}
	return all, nil
}

type lacks string

func (l lacks) Error() string { return string(l) }

// Lacks is the error of work that the peer doesn't have.
func Lacks(format string, args ...any) error { return lacks(fmt.Sprintf(format, args...)) }

// Runner computes the work once more.
type Runner func() error

// Peer is a library. Prepare computes the work once, or w.Steps steps of training,
// and gives the results, or the losses; run does it again, or the next step.
type Peer struct {
	Name    string
	Module  string // whose version is told; empty: Version tells it
	Version string
	Threads func(n int)
	Prepare func(w *Work) (run Runner, out [][]float32, err error)
}

type hello struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Threads int      `json:"threads"`
	Devices []string `json:"devices"`
}

// Serve answers requests until the input ends.
func Serve(p Peer) {
	answers := os.Stdout
	os.Stdout = os.Stderr // what libraries print
	if p.Threads == nil {
		p.Threads = func(n int) { runtime.GOMAXPROCS(n) }
	}
	var run Runner
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<26)
	for in.Scan() {
		var r struct {
			Do   string `json:"do"`
			N    int    `json:"n"`
			Work *Work  `json:"work"`
		}
		var answer any = struct{}{}
		err := json.Unmarshal(in.Bytes(), &r)
		switch {
		case err != nil:
		case r.Do == "close":
			return
		case r.Do == "hello":
			answer = hello{p.Name, p.version(), runtime.GOMAXPROCS(0), []string{"cpu"}}
		case r.Do == "threads":
			p.Threads(r.N)
		case r.Do == "prepare":
			run, err = p.prepare(r.Work)
		case r.Do == "run" && run != nil:
			began := time.Now()
			for i := 0; i < r.N && err == nil; i++ {
				err = run()
			}
			answer = map[string]float64{"seconds": time.Since(began).Seconds()}
		default:
			err = fmt.Errorf("no %q now", r.Do)
		}
		var l lacks
		if errors.As(err, &l) {
			answer = map[string]string{"lacks": string(l)}
		} else if err != nil {
			answer = map[string]string{"error": err.Error()}
		}
		line, err := json.Marshal(answer)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Fprintln(answers, string(line))
	}
}

func (p Peer) version() string {
	if info, ok := debug.ReadBuildInfo(); ok && p.Module != "" {
		for _, m := range info.Deps {
			if m.Path == p.Module {
				return m.Version
			}
		}
	}
	return p.Version
}

// prepare takes a library's panic for an error.
func (p Peer) prepare(w *Work) (run Runner, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	run, out, err := p.Prepare(w)
	if err != nil {
		return nil, err
	}
	if len(out) != len(w.Out) {
		return nil, fmt.Errorf("%d results, not %d", len(out), len(w.Out))
	}
	for i, a := range w.Out {
		b, err := binary.Append(nil, binary.LittleEndian, out[i])
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(a.File, b, 0o600); err != nil {
			return nil, err
		}
	}
	return run, nil
}

// Trained runs the steps to be checked, each of which gives its loss.
func (w *Work) Trained(step func() (loss float32, err error)) (Runner, [][]float32, error) {
	var losses []float32
	for range w.Steps {
		loss, err := step()
		if err != nil {
			return nil, nil, err
		}
		losses = append(losses, loss)
	}
	run := func() error {
		_, err := step()
		return err
	}
	return run, [][]float32{losses}, nil
}

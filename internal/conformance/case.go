// Package conformance holds vulgo to numbers from outside: it reads cases in
// the format conf-torch-1 (PyTorch's outputs, gradients, optimizer trajectories
// and training runs), computes them on a device through graph, plan and engine
// as a user would, and grades what came out.
//
// A case is a folder with meta.json and data.bin. The tests look for such
// folders in ../shared/conformance beside the repository, or in the folder that
// VULGO_CONFORMANCE names.
package conformance

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/vulgo-ml/vulgo/tensor"
)

// Case is one case, checked: every part lies within the data.
type Case struct {
	Format        string
	Name          string `json:"case"`
	Kind          string // op, optimizer, clip, schedule, training
	Group, Torch  string
	Version       string `json:"torch_version"`
	Args          map[string]any
	Kinks         bool // inputs on breakpoints or ties
	RepeatForward int  `json:"repeat_forward"`
	Steps         int
	Arch          string // of a training run's model
	Trajectory    *Trajectory
	Given         []Given
	Expect        []Expect

	data []byte
}

// Trajectory is what is known of a training run's loss, step by step.
type Trajectory struct {
	Loss []float64 `json:"loss_f64"`
	Err  []float64 `json:"abs_err_f32"`
	Pert []float64 `json:"abs_pert"`
}

// Given is a tensor the case starts from.
type Given struct {
	Name, Kind string // input, index, param, buffer, grad_out, grad_seq, grad_in
	Shape      []int
	part
}

// Expect is a tensor to be computed.
type Expect struct {
	Name, Kind string // output, grad, buffer, trajectory, state, loss, ...
	Shape      []int
	F64        part
	MaxAbsRef  float64 `json:"max_abs_ref"`
	L2Ref      float64 `json:"l2_ref"`
	Err32      Errors  // PyTorch's own in float32
	Pert       Errors  // what rounding the inputs changes
}

// Errors are distances from the float64 reference.
type Errors struct {
	RelL2  float64 `json:"rel_l2"`
	MaxAbs float64 `json:"max_abs"`
}

type part struct {
	DType          string
	Offset, Nbytes int
}

var sizes = map[string]int{"f32": 4, "f64": 8, "i64": 8, "u8": 1}

func (p part) check(shape []int, data []byte) error {
	n := tensor.Shape(shape).Elems()
	switch size, ok := sizes[p.DType]; {
	case !ok:
		return fmt.Errorf("dtype %q: wants f32, f64, i64 or u8", p.DType)
	case slices.ContainsFunc(shape, func(d int) bool { return d < 0 }):
		return fmt.Errorf("shape %v has a negative size", shape)
	case p.Nbytes != n*size:
		return fmt.Errorf("%d bytes for %v of %s, wants %d", p.Nbytes, shape, p.DType, n*size)
	case p.Offset < 0 || p.Offset%8 != 0 || p.Offset+p.Nbytes > len(data):
		return fmt.Errorf("bytes %d to %d, wants a multiple of 8 and an end within the %d of data.bin", p.Offset, p.Offset+p.Nbytes, len(data))
	}
	return nil
}

// values are the part's elements, exactly.
func (p part) values(data []byte) []float64 {
	b := data[p.Offset : p.Offset+p.Nbytes]
	out := make([]float64, len(b)/sizes[p.DType])
	for i := range out {
		switch p.DType {
		case "f32":
			out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
		case "f64":
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		case "i64":
			out[i] = float64(int64(binary.LittleEndian.Uint64(b[8*i:])))
		case "u8":
			out[i] = float64(b[i])
		}
	}
	return out
}

// Read reads and checks a case's folder.
func Read(dir string) (*Case, error) {
	c := &Case{}
	meta, err := os.ReadFile(filepath.Join(dir, "meta.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(meta, c); err != nil {
		return nil, fmt.Errorf("%s: meta.json: %w", dir, err)
	}
	if c.data, err = os.ReadFile(filepath.Join(dir, "data.bin")); err != nil {
		return nil, err
	}
	if err := c.check(filepath.Base(dir)); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return c, nil
}

func (c *Case) check(folder string) error {
	switch {
	case c.Format != "conf-torch-1":
		return fmt.Errorf("format %q, wants conf-torch-1", c.Format)
	case c.Name != folder:
		return fmt.Errorf("the case is named %q, not like its folder", c.Name)
	case c.Kind == "" || c.Group == "" || c.Torch == "" || len(c.Expect) == 0:
		return errors.New("kind, group, torch or expect is missing")
	}
	seen := map[string]bool{}
	once := func(list, kind, name string) error {
		key := list + " " + kind + " " + name
		if kind == "" || name == "" || seen[key] {
			return fmt.Errorf("%s: name or kind is missing, or there twice", key)
		}
		seen[key] = true
		return nil
	}
	for _, g := range c.Given {
		if err := errors.Join(once("given", g.Kind, g.Name), g.check(g.Shape, c.data)); err != nil {
			return fmt.Errorf("given %s %s: %w", g.Kind, g.Name, err)
		}
		if g.DType == "f64" {
			return fmt.Errorf("given %s %s is float64; devices compute in float32", g.Kind, g.Name)
		}
	}
	for _, e := range c.Expect {
		if err := errors.Join(once("expect", e.Kind, e.Name), e.F64.check(e.Shape, c.data)); err != nil {
			return fmt.Errorf("expect %s %s: %w", e.Kind, e.Name, err)
		}
	}
	if t := c.Trajectory; t != nil && (len(t.Err) != len(t.Loss) || len(t.Pert) != len(t.Loss)) {
		return fmt.Errorf("trajectory: %d losses, %d errors, %d perturbations", len(t.Loss), len(t.Err), len(t.Pert))
	}
	return nil
}

// Tensor is a given's data; integers become int32.
func (c *Case) Tensor(g Given) (*tensor.Tensor, error) {
	v := g.values(c.data)
	if g.DType == "f32" {
		t := tensor.New(tensor.F32(g.Shape...))
		for i, x := range v {
			t.F32[i] = float32(x)
		}
		return t, nil
	}
	t := tensor.New(tensor.I32(g.Shape...))
	for i, x := range v {
		if t.I32[i] = int32(x); float64(t.I32[i]) != x {
			return nil, fmt.Errorf("%s: %s %s holds %v, which is no int32", c.Name, g.Kind, g.Name, x)
		}
	}
	return t, nil
}

// given finds a part by name among kinds.
func (c *Case) given(name string, kinds ...string) (Given, bool) {
	for _, g := range c.Given {
		if g.Name == name && slices.Contains(kinds, g.Kind) {
			return g, true
		}
	}
	return Given{}, false
}

// Find lists the folders of cases in dir, in dir/data or in dir/torch/data. An
// index.tsv beside data must name the same cases.
func Find(dir string) ([]string, error) {
	for _, d := range []string{filepath.Join(dir, "torch", "data"), filepath.Join(dir, "data"), dir} {
		found, err := filepath.Glob(filepath.Join(d, "*", "meta.json"))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			continue
		}
		sort.Strings(found)
		names := make([]string, len(found))
		for i, f := range found {
			found[i] = filepath.Dir(f)
			names[i] = filepath.Base(found[i])
		}
		return found, sameAsIndex(filepath.Join(filepath.Dir(d), "index.tsv"), names)
	}
	return nil, fmt.Errorf("%s: no case: wants folders with meta.json in it, in its data or in its torch/data", dir)
}

func sameAsIndex(file string, names []string) error {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var listed []string
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		name, _, _ := strings.Cut(line, "\t")
		listed = append(listed, name)
	}
	sort.Strings(listed)
	if !slices.Equal(listed, slices.Sorted(slices.Values(names))) {
		return fmt.Errorf("%s lists %d cases, %d are there, and they differ", file, len(listed), len(names))
	}
	return nil
}

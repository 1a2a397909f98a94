// Package peers times the work of other libraries next to ours. A peer is a
// child process that reads a JSON object a line from its standard input and
// answers each with one line on its standard output:
//
//	{"do":"hello"}                   who it is: name, version, threads, devices
//	{"do":"prepare","work":{...}}    reads the operands, computes once, warm, and
//	                                 writes the results to the files named
//	{"do":"threads","n":4}           uses so many threads from here on
//	{"do":"run","n":100}             seconds that so many runs took, by its own
//	                                 clock, without moving operands
//	{"do":"close"}                   ends it; no answer
//
// An answer with "lacks" says that the peer doesn't have the work, one with
// "error" that it failed at it. Arrays are files of raw little-endian elements,
// row-major; a bool is a byte.
package peers

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vulgo-ml/vulgo/tensor"
)

// The kinds of work.
const (
	Op    = "op"    // one op of the table
	Train = "train" // Steps steps of training, the losses are the result
	Infer = "infer" // a model's output
)

// Workload is what a peer is to compute.
type Workload struct {
	Name   string `json:"name"`   // the row's: "conv2d/64x1x28x28-32k3", "train/mlp"
	Kind   string `json:"kind"`   // Op, Train or Infer
	Op     string `json:"op"`     // the op's name in our table; empty for a model
	Device string `json:"device"` // one of those the peer has

	Attrs  json.RawMessage `json:"attrs,omitempty"`  // the op's attributes
	In     []*Array        `json:"in,omitempty"`     // an op's operands; nil: absent
	Params []*Array        `json:"params,omitempty"` // a model's first values, by PyTorch's names
	Feeds  []*Array        `json:"feeds,omitempty"`  // x, y of batch 0, x, y of batch 1, ...; taken in turn
	LR     float64         `json:"lr,omitempty"`     // Adam's rate
	Steps  int             `json:"steps,omitempty"`  // of training, to be checked
	Out    []*Array        `json:"out"`              // files to write the results to
}

// Array is a file of elements.
type Array struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape []int  `json:"shape"`
	File  string `json:"file"`
}

type request struct {
	Do   string    `json:"do"`
	N    int       `json:"n,omitempty"`
	Work *Workload `json:"work,omitempty"`
}

// Hello is who a peer is. Threads is the most it can use, 0 if it can't be told
// how many; Devices has "cpu" first.
type Hello struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Threads int      `json:"threads"`
	Devices []string `json:"devices"`
}

type answer struct {
	Hello
	Seconds float64 `json:"seconds"`
	Lacks   string  `json:"lacks"`
	Error   string  `json:"error"`
}

// Write puts a tensor into a file of the folder.
func Write(dir, name string, t *tensor.Tensor) (*Array, error) {
	a := Place(dir, name, t.Type)
	var b []byte
	var err error
	switch t.DType {
	case tensor.Bool:
		for _, v := range t.I32 {
			b = append(b, byte(v))
		}
	case tensor.Float32:
		b, err = binary.Append(nil, binary.LittleEndian, t.F32)
	case tensor.Float64:
		b, err = binary.Append(nil, binary.LittleEndian, t.F64)
	case tensor.Float16, tensor.BFloat16:
		b, err = binary.Append(nil, binary.LittleEndian, t.U16)
	case tensor.Int32:
		b, err = binary.Append(nil, binary.LittleEndian, t.I32)
	case tensor.Int64:
		b, err = binary.Append(nil, binary.LittleEndian, t.I64)
	default:
		err = fmt.Errorf("%s: no file form of %v", name, t.Type)
	}
	if err != nil {
		return nil, err
	}
	return a, os.WriteFile(a.File, b, 0o600)
}

// Place names the file that a peer is to write.
func Place(dir, name string, ty tensor.Type) *Array {
	shape := ty.Shape
	if shape == nil {
		shape = tensor.Shape{}
	}
	return &Array{Name: name, DType: ty.DType.String(), Shape: shape, File: filepath.Join(dir, name)}
}

// Read gives what a peer wrote; its error says when that isn't the array's size.
func Read(a *Array) (*tensor.Tensor, error) {
	t, err := a.zeros()
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(a.File)
	if err != nil {
		return nil, fmt.Errorf("result %s: %w", a.Name, err)
	}
	size := t.DType.Size()
	if t.DType == tensor.Bool {
		size = 1
	}
	if len(b) != size*t.Elems() {
		return nil, fmt.Errorf("result %s: %d bytes, but %v are %d", a.Name, len(b), t.Type, size*t.Elems())
	}
	var to any
	switch t.DType {
	case tensor.Bool:
		for i, v := range b {
			t.I32[i] = int32(v)
		}
		return t, nil
	case tensor.Float32:
		to = t.F32
	case tensor.Float64:
		to = t.F64
	case tensor.Float16, tensor.BFloat16:
		to = t.U16
	case tensor.Int32:
		to = t.I32
	case tensor.Int64:
		to = t.I64
	}
	_, err = binary.Decode(b, binary.LittleEndian, to)
	return t, err
}

func (a *Array) zeros() (*tensor.Tensor, error) {
	for _, d := range tensor.DTypes() {
		if d.String() == a.DType {
			return tensor.New(tensor.Type{DType: d, Shape: a.Shape}), nil
		}
	}
	return nil, fmt.Errorf("result %s: no dtype %q", a.Name, a.DType)
}

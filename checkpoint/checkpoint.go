// Package checkpoint saves and loads tensors by name as safetensors files, the
// format that PyTorch's state dicts are exchanged in. Files are replaced whole or
// not at all; reading trusts nothing that a file says of itself.
package checkpoint

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/vulgo-ml/vulgo/tensor"
)

// File is what is in a safetensors file.
type File struct {
	Names   []string // in the file's order
	Tensors map[string]*tensor.Tensor
	Meta    map[string]string
}

// WriteFile writes tensors, by sorted name, and metadata to a safetensors file,
// whole or not at all.
func WriteFile(path string, tensors map[string]*tensor.Tensor, meta map[string]string) error {
	return writeFile(path, slices.Sorted(maps.Keys(tensors)), tensors, meta)
}

func writeFile(path string, names []string, tensors map[string]*tensor.Tensor, meta map[string]string) error {
	return Atomic(path, func(w io.Writer) error { return encode(w, names, tensors, meta) })
}

// ReadFile reads a safetensors file. Tensors keep their dtypes, but for integers
// of 8 and 16 bits, which become int32.
func ReadFile(path string) (*File, error) {
	var out *File
	err := open(path, func(r io.ReaderAt, size int64) (err error) {
		out, err = Decode(r, size)
		return err
	})
	return out, err
}

// Decode reads a safetensors file of that size. It takes memory for tensors only
// after the whole header has been checked against the size.
func Decode(r io.ReaderAt, size int64) (*File, error) {
	entries, meta, start, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	f := &File{Tensors: map[string]*tensor.Tensor{}, Meta: meta}
	for i := range entries {
		t, err := readTensor(r, start, &entries[i])
		if err != nil {
			return nil, err
		}
		f.Names = append(f.Names, entries[i].Name)
		f.Tensors[entries[i].Name] = t
	}
	return f, nil
}

// Inspect lists a file's tensors and metadata without reading the tensors.
func Inspect(path string) (entries []Entry, meta map[string]string, err error) {
	err = open(path, func(r io.ReaderAt, size int64) (err error) {
		entries, meta, _, err = readHeader(r, size)
		return err
	})
	return entries, meta, err
}

func open(path string, read func(r io.ReaderAt, size int64) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("checkpoint: %s is not a regular file", path)
	}
	if err := read(f, info.Size()); err != nil {
		return fmt.Errorf("checkpoint: %s: %w", path, err)
	}
	return nil
}

// Source is state that can be saved.
type Source interface {
	Names() []string
	Tensor(name string) (*tensor.Tensor, error)
}

// Target is state that can be loaded.
type Target interface {
	Names() []string
	Type(name string) tensor.Type
	SetTensor(name string, t *tensor.Tensor) error
}

// Save writes a state, in the order of its names, whole or not at all.
func Save(path string, state Source, meta map[string]string) error {
	tensors := map[string]*tensor.Tensor{}
	for _, name := range state.Names() {
		t, err := state.Tensor(name)
		if err != nil {
			return fmt.Errorf("checkpoint: saving %s: %q: %w", path, name, err)
		}
		tensors[name] = t
	}
	return writeFile(path, state.Names(), tensors, meta)
}

// Load reads a file into a state. Names and types have to agree: where a name is
// missing from the file or unexpected in it, or a type doesn't fit, the error
// lists all of them and nothing is loaded. LoadInto says which types fit.
func Load(path string, state Target) (meta map[string]string, err error) {
	f, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	missing, unexpected := f.Compare(state)
	if len(missing)+len(unexpected) > 0 {
		return nil, fmt.Errorf("checkpoint: %s doesn't fit: missing from the file: %s; unexpected in it: %s", path, list(missing), list(unexpected))
	}
	if err := f.LoadInto(state); err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", path, err)
	}
	return f.Meta, nil
}

// Compare is the state's names that the file lacks, and the file's that the
// state lacks.
func (f *File) Compare(state Target) (missing, unexpected []string) {
	has := map[string]bool{}
	for _, name := range state.Names() {
		has[name] = true
		if f.Tensors[name] == nil {
			missing = append(missing, name)
		}
	}
	for _, name := range f.Names {
		if !has[name] {
			unexpected = append(unexpected, name)
		}
	}
	return missing, unexpected
}

// LoadInto sets the state's tensors that the file has, and leaves the others as
// they are; so a part of a model can be taken over from another. Where the
// state's type holds the file's exactly (float16 in float32, int64 whose values
// fit in int32), values are converted; other types that differ are an error that
// lists them all, and then nothing is set.
func (f *File) LoadInto(state Target) error {
	var names, wrong []string
	set := map[string]*tensor.Tensor{}
	for _, name := range state.Names() {
		t := f.Tensors[name]
		if t == nil {
			continue
		}
		x, why := exactly(t, state.Type(name))
		if x == nil {
			wrong = append(wrong, fmt.Sprintf("%s is %v, not %v%s", name, t.Type, state.Type(name), why))
		}
		names = append(names, name)
		set[name] = x
	}
	if len(wrong) > 0 {
		return fmt.Errorf("types differ: %s", strings.Join(wrong, "; "))
	}
	for _, name := range names {
		if err := state.SetTensor(name, set[name]); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	return nil
}

// exactly is t in the type asked for, if that holds its values; nil, and why not,
// otherwise.
func exactly(t *tensor.Tensor, want tensor.Type) (x *tensor.Tensor, why string) {
	from, to := t.DType, want.DType
	switch {
	case t.Type.Equal(want):
		return t, ""
	case !t.Shape.Equal(want.Shape):
		return nil, ""
	case from != tensor.Int64 || to != tensor.Int32:
		if from.IsFloat() != to.IsFloat() || !from.Widens(to) {
			return nil, fmt.Sprintf(": convert it first, since %v doesn't hold all its values", to)
		}
	}
	x, err := t.To(to)
	if err != nil {
		return nil, ": " + err.Error()
	}
	return x, ""
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

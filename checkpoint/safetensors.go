package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"sort"

	"github.com/vulgo-ml/vulgo/tensor"
)

// A safetensors file is
//
//	8 bytes     n, little-endian
//	n bytes     JSON: {"__metadata__": {string: string}, NAME: {"dtype", "shape", "data_offsets": [from, to]}, ...}
//	the rest    the tensors, row-major and little-endian, without gaps; offsets count from here
const (
	maxHeader   = 100 << 20 // as the reference reader
	metadataKey = "__metadata__"
)

// elementBytes are the dtypes that can be read. Integers of 8 and 16 bits become
// int32.
var elementBytes = map[string]int64{
	"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
}

var dtypeName = map[tensor.DType]string{tensor.Float32: "F32", tensor.Float64: "F64", tensor.Int32: "I32", tensor.Bool: "BOOL",
	tensor.Float16: "F16", tensor.BFloat16: "BF16", tensor.Int64: "I64"}

// Entry is a tensor as a file's header lists it.
type Entry struct {
	Name  string
	DType string // the file's name for it: F32, BF16, I64, ...
	Shape tensor.Shape
	Bytes int64 // in the file
	from  int64 // after the header
}

// Type is what the tensor has once it is read.
func (e *Entry) Type() tensor.Type {
	for d, name := range dtypeName {
		if name == e.DType {
			return tensor.Type{DType: d, Shape: e.Shape}
		}
	}
	return tensor.Type{DType: tensor.Int32, Shape: e.Shape}
}

// readHeader reads and checks all that a header says, against the file's size,
// before any memory is taken for tensors. start is where they begin.
func readHeader(r io.ReaderAt, size int64) (entries []Entry, meta map[string]string, start int64, err error) {
	var prefix [8]byte
	if size < 8 {
		return nil, nil, 0, fmt.Errorf("%d bytes are too few for a safetensors file", size)
	}
	if _, err := r.ReadAt(prefix[:], 0); err != nil {
		return nil, nil, 0, err
	}
	n := binary.LittleEndian.Uint64(prefix[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, nil, 0, fmt.Errorf("a header of %d bytes in a file of %d: damaged, or not a safetensors file", n, size)
	}
	header := make([]byte, n)
	if _, err := r.ReadAt(header, 8); err != nil {
		return nil, nil, 0, fmt.Errorf("header: %w", err)
	}
	start = 8 + int64(n)
	entries, meta, err = parseHeader(header)
	if err != nil {
		return nil, nil, 0, fmt.Errorf("header: %w", err)
	}
	sort.SliceStable(entries, func(i, j int) bool { return entries[i].from < entries[j].from })
	at := int64(0)
	for _, e := range entries {
		if e.from != at {
			return nil, nil, 0, fmt.Errorf("tensor %q begins at byte %d of the data, where the one before ends at %d", e.Name, e.from, at)
		}
		at += e.Bytes
		if at > size-start {
			return nil, nil, 0, fmt.Errorf("tensor %q ends at byte %d of the data; the file has %d: cut off", e.Name, at, size-start)
		}
	}
	if at != size-start {
		return nil, nil, 0, fmt.Errorf("%d bytes after the last tensor", size-start-at)
	}
	return entries, meta, start, nil
}

func parseHeader(header []byte) (entries []Entry, meta map[string]string, err error) {
	dec := json.NewDecoder(bytes.NewReader(header))
	dec.DisallowUnknownFields()
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, nil, fmt.Errorf("not a JSON object")
	}
	seen := map[string]bool{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, nil, err
		}
		name, ok := tok.(string)
		if !ok || seen[name] {
			return nil, nil, fmt.Errorf("%v is there twice", tok)
		}
		seen[name] = true
		if name == metadataKey {
			if err := dec.Decode(&meta); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", metadataKey, err)
			}
			continue
		}
		e, err := parseEntry(dec)
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		e.Name = name
		entries = append(entries, e)
	}
	if _, err := dec.Token(); err != nil {
		return nil, nil, err
	}
	if rest := bytes.TrimRight(header[dec.InputOffset():], " "); len(rest) > 0 {
		return nil, nil, fmt.Errorf("%d bytes after the JSON object", len(rest))
	}
	return entries, meta, nil
}

func parseEntry(dec *json.Decoder) (e Entry, err error) {
	var raw struct {
		DType   string  `json:"dtype"`
		Shape   []int64 `json:"shape"`
		Offsets []int64 `json:"data_offsets"`
	}
	if err := dec.Decode(&raw); err != nil {
		return e, err
	}
	width, ok := elementBytes[raw.DType]
	if !ok {
		return e, fmt.Errorf("dtype %q can't be read", raw.DType)
	}
	if raw.Shape == nil || len(raw.Offsets) != 2 || raw.Offsets[0] < 0 || raw.Offsets[1] < raw.Offsets[0] {
		return e, fmt.Errorf("shape %v, data_offsets %v", raw.Shape, raw.Offsets)
	}
	bytes := uint64(width)
	for _, d := range raw.Shape {
		hi, lo := bits.Mul64(bytes, uint64(d))
		if d < 0 || d > math.MaxInt32 || hi != 0 || lo > math.MaxInt64 {
			return e, fmt.Errorf("shape %v is too large", raw.Shape)
		}
		bytes = lo
		e.Shape = append(e.Shape, int(d))
	}
	if uint64(raw.Offsets[1]-raw.Offsets[0]) != bytes {
		return e, fmt.Errorf("shape %v of %s takes %d bytes, data_offsets %v hold %d", raw.Shape, raw.DType, bytes, raw.Offsets, raw.Offsets[1]-raw.Offsets[0])
	}
	e.DType, e.Bytes, e.from = raw.DType, int64(bytes), raw.Offsets[0]
	return e, nil
}

// readTensor reads an entry that readHeader has checked.
func readTensor(r io.ReaderAt, start int64, e *Entry) (*tensor.Tensor, error) {
	t := tensor.New(e.Type())
	in := io.NewSectionReader(r, start+e.from, e.Bytes)
	width := int(elementBytes[e.DType])
	var buf [1 << 16]byte
	for i, n := 0, t.Elems(); i < n; {
		b := buf[:min(len(buf), (n-i)*width)]
		if _, err := io.ReadFull(in, b); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", e.Name, err)
		}
		for ; len(b) > 0; b, i = b[width:], i+1 {
			if err := setElement(t, i, e.DType, b); err != nil {
				return nil, fmt.Errorf("tensor %q, element %d: %w", e.Name, i, err)
			}
		}
	}
	return t, nil
}

func setElement(t *tensor.Tensor, i int, dtype string, b []byte) error {
	le := binary.LittleEndian
	switch dtype {
	case "F64":
		t.F64[i] = math.Float64frombits(le.Uint64(b))
	case "F32":
		t.F32[i] = math.Float32frombits(le.Uint32(b))
	case "BF16", "F16":
		t.U16[i] = le.Uint16(b)
	case "I64":
		t.I64[i] = int64(le.Uint64(b))
	case "I32":
		t.I32[i] = int32(le.Uint32(b))
	case "I16":
		t.I32[i] = int32(int16(le.Uint16(b)))
	case "I8":
		t.I32[i] = int32(int8(b[0]))
	case "U8":
		t.I32[i] = int32(b[0])
	default: // BOOL
		if b[0] > 1 {
			return fmt.Errorf("a bool of %d", b[0])
		}
		t.I32[i] = int32(b[0])
	}
	return nil
}

// encode writes the tensors in the order of names, wide dtypes first so that
// each stands aligned. The same tensors give the same bytes.
func encode(w io.Writer, names []string, tensors map[string]*tensor.Tensor, meta map[string]string) error {
	names = slices.Clone(names)
	width := func(name string) int64 { return elementBytes[dtypeName[tensors[name].DType]] }
	for i, name := range names {
		t := tensors[name]
		if t == nil || dtypeName[t.DType] == "" || name == metadataKey || slices.Contains(names[:i], name) {
			return fmt.Errorf("tensor %q: absent, there twice, or a reserved name", name)
		}
	}
	sort.SliceStable(names, func(i, j int) bool { return width(names[i]) > width(names[j]) })
	header, err := encodeHeader(names, tensors, meta, width)
	if err != nil {
		return err
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, name := range names {
		if err := encodeTensor(w, tensors[name]); err != nil {
			return err
		}
	}
	return nil
}

func encodeHeader(names []string, tensors map[string]*tensor.Tensor, meta map[string]string, width func(string) int64) ([]byte, error) {
	var header bytes.Buffer
	sep := "{"
	put := func(key string, value any) error {
		k, err := json.Marshal(key)
		if err != nil {
			return err
		}
		v, err := json.Marshal(value)
		fmt.Fprintf(&header, "%s%s:%s", sep, k, v)
		sep = ","
		return err
	}
	if len(meta) > 0 {
		if err := put(metadataKey, meta); err != nil {
			return nil, err
		}
	}
	at := int64(0)
	for _, name := range names {
		t := tensors[name]
		end := at + int64(t.Elems())*width(name)
		err := put(name, struct {
			DType   string   `json:"dtype"`
			Shape   []int    `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}{dtypeName[t.DType], append([]int{}, t.Shape...), [2]int64{at, end}})
		if err != nil {
			return nil, err
		}
		at = end
	}
	if sep == "{" {
		header.WriteByte('{')
	}
	header.WriteByte('}')
	for header.Len()%8 != 0 {
		header.WriteByte(' ')
	}
	return header.Bytes(), nil
}

func encodeTensor(w io.Writer, t *tensor.Tensor) error {
	buf := make([]byte, 0, 1<<16)
	for i := range t.Elems() {
		switch t.DType {
		case tensor.Float64:
			buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(t.F64[i]))
		case tensor.Float32:
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(t.F32[i]))
		case tensor.Float16, tensor.BFloat16:
			buf = binary.LittleEndian.AppendUint16(buf, t.U16[i])
		case tensor.Int64:
			buf = binary.LittleEndian.AppendUint64(buf, uint64(t.I64[i]))
		case tensor.Bool:
			buf = append(buf, byte(min(uint32(t.I32[i]), 1)))
		default:
			buf = binary.LittleEndian.AppendUint32(buf, uint32(t.I32[i]))
		}
		if len(buf) == cap(buf) {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := w.Write(buf)
	return err
}

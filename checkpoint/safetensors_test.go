package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

// raw is a file with that header and data.
func raw(header string, data ...byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func decode(b []byte) (*File, error) { return Decode(bytes.NewReader(b), int64(len(b))) }

func sample() map[string]*tensor.Tensor {
	boolean := tensor.New(tensor.Type{DType: tensor.Bool, Shape: tensor.Shape{3}})
	copy(boolean.I32, []int32{1, 0, 1})
	return map[string]*tensor.Tensor{
		"conv1.weight": tensor.FromF32([]float32{1, -2.5, float32(math.Inf(1)), math.SmallestNonzeroFloat32, 0, 7}, 2, 3),
		"mean":         tensor.FromF64([]float64{math.Pi, math.Copysign(0, -1)}, 2),
		"step":         {Type: tensor.I32(), I32: []int32{-5}},
		"mask":         boolean,
		"half":         tensor.FromF16([]uint16{0x3c00, 0x7e01, 0x8001}, 3),
		"brain":        tensor.FromBF16([]uint16{0x3f80}, 1),
		"count":        tensor.FromI64([]int64{1 << 40, -1}, 2),
		"空 \"x\"":      tensor.FromF32(nil, 0, 4),
	}
}

func TestWhatIsWrittenIsReadBackToTheBit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "net.safetensors")
	want := sample()
	meta := map[string]string{"task": "digits", "epoch": "3"}
	require.NoError(t, WriteFile(path, want, meta))
	f, err := ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, meta, f.Meta)
	require.Equal(t, []string{"count", "mean", "conv1.weight", "step", "空 \"x\"", "brain", "half", "mask"}, f.Names) // widest first, then by name
	for name, w := range want {
		got := f.Tensors[name]
		require.True(t, w.Type.Equal(got.Type), "%s is %v", name, got.Type)
		require.Equal(t, len(w.F32), len(got.F32))
		for i := range w.F32 {
			require.Equal(t, math.Float32bits(w.F32[i]), math.Float32bits(got.F32[i]))
		}
		require.Equal(t, w.F64, got.F64)
		if len(w.F64) > 0 {
			require.True(t, math.Signbit(got.F64[1]))
		}
		require.Equal(t, w.I32, got.I32)
		require.Equal(t, w.I64, got.I64)
		require.Equal(t, w.U16, got.U16)
	}

	entries, again, err := Inspect(path)
	require.NoError(t, err)
	require.Equal(t, meta, again)
	require.Len(t, entries, 8)
	require.Equal(t, "F32 [2 3] 24", fmt.Sprint(entries[2].DType, " ", entries[2].Shape, " ", entries[2].Bytes))
}

func TestTheBytesAreThoseOfTheFormat(t *testing.T) {
	var b bytes.Buffer
	x := map[string]*tensor.Tensor{"w": tensor.FromF32([]float32{1, 2}, 1, 2)}
	require.NoError(t, encode(&b, []string{"w"}, x, map[string]string{"format": "pt"}))
	header := `{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}`
	header += strings.Repeat(" ", (8-len(header)%8)%8)
	require.Equal(t, raw(header, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40), b.Bytes())

	b.Reset()
	require.NoError(t, encode(&b, nil, nil, nil))
	require.Equal(t, raw("{}      "), b.Bytes())
	f, err := decode(b.Bytes())
	require.NoError(t, err)
	require.Empty(t, f.Tensors)
}

func TestOtherDTypesAreKeptOrWidened(t *testing.T) {
	one := func(dtype string, size int, data ...byte) []byte {
		return raw(fmt.Sprintf(`{"x":{"dtype":%q,"shape":[%d],"data_offsets":[0,%d]}}`, dtype, size, len(data)), data...)
	}
	f, err := decode(one("BF16", 2, 0x80, 0x3f, 0x00, 0xc0))
	require.NoError(t, err)
	require.Equal(t, tensor.FromBF16([]uint16{0x3f80, 0xc000}, 2), f.Tensors["x"])
	f, err = decode(one("I64", 1, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
	require.NoError(t, err)
	require.Equal(t, []int64{-2}, f.Tensors["x"].I64)
	f, err = decode(one("I16", 1, 0xff, 0xff))
	require.NoError(t, err)
	require.Equal(t, []int32{-1}, f.Tensors["x"].I32)
	f, err = decode(one("U8", 1, 0xff))
	require.NoError(t, err)
	require.Equal(t, []int32{255}, f.Tensors["x"].I32)
	_, err = decode(one("BOOL", 1, 2))
	require.ErrorContains(t, err, "a bool of 2")
	_, err = decode(one("C64", 1, 1, 2, 3, 4, 5, 6, 7, 8))
	require.ErrorContains(t, err, `"C64"`)
}

func TestDamagedFilesAreErrorsThatSayWhere(t *testing.T) {
	whole := `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`
	eight := make([]byte, 8)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":           {nil, "too few"},
		"long header":     {raw(whole)[:20], "damaged"},
		"huge header":     {[]byte{255, 255, 255, 255, 255, 255, 255, 127, '{', '}'}, "damaged"},
		"no JSON":         {raw("hello"), "not a JSON object"},
		"array":           {raw("[]"), "not a JSON object"},
		"cut JSON":        {raw(whole[:30]), "header"},
		"after JSON":      {raw(whole+"x", eight...), "1 bytes after"},
		"cut data":        {raw(whole, eight[:7]...), "cut off"},
		"more data":       {raw(whole, make([]byte, 9)...), "1 bytes after the last"},
		"twice":           {raw(whole[:len(whole)-1]+","+whole[1:], eight...), "a is there twice"},
		"wrong size":      {raw(strings.Replace(whole, "[2]", "[3]", 1), eight...), "takes 12 bytes"},
		"negative size":   {raw(strings.Replace(whole, "[2]", "[-2]", 1), eight...), "too large"},
		"overflow":        {raw(strings.Replace(whole, "[2]", "[2147483647,2147483647,2147483647]", 1), eight...), "too large"},
		"no shape":        {raw(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 0, 0, 0, 0), "shape"},
		"one offset":      {raw(strings.Replace(whole, "[0,8]", "[0]", 1), eight...), "data_offsets"},
		"hole":            {raw(strings.Replace(whole, "[0,8]", "[1,9]", 1), make([]byte, 9)...), "begins at byte 1"},
		"overlap":         {raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, eight...), `"b" begins at byte 4`},
		"unknown field":   {raw(strings.Replace(whole, `"dtype"`, `"z":1,"dtype"`, 1), eight...), "unknown field"},
		"meta of numbers": {raw(`{"__metadata__":{"a":1}}`), "__metadata__"},
		"much that isn't": {raw(`{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}`), "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode(c.file)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAHostileHeaderTakesNoMemory(t *testing.T) {
	file := raw(`{"a":{"dtype":"I8","shape":[2000000000],"data_offsets":[0,2000000000]}}`, 1, 2)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := decode(file)
	runtime.ReadMemStats(&after)
	require.Error(t, err)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func FuzzSafetensors(f *testing.F) {
	var b bytes.Buffer
	x := sample()
	var names []string
	for name := range x {
		names = append(names, name)
	}
	require.NoError(f, encode(&b, names, x, map[string]string{"k": "v"}))
	f.Add(b.Bytes())
	f.Add(raw(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, 1, 2, 3, 4))
	f.Add(raw(`{"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}  `, 1, 2, 3, 4, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := decode(file)
		if err != nil {
			return
		}
		var once, twice bytes.Buffer
		if err := encode(&once, got.Names, got.Tensors, got.Meta); err != nil {
			t.Fatal(err)
		}
		back, err := decode(once.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if err := encode(&twice, back.Names, back.Tensors, back.Meta); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Fatal("what was read back is written differently")
		}
	})
}

package data

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

func zipped(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

var small = []byte{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6}

func TestIDXPlainAndZipped(t *testing.T) {
	for _, file := range [][]byte{small, zipped(t, small)} {
		x, err := ReadIDX(bytes.NewReader(file))
		require.NoError(t, err)
		require.Equal(t, tensor.Shape{2, 3}, x.Shape)
		require.Equal(t, []byte{1, 2, 3, 4, 5, 6}, x.Data)
	}
}

func TestDamagedIDXIsAnErrorThatSaysWhere(t *testing.T) {
	for want, file := range map[string][]byte{
		"cut off":            {0, 0, 8},
		"cut off at size 1":  small[:10],
		"not an IDX file":    {1, 2, 8, 1, 0, 0, 0, 0},
		"type 0x0d":          {0, 0, 13, 1, 0, 0, 0, 0},
		"0 dimensions":       {0, 0, 8, 0},
		"9 dimensions":       {0, 0, 8, 9},
		"size 0 is 0":        {0, 0, 8, 1, 0, 0, 0, 0},
		"only 5":             small[:17],
		"more":               append(append([]byte(nil), small...), 7),
		"size 1 is":          {0, 0, 8, 2, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"unexpected EOF":     zipped(t, small)[:20],
		"only 0":             {0, 0, 8, 1, 0x3f, 0xff, 0xff, 0xff}, // 1 GB that isn't there
		"header":             zipped(t, nil),
		"gzip: invalid head": {0x1f, 0x8b, 0xff, 0, 0, 0, 0, 0, 0, 0},
	} {
		_, err := ReadIDX(bytes.NewReader(file))
		require.ErrorContains(t, err, want)
	}
	allocated := testing.AllocsPerRun(10, func() {
		_, _ = ReadIDX(bytes.NewReader([]byte{0, 0, 8, 1, 0x3f, 0xff, 0xff, 0xff, 1}))
	})
	require.Less(t, allocated, 30.0)
}

func FuzzIDX(f *testing.F) {
	f.Add(small)
	f.Add(zipped(f, small))
	f.Add([]byte{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9})
	f.Fuzz(func(t *testing.T, file []byte) {
		x, err := ReadIDX(bytes.NewReader(file))
		if err == nil && (len(x.Data) != x.Shape.Elems() || len(x.Data) == 0) {
			t.Fatalf("shape %v with %d bytes", x.Shape, len(x.Data))
		}
	})
}

func writeSet(t *testing.T, dir, which, sep string, zip bool, n int) {
	images := []byte{0, 0, 8, 3, 0, 0, 0, byte(n), 0, 0, 0, 2, 0, 0, 0, 2}
	labels := []byte{0, 0, 8, 1, 0, 0, 0, byte(n)}
	for i := range n {
		images = append(images, byte(i), 255, 0, 51)
		labels = append(labels, byte(i%10))
	}
	for kind, b := range map[string][]byte{"images" + sep + "idx3-ubyte": images, "labels" + sep + "idx1-ubyte": labels} {
		name := filepath.Join(dir, which+"-"+kind)
		if zip {
			name, b = name+".gz", zipped(t, b)
		}
		require.NoError(t, os.WriteFile(name, b, 0o644))
	}
}

func TestMNISTUnderItsUsualNames(t *testing.T) {
	dir := t.TempDir()
	_, _, err := MNIST(dir)
	require.ErrorIs(t, err, fs.ErrNotExist)
	writeSet(t, dir, "train", "-", true, 20)
	train, test, err := MNIST(dir)
	require.NoError(t, err)
	require.Equal(t, []int{16, 4}, []int{train.Len(), test.Len()})
	writeSet(t, dir, "t10k", ".", false, 7)
	train, test, err = MNIST(dir)
	require.NoError(t, err)
	require.Equal(t, []int{20, 7}, []int{train.Len(), test.Len()})

	var batch []*tensor.Tensor
	for b, err := range (&DataLoader{Dataset: Range(train, 3, 4)}).From(0, 0) {
		require.NoError(t, err)
		batch = []*tensor.Tensor{b[0].Clone(), b[1].Clone()}
	}
	require.Equal(t, tensor.Shape{1, 1, 2, 2}, batch[0].Shape)
	require.Equal(t, []float32{3. / 255, 1, 0, 0.2}, batch[0].F32)
	require.Equal(t, []int32{3}, batch[1].I32)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "t10k-labels.idx1-ubyte"), small, 0o644))
	_, _, err = MNIST(dir)
	require.ErrorContains(t, err, "t10k-labels.idx1-ubyte: shape [2 3]")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t10k-labels.idx1-ubyte"), []byte{0, 0, 8, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 10}, 0o644))
	_, _, err = MNIST(dir)
	require.ErrorContains(t, err, "label 6 is 10")
	require.NoError(t, os.Remove(filepath.Join(dir, "t10k-labels.idx1-ubyte")))
	train, test, err = MNIST(dir) // pictures without labels are no pair
	require.NoError(t, err)
	require.Equal(t, []int{16, 4}, []int{train.Len(), test.Len()})
}

func TestNormalisation(t *testing.T) {
	m := &Images{H: 1, W: 2, Classes: 2, Pixels: []byte{0, 255}, Labels: []byte{1}, Mean: 0.25, Std: 0.5}
	dst := []*tensor.Tensor{tensor.New(m.Types()[0]), tensor.New(m.Types()[1])}
	require.NoError(t, m.Example(0, nil, dst))
	require.Equal(t, []float32{-0.5, 1.5}, dst[0].F32)
	require.Equal(t, int32(1), dst[1].I32[0])
}

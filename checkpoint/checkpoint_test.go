package checkpoint

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

// state is a map as state.
type state map[string]*tensor.Tensor

func (s state) Names() (names []string) {
	for name := range s {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
func (s state) Tensor(name string) (*tensor.Tensor, error) { return s[name], nil }
func (s state) Type(name string) tensor.Type               { return s[name].Type }
func (s state) SetTensor(name string, t *tensor.Tensor) error {
	s[name] = t
	return nil
}

func TestSaveAndLoadAState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.safetensors")
	saved := state{"w": tensor.FromF32([]float32{1, 2}, 2), "b": tensor.FromF32([]float32{3}, 1)}
	require.NoError(t, Save(path, saved, map[string]string{"step": "9"}))
	loaded := state{"w": tensor.New(tensor.F32(2)), "b": tensor.New(tensor.F32(1))}
	meta, err := Load(path, loaded)
	require.NoError(t, err)
	require.Equal(t, "9", meta["step"])
	require.Equal(t, saved["w"].F32, loaded["w"].F32)
	require.Equal(t, saved["b"].F32, loaded["b"].F32)
}

func TestLoadingWhatDoesNotFitSaysAllAndChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.safetensors")
	require.NoError(t, Save(path, state{"w": tensor.FromF32([]float32{1, 2}, 2), "old": tensor.Scalar(1)}, nil))

	other := state{"w": tensor.New(tensor.F32(2)), "head": tensor.New(tensor.F32(3))}
	_, err := Load(path, other)
	require.ErrorContains(t, err, "missing from the file: head; unexpected in it: old")
	require.Equal(t, []float32{0, 0}, other["w"].F32)

	f, err := ReadFile(path) // in part, as for transfer learning
	require.NoError(t, err)
	missing, unexpected := f.Compare(other)
	require.Equal(t, []string{"head"}, missing)
	require.Equal(t, []string{"old"}, unexpected)
	require.NoError(t, f.LoadInto(other))
	require.Equal(t, []float32{1, 2}, other["w"].F32)

	shaped := state{"w": tensor.New(tensor.F32(1, 2)), "old": tensor.Scalar(5)}
	_, err = Load(path, shaped)
	require.ErrorContains(t, err, "w is float32[2], not float32[1 2]")
	require.Equal(t, float32(5), shaped["old"].F32[0])

	_, err = Load(path+".none", other)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = ReadFile(filepath.Dir(path))
	require.ErrorContains(t, err, "not a regular file")
}

func TestWriteFileRefusesBadNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	require.ErrorContains(t, WriteFile(path, map[string]*tensor.Tensor{"a": nil}, nil), `"a"`)
	require.ErrorContains(t, WriteFile(path, map[string]*tensor.Tensor{metadataKey: tensor.Scalar(1)}, nil), "reserved")
	_, err := os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAFailedWriteLeavesTheOldFileAndNoOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.safetensors")
	require.NoError(t, WriteFile(path, map[string]*tensor.Tensor{"a": tensor.Scalar(1)}, nil))
	full := errors.New("no space left on device")
	err := Atomic(path, func(w io.Writer) error {
		_, _ = w.Write(make([]byte, 3<<20))
		return full
	})
	require.ErrorIs(t, err, full)
	require.ErrorContains(t, err, "untouched")
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1)
	f, err := ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, float32(1), f.Tensors["a"].F32[0])
}

// A file system of 64 KiB, where the system lets the test mount one.
func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if runtime.GOOS != "linux" || exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir).Run() != nil {
		t.Skip("only root can mount a small file system; TestAFailedWriteLeavesTheOldFileAndNoOther covers the rest")
	}
	defer func() { require.NoError(t, exec.Command("umount", dir).Run()) }()
	path := filepath.Join(dir, "net.safetensors")
	require.NoError(t, WriteFile(path, map[string]*tensor.Tensor{"a": tensor.New(tensor.F32(1000))}, nil))
	err := WriteFile(path, map[string]*tensor.Tensor{"a": tensor.New(tensor.F32(100_000))}, nil)
	require.ErrorContains(t, err, "no space left on device")
	require.ErrorContains(t, err, path)
	f, err := ReadFile(path)
	require.NoError(t, err)
	require.Len(t, f.Tensors["a"].F32, 1000)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
}

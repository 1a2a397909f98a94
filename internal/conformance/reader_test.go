package conformance

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

const meta = `{"format": "conf-torch-1", "case": "two", "kind": "op", "group": "elementwise", "torch": "torch.square", "args": {},
	"given": [{"name": "x", "kind": "input", "shape": [2], "dtype": "f32", "offset": 0, "nbytes": 8}],
	"expect": [{"name": "y", "kind": "output", "shape": [2], "f64": {"dtype": "f64", "offset": 8, "nbytes": 16},
		"max_abs_ref": 4, "l2_ref": 4.12310562561766, "err32": {"rel_l2": 0, "max_abs": 0}, "pert": {"rel_l2": 6e-8, "max_abs": 2e-7}}]}`

// write makes the case two: x = 1, 2 and y = 1, 4.
func write(t *testing.T, meta string) string {
	dir := filepath.Join(t.TempDir(), "two")
	require.NoError(t, os.Mkdir(dir, 0o755))
	data := binary.LittleEndian.AppendUint32(nil, math.Float32bits(1))
	data = binary.LittleEndian.AppendUint32(data, math.Float32bits(2))
	data = binary.LittleEndian.AppendUint64(data, math.Float64bits(1))
	data = binary.LittleEndian.AppendUint64(data, math.Float64bits(4))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data.bin"), data, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "meta.json"), []byte(meta), 0o644))
	return dir
}

func TestReadRefusesWhatDoesntFit(t *testing.T) {
	c, err := Read(write(t, meta))
	require.NoError(t, err)
	x, err := c.Tensor(c.Given[0])
	require.NoError(t, err)
	require.Equal(t, []float32{1, 2}, x.F32)

	for _, d := range []struct{ old, new, says string }{
		{`conf-torch-1`, `conf-torch-2`, "wants conf-torch-1"},
		{`"case": "two"`, `"case": "three"`, "not like its folder"},
		{`"torch.square"`, `""`, "missing"},
		{`"f32"`, `"f8"`, `dtype "f8"`},
		{`"dtype": "f32"`, `"dtype": "f64"`, "wants 16"},
		{`"offset": 8`, `"offset": 16`, "within the 24"},
		{`"offset": 8`, `"offset": 4`, "multiple of 8"},
		{`"offset": 8`, `"offset": -8`, "multiple of 8"},
		{`"shape": [2], "f64"`, `"shape": [3], "f64"`, "wants 24"},
		{`"shape": [2], "dtype"`, `"shape": [-2], "dtype"`, "negative"},
		{`"kind": "input"`, `"kind": ""`, "missing"},
		{`"args": {}`, `"args": `, "meta.json"},
	} {
		_, err := Read(write(t, strings.Replace(meta, d.old, d.new, 1)))
		require.ErrorContains(t, err, d.says, "%s instead of %s", d.new, d.old)
	}
	_, err = Read(t.TempDir())
	require.Error(t, err)
}

func TestFindLooksIntoDataAndHoldsItToTheIndex(t *testing.T) {
	dir := write(t, meta)
	root := filepath.Dir(dir)
	got, err := Find(root)
	require.NoError(t, err)
	require.Equal(t, []string{dir}, got)

	top := t.TempDir()
	require.NoError(t, os.Rename(root, filepath.Join(top, "data")))
	got, err = Find(top)
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(top, "data", "two")}, got)

	index := filepath.Join(top, "index.tsv")
	require.NoError(t, os.WriteFile(index, []byte("case\tkind\ntwo\top\n"), 0o644))
	_, err = Find(top)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(index, []byte("case\tkind\ntwo\top\nthree\top\n"), 0o644))
	_, err = Find(top)
	require.ErrorContains(t, err, "lists 2 cases, 1 are there")

	_, err = Find(t.TempDir())
	require.ErrorContains(t, err, "no case")
}

func TestGradesTellExactFromCoarseFromWrong(t *testing.T) {
	c, err := Read(write(t, meta))
	require.NoError(t, err)
	e := c.Expect[0]
	e.MaxAbsRef, e.L2Ref = 4, math.Sqrt(17)
	grade := func(v ...float32) Grade { return c.grade(e, tensor.FromF32(v, len(v))).Grade }
	ulp := float32(math.Ldexp(1, -21)) // of 4; it is 1.9 u of the norm
	require.Equal(t, A, grade(1, 4))
	require.Equal(t, A, grade(1, 4+2*ulp))
	require.Equal(t, B, grade(1, 4+4*ulp))
	require.Equal(t, Failed, grade(1, 4+32*ulp))
	require.Equal(t, Failed, grade(1, float32(math.NaN())))
	require.Equal(t, Failed, grade(1))
	require.Equal(t, Failed, c.grade(e, nil).Grade)

	// One bad element fails even where the norm allows it.
	e.Pert.RelL2, e.Err32.RelL2 = 1, 1
	require.Equal(t, A, grade(1, 4+8*ulp))
	require.Equal(t, Failed, grade(1, 4.01))

	c.Kinks = true
	require.Equal(t, A, grade(1, 4+2*ulp))
	require.Equal(t, Failed, grade(1, 4.0001))
}

func TestLossesAreHeldStepByStep(t *testing.T) {
	c, err := Read(write(t, meta))
	require.NoError(t, err)
	e := c.Expect[0]
	e.Kind, e.Name = "loss", "loss"
	e.Err32 = Errors{RelL2: 1e-3, MaxAbs: 1e-3}
	c.Trajectory = &Trajectory{Loss: []float64{1, 4}, Err: []float64{1e-7, 1e-3}, Pert: []float64{0, 0}}
	grade := func(v ...float32) Grade { return c.grade(e, tensor.FromF32(v, len(v))).Grade }
	require.Equal(t, A, grade(1, 4.001))
	require.Equal(t, Failed, grade(1.001, 4), "early, where the run is still exact")
	require.Equal(t, A, grade(1.000001, 4))
}

func TestWorstIsTheLowestGrade(t *testing.T) {
	require.Equal(t, B, Worst([]Result{{Grade: A, Ratio: 3}, {Grade: B, Ratio: 5}, {Grade: A}}).Grade)
	require.Equal(t, Failed, Worst([]Result{{Grade: Failed, Ratio: 40}, {Grade: B, Ratio: 5}}).Grade)
}

package kernels

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

func TestMatMulSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		attrs cpuref.MatMulAttrs
		in    []tensor.Type
		want  string
	}{
		{in: []tensor.Type{tensor.F32(3, 5), tensor.F32(4, 2)}, want: "matmul: [3 5] · [4 2]: inner sizes differ: 5 and 4"},
		{attrs: cpuref.MatMulAttrs{TransB: true}, in: []tensor.Type{tensor.F32(3, 5), tensor.F32(5, 2)},
			want: "matmul: [3 5] · [5 2]ᵀ: inner sizes differ: 5 and 2"},
		{in: []tensor.Type{tensor.F32(5), tensor.F32(5, 2)}, want: "matmul: [5] · [5 2]: wants at least 2 dimensions in each"},
		{in: []tensor.Type{tensor.F32(3, 2, 5), tensor.F32(4, 5, 2)}, want: "matmul: [3 2 5] · [4 5 2]: batch sizes differ: [3] and [4]"},
		{in: []tensor.Type{tensor.F32(3, 5), tensor.I32(5, 2)}, want: "matmul: [3 5] · [5 2]: wants two operands of one float type, operand 1 is int32[5 2]"},
	} {
		_, _, err := MatMul.Infer(c.attrs, c.in)
		require.EqualError(t, err, c.want)
	}
}

// gpu is a device with the limits of an ordinary GPU.
func gpu() *Target {
	t := MinimalVulkan()
	t.Name, t.MaxInvocations, t.MaxWorkgroup[0], t.SharedMemory, t.MaxLoop = "gpu", 1024, 1024, 48<<10, 0
	return t
}

// lavapipe is the software device that the subgroup shape is made for.
func lavapipe() *Target {
	t := gpu()
	t.Name, t.Software, t.SubgroupSize, t.SubgroupShuffle, t.MaxTexels, t.MaxLoop = "lavapipe", true, 8, true, 128<<20, 65535
	return t
}

func TestMatMulKeepsWithinEveryDevicesLimits(t *testing.T) {
	type patch struct{ Patch }
	for _, target := range []*Target{MinimalVulkan(), gpu(), lavapipe()} {
		tiles := map[uint32]bool{}
		for _, cs := range append(MatMul.Cases, MatMul.Bench...) {
			attrs, out, err := MatMul.Infer(cs.Attrs, cs.In)
			require.NoError(t, err)
			c := &Call{Op: MatMul, Attrs: attrs, In: cs.In, Out: out, Epilogue: patch{}}
			v, err := Choose(target, c, nil)
			require.NoError(t, err, "%s on %s", cs.Name, target.Name)
			low, err := v.Lower(target, c)
			require.NoError(t, err, cs.Name)
			for i, d := range low.Dispatches {
				require.LessOrEqual(t, int(d.Spec[0]), target.MaxInvocations, cs.Name)
				require.LessOrEqual(t, int(max(d.Grid[0], d.Grid[1])), target.MaxGroups[0], cs.Name)
				require.Equal(t, i == len(low.Dispatches)-1, d.Patch != nil, "%s: the epilogue sees finished sums only", cs.Name)
				switch d.Shader {
				case "matmul_subgroup":
					require.True(t, target.Software)
				case "matmul_tile":
					tiles[d.Spec[1]] = true
					m, n, k := int(d.Spec[1]), int(d.Spec[2]), int(d.Spec[3])
					require.LessOrEqual(t, 4*k*(m+n+8), target.SharedMemory)
				}
				if d.Shader != "matmul_reduce" {
					// A step of 4 terms, or blocks of 16 and each term of them.
					slice := int(d.Push[6])
					require.Less(t, slice+slice/16+1, 65535, cs.Name)
					require.Zero(t, slice%16, "%s: slices stay aligned", cs.Name)
				}
			}
		}
		if target.Name == "gpu" {
			require.Len(t, tiles, len(gemmTiles), "the cases reach every tile")
		}
	}
}

func TestMatMulSplitsLongSumsOnlyWhereTilesAreFew(t *testing.T) {
	slices := func(target *Target, m, n, k int) int {
		cs := matMulCase(m, n, k, false, false)
		_, out, err := MatMul.Infer(cs.Attrs, cs.In)
		require.NoError(t, err)
		c := &Call{Op: MatMul, Attrs: cs.Attrs, In: cs.In, Out: out}
		v, err := Choose(target, c, nil)
		require.NoError(t, err)
		low, err := v.Lower(target, c)
		require.NoError(t, err)
		if len(low.Dispatches) == 1 {
			require.Empty(t, low.Work)
			return 1
		}
		return low.Work[0] / out[0].Bytes()
	}
	require.Equal(t, 1, slices(gpu(), 1024, 1024, 8192))
	require.Equal(t, 32, slices(gpu(), 64, 64, 8192))
	require.Equal(t, 1, slices(gpu(), 64, 64, 256))
	require.Equal(t, 1, slices(lavapipe(), 64, 64, 8192))
	require.Equal(t, 8, slices(lavapipe(), 2, 3, 262_140))
}

package cpuref

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/tensor"
)

func TestShapeOpsByHand(t *testing.T) {
	x := floats([]float64{0, 1, 2, 3, 4, 5}, 2, 3)
	require.Equal(t, []float64{0, 3, 1, 4, 2, 5}, run(Permute[float64], PermuteAttrs{IntList(1, 0)}, x, 3, 2).F)
	y := run(Permute[float64], PermuteAttrs{IntList(2, 0, 1)}, floats(cube.F, 2, 3, 4), 4, 2, 3).F
	for i := range 4 {
		for j := range 2 {
			for k := range 3 {
				require.Equal(t, cube.F[(j*3+k)*4+i], y[(i*2+j)*3+k])
			}
		}
	}
	require.Equal(t, []float64{7, 7, 8, 8}, run(Expand[float64], ExpandAttrs{}, floats([]float64{7, 8}, 2, 1), 2, 2).F)
	require.Equal(t, []float64{7, 8, 7, 8}, run(Expand[float64], ExpandAttrs{}, floats([]float64{7, 8}, 2), 2, 2).F)
	s := SliceAttrs{Start: IntList(1, 2), Size: IntList(2, 2), Step: IntList(-1, -2)}
	require.Equal(t, []float64{5, 3, 2, 0}, run(Slice[float64], s, x, 2, 2).F)
	g := SliceGradAttrs{Shape: IntList(2, 3), Start: IntList(1, 2), Step: IntList(-1, -2)}
	require.Equal(t, []float64{4, 0, 3, 2, 0, 1}, run(SliceGrad[float64], g, floats([]float64{1, 2, 3, 4}, 2, 2), 2, 3).F)

	out := floats(make([]float64, 8), 2, 4)
	in := []Arg[float64]{x, floats([]float64{8, 9}, 2, 1)}
	Concat(&Args[float64]{Attrs: ConcatAttrs{1}, In: in, Out: []Arg[float64]{out}})
	require.Equal(t, []float64{0, 1, 2, 8, 3, 4, 5, 9}, out.F)
}

func TestShapeOpsCarryInts(t *testing.T) {
	x := Arg[float64]{Shape: []int{2, 2}, I: []int32{1, 2, 3, 4}}
	out := Arg[float64]{Shape: []int{2, 2}, I: make([]int32, 4)}
	Permute(&Args[float64]{Attrs: PermuteAttrs{IntList(1, 0)}, In: []Arg[float64]{x}, Out: []Arg[float64]{out}})
	require.Equal(t, []int32{1, 3, 2, 4}, out.I)
}

func TestAListKeepsItsLength(t *testing.T) {
	require.Equal(t, []int{3, 1}, IntList(3, 1).Slice())
	require.Equal(t, IntList(3, 1), IntList([]int{3, 1}...))
	long := IntList(1, 2, 3, 4, 5, 6, 7, 8, 9)
	require.Equal(t, 9, long.N)
	require.Len(t, long.Slice(), MaxRank)
}

// Words of the generator's published test: counter 0, key 0 gives 6627e8d5
// e169c58d bc57ac4c 9b00dbd8; all ones gives 408f276d 41c83b0e a20bc7c6 6d5451fd.
func TestUniformIsPhilox(t *testing.T) {
	require.Equal(t, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, tensor.PhiloxBlock(0, 0, 0))
	require.Equal(t, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, tensor.PhiloxBlock(^uint64(0), ^uint64(0), ^uint64(0)))

	seed := Arg[float64]{Shape: []int{2}, I: []int32{-7, 9}}
	u := run(Uniform[float64], UniformAttrs{Seq: 3}, seed, 6).F
	want := tensor.PhiloxBlock(uint64(uint32(0xfffffff9))|9<<32, 3, 1)
	require.Equal(t, []float64{float64(want[0]>>8) / (1 << 24), float64(want[1]>>8) / (1 << 24)}, u[4:])
}

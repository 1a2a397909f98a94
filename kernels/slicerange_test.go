package kernels

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSliceRangeIsPythons(t *testing.T) {
	for _, k := range []struct{ n, start, stop, step, first, size int }{
		{5, 0, math.MaxInt, 1, 0, 5}, {5, 1, 4, 2, 1, 2}, {5, -2, math.MaxInt, 1, 3, 2}, {5, 4, math.MinInt, -1, 4, 5},
		{5, -1, -math.MaxInt, -2, 4, 3}, {5, 3, 3, 1, 0, 0}, {5, 9, 2, -1, 4, 2}, {5, -9, 2, 1, 0, 2}, {0, 0, 9, 1, 0, 0},
		{5, 0, -1, 1, 0, 4}, {5, 3, -1, -1, 0, 0}, {3, math.MaxInt, math.MinInt, -1, 2, 3},
	} {
		first, size := SliceRange(k.n, k.start, k.stop, k.step)
		require.Equal(t, [2]int{k.first, k.size}, [2]int{first, size}, "%+v", k)
	}
}

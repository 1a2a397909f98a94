package tensor

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// value16 is a bit pattern's value by the formula: (-1)^s · 1.f · 2^(e-bias).
func value16(h uint16, frac int, bias float64) float64 {
	expMask := uint16(1)<<(15-frac) - 1
	exp, f := h>>frac&expMask, float64(h&(1<<frac-1))/float64(int(1)<<frac)
	v := 0.0
	switch {
	case exp == expMask && f != 0:
		return math.NaN()
	case exp == expMask:
		v = math.Inf(1)
	case exp == 0:
		v = f * math.Exp2(1-bias)
	default:
		v = (1 + f) * math.Exp2(float64(exp)-bias)
	}
	if h>>15 == 1 {
		return -v
	}
	return v
}

var halves = []struct {
	name string
	frac int
	bias float64
	to   func(uint16) float32
	from func(float32) uint16
}{
	{"float16", 10, 15, F16ToF32, F16FromF32},
	{"bfloat16", 7, 127, BF16ToF32, BF16FromF32},
}

// All 65,536 patterns widen to the formula's value and come back; the value half
// way to the next one goes to the even one, those beside it to the nearer.
func TestHalvesAreExactAndRoundToNearestEven(t *testing.T) {
	for _, c := range halves {
		t.Run(c.name, func(t *testing.T) {
			infinity := c.from(float32(math.Inf(1)))
			for h := range 1 << 16 {
				p := uint16(h)
				got, want := float64(c.to(p)), value16(p, c.frac, c.bias)
				if math.IsNaN(want) {
					require.True(t, math.IsNaN(got), "%#x", p)
					require.Equal(t, p|1<<(c.frac-1), c.from(c.to(p)), "the NaN %#x, quiet", p)
					continue
				}
				require.Equal(t, math.Float64bits(want), math.Float64bits(got), "%#x", p)
				require.Equal(t, p, c.from(c.to(p)), "%#x", p)
				if p&0x7fff == infinity {
					continue
				}
				next := value16(p+1, c.frac, c.bias)
				if math.IsInf(next, 0) { // what would follow, were there more exponents
					next = 2*want - value16(p-1, c.frac, c.bias)
				}
				middle := float32((want + next) / 2) // exact: there are 13 bits more
				even := p + p&1
				require.Equal(t, even, c.from(middle), "%#x and the next, between", p)
				below := math.Float32frombits(math.Float32bits(middle) - 1)
				above := math.Float32frombits(math.Float32bits(middle) + 1)
				require.Equal(t, p, c.from(below), "%#x: just below the middle", p)
				require.Equal(t, p+1, c.from(above), "%#x: just above the middle", p)
			}
		})
	}
}

func TestRoundingIsToTheNearestOfSampledFloats(t *testing.T) {
	rng := Philox{Seed: 3}
	for _, c := range halves {
		for range 200000 {
			f := math.Float32frombits(rng.Uint32())
			h := c.from(f)
			if f != f {
				require.True(t, math.IsNaN(float64(c.to(h))), "%#x", math.Float32bits(f))
				continue
			}
			if v := float64(c.to(h)); !math.IsInf(v, 0) {
				err := math.Abs(v - float64(f))
				for _, n := range []uint16{h - 1, h + 1} {
					if o := value16(n, c.frac, c.bias); o == o {
						require.LessOrEqual(t, err, math.Abs(o-float64(f)), "%s of %g", c.name, f)
					}
				}
			}
		}
	}
	require.Equal(t, uint16(0x7bff), F16FromF32(65519.996))
	require.Equal(t, uint16(0x7c00), F16FromF32(65520))
	require.Equal(t, uint16(0xfc00), F16FromF32(-1e30))
	require.Equal(t, uint16(0x8000), F16FromF32(-1e-30))
	require.Equal(t, uint16(0x7f80), BF16FromF32(math.MaxFloat32))
	require.Equal(t, uint16(0x3f80), BF16FromF32(1))
}

func TestConversions(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	x := FromF64([]float64{-2.7, 2.7, nan, inf, -inf, 0, 1e12}, 7)
	for d, want := range map[DType][]float64{
		Int32:    {-2, 2, 0, math.MaxInt32, math.MinInt32, 0, math.MaxInt32},
		Int64:    {-2, 2, 0, math.MaxInt64, math.MinInt64, 0, 1e12},
		Bool:     {1, 1, 1, 1, 1, 0, 1},
		Float16:  {-2.69921875, 2.69921875, nan, inf, -inf, 0, inf},
		BFloat16: {-2.703125, 2.703125, nan, inf, -inf, 0, 1000727379968},
	} {
		y, err := x.To(d)
		require.NoError(t, err)
		require.Equal(t, d, y.DType)
		for i := range want {
			if want[i] != want[i] {
				require.True(t, math.IsNaN(y.At(i)), d)
				continue
			}
			require.Equal(t, want[i], y.At(i), "%v element %d", d, i)
		}
	}
	_, err := FromI64([]int64{1, 1 << 40}, 2).To(Int32)
	require.EqualError(t, err, "element 1 is 1099511627776, which int32 doesn't hold")
	y, err := FromI64([]int64{1, -7}, 2).To(Int32)
	require.NoError(t, err)
	require.Equal(t, []int32{1, -7}, y.I32)
	for _, d := range DTypes() {
		z := New(Type{d, Shape{3}})
		z.Set(1, 1)
		require.Equal(t, []float64{0, 1, 0}, []float64{z.At(0), z.At(1), z.At(2)}, d)
		require.Equal(t, z, z.Clone(), d)
		require.True(t, d.Widens(d))
	}
}

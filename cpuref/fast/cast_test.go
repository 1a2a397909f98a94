package fast

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Every 16-bit pattern widens, and floats of every kind narrow, to the bits of
// package tensor.
func TestCastsHaveTheBitsOfTheirDefinition(t *testing.T) {
	all := make([]uint16, 1<<16)
	for i := range all {
		all[i] = uint16(i)
	}
	rng := tensor.Philox{Seed: 5}
	floats := make([]float32, 1<<18)
	for i := range floats {
		floats[i] = math.Float32frombits(rng.Uint32())
		if i%2 == 0 { // where float16 is normal, denormal and beyond
			floats[i] = math.Float32frombits(rng.Uint32()&0x87ffffff | uint32(0x30+rng.Intn(0x20))<<23)
		}
	}
	cast := func(x *tensor.Tensor, to tensor.DType) *tensor.Tensor {
		y := tensor.New(tensor.Type{DType: to, Shape: x.Shape})
		Cast(&cpuref.Args[float32]{In: []cpuref.Arg[float32]{{Data: x}}, Out: []cpuref.Arg[float32]{{Data: y}}})()
		return y
	}
	for _, d := range []tensor.DType{tensor.Float16, tensor.BFloat16} {
		x := tensor.New(tensor.Type{DType: d, Shape: tensor.Shape{len(all)}})
		copy(x.U16, all)
		y, narrow := cast(x, tensor.Float32), cast(tensor.FromF32(floats, len(floats)), d)
		for i := range all {
			want := tensor.F16ToF32(all[i])
			if d == tensor.BFloat16 {
				want = tensor.BF16ToF32(all[i])
			}
			require.Equal(t, math.Float32bits(want), math.Float32bits(y.F32[i]), "%v %#x", d, i)
		}
		for i, v := range floats {
			want := tensor.F16FromF32(v)
			if d == tensor.BFloat16 {
				want = tensor.BF16FromF32(v)
			}
			require.Equal(t, want, narrow.U16[i], "%v of %g", d, v)
		}
	}
}

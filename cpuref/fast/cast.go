package fast

import (
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/tensor"
)

const castPiece = 1 << 13

// Cast prepares cpuref.Cast: between float32 and 16 bits a loop of its own.
func Cast(a *cpuref.Args[float32]) func() {
	x, y := a.In[0].Data, a.Out[0].Data
	n := y.Elems()
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			y.Set(i, x.At(i))
		}
	}
	switch {
	case y.DType == tensor.Float32 && x.DType == tensor.Float16:
		body = func(lo, hi int) { convert(y.F32[lo:hi], x.U16[lo:hi], isa.widen16, widen16) }
	case y.DType == tensor.Float32 && x.DType == tensor.BFloat16:
		body = func(lo, hi int) { convert(y.F32[lo:hi], x.U16[lo:hi], isa.widenB16, widenB16) }
	case y.DType == tensor.Float16 && x.DType == tensor.Float32:
		body = func(lo, hi int) { convert(y.U16[lo:hi], x.F32[lo:hi], isa.narrow16, narrow16) }
	case y.DType == tensor.BFloat16 && x.DType == tensor.Float32:
		body = func(lo, hi int) { convert(y.U16[lo:hi], x.F32[lo:hi], isa.narrowB16, narrowB16) }
	}
	piece := func(i int) { body(i*castPiece, min((i+1)*castPiece, n)) }
	cost := 2
	if isa.widen16 != nil {
		cost = 1
	}
	return func() { Parallel((n+castPiece-1)/castPiece, cost*n/2, piece) }
}

// caster is the conversions of an instruction set, over multiples of 16; a set
// without them has nil.
type caster struct {
	widen16, widenB16   func(n int, y *float32, x *uint16)
	narrow16, narrowB16 func(n int, y *uint16, x *float32)
}

// convert does what it can sixteen at a time.
func convert[Y, X any](y []Y, x []X, wide func(n int, y *Y, x *X), each func(y []Y, x []X)) {
	if n := len(x) &^ 15; n > 0 && wide != nil {
		wide(n, &y[0], &x[0])
		y, x = y[n:], x[n:]
	}
	each(y, x)
}

// widen16 makes a normal number by moving its bits and its exponent; the product
// does denormals too, for it is exact: 2^112 is the exponents' difference.
func widen16(y []float32, x []uint16) {
	for i, h := range x {
		v := math.Float32frombits(uint32(h&0x7fff)<<13) * 0x1p112
		if h&0x7c00 == 0x7c00 {
			y[i] = tensor.F16ToF32(h)
			continue
		}
		y[i] = math.Float32frombits(math.Float32bits(v) | uint32(h&0x8000)<<16)
	}
}

func widenB16(y []float32, x []uint16) {
	for i, h := range x {
		y[i] = tensor.BF16ToF32(h)
	}
}

func narrow16(y []uint16, x []float32) {
	for i, v := range x {
		b := math.Float32bits(v)
		abs := b & 0x7fffffff
		if abs-0x38800000 < 0x477ff000-0x38800000 { // normal in both
			abs -= 0x38000000
			y[i] = uint16(b>>16&0x8000 | (abs+0xfff+abs>>13&1)>>13)
			continue
		}
		y[i] = tensor.F16FromF32(v)
	}
}

func narrowB16(y []uint16, x []float32) {
	for i, v := range x {
		y[i] = tensor.BF16FromF32(v)
	}
}

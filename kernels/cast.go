package kernels

import (
	"fmt"
	"math"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// Cast changes the dtype. It and the views are the only ops that meet float16
// and bfloat16: before and after all others the graph puts casts.
var Cast = declare(Op{
	Name: "cast", Torch: "Tensor.to", ONNX: "Cast",
	Doc: "Y = X in another dtype: floats are rounded to nearest even, ints towards zero, to their largest and smallest number, NaN to 0; true is what is not 0",
	In:  []Operand{{Name: "X"}}, Out: []Operand{{Name: "Y"}},
	Attrs: cpuref.CastAttrs{}, Shape: castShape,
	CPU: Plain(cpuref.Cast[float32], cpuref.Cast[float64]),
	Variants: []Variant{
		{Name: "pairs", Kind: Vulkan, Lower: lowerCast},
		{Name: "fast", Kind: CPU, Prepare: fast.Cast},
	},
	Cases: castCases(),
	Bench: castBench(),
	Cost:  func(c *Call) Cost { return Cost{Bytes: operandBytes(c)} },
	Tol:   Exact(),
})

func init() {
	Cast.SetGrad(func(b Builder, g Grad) []Ref {
		return []Ref{castTo(b, g.DOut[0], b.Type(g.In[0]).DType)}
	})
}

// castTo is v in a dtype, or v itself where it has it.
func castTo(b Builder, v Ref, to tensor.DType) Ref {
	if v == NoRef || b.Type(v).DType == to {
		return v
	}
	return b.Apply(Cast, cpuref.CastAttrs{To: to}, v)[0]
}

func castShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	to := attrs.(cpuref.CastAttrs).To
	if to == tensor.Invalid || to == tensor.Int64 {
		return nil, fmt.Errorf("%v to %v: int64 is there on the host alone, devices hold int32", in[0], to)
	}
	return []tensor.Type{{DType: to, Shape: in[0].Shape}}, nil
}

// castKind is a dtype as the shader numbers it.
func castKind(d tensor.DType) uint32 {
	return map[tensor.DType]uint32{tensor.Float32: 0, tensor.Int32: 1, tensor.Bool: 1, tensor.Float16: 2, tensor.BFloat16: 3}[d]
}

// lowerCast goes in windows of what the device binds at once; a window starts
// where a binding may, counted in halves too.
func lowerCast(t *Target, c *Call) (Lowered, error) {
	var low Lowered
	x, y := c.In[0].DType, c.Out[0].DType
	n, size := c.Out[0].Elems(), math.MaxInt32
	if t.MaxStorageRange > 0 {
		size = t.MaxStorageRange / 4
	}
	size = size / (2 * FlatAlign) * (2 * FlatAlign)
	part := func(b Bind, d tensor.DType, from, n int) Bind {
		if d.IsHalf() {
			return b.Part(from/2, parts(n, 2))
		}
		return b.Part(from, n)
	}
	to := castKind(y)
	if y == tensor.Bool {
		to = 4
	}
	for from := 0; from < n; from += size {
		k := min(size, n-from)
		d := flat(t, "cast", parts(k, 2), words(k), part(In(0), x, from, k), part(Out(0), y, from, k))
		d.Spec = append(d.Spec, castKind(x), to)
		low.Dispatches = append(low.Dispatches, d)
	}
	return low, nil
}

func castCase(from, to tensor.DType, shape ...int) Case {
	return Case{
		Name: fmt.Sprintf("%v %v to %v", shape, from, to), Attrs: cpuref.CastAttrs{To: to},
		In: []tensor.Type{{DType: from, Shape: shape}}, Fill: []Filler{fillBits},
	}
}

// castCases are all pairs of the dtypes that every device has.
func castCases() (cases []Case) {
	all := []tensor.DType{tensor.Float32, tensor.Float16, tensor.BFloat16, tensor.Int32, tensor.Bool}
	for i, from := range all {
		for j, to := range all {
			cases = append(cases, castCase(from, to, 3, 67+i+j))
		}
		cases = append(cases, castCase(from, tensor.Float16, 1), castCase(tensor.BFloat16, from, 0), castCase(from, tensor.BFloat16))
	}
	return append(cases, castCase(tensor.Float32, tensor.Float16, 8193), castCase(tensor.Float16, tensor.Float32, 8193))
}

// fillBits draws bit patterns: NaN, infinities and denormals among them, and
// where there is room some numbers half way between two of float16.
func fillBits(rng *tensor.Philox, t *tensor.Tensor) {
	for i := range t.F32 {
		t.F32[i] = math.Float32frombits(rng.Uint32())
		switch i % 4 {
		case 1:
			t.F32[i] = tensor.F16ToF32(uint16(rng.Uint32())) * (1 + 0x1p-11)
		case 2:
			t.F32[i] = float32(rng.Uniform(-1e6, 1e6))
		}
	}
	for i := range t.U16 {
		t.U16[i] = uint16(rng.Uint32())
	}
	for i := range t.I32 {
		t.I32[i] = int32(rng.Uint32())
		if t.DType == tensor.Bool {
			t.I32[i] &= 1
		}
	}
	if len(t.F32) > 0 {
		t.F32[0] = float32(math.NaN())
	}
	if len(t.U16) > 0 {
		t.U16[0] = 0x7fff // NaN in both
	}
}

// castBench are the casts around an op over values in 16 bits, which are not
// everywhere out of range.
func castBench() []Case {
	down, up := castCase(tensor.Float32, tensor.Float16, 1<<22), castCase(tensor.Float16, tensor.Float32, 1<<22)
	down.Fill, up.Fill = nil, nil
	return []Case{down, up}
}

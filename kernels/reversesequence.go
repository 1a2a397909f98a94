package kernels

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/cpuref/fast"
	"github.com/vulgo-ml/vulgo/tensor"
)

// ReverseSequence turns sequences of different lengths round.
var ReverseSequence = declare(Op{
	Name: "reverse_sequence", ONNX: "ReverseSequence",
	Doc:   "Y[t, n] = X[len[n]-1-t, n] for t < len[n], else X[t, n]; lengths are held to 0 .. T  (X with T along time, N along batch; len [N] int32)",
	In:    []Operand{{Name: "X"}, {Name: "len"}},
	Out:   []Operand{{Name: "Y"}},
	Attrs: cpuref.ReverseSequenceAttrs{}, Shape: reverseSequenceShape,
	CPU: Plain(cpuref.ReverseSequence[float32], cpuref.ReverseSequence[float64]),
	Variants: []Variant{
		{Name: "flat", Kind: Vulkan, When: inRange, Lower: lowerReverseSequence},
		{Name: "fast", Kind: CPU, Prepare: fast.ReverseSequence},
	},
	Cases: []Case{
		reverseSequenceCase(0, 1, 1, 1), reverseSequenceCase(0, 1, 7, 5), reverseSequenceCase(1, 0, 5, 7), reverseSequenceCase(0, 1, 6, 3, 8),
		reverseSequenceCase(1, 0, 3, 9, 13), reverseSequenceCase(3, 1, 2, 3, 5, 7, 2), reverseSequenceCase(0, 2, 5, 2, 3, 4),
		reverseSequenceCase(0, 1, 0, 3), reverseSequenceCase(0, 1, 4, 0, 2), reverseSequenceCase(1, 0, 2, 20000),
		{Attrs: cpuref.ReverseSequenceAttrs{Batch: 1}, In: []tensor.Type{tensor.I32(5, 3), tensor.I32(3)}, Fill: []Filler{FillInts(100), FillInts(7)}},
	},
	Bench: []Case{reverseSequenceCase(0, 1, 128, 32, 256)},
	Cost:  copyCost, Tol: Exact(),
})

func init() {
	// It is its own inverse and its own transpose.
	ReverseSequence.SetGrad(func(b Builder, g Grad) []Ref {
		return []Ref{b.Apply(ReverseSequence, g.Attrs, g.DOut[0], g.In[1])[0], NoRef}
	})
}

func reverseSequenceShape(attrs any, in []tensor.Type) ([]tensor.Type, error) {
	at, x, length := attrs.(cpuref.ReverseSequenceAttrs), in[0], in[1]
	for _, axis := range []int{at.Time, at.Batch} {
		if err := axisOf(x, axis); err != nil {
			return nil, err
		}
	}
	switch n := x.Shape[at.Batch]; {
	case at.Time == at.Batch:
		return nil, fmt.Errorf("time and batch are both axis %d of %v", at.Time, x.Shape)
	case length.DType != tensor.Int32 || !length.Shape.Equal(tensor.Shape{n}):
		return nil, fmt.Errorf("the lengths are %v, wants int32 [%d], one for each sequence of %v along axis %d", length, n, x.Shape, at.Batch)
	}
	return []tensor.Type{x}, nil
}

// axisOf says where a tensor has no such axis.
func axisOf(x tensor.Type, axis int) error {
	if axis < 0 || axis >= len(x.Shape) {
		return fmt.Errorf("%v has no axis %d", x.Shape, axis)
	}
	return nil
}

// stride is how far apart neighbours along an axis lie.
func stride(s tensor.Shape, axis int) int { return s[axis+1:].Elems() }

func lowerReverseSequence(t *Target, c *Call) (Lowered, error) {
	at, s := c.Attrs.(cpuref.ReverseSequenceAttrs), c.In[0].Shape
	n := s.Elems()
	if n == 0 {
		return Lowered{}, nil
	}
	step, within, e := stride(s, at.Time), stride(s, at.Batch), 1
	if step%4 == 0 && within%4 == 0 {
		step, within, e = step/4, within/4, 4
	}
	return Lowered{Dispatches: []Dispatch{
		flat(t, fmt.Sprintf("reverse_sequence_%d", e), n/e,
			append(words(n/e, s[at.Time], s[at.Batch], step), reciprocals(step, s[at.Time], within, s[at.Batch])...), In(0), In(1), Out(0)),
	}}, nil
}

func reverseSequenceCase(time, batch int, shape ...int) Case {
	return Case{
		Attrs: cpuref.ReverseSequenceAttrs{Time: time, Batch: batch},
		In:    []tensor.Type{tensor.F32(shape...), tensor.I32(shape[batch])},
		Fill: []Filler{nil, func(rng *tensor.Philox, t *tensor.Tensor) {
			for i := range t.I32 {
				t.I32[i] = int32(rng.Intn(shape[time]+3) - 1)
			}
		}},
	}
}

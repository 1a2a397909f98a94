package graph

import (
	"slices"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/kernels"
)

// PadMode is what Pad fills new elements with.
type PadMode string

// The modes of Pad, by PyTorch's names.
const (
	PadConstant  PadMode = "constant"  // one value
	PadReflect   PadMode = "reflect"   // what is as far from the border on the other side, the border itself not
	PadReplicate PadMode = "replicate" // the border
	PadCircular  PadMode = "circular"  // what is at the other end
)

// Pad adds elements around the last dimensions: pad holds two numbers for each,
// before and behind, the last dimension first, as torch.nn.functional.pad has
// it; negative ones cut off. Value counts for PadConstant only.
func (v Value) Pad(mode PadMode, value float64, pad ...int) Value {
	s := v.Shape()
	if v.g == nil || len(pad)%2 != 0 || len(pad) > 2*len(s) {
		return v.fail("pad: %v by %v: wants two numbers for each of the last dimensions", s, pad)
	}
	if mode == PadConstant {
		at := cpuref.PadAttrs{Before: cpuref.Ints{N: len(s)}, After: cpuref.Ints{N: len(s)}, Value: value}
		for i := 0; i < len(pad) && len(s) <= cpuref.MaxRank; i += 2 {
			at.Before.V[len(s)-1-i/2], at.After.V[len(s)-1-i/2] = pad[i], pad[i+1]
		}
		return v.op("pad", at)
	}
	for i := 0; i < len(pad); i += 2 {
		axis := len(s) - 1 - i/2
		n, before, behind := s[axis], pad[i], pad[i+1]
		most := n
		switch mode {
		case PadReflect:
			most = n - 1
		case PadReplicate:
			if n > 0 {
				most = max(before, behind)
			}
		case PadCircular:
		default:
			return v.fail("pad: mode %q: wants constant, reflect, replicate or circular", mode)
		}
		if before > most || behind > most || n+before+behind < 0 {
			return v.fail("pad: %v along axis %d by %d and %d: mode %s has at most %d elements to add", s, axis, before, behind, mode, most)
		}
		index := make([]int, n+before+behind)
		for j := range index {
			k := j - before
			switch {
			case k >= 0 && k < n:
			case mode == PadReplicate:
				k = min(max(k, 0), n-1)
			case mode == PadCircular:
				k = (k + n) % n
			case k < 0:
				k = -k
			default:
				k = 2*(n-1) - k
			}
			index[j] = k
		}
		v = v.pick(axis, index)
	}
	return v
}

// pick is the elements along an axis by index, all of them there.
func (v Value) pick(axis int, index []int) Value {
	n := v.Dim(axis)
	if v.g == nil || len(index) == n && slices.IsSorted(index) && (n == 0 || index[0] == 0 && index[n-1] == n-1) {
		return v
	}
	taps := kernels.CopyTaps(n, index)
	if v.Type().DType.IsFloat() && len(index) > 0 {
		return v.resample(axis, taps)
	}
	t, _ := taps.Tensors()
	return v.IndexSelect(axis, v.g.Const(t).Reshape(-1))
}

// resample makes each element along an axis of those that taps say.
func (v Value) resample(axis int, taps kernels.Taps) Value {
	if v.g == nil {
		return v
	}
	idx, w := taps.Tensors()
	back, bw := taps.Transposed().Tensors()
	g := v.g
	return v.op("resample", cpuref.AxisAttrs{Axis: axis}, g.Const(idx), g.Const(w), g.Const(back), g.Const(bw))
}

package graph

import (
	"fmt"

	"github.com/vulgo-ml/vulgo/cpuref"
	"github.com/vulgo-ml/vulgo/kernels"
)

// Reshape is v under another shape of as many elements; one size may be -1.
func (v Value) Reshape(shape ...int) Value {
	s := append([]int(nil), shape...)
	known, hole := 1, -1
	for i, d := range s {
		if d == -1 && hole < 0 {
			hole = i
		} else {
			known *= d
		}
	}
	if hole >= 0 && known > 0 {
		s[hole] = v.Shape().Elems() / known
	}
	return v.op("reshape", cpuref.ReshapeAttrs{Shape: cpuref.IntList(s...)})
}

// Flatten joins the dimensions from start on.
func (v Value) Flatten(start int) Value {
	s := v.Shape()
	if start < 0 || start > len(s) {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("flatten: %v has no dimension %d", s, start))
		}
		return Value{}
	}
	return v.Reshape(append(append([]int(nil), s[:start]...), s[start:].Elems())...)
}

// Permute reorders the dimensions: output dimension i is input dimension perm[i].
func (v Value) Permute(perm ...int) Value {
	return v.op("permute", cpuref.PermuteAttrs{Perm: cpuref.IntList(perm...)})
}

// Transpose exchanges two dimensions.
func (v Value) Transpose(a, b int) Value {
	perm := make([]int, len(v.Shape()))
	for i := range perm {
		perm[i] = i
	}
	a, b = v.axis(a), v.axis(b)
	if a < 0 || b < 0 || a >= len(perm) || b >= len(perm) {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("transpose: %v has no dimensions %d and %d", v.Shape(), a, b))
		}
		return Value{}
	}
	perm[a], perm[b] = b, a
	return v.Permute(perm...)
}

// Expand repeats dimensions of size 1 (and new ones in front) to a shape; a size
// of -1 stays what it is.
func (v Value) Expand(shape ...int) Value {
	to, from := append([]int(nil), shape...), v.Shape()
	for i, n := range to {
		if d := i - len(to) + len(from); n == -1 && d >= 0 {
			to[i] = from[d]
		}
	}
	return v.op("expand", cpuref.ExpandAttrs{Shape: cpuref.IntList(to...)})
}

// BroadcastTo is Expand, by PyTorch's other name.
func (v Value) BroadcastTo(shape ...int) Value { return v.Expand(shape...) }

// Unsqueeze adds a dimension of size 1 at axis.
func (v Value) Unsqueeze(axis int) Value {
	s := v.Shape()
	if axis < 0 {
		axis += len(s) + 1
	}
	if axis < 0 || axis > len(s) {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("unsqueeze: %v has no place %d", s, axis))
		}
		return Value{}
	}
	return v.Reshape(append(append(append([]int(nil), s[:axis]...), 1), s[axis:]...)...)
}

// Squeeze takes a dimension of size 1 away.
func (v Value) Squeeze(axis int) Value {
	s := v.Shape()
	axis = v.axis(axis)
	if axis < 0 || axis >= len(s) || s[axis] != 1 {
		if v.g != nil {
			v.g.Fail(fmt.Errorf("squeeze: %v has no dimension %d of size 1", s, axis))
		}
		return Value{}
	}
	return v.Reshape(append(append([]int(nil), s[:axis]...), s[axis+1:]...)...)
}

// Concat puts values behind each other along an axis.
func Concat(axis int, vs ...Value) Value {
	if len(vs) == 0 {
		return Value{}
	}
	if len(vs) == 1 {
		return vs[0]
	}
	return vs[0].op("concat", cpuref.ConcatAttrs{Axis: vs[0].axis(axis)}, vs[1:]...)
}

// Stack puts values of one shape behind each other along a new axis.
func Stack(axis int, vs ...Value) Value {
	up := make([]Value, len(vs))
	for i, v := range vs {
		up[i] = v.Unsqueeze(axis)
	}
	return Concat(axis, up...)
}

// Pack lays float32 values side by side in one flat value, each at the next
// multiple of kernels.FlatAlign elements; optimizers update such values.
func Pack(vs ...Value) Value {
	if len(vs) == 0 || vs[0].g == nil {
		return Value{}
	}
	return vs[0].g.Apply(kernels.Pack, nil, vs...)[0]
}

// SqueezeAll takes all dimensions of size 1 away.
func (v Value) SqueezeAll() Value {
	var s []int
	for _, n := range v.Shape() {
		if n != 1 {
			s = append(s, n)
		}
	}
	return v.Reshape(s...)
}

// FlattenDims joins the dimensions from start to end, end included.
func (v Value) FlattenDims(start, end int) Value {
	s := v.Shape()
	a, b := v.axis(start), v.axis(end)
	if len(s) == 0 && v.g != nil {
		return v.Reshape(1)
	}
	if v.g == nil || a < 0 || b < a || b >= len(s) {
		return v.fail("flatten: %v has no dimensions %d to %d", s, start, end)
	}
	return v.Reshape(append(append(append([]int(nil), s[:a]...), s[a:b+1].Elems()), s[b+1:]...)...)
}

// Unflatten splits a dimension into several; one size may be -1.
func (v Value) Unflatten(axis int, sizes ...int) Value {
	s := v.Shape()
	at := v.axis(axis)
	if v.g == nil || at < 0 || at >= len(s) || len(sizes) == 0 {
		return v.fail("unflatten: %v along axis %d into %v", s, axis, sizes)
	}
	return v.Reshape(append(append(append([]int(nil), s[:at]...), sizes...), s[at+1:]...)...)
}

// Movedim moves dimensions from their places to others; the rest keeps its order.
func (v Value) Movedim(from, to []int) Value {
	s := v.Shape()
	_, ok := v.axes("movedim", from)
	_, too := v.axes("movedim", to)
	if v.g == nil || !ok || !too || len(from) != len(to) {
		return v.fail("movedim: %v: from %v to %v", s, from, to)
	}
	perm, taken := make([]int, len(s)), make([]bool, len(s))
	for i := range perm {
		perm[i] = -1
	}
	for i, d := range to {
		perm[v.axis(d)] = v.axis(from[i])
		taken[v.axis(from[i])] = true
	}
	next := 0
	for i := range perm {
		for perm[i] < 0 && taken[next] {
			next++
		}
		if perm[i] < 0 {
			perm[i] = next
			next++
		}
	}
	return v.permuted(perm)
}

// Repeat puts v so many times behind itself along each dimension, as
// Tensor.repeat; more numbers than dimensions make new ones in front.
func (v Value) Repeat(times ...int) Value {
	s := v.Shape()
	lead := len(times) - len(s)
	if v.g == nil || lead < 0 {
		return v.fail("repeat: %v by %v: wants a number for each dimension", s, times)
	}
	var apart, wide, out []int
	for i, k := range times {
		n := 1
		if i >= lead {
			n = s[i-lead]
		}
		if k < 0 {
			return v.fail("repeat: %v by %v: a negative number", s, times)
		}
		if k != 1 {
			apart, wide = append(apart, 1), append(wide, k)
		}
		apart, wide, out = append(apart, n), append(wide, n), append(out, k*n)
	}
	return v.Reshape(apart...).expandTo(wide).Reshape(out...)
}

// Tile is Repeat, where fewer numbers than dimensions have ones in front.
func (v Value) Tile(times ...int) Value {
	var ones []int
	for range max(0, len(v.Shape())-len(times)) {
		ones = append(ones, 1)
	}
	return v.Repeat(append(ones, times...)...)
}

// RepeatInterleave repeats each element along an axis so many times.
func (v Value) RepeatInterleave(axis, times int) Value {
	s := v.Shape()
	at := v.axis(axis)
	if v.g == nil || at < 0 || at >= len(s) || times < 0 {
		return v.fail("repeat_interleave: %v along axis %d %d times", s, axis, times)
	}
	wide := append(append(append([]int(nil), s[:at+1]...), times), s[at+1:]...)
	out := append([]int(nil), s...)
	out[at] *= times
	return v.Unsqueeze(at + 1).expandTo(wide).Reshape(out...)
}

// PixelShuffle makes r x r pixels of r² channels: [.., C·r², H, W] -> [.., C, H·r, W·r].
func (v Value) PixelShuffle(r int) Value {
	s := v.Shape()
	k := len(s) - 3
	if v.g == nil || k < 0 || r < 1 || s[k]%(r*r) != 0 {
		return v.fail("pixel_shuffle: %v by %d: wants [.., C·r², H, W]", s, r)
	}
	n, c, h, w := s[:k].Elems(), s[k]/(r*r), s[k+1], s[k+2]
	return v.Reshape(n, c, r, r, h, w).Permute(0, 1, 4, 2, 5, 3).Reshape(join(s[:k], c, h*r, w*r)...)
}

// PixelUnshuffle undoes PixelShuffle: [.., C, H·r, W·r] -> [.., C·r², H, W].
func (v Value) PixelUnshuffle(r int) Value {
	s := v.Shape()
	k := len(s) - 3
	if v.g == nil || k < 0 || r < 1 || s[k+1]%r != 0 || s[k+2]%r != 0 {
		return v.fail("pixel_unshuffle: %v by %d: wants [.., C, H·r, W·r]", s, r)
	}
	n, c, h, w := s[:k].Elems(), s[k], s[k+1]/r, s[k+2]/r
	return v.Reshape(n, c, h, r, w, r).Permute(0, 1, 3, 5, 2, 4).Reshape(join(s[:k], c*r*r, h, w)...)
}

// ChannelShuffle deals the channels of [N, C, ..] out over groups.
func (v Value) ChannelShuffle(groups int) Value {
	s := v.Shape()
	if v.g == nil || len(s) < 2 || groups < 1 || s[1]%groups != 0 {
		return v.fail("channel_shuffle: %v into %d groups", s, groups)
	}
	return v.Reshape(s[0], groups, s[1]/groups, s[2:].Elems()).Transpose(1, 2).Reshape(s...)
}

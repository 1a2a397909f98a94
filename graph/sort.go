package graph

import "github.com/vulgo-ml/vulgo/cpuref"

// Sort is v in ascending order along an axis, or in descending order, and the
// int32 places where the elements stood. It is stable; NaN counts as the largest.
func (v Value) Sort(axis int, descending bool) (values, idx Value) {
	o := v.ops("sort", cpuref.SortAttrs{Axis: v.axis(axis), Descending: descending})
	return o[0], o[1]
}

// Argsort is the int32 places of the elements in order along an axis.
func (v Value) Argsort(axis int, descending bool) Value {
	_, idx := v.Sort(axis, descending)
	return idx
}

// TopK is the k largest elements along an axis, or the k smallest, in order, and
// their int32 places. Of equals the first counts; NaN counts as the largest.
func (v Value) TopK(axis, k int, largest bool) (values, idx Value) {
	o := v.ops("topk", cpuref.SortAttrs{Axis: v.axis(axis), K: k, Descending: largest})
	return o[0], o[1]
}

// KthValue is the k-th smallest element along an axis, counted from 1, and its
// int32 place; the axis goes away. NaN counts as the largest.
func (v Value) KthValue(axis, k int) (values, idx Value) {
	values, idx = v.TopK(axis, k, false)
	return values.Narrow(axis, k-1, 1).Squeeze(axis), idx.Narrow(axis, k-1, 1).Squeeze(axis)
}

// Median is the middle element along an axis, the lower of two, and its int32
// place; the axis goes away. A NaN is the median of all it is among.
func (v Value) Median(axis int) (values, idx Value) {
	_, idx = v.KthValue(axis, (v.Dim(axis)+1)/2)
	idx = v.Amax(axis).Op("isnan").Where(v.Argmax(axis), idx)
	return v.picked(axis, idx), idx
}

// Argmin is the int32 index of the smallest along an axis; the first wins, and a
// NaN over all.
func (v Value) Argmin(axis int) Value { return v.reduce("argmin", false, []int{axis}) }

// Max is the largest along an axis and its int32 place; the axis goes away. The
// first of equals has the whole gradient; Amax shares it. NaN wins.
func (v Value) Max(axis int) (values, idx Value) {
	idx = v.Argmax(axis)
	return v.picked(axis, idx), idx
}

// Min is the smallest along an axis and its int32 place, as Max is the largest.
func (v Value) Min(axis int) (values, idx Value) {
	idx = v.Argmin(axis)
	return v.picked(axis, idx), idx
}

// picked is one element of each line along an axis, which goes away.
func (v Value) picked(axis int, idx Value) Value {
	axis = v.axis(axis)
	return v.Gather(axis, idx.Unsqueeze(axis)).Squeeze(axis)
}

// SearchSorted is, for each element of values, the int32 number of elements of v
// that are less, or with right no larger. v ascends along its last axis; it is one
// row, or has values' other axes.
func (v Value) SearchSorted(values Value, right bool) Value {
	return v.op("searchsorted", cpuref.SearchSortedAttrs{Right: right}, values)
}

// Bucketize is, for each element of v, its int32 bucket between ascending
// boundaries [n]: with right false those with boundary[i-1] < v <= boundary[i].
func (v Value) Bucketize(boundaries Value, right bool) Value {
	return boundaries.SearchSorted(v, right)
}
